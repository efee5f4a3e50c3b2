"""Aggregates over tasks: resampled within each, in any order of tasks the same."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import trim_mean

from wannsearch.reporting.statistics.across_tasks import (
    ScoreScale,
    aggregate,
    mean_improvement,
    normalize,
    optimality_gap,
)
from wannsearch.reporting.statistics.comparison import probability_of_improvement
from wannsearch.reporting.statistics.interval import tail_probability
from wannsearch.reporting.statistics.resampling import ResamplePurpose, resample_indices
from wannsearch.reporting.statistics.sample import Sample, build_sample

RNG = np.random.default_rng(4)
TASKS = {name: build_sample(RNG.normal(place, 0.1, n)) for name, place, n in (("b", 0.9, 6), ("a", 0.4, 9))}
OTHERS = {name: build_sample(RNG.normal(0.5, 0.2, 7)) for name in "ab"}


def test_normalised_scores_run_from_floor_to_solved() -> None:
    found = normalize(build_sample([200.0, np.nan, 950.0], floor=0.0), ScoreScale(0, 950))
    assert found.scores == pytest.approx([0, 200 / 950, 1])
    assert found.num_failed == 1
    with pytest.raises(ValueError, match="not above"):
        ScoreScale(1, 1)


def test_the_gap_gives_no_credit_beyond_solved() -> None:
    assert optimality_gap(np.array([0.5, 1.0, 3.0])) == pytest.approx(0.5 / 3)


def test_the_interval_is_that_of_a_brute_force_stratified_bootstrap() -> None:
    resampled = []
    draws = [
        resample_indices(TASKS[name].n, 400, ResamplePurpose.STRATA, number)
        for number, name in enumerate("ab")
    ]
    for first, second in zip(*draws, strict=True):
        resampled.append(trim_mean([*TASKS["a"].scores[first], *TASKS["b"].scores[second]], 0.25))
    tail = tail_probability(6 + 9 - 1)
    found = aggregate(TASKS, "iqm", 400)
    assert (found.low, found.high) == pytest.approx(np.quantile(resampled, [tail, 1 - tail]), rel=1e-12)
    everything = np.concatenate([one.scores for one in TASKS.values()])
    assert found.estimate == pytest.approx(trim_mean(everything, 0.25))


def test_the_order_of_tasks_and_runs_changes_nothing() -> None:
    turned = {name: build_sample(TASKS[name].scores[::-1]) for name in reversed(TASKS)}
    for statistic in ("iqm", "optimality_gap"):
        assert aggregate(turned, statistic, 200) == aggregate(TASKS, statistic, 200)
    assert mean_improvement(turned, OTHERS, 200) == mean_improvement(TASKS, OTHERS, 200)


def test_the_mean_improvement_is_the_mean_of_the_tasks() -> None:
    found = mean_improvement(TASKS, OTHERS, 400)
    each = [probability_of_improvement(TASKS[name], OTHERS[name]).probability for name in "ab"]
    assert found.estimate == pytest.approx(np.mean(each))
    resampled = np.zeros(400)
    for number, name in enumerate("ab"):
        left = TASKS[name].scores[resample_indices(TASKS[name].n, 400, ResamplePurpose.STRATA, 2 * number)]
        right = OTHERS[name].scores[resample_indices(7, 400, ResamplePurpose.STRATA, 2 * number + 1)]
        for row in range(400):
            resampled[row] += np.mean(left[row][:, None] > right[row]) / 2
    tail = tail_probability(6)
    assert (found.low, found.high) == pytest.approx(np.quantile(resampled, [tail, 1 - tail]))


RUNS_BY_TASKS = np.array([[0, 0, 5], [0, 0.6, 9], [9, 0.3, 7]])
BY_TASK = {str(task): build_sample(runs) for task, runs in enumerate(RUNS_BY_TASKS.T)}


def test_the_median_is_over_tasks_of_the_tasks_means() -> None:
    assert aggregate(BY_TASK, "median", 50).estimate == pytest.approx(3.0)  # of 3, 0.3 and 7
    assert aggregate(BY_TASK, "mean", 50).estimate == pytest.approx((3 + 0.3 + 7) / 3)
    assert aggregate(BY_TASK, "iqm", 50).estimate == pytest.approx(trim_mean(RUNS_BY_TASKS, 0.25, axis=None))
    short_of_1 = [1, 1, 0, 1, 0.4, 0.7, 0, 0, 0]
    assert aggregate(BY_TASK, "optimality_gap", 50).estimate == pytest.approx(np.mean(short_of_1))


def test_a_task_with_more_runs_than_another_weighs_no_more_in_means_over_tasks() -> None:
    tasks = {
        "a": build_sample([0.0, 0.2] * 20),
        "b": build_sample([0.9, 1.0]),
        "c": build_sample([2.0, 4.0, 6.0]),
    }
    assert aggregate(tasks, "mean", 50).estimate == pytest.approx((0.1 + 0.95 + 4) / 3)
    assert aggregate(tasks, "median", 50).estimate == pytest.approx(0.95)
    assert aggregate(tasks, "optimality_gap", 50).estimate == pytest.approx((0.9 + 0.05 + 0) / 3)


@pytest.mark.parametrize("of", ["median", "mean", "optimality_gap"])
def test_intervals_of_what_is_taken_task_by_task_are_those_of_a_brute_force_bootstrap(of: str) -> None:
    by_hand = {
        "median": lambda tasks: np.median([np.mean(runs) for runs in tasks]),
        "mean": lambda tasks: np.mean([np.mean(runs) for runs in tasks]),
        "optimality_gap": lambda tasks: np.mean([np.mean(np.maximum(1 - runs, 0)) for runs in tasks]),
    }[of]
    drawn = [resample_indices(3, 300, ResamplePurpose.STRATA, number) for number in range(3)]
    resampled = [
        by_hand([BY_TASK[str(task)].scores[drawn[task][row]] for task in range(3)]) for row in range(300)
    ]
    tail = tail_probability(9 - 3 + 1)
    found = aggregate(BY_TASK, of, 300)
    assert (found.low, found.high) == pytest.approx(np.quantile(resampled, [tail, 1 - tail]))


def test_tasks_without_spread_have_no_interval() -> None:
    solved = {"a": build_sample([1.0] * 5), "b": build_sample([0.5] * 5)}
    for of in ("iqm", "mean", "median", "optimality_gap"):
        assert aggregate(solved, of, 200).refusal == "no spread between runs"
    always = mean_improvement(solved, {"a": build_sample([0.1] * 5), "b": build_sample([0.2] * 5)}, 200)
    assert (always.estimate, always.low, always.refusal) == (1.0, None, "no spread between runs")


def test_one_run_a_task_has_no_interval_and_a_task_without_runs_is_refused() -> None:
    assert aggregate({"a": build_sample([1.0])}).low is None
    assert mean_improvement({"a": build_sample([1.0])}, {"a": build_sample([0.0, 2.0])}).estimate == 0.5
    empty = Sample(np.empty(0))
    for tasks in ({}, {"a": empty}):
        with pytest.raises(ValueError, match="needs a run"):
            aggregate(tasks)
    with pytest.raises(ValueError, match="no task"):
        mean_improvement(TASKS, {"c": empty})


@pytest.mark.parametrize("runs", [5, 10])
def test_intervals_over_three_tasks_contain_the_truth_as_often_as_they_say(runs: int) -> None:
    rng = np.random.default_rng(6)
    hits = 0
    for _ in range(400):
        tasks = {name: build_sample(rng.normal(size=runs)) for name in "abc"}
        found = aggregate(tasks, "mean", 500)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0 <= found.high
    assert 0.92 <= hits / 400 <= 0.98


def test_figures_are_those_of_rliable() -> None:
    """Made with rliable 1.2.0, which no default installation can import: aggregate_iqm, aggregate_mean,
    aggregate_optimality_gap and probability_of_improvement of the same matrices, runs x tasks.
    """
    x = np.array([[((37 * i + 11 * j * j + 5 * j) % 23) / 20 for j in range(3)] for i in range(7)])
    y = np.array([[((29 * i + 7 * j + 3) % 19) / 20 for j in range(3)] for i in range(5)])
    ours, theirs = (
        {str(task): build_sample(runs) for task, runs in enumerate(matrix.T)} for matrix in (x, y)
    )
    assert aggregate(ours, "iqm", 50).estimate == pytest.approx(0.5318181818181817, abs=1e-12)
    assert aggregate(ours, "mean", 50).estimate == pytest.approx(0.5285714285714286, abs=1e-12)
    assert aggregate(ours, "optimality_gap", 50).estimate == pytest.approx(0.4785714285714286, abs=1e-12)
    assert mean_improvement(ours, theirs, 50).estimate == pytest.approx(0.6047619047619047, abs=1e-12)
