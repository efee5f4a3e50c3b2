"""Habits of environments in the wild are played or told in one line; the file is not of the repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gymnasium_settings import make_task
from random_populations import population

from wannsearch.core.errors import ConfigError, EvaluationFailed
from wannsearch.core.plugin_files import load_plugin
from wannsearch.core.trials import Trials
from wannsearch.evaluators.not_finite import explain_not_finite
from wannsearch.evaluators.reference import Reference

TRIALS = Trials(shared_weights=(-1.0, 1.0), episodes=2)
SEEDS = np.arange(2, dtype=np.uint64)
STEP, RESET = (f"breaks in {phase} of the episode from seed 0, " for phase in ("step 1", "reset"))


@pytest.fixture(scope="module")
def wild_environments(reference: Path) -> str:
    """Register the environments of the file, as `plugins=[...]` does; skip where it is not."""
    path = reference.parent / "cases" / "wild_environments.py"
    if not path.is_file():
        pytest.skip(f"no environments at {path}; WANNSEARCH_REFERENCE names a folder beside theirs")
    load_plugin(path)
    return path.stem


def evaluate(habit, **settings):
    task = make_task(f"Wild{habit}-v0", **settings)
    networks = population(np.random.default_rng(0), task.ports, 3)
    return task, networks, Reference().evaluate(networks, task, TRIALS, SEEDS)[0]


@pytest.mark.parametrize(
    ("habit", "expected"),
    [
        ("Offset", None), ("Reused", 15.0), ("ArrayReward", 10.0), ("IntReward", 15.0), ("OneBox", None),
        ("Bits", 5.0), ("Mixed", 5.0), ("WideInt", 5.0), ("OffsetSight", 5.0), ("Unbounded", None),
        ("IntBox", 5.0), ("Huge", 5.0), ("Outside", 5.0),
    ],
)  # fmt: skip
def test_a_habit_with_a_sensible_meaning_is_played(habit, expected, wild_environments):
    _, _, scores = evaluate(habit)
    assert np.isfinite(scores.returns).all()
    assert (scores.steps == 5).all()
    if expected is not None:
        assert (scores.returns == expected).all()


def test_an_environment_without_a_limit_is_played_to_the_horizon_of_the_task(wild_environments):
    assert (evaluate("Never", horizon=7)[2].steps == 7).all()


@pytest.mark.parametrize(
    ("habit", "error_type", "said"),
    [
        (
            "Never",
            ConfigError,
            "task.horizon is null and WildNever-v0 has no limit of its own; give task.horizon=",
        ),
        ("NoSeed", ConfigError, "reset of NoSeed takes no 'seed'; Gymnasium's is reset(self, *, seed=None,"),
        ("NoneReward", EvaluationFailed, f"{STEP}TypeError: a reward is None; it must be a number"),
        ("OldStep", EvaluationFailed, f"{STEP}TypeError: it returned 4 values; Gymnasium's step returns 5"),
        ("OldReset", EvaluationFailed, f"{RESET}TypeError: it returned array("),
        ("Wrong", EvaluationFailed, f"{RESET}ValueError: an observation has shape (3,)"),
    ],
)
def test_any_other_habit_is_told_in_one_line(habit, error_type, said, wild_environments):
    with pytest.raises(error_type) as caught:
        evaluate(habit)
    assert said in str(caught.value)
    assert f"Wild{habit}-v0" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_infinite_reward_fails_the_episode_and_is_named(wild_environments):
    task, networks, scores = evaluate("InfinitePay")
    assert np.isnan(scores.returns).all()
    one_weight = Trials(shared_weights=(1.0,), episodes=1)
    reason = explain_not_finite(networks.take(np.array([0])), task, one_weight, SEEDS[:1])
    assert reason == "the reward of step 1 is inf"
