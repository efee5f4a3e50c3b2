"""Commands with plain arguments help in one form."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wannsearch.commands import film, plot, runs


@pytest.mark.parametrize(
    ("name", "main"),
    [("wannsearch-plot", plot.main), ("wannsearch-runs", runs.main), ("wannsearch-film", film.main)],
)
def test_a_command_tells_its_purpose_examples_and_every_argument(
    name: str,
    main: Callable[[list[str]], int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith(f"{name}: ") for line in lines)
    assert sum(line.startswith(f"    {name} ") for line in lines) >= 3
    options = [line.strip() for line in lines if line.startswith("  -")]
    assert any(option.startswith("--version") for option in options)
