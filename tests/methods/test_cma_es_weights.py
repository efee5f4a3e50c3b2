"""The last share of a search for weights begins around the best that it met."""

import numpy as np
import numpy.typing as npt
import pytest

from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.topologies.dense_network import make_dense_network
from wannsearch.methods.cma_es import CmaEsState, CmaEsWeights
from wannsearch.variation.cma_es import CovarianceType

PORTS = Ports(2, 1, ("tanh",))
NETWORK = make_dense_network((2,), PORTS, "tanh", "linear")
GOAL = np.linspace(-1, 1, int(NETWORK.edges[0]))


def method(final_restart_generation: int | None, patience: int = 1000) -> CmaEsWeights:
    return CmaEsWeights(
        network=NETWORK,
        initial_means=np.stack([GOAL + 0.5, GOAL + 3.0]),
        initial_sigma=0.1,
        covariance=CovarianceType.DIAGONAL,
        patience=patience,
        population_size=8,
        final_restart_generation=final_restart_generation,
    )


def followed(of: CmaEsWeights, generations: int) -> list[CmaEsState]:
    """The states before each generation; what is paid is minus the squared distance from the goal."""
    states = [of.start(PORTS, make_stream(0, Role.START))]
    for generation in range(1, generations):
        candidates = of.ask(states[-1])
        paid: npt.NDArray[np.float64] = -((candidates.weight - GOAL) ** 2).sum(axis=1)[:, None, None]
        scores = Scores(paid, np.ones(paid.shape, np.int64))
        states.append(of.tell(states[-1], candidates, scores, make_stream(0, Role.TELL, generation)))
    return states


def test_it_begins_around_the_best_mean_of_all_beginnings() -> None:
    states = followed(method(final_restart_generation=41, patience=20), 45)
    means = [state.distribution.mean for state in states]
    best = max(means[:40], key=lambda mean: -((mean - GOAL) ** 2).sum())
    np.testing.assert_array_equal(means[40], best)
    assert states[40].distribution.sigma == 0.1
    assert states[40].restarts == states[39].restarts + 1


def test_without_patience_it_polishes_again_and_goes_to_no_center() -> None:
    states = followed(method(final_restart_generation=11, patience=2), 60)
    for state in states[10:]:
        assert ((state.distribution.mean - GOAL) ** 2).sum() < ((0.6) ** 2) * len(GOAL)


def test_before_that_nothing_is_different() -> None:
    one, two = followed(method(None), 20), followed(method(20), 20)
    for left, right in zip(one[:19], two[:19], strict=True):
        np.testing.assert_array_equal(left.candidate_weights, right.candidate_weights)
    assert not np.array_equal(one[19].candidate_weights, two[19].candidate_weights)


@pytest.mark.parametrize("final_restart_generation", [None, 5])
def test_its_own_states_are_accepted(final_restart_generation: int | None) -> None:
    of = method(final_restart_generation)
    for state in followed(of, 8):
        of.check(state, PORTS)
