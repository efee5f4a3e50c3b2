"""The size of the final test follows the task, and whoever names another one gets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hydra
import pytest
from omegaconf import OmegaConf

from wannsearch.commands.hydra.errors import find_conf_dir
from wannsearch.core.trials import SIX_WEIGHTS, shared_weight_grid

CONF = find_conf_dir()
FULL = {"episodes": 100, "sweep_weights": 81}
QUICK = OmegaConf.to_container(OmegaConf.load(CONF / "held_out/quick.yaml"))


def held_out(*words: str, config_name: str = "config") -> Any:
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return OmegaConf.to_container(hydra.compose(config_name, list(words)), resolve=True)


def test_environments_have_the_quick_test_and_other_tasks_the_full_one() -> None:
    assert held_out("task=gymnasium")["held_out"] == QUICK
    assert held_out("task=cartpole")["held_out"] == FULL
    lanes = [config["episodes"] * (6 + config["sweep_weights"]) for config in (QUICK, FULL)]
    assert 10 * lanes[0] < lanes[1]


def test_the_command_line_beats_the_experiment_and_the_experiment_the_task(tmp_path: Path) -> None:
    named = held_out("task=gymnasium", "held_out=full", "held_out.episodes=7")["held_out"]
    assert named == FULL | {"episodes": 7}
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /task: gymnasium\n  - override /held_out: full\n"
    )
    searchpath = f"hydra.searchpath=[file://{tmp_path}]"
    assert held_out("experiment=mine", searchpath)["held_out"] == FULL
    assert held_out("experiment=mine", searchpath, "held_out=quick")["held_out"] == QUICK


@pytest.mark.parametrize("config_name", ["evaluate", "tune"])
def test_an_evaluation_and_a_tuning_follow_the_task_too(config_name: str) -> None:
    config = held_out("task=gymnasium", "network=x", config_name=config_name)
    assert config["held_out"] == QUICK
    if config_name == "evaluate":
        assert {key: config[key] for key in QUICK} == QUICK
        named = held_out("task=gymnasium", "network=x", "episodes=3", config_name=config_name)
        assert named["episodes"] == 3


def test_the_weights_of_every_sweep_include_the_six_of_a_search() -> None:
    for path in (CONF / "held_out").glob("*.yaml"):
        sweep = shared_weight_grid(int(OmegaConf.load(path)["sweep_weights"]))
        assert set(SIX_WEIGHTS) <= set(sweep.tolist()), path.stem
