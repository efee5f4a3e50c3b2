"""What every evaluator owes, whatever task and network it plays."""

from dataclasses import fields, replace

import numpy as np
import pytest
from few_trials import OWN, THROUGH, first, same_bits, shared
from one_file_tasks import Countdown, PaysOutput, Spoilt
from random_populations import population

from wannsearch.core.activations import ACTIVATION_IDS, CONTROL_ACTIVATIONS, LINEAR_ID, activate
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.formats import one_network

# One forward pass


@pytest.mark.parametrize("trials", [OWN, shared(-2.0)], ids=["own", "shared"])
def test_a_node_without_incoming_edges_outputs_its_activation_of_0(evaluator, trials):
    task = PaysOutput(((3.0,),))
    bare = Population.concatenate(
        [one_network.from_arrays([1, 1, ACTIVATION_IDS[name]], [], [], []) for name in CONTROL_ACTIVATIONS]
    )
    behind = Population.concatenate(
        [
            one_network.from_arrays([1, 1, ACTIVATION_IDS[name], 1], [2], [3], [-2.0])
            for name in CONTROL_ACTIVATIONS
        ]
    )
    at_0 = np.array([activate(ACTIVATION_IDS[name], np.zeros(1))[0] for name in CONTROL_ACTIVATIONS])
    assert np.array_equal(evaluator.evaluate(bare, task, trials, first(1))[0].returns[:, 0, 0], at_0)
    assert np.array_equal(evaluator.evaluate(behind, task, trials, first(1))[0].returns[:, 0, 0], -2 * at_0)


def test_own_weights_are_summed_and_shared_ones_replace_every_weight_the_bias_too(evaluator):
    # y = tanh(a + b x1), output = c y + d x2 + e
    network = one_network.from_arrays(
        [1, 1, 1, 5, 1], [0, 1, 3, 2, 0], [3, 3, 4, 4, 4], [0.3, -0.7, 1.5, 0.2, -0.4]
    )
    task = PaysOutput(((0.5, -2.0), (1.25, 3.0)))
    own = evaluator.evaluate(network, task, OWN, first(2))[0].returns[0, 0]
    by_w = evaluator.evaluate(network, task, shared(-1.0, 0.5), first(2))[0].returns[0]
    for i, (x1, x2) in enumerate(task.table):
        assert own[i] == pytest.approx(1.5 * np.tanh(0.3 - 0.7 * x1) + 0.2 * x2 - 0.4, rel=1e-12)
        for k, w in enumerate((-1.0, 0.5)):
            assert by_w[k, i] == pytest.approx(w * (np.tanh(w * (1 + x1)) + x2 + 1), rel=1e-12)


def test_edges_are_played_whatever_the_layout_of_the_arrays_in_memory(evaluator):
    networks = population(np.random.default_rng(3), Ports(2, 1, CONTROL_ACTIVATIONS), 12)
    task = PaysOutput(((0.5, -0.25),))
    strided = Population(
        *(np.asfortranarray(np.repeat(getattr(networks, f.name), 2, axis=0))[::2] for f in fields(networks))
    )
    for trials in (OWN, shared(0.5)):
        plain = evaluator.evaluate(networks, task, trials, first(1))[0]
        assert same_bits(evaluator.evaluate(strided, task, trials, first(1))[0].returns, plain.returns)


def test_linear_is_the_activation_of_outputs_unless_they_say_otherwise(evaluator):
    task = PaysOutput(((-3.0,),))
    for number, expected in (
        (LINEAR_ID, -3.0),
        (ACTIVATION_IDS["absolute"], 3.0),
        (ACTIVATION_IDS["relu"], 0.0),
    ):
        network = one_network.from_arrays([1, 1, number], [1], [2], [1.0])
        assert evaluator.evaluate(network, task, OWN, first(1))[0].returns.item() == expected


