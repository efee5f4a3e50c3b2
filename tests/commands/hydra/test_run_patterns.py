"""A pattern names the runs of a sweep, whose folders nobody types."""

from __future__ import annotations

from pathlib import Path

import pytest

from wannsearch.commands.hydra.arguments import prepare_arguments
from wannsearch.commands.hydra.run_patterns import expand_run_patterns
from wannsearch.core.errors import ConfigError


@pytest.fixture(autouse=True)
def _folder_of_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b_s0", "a_s0", "a_s1", "odd, name"):
        (tmp_path / "runs" / name / ".hydra").mkdir(parents=True)
        (tmp_path / "runs" / name / ".hydra/config.yaml").touch()
    (tmp_path / "runs/no_run_s0").mkdir()
    (tmp_path / "runs/net.json").touch()


def test_a_pattern_in_a_sweep_becomes_the_runs_that_match_in_their_order() -> None:
    assert expand_run_patterns(["network=runs/*_s?", "seed=1"], True) == [
        "network=runs/a_s0,runs/a_s1,runs/b_s0",
        "seed=1",
    ]
    assert expand_run_patterns(["network=runs/odd*"], True) == ["network='runs/odd, name'"]


def test_a_pattern_of_one_run_is_that_run() -> None:
    assert expand_run_patterns(["method.sizes_from=runs/b*"], False) == ["method.sizes_from=runs/b_s0"]
    assert expand_run_patterns(["network=runs/*.json"], False) == ["network=runs/net.json"]


def test_several_runs_without_a_sweep_and_none_at_all_are_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"network is 'runs/a\*' and names 2 runs; .* needs -m\."):
        expand_run_patterns(["network=runs/a*"], False)
    with pytest.raises(ConfigError, match=r"network is 'nowhere/\*'; no run matches\."):
        expand_run_patterns(["network=nowhere/*"], True)


@pytest.mark.parametrize(
    "argument", ["network=runs/a_s0", "network=glob(*)", "runs=[runs/*]", "network=a,b*"]
)
def test_whatever_is_no_pattern_of_runs_stays(argument: str) -> None:
    assert expand_run_patterns([argument], True) == [argument]


def test_a_sweep_over_a_pattern_has_the_folder_of_one_over_the_names() -> None:
    typed = ["-m", "network=runs/a_s0,runs/a_s1"]
    expected = prepare_arguments("wannsearch-tune", "tune", typed)
    assert prepare_arguments("wannsearch-tune", "tune", ["-m", "network=runs/a_*"]) == expected
