"""A search stops where its task is solved, unless it is told another score or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hydra
import pytest
from case_selection import mark_others_long
from omegaconf import OmegaConf

from wannsearch.commands.hydra.build import TARGET, load_class
from wannsearch.commands.hydra.errors import find_conf_dir
from wannsearch.commands.running.stop_score import AUTO, check_stop_at, find_stop_score
from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.errors import ConfigError
from wannsearch.records.stored_config import read_config
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.logic import Logic

Search = Callable[..., int]
CARTPOLE = CartPole(episodes=1, horizon=500, start_range=0.05, activations=CONTROL_ACTIVATIONS)
SHORT = CartPole(episodes=1, horizon=60, start_range=0.05, activations=CONTROL_ACTIVATIONS)
LOGIC = Logic(gate="xor", bits=2, reward="closeness", episodes=1, activations=CONTROL_ACTIVATIONS)
EXPERIMENTS = [path.stem for path in sorted((find_conf_dir() / "experiment").glob("*.yaml"))]
SIZED = [name for name in EXPERIMENTS if name != "gym_quick"]  # which is for any environment
SMALL = ["debug=fast", "generations=1", "method.population_size=4", "evaluator=reference", "display=off"]


def test_auto_is_the_score_from_which_the_task_counts_as_solved_and_none_where_there_is_none() -> None:
    assert find_stop_score(AUTO, CARTPOLE) == 475.0
    assert find_stop_score(AUTO, SHORT) is None
    assert find_stop_score(AUTO, LOGIC) is None


def test_a_threshold_that_no_score_can_reach_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CartPole, "solved_score", float("inf"))
    assert find_stop_score(AUTO, CARTPOLE) is None


def test_a_number_and_null_stay_whatever_the_task_says() -> None:
    assert find_stop_score(check_stop_at(200), CARTPOLE) == 200.0
    assert find_stop_score(check_stop_at(None), CARTPOLE) is None


@pytest.mark.parametrize(
    "value", ["soon", True, float("nan"), float("inf"), [475], pytest.param(10**400, id="huge")]
)
def test_anything_else_is_refused_with_what_is_allowed(value: object) -> None:
    with pytest.raises(ConfigError, match=r"stop_at is .*; it must be a finite score, auto, or null"):
        check_stop_at(value)


def test_the_stored_config_holds_the_number_and_the_same_command_finds_its_run(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, number in ((["task=cartpole"], 475.0), (["task=logic"], None)):
        run = words[0].partition("=")[2]
        assert search(*SMALL, *words, f"hydra.run.dir={run}") == 0
        assert read_config(Path(run, ".hydra/config.yaml"))["stop_at"] == number
        stored = Path(run, ".hydra/config.yaml").read_bytes()
        assert search(*SMALL, *words, f"hydra.run.dir={run}") == 0
        assert search(f"resume={run}") == 0
        assert capsys.readouterr().out.count("finished; nothing to do") == 2
        assert Path(run, ".hydra/config.yaml").read_bytes() == stored


def test_a_search_that_stops_where_its_task_is_solved_says_so_and_offers_no_more_generations(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["task=logic", "task.gate=or", "stop_at=-1e9", "generations=12", "hydra.run.dir=run"]
    assert (
        search(*[word for word in SMALL if "generations" not in word and "display" not in word], *words) == 0
    )
    said = capsys.readouterr().out
    ending = "; the champion reached -1e+09 (stop_at) in generation 1 of the search; searched "
    assert ending in " ".join(said.split())
    assert "resume=run" not in said


@pytest.mark.parametrize("name", mark_others_long(SIZED, quick=["neat_double_pole", "wann_biped_quick"]))
def test_an_experiment_plays_all_its_generations_unless_it_names_a_score(name: str) -> None:
    with hydra.initialize_config_dir(str(find_conf_dir()), version_base="1.3"):
        config = hydra.compose("config", [f"experiment={name}"])
    task_type = load_class("task", OmegaConf.select(config, f"task.{TARGET}"), "task")
    assert config.stop_at != AUTO or not hasattr(task_type, "solved_score")