# Failures reach the scores, and only where they happened


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_shared_weight_that_is_not_finite_fails_in_its_own_column_alone(evaluator, bad):
    networks = Population.concatenate(
        [THROUGH, one_network.from_arrays([1, 1, ACTIVATION_IDS["step"]], [1], [2], [1.0])]
    )
    task = PaysOutput(((3.0,), (0.0,)))
    returns = evaluator.evaluate(networks, task, shared(1.0, bad, -1.0), first(2))[0].returns
    assert np.isnan(returns[:, 1]).all()
    assert returns[:, 0].tolist() == [[3, 0], [1, 0]]
    assert returns[:, 2].tolist() == [[-3, 0], [0, 0]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_own_weight_that_is_not_finite_fails_in_its_own_network_alone(evaluator, bad):
    stepped = one_network.from_arrays([1, 1, 2, 1], [1, 2], [2, 3], [bad, 1.0])  # a step would hide it
    networks = Population.concatenate([THROUGH, stepped, THROUGH])
    returns = evaluator.evaluate(networks, PaysOutput(((3.0,), (-3.0,))), OWN, first(2))[0].returns
    assert np.isnan(returns[1]).all()
    assert returns[[0, 2], 0].tolist() == [[3, -3]] * 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_own_weights_do_not_matter_where_a_shared_one_is_played(evaluator, bad):
    network = replace(THROUGH, weight=np.array([[bad]]))
    assert evaluator.evaluate(network, PaysOutput(((3.0,),)), shared(2.0), first(1))[0].returns.item() == 6


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["observation", "reward"])
def test_an_episode_that_is_not_finite_once_fails_alone(evaluator, where, bad):
    deaf = one_network.from_arrays([1, 1, 1], [0], [2], [1.0])  # does not listen to the input
    networks = Population.concatenate([THROUGH, deaf])
    returns = evaluator.evaluate(networks, Spoilt(bad, where), shared(0.5, 1.0), first(8))[0].returns
    assert np.isnan(returns[:, :, :4]).all()
    assert np.all(returns[:, :, 4:] == 4)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_happens_after_the_end_of_an_episode_does_not_fail_it(evaluator, bad):
    returns = evaluator.evaluate(
        THROUGH, Spoilt(bad, "after the end"), shared(1.0), np.array([1, 3, 2, 4], np.uint64)
    )[0]
    assert returns.returns.ravel().tolist() == [1, 3, 2, 4]
    assert returns.steps.ravel().tolist() == [1, 3, 2, 4]


def test_an_overflow_inside_the_network_fails_its_own_entries_alone(evaluator):
    squares = one_network.from_arrays([1, 1, 11, 11, 11, 1], [1, 2, 3, 4], [2, 3, 4, 5], [1.0] * 4)
    returns = evaluator.evaluate(squares, PaysOutput(((1e80,), (1.0,))), shared(1.0, 0.5), first(2))[
        0
    ].returns
    assert np.isnan(returns[0, :, 0]).all()
    assert returns[0, 0, 1] == 1
    turned = one_network.from_arrays([1, 1, 11, 3, 2, 1], [1, 2, 3, 4], [2, 3, 4, 5], [1.0] * 4)
    returns = evaluator.evaluate(turned, PaysOutput(((1e300,), (0.5,))), shared(1.0), first(2))[0].returns
    assert np.isnan(returns[0, 0, 0])  # sin of infinity is NaN, and a step does not swallow it
    assert returns[0, 0, 1] == 1


# Steps


@pytest.mark.parametrize("trials", [OWN, shared(1.0, 2.0)], ids=["own", "shared"])
def test_steps_are_those_lived_through_the_last_one_included(evaluator, trials):
    seeds = np.array([3, 1, 0, 5, 4, 99], np.uint64)
    scores = evaluator.evaluate(Population.concatenate([THROUGH] * 3), Countdown(), trials, seeds)[0]
    assert scores.steps.shape == scores.returns.shape == (3, trials.num_weights, 6)
    assert np.issubdtype(scores.steps.dtype, np.integer)
    assert scores.returns.dtype == np.float64
    assert np.all(scores.steps == [3, 1, 1, 5, 4, 5])
    assert np.all(scores.returns == [3, 1, 1, 5, 4, 5])


# What may not matter


@pytest.fixture(scope="module")
def sixteen(swing_up):
    return population(np.random.default_rng(5), swing_up.ports, 16)


@pytest.fixture(scope="module")
def short(swing_up):
    return replace(swing_up, horizon=30)


