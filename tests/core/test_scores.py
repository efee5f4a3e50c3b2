import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.scores import Scores

RETURNS = np.array(  # (P 3, K 2, R 2)
    [
        [[1.0, 3.0], [10.0, 20.0]],
        [[np.nan, 3.0], [10.0, 20.0]],
        [[0.0, 0.0], [-4.0, -6.0]],
    ]
)
SCORES = Scores(RETURNS, np.ones(RETURNS.shape, np.int64))


def test_by_weight_is_the_mean_over_episodes_and_nan_if_one_failed():
    assert np.array_equal(SCORES.mean_by_weight, [[2, 15], [np.nan, 15], [0, -5]], equal_nan=True)


def test_the_mean_is_over_weights_of_the_mean_over_episodes():
    assert np.array_equal(SCORES.mean, [8.5, np.nan, -2.5], equal_nan=True)


def test_the_max_is_the_mean_at_the_best_weight_and_not_the_best_episode():
    assert SCORES.max[0] == 15
    assert SCORES.max[2] == 0


def test_cases_are_the_returns_with_the_episodes_of_a_weight_together():
    assert np.array_equal(SCORES.cases[0], [1, 3, 10, 20])
    assert np.array_equal(SCORES.cases, RETURNS.reshape(3, 4), equal_nan=True)


def test_extra_weights_are_cases_and_in_no_score():
    returns = np.concatenate([RETURNS, [[[7.0, 8.0]], [[9.0, 9.0]], [[5.0, 6.0]]]], axis=1)
    steps = np.arange(returns.size).reshape(returns.shape)
    scores = Scores(returns, steps, num_played=2).split_off_extra_weights(2)
    assert np.array_equal(scores.cases[2], [0, 0, -4, -6, 5, 6])
    assert np.array_equal(scores.cases, returns.reshape(3, 6), equal_nan=True)
    assert np.array_equal(scores.returns, RETURNS, equal_nan=True)
    assert np.array_equal(scores.mean, SCORES.mean, equal_nan=True)
    assert np.array_equal(scores.steps, steps[:, :2])
    assert scores.num_played == 2


@pytest.mark.parametrize("failure", [np.nan, np.inf, -np.inf])
def test_a_failure_at_an_extra_weight_fails_the_candidate_everywhere(failure):
    returns = np.ones((3, 4, 2))
    returns[1, 3, 1] = failure
    scores = Scores(returns, np.ones(returns.shape, np.int64)).split_off_extra_weights(3)
    assert scores.failed_mask.tolist() == [False, True, False]
    assert np.isnan(scores.returns[1]).all()
    assert np.isnan(scores.mean_by_weight[1]).all()
    assert np.isnan(scores.max[1])
    assert np.array_equal(scores.returns[[0, 2]], np.ones((2, 3, 2)))


def test_scores_without_extra_weights_stay_the_same_object():
    assert SCORES.split_off_extra_weights(2) is SCORES


def test_failed_marks_whoever_failed_anywhere():
    assert SCORES.failed_mask.tolist() == [False, True, False]


def test_scores_of_another_shape_are_refused_with_the_class_that_gave_them():
    SCORES.check_shape(3, 2, 2, object())
    with pytest.raises(ConfigError, match=r"str.evaluate gives returns of shape \(3, 2, 2\); .* \(3, 2, 4\)"):
        SCORES.check_shape(3, 2, 4, "an evaluator")
    with pytest.raises(ConfigError, match=r"gives steps of shape \(3, 2\)"):
        Scores(RETURNS, np.ones((3, 2), np.int64)).check_shape(3, 2, 2, object())
