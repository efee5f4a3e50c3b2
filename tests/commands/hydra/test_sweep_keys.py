"""A sweep's keys are those of each job's own composition."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from wannsearch.records.stored_config import read_config

Search = Callable[..., int]
SMALL = ["debug=fast", "generations=1", "method.population_size=4", "evaluator=reference", "display=off"]
SMALL += ["sweep.name=a"]
SWEEP = Path("outputs/sweeps/a")


def jobs() -> list[dict[str, str]]:
    found = json.loads((SWEEP / "sweep.json").read_text())["jobs"]
    assert isinstance(found, list)
    return found


def test_a_key_of_all_swept_options_is_set_though_the_default_has_it_not(search: Search) -> None:
    assert search("-m", "task=logic,double_pole", "task.episodes=2", "++seed=3", *SMALL) == 0
    configs = [read_config(path) for path in SWEEP.glob("*/.hydra/config.yaml")]
    assert [(config["task"]["episodes"], config["seed"]) for config in configs] == [(2, 3), (2, 3)]


def test_only_the_job_whose_option_lacks_the_key_is_refused_by_its_own_keys(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search("-m", "task=double_pole,logic", "task.gate=xor", *SMALL) == 1
    refused, done = jobs()
    assert (refused["state"], done["state"]) == ("refused", "done")
    assert "no key 'task.gate'" in refused["why"]
    assert "task.observe_velocities" in refused["why"], "double_pole's keys, not cartpole's"
    assert "task.start_range" not in refused["why"]
    assert refused["why"] in capsys.readouterr().err


@pytest.mark.long
def test_so_it_is_in_a_sweep_over_experiments(search: Search) -> None:
    words = ["experiment=wann_logic,neat_xor", "method.species.excess=2"]
    assert search("-m", *words, *SMALL) == 1
    refused, done = jobs()
    assert (refused["state"], done["state"]) == ("refused", "done")
    assert "Allowed: method.add_connection" in refused["why"]
    config = read_config(SWEEP / done["folder"] / ".hydra/config.yaml")
    assert config["method"]["species"]["excess"] == 2


def test_a_single_command_is_refused_by_the_keys_of_its_own_choice(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search("experiment=neat_xor", "method.species.exces=1") == 2
    assert "Did you mean 'method.species.excess'? Allowed: method.species." in capsys.readouterr().err


def test_a_sweep_that_no_option_can_have_is_refused_and_leaves_nothing(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search("-m", "task=logic,double_pole", "task.nosuch=1", *SMALL) == 2
    assert capsys.readouterr().err.count("no key 'task.nosuch'") == 2
    assert list(Path().iterdir()) == []
