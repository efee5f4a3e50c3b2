"""Networks of one topology with weights of their own are played together, to the bit as alone."""

from dataclasses import replace

import numpy as np
import pytest
from compiled_settings import HUNDRED, OWN, SHORT, SIX, compiled, needed, same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from random_populations import network

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.errors import ConfigError
from wannsearch.core.topologies.population import Population
from wannsearch.evaluators.compiled import LanePrecision
from wannsearch.evaluators.reference import Reference
from wannsearch.tasks.cartpole import CartPole

POLE = CartPole(episodes=4, horizon=120, start_range=0.05, activations=CONTROL_ACTIVATIONS)
SWING_UP = replace(SHORT, horizon=100)
TASKS = {"swing_up": SWING_UP, "cartpole": POLE}
EACH_TASK = pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
SIMPLIFYING = compiled(simplify=True)
EVALUATORS = {precision: compiled(precision) for precision in LanePrecision}


def grouped(task, sizes, seed=0):
    """Topologies at random, each so many times with other weights, in any order."""
    rng, groups = np.random.default_rng(seed), []
    for size in sizes:
        one = network(rng, task.ports, int(rng.integers(0, 7)), rng.uniform(0.3, 0.9)).take([0] * size)
        groups.append(replace(one, weight=rng.normal(0, 2, one.weight.shape)))
    return Population.concatenate(groups).take(rng.permutation(sum(sizes)))


def alone(networks, task, episodes, precision=LanePrecision.FLOAT64):
    """Returns and steps (P, 1, R) of each network without the others."""
    scores = [
        EVALUATORS[precision].evaluate(networks.take([row]), task, OWN, HUNDRED[:episodes])[0]
        for row in range(len(networks))
    ]
    return tuple(np.concatenate([getattr(one, part) for one in scores]) for part in ("returns", "steps"))


def are(scores, expected):
    returns, steps = expected
    return scores.returns.tobytes() == returns.tobytes() and np.array_equal(scores.steps, steps)


@pytest.mark.long
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=4),
    st.integers(1, 5),
    st.integers(0, 2**32),
    st.sampled_from(sorted(TASKS)),
    st.booleans(),
)
@settings(deadline=None, max_examples=12)
def test_a_network_scores_to_the_bit_as_alone_in_groups_of_any_size(sizes, episodes, seed, name, simplify):
    task = TASKS[name]
    evaluator = SIMPLIFYING if simplify else EVALUATORS[LanePrecision.FLOAT64]
    networks = grouped(task, sizes, seed)
    expected = alone(networks, task, episodes)
    assert are(evaluator.evaluate(networks, task, OWN, HUNDRED[:episodes])[0], expected)


@pytest.mark.long
@EACH_TASK
@pytest.mark.parametrize("precision", LanePrecision)
def test_neither_width_nor_chunk_nor_threads_nor_simplifying_moves_a_bit(task, precision):
    networks = grouped(task, [1, 17, 40, 2, 1, 8], seed=5)
    expected = alone(networks, task, 3, precision)
    settings = [
        {"bits": bits, "simplify": simplify} for bits in (512, 256, 128) for simplify in (False, True)
    ]
    settings += [{"chunk": 1}, {"chunk": 3, "threads": 2}, {"threads": 5}]
    for setting in settings:
        evaluator = compiled(precision, **setting)
        assert are(evaluator.evaluate(networks, task, OWN, HUNDRED[:3])[0], expected), setting
    assert len(np.unique(expected[1])) > (20 if task is POLE else 1)  # they end at very different steps


@EACH_TASK
@pytest.mark.parametrize("size", [2, 7, 8, 9, 31, 32, 33, 40])
def test_networks_of_one_topology_fill_the_vectors_together(task, size):
    networks, evaluator = grouped(task, [size], seed=size), compiled()
    scores = evaluator.evaluate(networks, task, OWN, HUNDRED[:1])[0]
    assert sum(evaluator.calls) <= -(-size // 2)
    assert are(scores, alone(networks, task, 1))


@pytest.mark.parametrize(("task", "horizon"), [(SWING_UP, 4), (POLE, 20)], ids=["swing_up", "cartpole"])
def test_scores_are_the_reference_ones(task, horizon):  # from step 10 the swing-up is chaotic
    brief, networks = replace(task, horizon=horizon), grouped(task, [1, 9, 12], seed=1)
    expected = Reference().evaluate(networks, brief, OWN, HUNDRED[:3])[0]
    scores = compiled().evaluate(networks, brief, OWN, HUNDRED[:3])[0]
    assert np.array_equal(scores.steps, expected.steps)
    assert np.allclose(scores.returns, expected.returns, rtol=1e-9, atol=1e-9)
    assert len(np.unique(expected.returns)) > 5


@EACH_TASK
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_fails_its_network_and_none_beside_it(task, bad):
    networks = grouped(task, [20, 3], seed=3)
    sound = compiled().evaluate(networks, task, OWN, HUNDRED[:2])[0]
    row = int(np.argmax(networks.edges > 0))
    networks.weight[row, 0] = bad
    spoilt = compiled().evaluate(networks, task, OWN, HUNDRED[:2])[0]
    others = np.arange(23) != row
    assert np.isnan(spoilt.returns[row]).all()
    assert spoilt.returns[others].tobytes() == sound.returns[others].tobytes()
    assert not np.isnan(sound.returns).any()


@EACH_TASK
def test_what_lies_in_the_padding_changes_no_bit(task):
    networks = grouped(task, [12, 5, 1], seed=8)
    plain = compiled().evaluate(networks, task, OWN, HUNDRED[:3])[0]
    unused = ~networks.edge_mask()
    assert unused.any()
    for fill in (np.nan, 1e300):
        networks.weight[unused] = fill
        networks.source[unused] = np.random.default_rng(0).integers(0, 5, unused.sum())
        assert same_bits(compiled().evaluate(networks, task, OWN, HUNDRED[:3])[0], plain)


@EACH_TASK
@pytest.mark.parametrize("sizes", [[40, 9, 1, 30], [1] * 50], ids=["together", "apart"])
def test_what_does_not_fit_at_once_is_played_in_pieces_to_the_same_bits(task, sizes):
    networks, seeds = grouped(task, sizes, seed=2), HUNDRED[:5]
    tight = needed(networks, task, OWN, seeds)
    ample, pieces = compiled(), compiled(memory=1.01 * tight)
    whole = ample.evaluate(networks, task, OWN, seeds)[0]
    assert same_bits(pieces.evaluate(networks, task, OWN, seeds)[0], whole)
    assert len(pieces.calls) > len(ample.calls) == 1
    with pytest.raises(ConfigError, match=r"evaluator\.max_memory is"):
        compiled(memory=0.98 * tight).evaluate(networks, task, OWN, seeds)


@pytest.mark.parametrize("trials", [OWN, SIX], ids=["own", "shared"])
@pytest.mark.parametrize("simplify", [False, True])
def test_nobody_scores_nothing(simplify, trials):
    nobody = grouped(POLE, [2]).take([])
    scores = compiled(simplify=simplify).evaluate(nobody, POLE, trials, HUNDRED[:3])[0]
    assert scores.returns.shape == scores.steps.shape == (0, trials.num_weights, 3)
