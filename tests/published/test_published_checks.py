"""C1 to C8: what the paper's network does here is what the paper says."""

from pathlib import Path

from checks import checks


def test_every_published_figure_comes_out_as_expected(reference: Path) -> None:
    off = [f"{c.name} {c.what}: expected {c.expected}, got {c.got}" for c in checks(reference) if not c.holds]
    assert not off
