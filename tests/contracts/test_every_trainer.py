"""What every evaluator that trains sub-networks owes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from conf_files import CONF, built, evaluators_of
from few_images import MLP, SGD, WRN, FewImages, design, make_candidates
from few_trials import OWN, THROUGH, first, same_bits

from wannsearch.core.candidates import check_pairing
from wannsearch.core.errors import ConfigError
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.subnetworks.subnetworks import Granularity, Subnetworks
from wannsearch.core.topologies.population import Population
from wannsearch.sparsity.rule import MaskRule

TASK = FewImages()
PARENTS = pytest.mark.parametrize("parent", [MLP, WRN], ids=["mlp", "wrn"])
BOTH = pytest.mark.parametrize("granularity", list(Granularity), ids=lambda of: of.value)


@dataclass(frozen=True, kw_only=True)
class Poisoned(MaskRule):
    """What does not keep its first node begins with weights that are no numbers."""

    has_fixed_masks: ClassVar[bool] = True

    def start(self, context: Any, batch: Any) -> Any:
        for weight in context.weights:
            weight[~context.proposed[:, 0]] = float("nan")
        return context.proposed


@pytest.fixture
def brief(trainer: Any) -> Any:
    return replace(trainer, epochs=2, early_epochs=1, threads=1, candidates_per_batch=3, optimizer=SGD)


def _arrays(candidates: Subnetworks) -> tuple[np.ndarray, np.ndarray]:
    return candidates.masks, candidates.init_seeds


@PARENTS
@BOTH
def test_evaluating_twice_gives_the_same_bits_and_changes_no_input(
    brief: Any, parent: Any, granularity: Granularity
) -> None:
    candidates, seeds = make_candidates(design(parent, TASK, granularity), 4), first(2)
    before = [array.copy() for array in (*_arrays(candidates), seeds)]
    for array in (*_arrays(candidates), seeds):
        array.setflags(write=False)
    once = brief.evaluate(candidates, TASK, OWN, seeds)[0]
    again = replace(brief).evaluate(candidates, TASK, OWN, seeds)[0]
    assert same_bits(once.returns, again.returns)
    assert same_bits(once.steps, again.steps)
    assert once.returns.shape == once.steps.shape == (4, 1, 2)
    assert all(map(same_bits, (*_arrays(candidates), seeds), before))


@PARENTS
@BOTH
def test_a_candidate_is_worth_the_same_whoever_is_trained_beside_it(
    brief: Any, parent: Any, granularity: Granularity
) -> None:
    candidates = make_candidates(design(parent, TASK, granularity), 5)
    losses = replace(brief, fitness=type(brief.fitness)("val_loss"), candidates_per_batch=5)
    together = losses.evaluate(candidates, TASK, OWN, first(1))[0].returns
    assert len(set(together.ravel().tolist())) == 5
    for rows in ([3], [4, 0, 2]):
        apart = losses.evaluate(candidates.take(rows), TASK, OWN, first(1))[0].returns
        assert np.allclose(apart, together[rows], rtol=2e-4, atol=0)


@pytest.mark.parametrize("fitness", ["val_accuracy", "val_loss", "bytes"])
def test_where_training_comes_to_nothing_there_is_no_number(brief: Any, fitness: str) -> None:
    absurd = replace(SGD, learning_rate=1e30)
    wild = replace(brief, optimizer=absurd, fitness=type(brief.fitness)(fitness))
    candidates = make_candidates(design(MLP, TASK), 4)
    assert np.isnan(wild.evaluate(candidates, TASK, OWN, first(1))[0].returns).all()
    assert np.isnan(wild.measure(candidates.take([0]), TASK, TestProtocol(None, first(1))).returns).all()


@PARENTS
@BOTH
def test_a_candidate_that_fails_leaves_the_others_as_they_are(
    brief: Any, parent: Any, granularity: Granularity
) -> None:
    candidates = make_candidates(design(parent, TASK, granularity, Poisoned()), 6, seed=1)
    fails = ~candidates.masks[:, 0]
    assert 0 < fails.sum() < 6
    sound = replace(candidates, design=design(parent, TASK, granularity))
    losses = replace(brief, fitness=type(brief.fitness)("val_loss"), candidates_per_batch=6)
    returns = losses.evaluate(candidates, TASK, OWN, first(1))[0].returns
    assert np.isnan(returns[fails]).all()
    assert same_bits(returns[~fails], losses.evaluate(sound, TASK, OWN, first(1))[0].returns[~fails])


def test_measuring_is_training_in_full_and_testing_with_each_of_the_seeds(brief: Any) -> None:
    candidates, seeds = make_candidates(design(MLP, TASK), 1), first(2)
    measured = brief.measure(candidates, TASK, TestProtocol(None, seeds))
    tested = [brief.train(candidates, TASK, seed).test_accuracy[0] for seed in seeds.tolist()]
    assert measured.weight_names == ("own",)
    assert measured.returns.tolist() == [tested]


def test_it_takes_sub_networks_and_no_topologies(brief: Any) -> None:
    check_pairing(make_candidates(design(MLP, TASK), 1), brief)
    with pytest.raises(ConfigError, match=r"proposes Population, and Trainer takes Subnetworks") as caught:
        check_pairing(THROUGH, brief)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", evaluators_of(Population), ids=lambda file: file.stem)
def test_who_plays_topologies_refuses_sub_networks(file: Any) -> None:
    player = built("evaluator", file)
    check_pairing(THROUGH, player)
    with pytest.raises(ConfigError, match=r"proposes Subnetworks, and \w+ takes Population") as caught:
        check_pairing(make_candidates(design(MLP, TASK), 1), player)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["logic", "cartpole"])
def test_a_task_without_images_is_refused_in_one_line_that_names_one_with(brief: Any, name: str) -> None:
    with pytest.raises(ConfigError, match="task=digits") as caught:
        brief.describe(built("task", CONF / "task" / f"{name}.yaml"), OWN)
    assert "\n" not in str(caught.value)
    assert "to train" in brief.describe(TASK, OWN)


@PARENTS
@BOTH
def test_only_scoring_gives_the_same_scores_and_the_same_object_back(
    brief: Any, parent: Any, granularity: Granularity
) -> None:
    candidates = make_candidates(design(parent, TASK, granularity), 3)
    scores, learned = brief.evaluate(candidates, TASK, OWN, first(1))
    only, same = brief.evaluate(candidates, TASK, OWN, first(1), learn=False)
    assert same is candidates
    assert same_bits(only.returns, scores.returns)
    assert learned is not candidates
    assert learned.design is candidates.design
    assert same_bits(learned.proposed, candidates.proposed)
    assert same_bits(learned.init_seeds, candidates.init_seeds)
