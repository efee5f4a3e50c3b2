"""Budgets, fitness and the full training of sub-networks; `training/` holds the numbers themselves."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from few_images import MLP, SGD, WRN, FewImages, design, make_candidates, trainer

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.core.trials import Trials
from wannsearch.evaluators.trainer import Trainer, is_out_of_memory
from wannsearch.evaluators.training.settings import Fitness, OptimizerSettings, TrainingPrecision
from wannsearch.parent_networks.mlp import Mlp

TASK = FewImages()
OWN = Trials(shared_weights=None, episodes=1)
SEEDS = np.array([11, 12], np.uint64)
PARENTS = pytest.mark.parametrize("parent", [MLP, WRN], ids=["mlp", "wrn"])


def worth(of: Trainer, candidates: Any, seed: int = 11, task: FewImages = TASK) -> np.ndarray:
    return of.evaluate(candidates, task, OWN, np.array([seed], np.uint64))[0].returns[:, 0, 0]


# Fitness


def test_fitness_is_the_last_look_of_the_early_training() -> None:
    candidates, whole = make_candidates(design(MLP, TASK), 4), trainer(early_epochs=3)
    done = whole.train(candidates, TASK, 11)
    assert np.array_equal(worth(whole, candidates), done.accuracy[:, -1])
    assert np.array_equal(worth(replace(whole, fitness=Fitness.VAL_LOSS), candidates), -done.loss[:, -1])


def test_of_bytes_the_fewest_are_best() -> None:
    of = design(MLP, TASK)
    small, large = make_candidates(of, 1, share=0.2), make_candidates(of, 1, share=0.9)
    found = trainer(fitness=Fitness.BYTES)
    assert worth(found, small)[0] == -4 * small.live_parameters[0]
    assert worth(found, small)[0] > worth(found, large)[0]


def test_every_episode_is_a_training_with_another_order_and_all_candidates_have_the_same() -> None:
    candidates = make_candidates(design(MLP, TASK), 3).take([0, 0, 2])
    scores = trainer(fitness=Fitness.VAL_LOSS).evaluate(candidates, TASK, OWN, SEEDS)[0]
    assert scores.returns.shape == (3, 1, 2)
    assert scores.returns[0, 0, 0] != scores.returns[0, 0, 1]
    assert scores.returns[0] == pytest.approx(scores.returns[1], rel=1e-12)
    assert (scores.steps == 72).all()


# Budgets


def test_an_epoch_is_as_many_steps_as_it_has_batches() -> None:
    candidates = make_candidates(design(MLP, TASK), 3)
    by_epochs = trainer(early_epochs=2, fitness=Fitness.VAL_LOSS)
    by_steps = replace(by_epochs, early_epochs=0, early_steps=10)  # 72 images, 16 a step
    assert np.array_equal(worth(by_epochs, candidates), worth(by_steps, candidates))
    assert not np.array_equal(
        worth(by_epochs, candidates), worth(replace(by_steps, early_steps=9), candidates)
    )
    assert by_steps.evaluate(candidates, TASK, OWN, SEEDS)[0].steps.tolist() == [[[144, 144]]] * 3


@pytest.mark.parametrize("budget", [{"early_epochs": 0}, {"early_steps": 0}], ids=["epochs", "steps"])
@PARENTS
def test_without_a_budget_the_untrained_network_is_judged(parent: Any, budget: dict[str, int]) -> None:
    candidates = make_candidates(design(parent, TASK), 3)
    untrained = trainer(fitness=Fitness.VAL_LOSS, **budget)
    scores = untrained.evaluate(candidates, TASK, OWN, SEEDS)[0]
    assert (scores.steps == 0).all()
    assert np.array_equal(scores.returns[:, :, 0], scores.returns[:, :, 1])  # no order, no difference
    still = replace(untrained, early_epochs=1, early_steps=None, optimizer=replace(SGD, learning_rate=0.0))
    if parent == MLP:  # a training without a rate still gathers statistics
        assert worth(still, candidates) == pytest.approx(scores.returns[:, 0, 0], rel=1e-12)


# The full training


def test_it_begins_anew_from_the_initial_weights() -> None:
    candidates, of = make_candidates(design(MLP, TASK), 2), trainer()
    alone = of.train(candidates, TASK, 5)
    worth(of, candidates)
    after = of.train(candidates, TASK, 5, early_seed=11)
    assert np.array_equal(alone.loss, after.loss)
    assert alone.accuracy.shape == alone.loss.shape == (2, 3)
    assert alone.images_shown == 3 * 72


BUDGETS = {
    "epochs": {"early_epochs": 2},
    "steps of the first epoch": {"early_epochs": 0, "early_steps": 3},
    "steps of two epochs": {"early_epochs": 1, "early_steps": 8},
}


@pytest.mark.parametrize("budget", BUDGETS)
def test_or_it_goes_on_from_the_early_ones(budget: str) -> None:
    candidates = make_candidates(design(MLP, TASK), 2)
    goes_on = trainer(resume_from_early=True, epochs=4, fitness=Fitness.VAL_LOSS, **BUDGETS[budget])
    done = goes_on.train(candidates, TASK, 5, early_seed=11)
    in_search = goes_on.train(candidates, TASK, 11)
    anew = goes_on.train(candidates, TASK, 5)
    epochs = 2 if budget != "steps of the first epoch" else 1
    assert np.array_equal(done.loss[:, :epochs], in_search.loss[:, :epochs])  # as in the search
    assert not np.array_equal(done.loss[:, -1], in_search.loss[:, -1])
    assert not np.array_equal(done.loss[:, -1], anew.loss[:, -1])
    if budget == "epochs":
        assert np.array_equal(done.loss[:, 1], -worth(goes_on, candidates))


@PARENTS
def test_no_number_but_the_tests_depends_on_the_test_images(parent: Any) -> None:
    candidates, of = make_candidates(design(parent, TASK), 3), trainer(epochs=2)
    other = replace(TASK, shuffled_test=True)
    assert np.array_equal(worth(of, candidates), worth(replace(of), candidates, task=other))
    done, there = (
        of.train(candidates, TASK, 5, return_weights=True),
        of.train(candidates, other, 5, return_weights=True),
    )
    assert np.array_equal(done.accuracy, there.accuracy)
    assert np.array_equal(done.loss, there.loss)
    assert all(map(np.array_equal, done.weights, there.weights))
    assert not np.array_equal(done.test_accuracy, there.test_accuracy)


def test_without_sparsity_every_candidate_is_the_same_network() -> None:
    candidates = make_candidates(design(MLP, TASK), 5, share=1.0)
    of = trainer(fitness=Fitness.VAL_LOSS, precision=TrainingPrecision.FLOAT32)
    losses, done = worth(of, candidates), of.train(candidates, TASK, 5)
    assert losses == pytest.approx(losses[0], rel=1e-6)  # one product for all: its places round otherwise
    assert done.test_loss == pytest.approx(done.test_loss[0], rel=1e-5)
    accuracies = worth(replace(of, fitness=Fitness.VAL_ACCURACY), candidates)
    assert np.ptp(accuracies) == np.ptp(done.test_accuracy) == 0
    assert of.train(candidates.take([2]), TASK, 5).test_accuracy[0] == done.test_accuracy.mean()


# What may not matter


@PARENTS
@pytest.mark.parametrize("granularity", list(Granularity), ids=lambda of: of.value)
def test_the_number_of_threads_changes_no_bit(parent: Any, granularity: Granularity) -> None:
    candidates = make_candidates(design(parent, TASK, granularity), 5)
    one = trainer(
        threads=1,
        candidates_per_batch=2,
        precision=TrainingPrecision.FLOAT32,
        fitness=Fitness.VAL_LOSS,
        epochs=1,
    )
    two = replace(one, threads=2)
    assert np.array_equal(worth(one, candidates), worth(two, candidates))
    done, there = (of.train(candidates, TASK, 5, return_weights=True) for of in (one, two))
    assert np.array_equal(done.test_loss, there.test_loss)
    assert all(map(np.array_equal, done.weights, there.weights))


@PARENTS
@pytest.mark.parametrize("group", [1, 3])
def test_how_candidates_are_grouped_changes_roundings_alone(parent: Any, group: int) -> None:
    candidates = make_candidates(design(parent, TASK), 6)
    together = trainer(candidates_per_batch=16, precision=TrainingPrecision.FLOAT32, fitness=Fitness.VAL_LOSS)
    found, expected = (
        worth(replace(together, candidates_per_batch=group), candidates),
        worth(together, candidates),
    )
    assert found == pytest.approx(expected, rel=1e-4)
    assert np.argsort(found).tolist() == np.argsort(expected).tolist()


# What it says and refuses


def test_progress_counts_up_to_the_whole_and_no_further() -> None:
    candidates = make_candidates(design(MLP, TASK), 5)
    for early, run in (
        (True, lambda of: worth(of, candidates)),
        (False, lambda of: of.train(candidates, TASK, 1)),
    ):
        of = trainer(epochs=3, early_epochs=2, candidates_per_batch=2)
        heard: list[str] = []
        of.listeners.append(heard.append)
        run(of)
        numbers = [tuple(map(int, text.partition(": ")[2].split()[::2])) for text in heard]
        whole = 3 * (2 if early else 3)
        assert numbers == [(done, whole) for done in range(1, whole + 1)]


REFUSED: dict[str, dict[str, Any]] = {
    "evaluator.epochs is 0": {"epochs": 0},
    "evaluator.early_epochs is -1": {"early_epochs": -1},
    "evaluator.early_epochs is 9; a full training has 3": {"early_epochs": 9},
    "evaluator.early_steps is -1": {"early_steps": -1},
    "evaluator.threads is 0": {"threads": 0},
    "evaluator.candidates_per_batch is 0": {"candidates_per_batch": 0},
    "evaluator.epochs is 2000000": {"epochs": 2_000_000},
}


@pytest.mark.parametrize("why", REFUSED)
def test_budgets_that_cannot_be_are_refused_in_one_line(why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        trainer(**REFUSED[why])
    assert "\n" not in str(caught.value)


OPTIMIZERS: dict[str, dict[str, Any]] = {
    "learning_rate is -1": {"learning_rate": -1.0},
    "learning_rate is nan": {"learning_rate": float("nan")},
    "momentum is 1.5": {"momentum": 1.5},
    "weight_decay is -1": {"weight_decay": -1.0},
    "batch_size is 0": {"batch_size": 0},
    "milestones is 3": {"milestones": (0.5, 3.0)},
    "gamma is -1": {"gamma": -1.0},
    "nesterov is true; it needs a momentum": {"momentum": 0.0},
}


@pytest.mark.parametrize("why", OPTIMIZERS)
def test_optimisers_that_cannot_be_are_refused_in_one_line(why: str) -> None:
    with pytest.raises(ConfigError, match=f"evaluator.optimizer.{why}") as caught:
        OptimizerSettings(**vars(SGD) | OPTIMIZERS[why])
    assert "\n" not in str(caught.value)


def test_shared_weights_and_a_device_that_is_not_there_are_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match="trials=own_weights"):
        trainer().describe(TASK, Trials(shared_weights=(1.0,), episodes=1))
    for device in ("cuda:99", "abacus", "cpu:0", "meta", "hpu", "mkldnn", ""):
        with pytest.raises(ConfigError, match=f"device is '{device}'") as caught:
            trainer(device=device).describe(TASK, OWN)
        assert "\n" not in str(caught.value)


def test_a_device_without_float64_is_refused_it() -> None:
    with pytest.raises(ConfigError, match="precision is float64, which device=mps does not have"):
        trainer(device="mps", precision=TrainingPrecision.FLOAT64)


@contextmanager
def room_for(more: int) -> Iterator[None]:
    """Memory for so many bytes more than are in use."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what is in use")
