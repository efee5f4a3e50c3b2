"""What a sweeper may choose by: what selection sees, never a held-out or a test score."""

from __future__ import annotations

import json
import math
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper

from wannsearch.commands.tune import main as tune_main
from wannsearch.evaluators.reference import forward
from wannsearch.formats import networks
from wannsearch.tasks.digits import Digits
from wannsearch.tasks.image_task import ImageReward

Search = Callable[..., int]
SMALL = ["task=logic", "debug=fast", "method.population_size=4", "evaluator=reference"]
SWEEP = ["-m", "hydra/sweeper=noting", "hydra.sweep.dir=sweep", "hydra.sweep.subdir=${hydra.job.num}"]
RUNS = [Path("sweep/0"), Path("sweep/1")]


class NotingSweeper(Sweeper):
    """Somebody else's sweeper, which asks for one job after another and looks at what each returns."""

    returned: ClassVar[list[float]] = []

    def __init__(self, seeds: list[int], gives_up: bool) -> None:
        self._seeds, self._gives_up = seeds, gives_up

    def setup(self, *, hydra_context: Any, task_function: Any, config: Any) -> None:
        self._launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        self.returned.clear()
        for number, seed in enumerate(self._seeds):
            (job,) = self._launcher.launch([[*arguments, f"seed={seed}"]], initial_job_idx=number)
            self.returned.append(job.return_value)
        if self._gives_up:
            raise ValueError("no trials are completed yet")


@pytest.fixture(autouse=True)
def _noting(monkeypatch: pytest.MonkeyPatch) -> None:
    NotingSweeper.__module__ = "hydra_plugins.noting"  # Hydra takes plugins from nowhere else
    place = types.ModuleType(NotingSweeper.__module__)
    vars(place)[NotingSweeper.__name__] = NotingSweeper
    monkeypatch.setitem(sys.modules, place.__name__, place)
    Plugins.instance().register(NotingSweeper)
    target = {"_target_": "hydra_plugins.noting.NotingSweeper", "seeds": [0], "gives_up": False}
    ConfigStore.instance().store(group="hydra/sweeper", name="noting", node=target, provider="tests")


def summary(run: Path) -> dict[str, Any]:
    value = json.loads((run / "summary.json").read_text())
    assert isinstance(value, dict)
    return value


def test_of_a_played_network_it_is_the_re_tested_mean_and_nan_where_the_run_failed(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(*SWEEP, *SMALL, "hydra.sweeper.seeds=[0,1,-1]") == 1
    first = list(NotingSweeper.returned)
    assert first[:2] == [summary(run)["best"]["recorded_mean"] for run in RUNS]
    assert math.isnan(first[2])
    assert "3 runs: 2 done, 1 refused" in capsys.readouterr().out
    assert search(*SWEEP, *SMALL, "hydra.sweeper.seeds=[0,1,-1]") == 1
    assert "already done" in capsys.readouterr().out
    assert NotingSweeper.returned[:2] == first[:2], "a finished run says what it said when it was new"


def test_of_a_network_on_images_it_is_the_share_of_validation_images_recognised(search: Search) -> None:
    words = ["task=digits", "task.batch_size=20", "debug=fast", "generations=1", "method.population_size=4"]
    words += ["evaluator=reference", "held_out.sweep_weights=2", "trials.shared_weights=[-1,0.5]"]
    assert search(*SWEEP, *words) == 0
    task = Digits(split_seed=0, batch_size=20, reward=ImageReward.LOSS, episodes=1, activations=("linear",))
    images = task.images().validation
    inputs = images.pixels.reshape(len(images), -1) / task.images().max_pixel
    network = networks.read(RUNS[0] / "best/network.json", task.ports)
    right = [
        (
            forward(network, 0, inputs, 10, np.full(len(images), weight)).argmax(axis=-1) == images.labels
        ).mean()
        for weight in (-1.0, 0.5)
    ]
    assert pytest.approx([np.mean(right)]) == NotingSweeper.returned
    assert NotingSweeper.returned != [np.mean(summary(RUNS[0])["held_out"]["accuracy"])]


@pytest.mark.long
def test_of_sub_networks_it_is_the_validation_accuracy_after_the_full_training(search: Search) -> None:
    words = ["experiment=weedout_digits", "method=one_shot", "method.population_size=2", "evaluator.epochs=1"]
    words += ["method.parent_network.layers=[12,10]", "plots=off"]
    assert search(*SWEEP, *words, "evaluator.threads=1", "evaluator.fitness=val_loss") == 0
    evaluation = json.loads((RUNS[0] / "best/evaluation.json").read_text())
    accuracies = [network["validation_accuracy"][-1] for network in evaluation["trained"]]
    assert len(accuracies) == 2
    assert pytest.approx([np.mean(accuracies)]) == NotingSweeper.returned
    assert 0 < NotingSweeper.returned[0] < 1


def test_of_tuned_weights_it_is_their_re_tested_mean() -> None:
    words = ["network=dense:2", "task=logic", "evaluator=reference", "generations=2", "population_size=5"]
    words += ["shared.grid=3", "shared.confirm_episodes=1", "held_out.sweep_weights=3", "display=off"]
    words += ["plots=off"]
    assert tune_main([*SWEEP, *words]) == 0
    last = (RUNS[0] / "history.csv").read_text().splitlines()[-1].split(",")
    assert [float(last[7])] == NotingSweeper.returned


@pytest.mark.long
def test_a_sweeper_that_gives_up_is_told_and_what_its_jobs_came_to(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(*SWEEP, *SMALL, "hydra.sweeper.gives_up=true") == 1
    said = capsys.readouterr()
    assert said.err == "wannsearch: the sweeper ended before its sweep: no trials are completed yet\n"
    assert "1 runs: 1 done" in said.out
