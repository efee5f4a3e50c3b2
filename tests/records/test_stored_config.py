"""A run's config, as a stranger may have written it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from wannsearch.core.errors import DamagedFile
from wannsearch.records.stored_config import read_config


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[" * 20_000, 100),
        ("{a: " * 20_000, 100),
        ("- " * 20_000, 100),
        ("a: [" + "1," * 100_000 + "1]", 10_002),
        ("".join(f"a{number}: 1\n" for number in range(20_000)), 10_002),
        ("".join(" " * depth + "a:\n" for depth in range(30)) + " " * 30 + "b: 1\n", 100),
    ],
    ids=["deep list", "deep map", "deep block", "wide list", "wide map", "thirty levels"],
)
def test_what_no_run_writes_is_refused_before_it_is_read_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, parts: int
) -> None:
    scan, seen = yaml.scan, 0

    def counted(text: str) -> Iterator[yaml.Token]:
        nonlocal seen
        for token in scan(text):
            seen += 1
            yield token

    monkeypatch.setattr(yaml, "scan", counted)
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(DamagedFile, match="over 20 levels or 10000 parts"):
        read_config(path)
    assert 0 < seen <= parts


def test_a_list_of_a_thousand_numbers_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"trials: {{weights: {list(range(1000))}}}\n")
    assert read_config(path) == {"trials": {"weights": list(range(1000))}}


@pytest.mark.parametrize("text", ["a: 0x" + "f" * 5000, "a: {b: [1, 0x" + "f" * 5000 + "]}", f"a: -{10**40}"])
def test_a_whole_number_that_python_would_not_print_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(DamagedFile, match="over 40 digits") as error:
        read_config(path)
    assert len(str(error.value)) < 400


def test_a_long_seed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"seed: {2**128}\n")
    assert read_config(path) == {"seed": 2**128}