def test_candidates_that_no_memory_holds_are_refused_in_one_line_that_says_what_takes_less() -> None:
    candidates = make_candidates(design(Mlp(layers=(4000, 4000)), TASK), 2)
    with (
        room_for(2**27),
        pytest.raises(ConfigError, match=r"evaluator.candidates_per_batch is 16: 2 candidates") as caught,
    ):
        worth(trainer(), candidates)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what is in use")
def test_torch_without_memory_is_known_from_other_errors_of_its() -> None:
    with room_for(2**26), pytest.raises(RuntimeError) as full:
        torch.empty(2**33)
    with pytest.raises(RuntimeError) as other:
        torch.zeros(2) @ torch.zeros(3)
    assert is_out_of_memory(full.value)
    assert not is_out_of_memory(other.value)


def test_it_says_what_it_trains_on() -> None:
    said = trainer().describe(TASK, OWN)
    assert "a few made images: 72 to train, 40 to validate, 56 to test" in said
    assert "\n" not in said


def test_another_task_is_another_training() -> None:
    of, other = trainer(fitness=Fitness.VAL_LOSS), FewImages(training=48)
    here, there = make_candidates(design(MLP, TASK), 2), make_candidates(design(MLP, other), 2)
    first = worth(of, here)
    assert not np.array_equal(first, worth(of, there, task=other))
    assert np.array_equal(first, worth(of, here))
