from dataclasses import fields

import numpy as np
import pytest
from paying_tasks import OneNumber, as_seeds

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network, published_out
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp
from wannsearch.tasks.starts import StartStates
from wannsearch.tuning.random_weights import measure_random_weights

# Output = w0 + w1 x: with x = 0 an episode pays w0 alone, with a huge x it pays w1 x.
LINE = one_network.from_arrays([1, 1, 1], [0, 1], [2, 2], [1.0, 1.0])


def returns(numbers, shared, seed=0, network=LINE):
    measurement = measure_random_weights(Reference(), network, OneNumber(), as_seeds(numbers), seed, shared)
    assert measurement.returns.shape == measurement.steps.shape == (1, len(numbers))
    return measurement.returns[0]


@pytest.mark.parametrize("shared", [False, True])
def test_weights_are_drawn_uniformly_from_minus_2_to_2_anew_in_every_episode(shared):
    drawn = returns(np.zeros(2000), shared)
    assert len(np.unique(drawn)) == 2000
    assert np.abs(drawn).max() < 2
    assert drawn.mean() == pytest.approx(0, abs=0.12)
    assert drawn.std() == pytest.approx(4 / np.sqrt(12), abs=0.05)


@pytest.mark.parametrize("shared", [False, True])
def test_draw_i_meets_episode_i(shared):
    at_0, at_1, at_5 = (returns(np.full(20, x), shared) for x in (0.0, 1.0, 5.0))
    slope = at_1 - at_0
    assert np.allclose(at_5, at_0 + 5 * slope, rtol=1e-12)
    mixed = returns(np.tile([0.0, 5.0], 10), shared)
    assert np.array_equal(mixed[::2], at_0[::2])
    assert np.array_equal(mixed[1::2], at_5[1::2])
    assert np.array_equal(returns(np.zeros(7), shared), at_0[:7])


def test_a_shared_draw_is_one_for_all_edges_and_a_random_one_is_not():
    for shared in (True, False):
        intercept = returns(np.zeros(50), shared)
        slope = returns(np.ones(50), shared) - intercept
        assert np.allclose(slope, intercept, rtol=1e-9) is shared


def test_draws_depend_on_the_seed_and_on_nothing_else():
    assert np.array_equal(returns(np.zeros(9), False), returns(np.zeros(9), False))
    assert not np.isin(returns(np.zeros(9), False, seed=1), returns(np.zeros(9), False)).any()


def test_draws_do_not_depend_on_the_padding_of_the_network():
    wide = Population.concatenate([LINE, one_network.from_arrays([1] * 5, [0] * 2, [3, 4], [1.0] * 2)])
    padded = Population(
        *(np.pad(getattr(LINE, f.name), [(0, 0), (0, 4)][: getattr(LINE, f.name).ndim]) for f in fields(LINE))
    )
    assert np.array_equal(returns(np.ones(9), False, network=padded), returns(np.ones(9), False))
    assert np.array_equal(returns(np.ones(9), False, network=wide.take([0])), returns(np.ones(9), False))


def test_the_network_and_its_weights_are_left_alone():
    before = LINE.weight.copy()
    returns(np.zeros(3), False)
    assert np.array_equal(LINE.weight, before)


def test_own_random_weights_of_the_champion_collapse_and_a_shared_one_does_not(reference):
    task = CartPoleSwingUp(
        episodes=3, horizon=1000, start_states=StartStates.PUBLISHED, activations=CONTROL_ACTIVATIONS
    )
    swing = published_out.read(reference / "wann" / "swing.out", task.ports)
    evaluator = Compiled(
        precision=LanePrecision.FLOAT64,
        threads=1,
        chunk=None,
        max_memory=None,
        vector_bits=None,
        simplify=True,
    )
    seeds = task.episode_seeds(0, Role.HELD_OUT, 0, 300)
    own = measure_random_weights(evaluator, swing, task, seeds, seed=0, shared=False)
    shared = measure_random_weights(evaluator, swing, task, seeds, seed=0, shared=True)
    assert own.mean[0] == pytest.approx(47, abs=4 * 108 / np.sqrt(300))  # C7
    assert own.std[0] == pytest.approx(108, abs=50)
    assert shared.mean[0] == pytest.approx(518.6, abs=4 * 228 / np.sqrt(300))
    assert own.weight_names != shared.weight_names


def test_a_draw_is_played_with_the_networks_own_weights_so_that_trials_do_not_matter():
    drawn = returns(np.ones(1), shared=True)[0] / 2
    scores = Reference().evaluate(
        LINE, OneNumber(), Trials(shared_weights=(float(drawn),), episodes=1), as_seeds([1.0])
    )[0]
    assert scores.returns.item() == pytest.approx(2 * drawn, rel=1e-12)
