"""C1 to C8: what the paper's network does here is what the paper says."""

from pathlib import Path

import pytest
from checks import Check, checks_of_few_episodes, checks_of_many_episodes, checks_of_walker


def describe_misses(checks: list[Check]) -> list[str]:
    return [f"{c.name} {c.what}: expected {c.expected}, got {c.got}" for c in checks if not c.holds]


def test_every_published_figure_of_few_episodes_comes_out_as_expected(reference: Path) -> None:
    assert not describe_misses(checks_of_few_episodes(reference))


@pytest.mark.long
def test_every_published_figure_of_thousands_of_episodes_comes_out_as_expected(reference: Path) -> None:
    assert not describe_misses(checks_of_many_episodes(reference))


@pytest.mark.long
def test_the_published_walker_walks_as_its_sheet_says(reference: Path) -> None:
    pytest.importorskip("Box2D")
    missing = [
        name for name in ("biped.out", "biped_tuned_zoo.json") if not (reference / "wann" / name).is_file()
    ]
    if missing:
        pytest.skip(f"no {' and no '.join(missing)} in {reference / 'wann'}")
    assert not describe_misses(checks_of_walker(reference))