@pytest.mark.parametrize("trials", [OWN, shared(-2.0, 0.5)], ids=["own", "shared"])
def test_what_lies_in_the_padding_changes_no_bit(evaluator, short, sixteen, trials):
    def widened(fill):
        parts = {f.name: getattr(sixteen, f.name) for f in fields(sixteen)}
        for name, used in (
            ("activation", sixteen.nodes),
            ("weight", sixteen.edges),
            ("source", sixteen.edges),
            ("target", sixteen.edges),
        ):
            wide = np.pad(parts[name], ((0, 0), (0, 3)))
            wide[np.arange(wide.shape[1]) >= used[:, None]] = fill[name]
            parts[name] = wide
        return Population(**parts)

    expected = evaluator.evaluate(sixteen, short, trials, first(3))[0]
    for fill in (
        {"activation": 4, "weight": np.nan, "source": 2**31 - 1, "target": 2**31 - 1},
        {"activation": -7, "weight": np.inf, "source": -5, "target": -1},
        {"activation": 6, "weight": 1e300, "source": 1, "target": 6},
    ):
        scores = evaluator.evaluate(widened(fill), short, trials, first(3))[0]
        assert same_bits(scores.returns, expected.returns)
        assert same_bits(scores.steps, expected.steps)


@pytest.mark.parametrize("trials", [OWN, shared(-2.0, -0.5, 1.0)], ids=["own", "shared"])
def test_scores_depend_neither_on_the_individuals_nor_on_the_lanes_beside_them(
    evaluator, short, sixteen, trials
):
    seeds = np.array([4, 8, 15, 16, 23, 42, 108], np.uint64)
    together = evaluator.evaluate(sixteen, short, trials, seeds)[0]
    for rows in ([7], [15, 0, 3], list(range(15))):
        apart = evaluator.evaluate(sixteen.take(rows), short, trials, seeds)[0]
        assert same_bits(apart.returns, together.returns[rows])
        assert same_bits(apart.steps, together.steps[rows])
    for episodes in ([3], [6, 0], [0, 1, 2, 3, 4]):
        apart = evaluator.evaluate(sixteen, short, trials, seeds[episodes])[0]
        assert same_bits(apart.returns, together.returns[:, :, episodes])
        assert same_bits(apart.steps, together.steps[:, :, episodes])


def test_scores_at_a_weight_do_not_depend_on_the_weights_beside_it(evaluator, short, sixteen):
    together = evaluator.evaluate(sixteen, short, shared(*SIX_WEIGHTS), first(3))[0]
    for k, weight in enumerate(SIX_WEIGHTS):
        apart = evaluator.evaluate(sixteen, short, shared(weight), first(3))[0]
        assert same_bits(apart.returns[:, 0], together.returns[:, k])


def test_evaluating_twice_gives_the_same_bits_and_changes_no_input(evaluator, short, sixteen):
    parts = {f.name: getattr(sixteen, f.name).copy() for f in fields(sixteen)}
    seeds = first(3)
    for array in (*parts.values(), seeds):
        array.setflags(write=False)
    for trials in (OWN, shared(0.5)):
        once = evaluator.evaluate(Population(**parts), short, trials, seeds)[0]
        again = evaluator.evaluate(sixteen, short, trials, seeds)[0]
        assert same_bits(once.returns, again.returns)
    assert all(same_bits(getattr(sixteen, name), array) for name, array in parts.items())
    assert seeds.tolist() == [0, 1, 2]


def test_every_individual_meets_the_same_episodes(evaluator, short, sixteen):
    clones = sixteen.take([9] * 5)
    scores = evaluator.evaluate(clones, short, shared(1.0, -1.0), first(4))[0]
    for row in range(1, 5):
        assert same_bits(scores.returns[row], scores.returns[0])


# Measuring


@pytest.mark.parametrize("weights", [None, (-0.5, 2.0)])
def test_measuring_is_evaluating_one_network_on_the_seeds_of_the_protocol(evaluator, short, sixteen, weights):
    one = sixteen.take([4])
    seeds = np.array([3, 77, 5], np.uint64)
    measurement = evaluator.measure(one, short, TestProtocol(weights, seeds))
    scores = evaluator.evaluate(one, short, Trials(shared_weights=weights, episodes=3), seeds)[0]
    assert measurement.weight_names == (("own",) if weights is None else ("-0.5", "2"))
    assert same_bits(measurement.returns, scores.returns[0])
    assert same_bits(measurement.steps, scores.steps[0])


@pytest.mark.parametrize("learn", [True, False])
def test_what_nothing_is_learned_of_comes_back_as_the_same_object(evaluator, short, sixteen, learn):
    assert evaluator.evaluate(sixteen, short, OWN, first(1), learn=learn)[1] is sixteen
