"""A folder's name is its text wherever a folder is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from case_selection import mark_others_long

from wannsearch.commands.tune import main as tune_main

Command = Callable[..., int]
SMALL = ["task=logic", "debug=fast", "generations=1", "method.population_size=4", "evaluator=reference"]
SMALL += ["display=off"]
NAMES = ["1e5", "null", "a=b", "[a]"]


@pytest.mark.parametrize("name", mark_others_long(NAMES, quick=["a=b"]))
def test_a_run_folder_is_made_continued_played_and_taken_as_an_example(
    search: Command, evaluate: Command, name: str
) -> None:
    assert search(*SMALL, f"hydra.run.dir={name}") == 0
    assert Path(name, "summary.json").is_file()
    assert search(f"resume={name}", "generations=2") == 0
    play = ["task=logic", "weights=[1]", "episodes=1", "evaluator=reference"]
    assert evaluate(f"network={name}", *play, f"hydra.run.dir={name}/again") == 0
    if name != "null":  # where there may be none, null is none
        like = ["method=random_topology", f"method.sizes_from={name}", "hydra.run.dir=like"]
        assert search(*SMALL, *like) == 0


@pytest.mark.long
def test_runs_are_found_by_such_names(search: Command, tables: Command) -> None:
    assert search(*SMALL, f"hydra.run.dir={NAMES[0]}") == 0
    for name in NAMES[1:]:
        shutil.copytree(NAMES[0], name)
    assert tables("runs=1e5", "hydra.run.dir=table") == 0
    assert tables(f"runs=[{','.join(NAMES)}]", "hydra.run.dir=table") == 0
    sources = Path("table/provenance.json").read_text()
    assert [name for name in NAMES if f'"{name}"' not in sources] == []
    assert tables("runs=[a]", "hydra.run.dir=other") == 2  # a list of one run that is called a


def test_a_tuning_goes_on_in_a_run_of_a_network_with_such_a_name(search: Command) -> None:
    assert search(*SMALL, "hydra.run.dir=1e5") == 0
    words = ["weights=shared_only", "shared.grid=3", "held_out.sweep_weights=3", "display=off"]
    words += ["plots=off"]
    assert tune_main(["network=1e5", "task=logic", "evaluator=reference", *words, "hydra.run.dir=7"]) == 0
    assert tune_main(["resume=7", "network=1e5"]) == 0


@pytest.mark.parametrize("name", mark_others_long(["2024", "1e5", "true", "null"], quick=["1e5"]))
def test_a_sweeps_name_may_look_like_a_number(search: Command, name: str) -> None:
    assert search("-m", *SMALL, "seed=0", f"sweep.name={name}") == 0
    assert [path.name for path in Path("outputs/sweeps").iterdir()] == [name]


def test_a_number_from_a_config_is_refused_as_a_sweeps_name_and_leaves_no_folder(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("conf/experiment").mkdir(parents=True)
    Path("conf/experiment/mine.yaml").write_text("# @package _global_\nsweep:\n  name: 2024\n")
    assert search("-m", "--config-dir", "conf", "experiment=mine", *SMALL, "seed=0,1") == 2
    assert "sweep.name is 2024; it must be text, in quotes" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["conf"]
