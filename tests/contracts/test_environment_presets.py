"""The presets of Gymnasium's environments, and the sized experiments on them."""

from __future__ import annotations

from typing import Any

import hydra
import pytest
from conf_files import CONF, composed
from omegaconf import OmegaConf

from wannsearch.commands.hydra.build import TARGET
from wannsearch.commands.hydra.config_loader import use_wannsearch_loader
from wannsearch.core.tasks.task_name import name_task

ENV_IDS = {
    "acrobot": "Acrobot-v1", "ant": "Ant-v5", "biped": "BipedalWalker-v3",
    "biped_hardcore": "BipedalWalkerHardcore-v3", "half_cheetah": "HalfCheetah-v5", "hopper": "Hopper-v5",
    "lunar_lander": "LunarLander-v3", "mountain_car": "MountainCar-v0",
    "mountain_car_continuous": "MountainCarContinuous-v0", "pendulum": "Pendulum-v1",
    "walker2d": "Walker2d-v5",
}  # fmt: skip
STUDIED_TASKS = ("acrobot", "pendulum", "mountain_car_continuous")


def compose(*words: str) -> dict[str, Any]:
    with use_wannsearch_loader(), hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return OmegaConf.to_container(hydra.compose("config", list(words)), resolve=True)  # type: ignore


@pytest.mark.parametrize(("task", "env_id"), ENV_IDS.items())
def test_a_preset_is_the_task_gymnasium_with_an_environment(task: str, env_id: str) -> None:
    """It inherits every key, and its runs have the name of the environment."""
    settings, own_keys = composed("task", task), {"env_id", TARGET, "fall_penalty"}
    assert name_task(settings, task) == env_id
    for key, value in composed("task", "gymnasium").items():
        assert key in own_keys or settings[key] == value
    assert set(settings) - set(composed("task", "gymnasium")) == (
        {"fall_penalty"} if task.startswith("biped") else set()
    )


def test_the_biped_of_the_paper_has_the_published_settings() -> None:
    biped, swing_up = compose("experiment=wann_biped"), compose("experiment=wann_swingup")
    changed = {"population_size": 480, "initial_enabled": 0.25}
    changed["parent_selection"] = swing_up["method"]["parent_selection"] | {"tournament_size": 32}
    assert biped["method"] == swing_up["method"] | changed
    assert (biped["generations"], biped["task"]["episodes"]) == (2048, 4)
    assert biped["task"] == composed("task", "biped") | {"episodes": 4, "fall_penalty": False}
    assert biped["trials"]["shared_weights"] == [-2, -1, -0.5, 0.5, 1, 2]
    assert biped["retest"] == swing_up["retest"]


def test_the_biped_of_prettyneat_has_the_published_settings() -> None:
    biped, swing_up = compose("experiment=neat_biped"), compose("experiment=neat_swingup")
    changed = {"population_size": 192, "initial_enabled": 0.25, "add_node": 0.03, "add_connection": 0.05}
    tournaments = {"tournament_size": 16, "tournament_size_single_parent": 32}
    changed["parent_selection"] = swing_up["method"]["parent_selection"] | tournaments
    assert biped["method"] == swing_up["method"] | changed
    assert (biped["generations"], biped["task"]["episodes"], biped["task"]["horizon"]) == (1024, 2, 400)
    assert biped["task"]["fall_penalty"] is False
    assert biped["retest"] == swing_up["retest"]


@pytest.mark.parametrize(("study", "task"), [("biped", None), *(("control", task) for task in STUDIED_TASKS)])
def test_a_sized_search_and_its_random_baseline_play_equally_much(study: str, task: str | None) -> None:
    """They differ in the method, and the task of the command line wins."""
    words = [] if task is None else [f"task={task}"]
    search, baseline = (
        compose(f"experiment={method}_{study}_quick", *words) for method in ("wann", "random")
    )
    assert search["task"] == baseline["task"]
    assert search["task"]["env_id"] == ENV_IDS[task or "biped"]
    assert search["method"]["population_size"] == baseline["method"]["population_size"]
    parts = [part for part in search if part not in ("method", "task")]
    assert {part: search[part] for part in parts} == {part: baseline[part] for part in parts}


def test_the_sized_preset_is_for_any_environment_and_method() -> None:
    """It names the size of the population alone, which every method has."""
    for words in (["task=gymnasium"], ["task=biped", "method=neat"], ["method=random_topology"]):
        config = compose("experiment=gym_quick", *words)
        assert (config["generations"], config["method"]["population_size"]) == (16, 32)
        assert (config["task"]["episodes"], config["held_out"]["episodes"]) == (1, 20)


@pytest.mark.parametrize("study", ["control", "logic", "double_pole"])
def test_rules_of_selection_play_equally_much(study: str) -> None:
    """The rules and random topologies differ in the method alone, and none stops early."""
    tournament, lexicase, random = (
        compose(f"experiment={name}")
        for name in (f"wann_{study}_quick", f"wann_{study}_quick_lexicase", f"random_{study}_quick")
    )
    assert tournament["stop_at"] is None
    parts = [part for part in tournament if part not in ("method", "defaults")]
    for other in (lexicase, random):
        assert {part: other[part] for part in parts} == {part: tournament[part] for part in parts}
        assert other["method"]["population_size"] == tournament["method"]["population_size"]
    removal = compose(f"experiment=wann_{study}_quick_lexicase_removal")
    assert {part: removal[part] for part in parts} == {part: tournament[part] for part in parts}
    rules = [config["method"].pop("parent_selection") for config in (tournament, lexicase, removal)]
    assert [rule["rule"] for rule in rules] == ["tournament", "lexicase", "lexicase"]
    assert rules[2] == rules[1] | {"cases": 6}
    assert tournament["method"] == lexicase["method"]
    assert removal["method"] == lexicase["method"] | {"remove_connection": 0.6}
