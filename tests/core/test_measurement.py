import numpy as np

from wannsearch.core.measurement import Measurement, to_measurement
from wannsearch.core.scores import Scores
from wannsearch.core.trials import Trials


def test_mean_and_spread_are_over_episodes_with_ddof_0():
    measurement = Measurement(("1", "2"), np.array([[1.0, 3.0], [5.0, 5.0]]), np.ones((2, 2), np.int64))
    assert measurement.mean.tolist() == [2, 5]
    assert measurement.std.tolist() == [1, 0]


def test_the_scores_of_one_network_are_a_measurement_by_weight():
    returns, steps = np.arange(6.0).reshape(1, 2, 3), np.full((1, 2, 3), 9)
    measurement = to_measurement(Scores(returns, steps), Trials(shared_weights=(-1.0, 0.5), episodes=3))
    assert measurement.weight_names == ("-1", "0.5")
    assert measurement.returns.tolist() == returns[0].tolist()
    assert measurement.steps.tolist() == steps[0].tolist()
