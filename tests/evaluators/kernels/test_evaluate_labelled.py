"""Labelled data, compiled: the reference's scores, and the same bits however the work is split."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from compiled_settings import OWN, SIX, compiled, same_bits
from hypothesis import example, given, settings
from hypothesis import strategies as st
from labelled_rows import Rows
from random_populations import population

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.errors import ConfigError
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import LanePrecision
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network

BOTH = pytest.mark.parametrize("trials", [OWN, SIX], ids=["own", "shared"])
SEEDS = np.array([3, 0, 11, 7], np.uint64)
FOUR_INPUTS = Rows()
FAST = compiled()
SQUARED, SIN, STEP = 11, 3, 2


def networks(count=25, seed=0, task=FOUR_INPUTS):
    return population(np.random.default_rng(seed), task.ports, count)


def edges_mixed(some, seed=1):
    """The same networks with the edges into each node in any order."""
    rng, mixed = np.random.default_rng(seed), []
    for row in range(len(some)):
        one = one_network.extract_network(some, row)
        order = rng.permutation(int(one.edges[0]))
        edges = one.source[0, order], one.target[0, order], one.weight[0, order]
        mixed.append(one_network.from_arrays(one.activation[0], *edges))
    return Population.concatenate(mixed)


def through(*chain, outputs=1):
    """Input 1 through a chain of nodes of these activations into the last output."""
    fixed = [1] * 5  # bias and four inputs
    last = len(fixed) + len(chain) + outputs - 1
    slots = [1, *range(5, 5 + len(chain)), last]
    return one_network.from_arrays(
        [*fixed, *chain, *[1] * outputs], slots[:-1], slots[1:], [1.0] * (len(slots) - 1)
    )


@BOTH
@pytest.mark.parametrize("pays", ["loss", "last output"])
@pytest.mark.parametrize("samples", [1, 3, 8, 64, 100, 1000])
def test_scores_are_the_reference_ones_for_any_number_of_rows(samples, pays, trials):
    task, some = Rows(samples=samples, pays=pays), networks(8 if samples == 1000 else 25)
    expected = Reference().evaluate(some, task, trials, SEEDS)[0]
    scores = FAST.evaluate(some, task, trials, SEEDS)[0]
    assert np.allclose(scores.returns, expected.returns, rtol=1e-12, atol=1e-12)
    assert np.all(scores.steps == 1)
    assert len(np.unique(expected.returns[1:, 0])) > len(SEEDS)


@BOTH
@pytest.mark.parametrize("samples", [1, 3, 8, 64, 100])
def test_accuracy_is_the_reference_one_but_for_rows_whose_highest_outputs_are_within_rounding(
    samples, trials
):
    some = networks(40, seed=6)
    expected, tied = (
        Reference().evaluate(some, Rows(samples=samples, pays=pays), trials, SEEDS)[0].returns
        for pays in ("accuracy", "tied")
    )
    returns = FAST.evaluate(some, Rows(samples=samples, pays="accuracy"), trials, SEEDS)[0].returns
    assert np.all(np.abs(returns - expected) <= tied + 1e-12)
    assert np.mean(tied == 0) > 0.25


@BOTH
@pytest.mark.parametrize("simplify", [False, True])
def test_edges_into_a_node_may_come_in_any_order(trials, simplify):
    some = edges_mixed(networks(40, seed=4))
    later = (some.source[:, :-1] > 4) & (some.source[:, 1:] <= 4)
    later &= (some.target[:, :-1] == some.target[:, 1:]) & some.edge_mask()[:, 1:]
    assert later.sum() > 20  # hidden before input, into the same node
    task = Rows(samples=20)
    expected = Reference().evaluate(some, task, trials, SEEDS)[0].returns
    returns = compiled(simplify=simplify).evaluate(some, task, trials, SEEDS)[0].returns
    assert np.allclose(returns, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.long
@given(st.integers(1, 70), st.integers(1, 4), st.integers(1, 5), st.integers(0, 99), st.booleans())
@example(samples=4, inputs=2, outputs=3, seed=62, own=False)
@settings(deadline=None, max_examples=12)
def test_any_shape_of_data_and_networks_scores_as_with_the_reference(samples, inputs, outputs, seed, own):
    task = Rows(samples=samples, inputs=inputs, outputs=outputs)
    some, trials = edges_mixed(networks(6, seed, task), seed), OWN if own else SIX
    # Inputs are summed first, so the last bit of a sum may differ, and a step at 0 would make it a 1.
    steps_as_tanh = np.where(
        some.activation == ACTIVATION_IDS["step"], ACTIVATION_IDS["tanh"], some.activation
    )
    some = replace(some, activation=steps_as_tanh.astype(np.int8))
    expected = Reference().evaluate(some, task, trials, SEEDS[:2])[0].returns
    returns = FAST.evaluate(some, task, trials, SEEDS[:2])[0].returns
    assert np.allclose(returns, expected, rtol=1e-12, atol=1e-12)


@BOTH
def test_float32_scores_are_near_the_reference_ones(trials):
    some, task = networks(), Rows(samples=100)
    smooth = np.isin(some.activation, [1, 4, 5, 6, 7])  # neither steps nor turns
    some = replace(some, activation=np.where(smooth, some.activation, 5).astype(np.int8))
    expected = Reference().evaluate(some, task, trials, SEEDS)[0].returns
    returns = compiled(LanePrecision.FLOAT32).evaluate(some, task, trials, SEEDS)[0].returns
    assert np.allclose(returns, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.long
@BOTH
@pytest.mark.parametrize("precision", LanePrecision)
@pytest.mark.parametrize("samples", [3, 64, 101])
def test_scores_depend_neither_on_width_nor_chunk_nor_threads_nor_simplifying(samples, precision, trials):
    task, some = Rows(samples=samples), edges_mixed(networks(23, seed=2))
    whole = compiled(precision, bits=512).evaluate(some, task, trials, SEEDS)[0]
    for bits, simplify in product((512, 256, 128, None), (False, True)):
        evaluator = compiled(precision, bits=bits, simplify=simplify)
        assert same_bits(evaluator.evaluate(some, task, trials, SEEDS)[0], whole)
    for threads, chunk in ((1, 1), (1, 7), (3, None), (2, 1), (8, 5)):
        evaluator = compiled(precision, threads, chunk)
        assert same_bits(evaluator.evaluate(some, task, trials, SEEDS)[0], whole)


@BOTH
def test_an_episode_a_network_and_a_weight_score_the_same_alone(trials):
    task, some = Rows(samples=37), networks(9)
    together = FAST.evaluate(some, task, trials, SEEDS)[0].returns
    for episode in range(len(SEEDS)):
        alone = FAST.evaluate(some, task, trials, SEEDS[episode : episode + 1])[0].returns
        assert alone.tobytes() == together[:, :, episode : episode + 1].tobytes()
    for row in range(9):
        assert (
            FAST.evaluate(some.take([row]), task, trials, SEEDS)[0].returns.tobytes()
            == together[row].tobytes()
        )
    for k, weight in enumerate(trials.shared_weights or ()):
        one = Trials(shared_weights=(weight,), episodes=1)
        assert FAST.evaluate(some, task, one, SEEDS)[0].returns.tobytes() == together[:, k : k + 1].tobytes()


@BOTH
def test_what_lies_in_the_padding_of_a_network_changes_no_bit(trials):
    some, task = networks(), Rows(samples=20)
    plain, unused = FAST.evaluate(some, task, trials, SEEDS)[0], ~some.edge_mask()
    some.weight[unused] = np.nan
    some.source[unused] = np.random.default_rng(0).integers(0, 5, unused.sum())
    some.target[unused] = 5
    for evaluator in (FAST, compiled(simplify=True)):
        assert same_bits(evaluator.evaluate(some, task, trials, SEEDS)[0], plain)


@pytest.mark.long
@pytest.mark.parametrize("samples", [1, 3, 8, 9, 100])
def test_what_fills_up_the_vectors_is_never_paid(samples):
    # Padding of zeros would pay infinity here, and 1 more there.
    task = Rows(samples=samples, pays=lambda m, outputs, target: 1.0 / (target + 1.0) - m.log(target + 1.0))
    ones = Rows(samples=samples, pays=lambda m, outputs, target: 1.0)
    rest = Rows(
        samples=samples,
        pays=lambda m, outputs, target: 1.0 / target,
        spoilt=tuple((int(seed), row, 4, 2.0) for seed in SEEDS for row in range(samples)),
    )
    label = task.start_values(SEEDS)[..., -1]
    for bits in (512, 128):
        evaluator = compiled(bits=bits)
        paid = evaluator.evaluate(networks(2), task, OWN, SEEDS)[0].returns[:, 0]
        assert np.allclose(paid, (1 / (label + 1) - np.log(label + 1)).mean(axis=1), rtol=1e-12)
        assert np.all(evaluator.evaluate(networks(2), ones, SIX, SEEDS)[0].returns == 1)
        assert np.all(evaluator.evaluate(networks(2), rest, SIX, SEEDS)[0].returns == 0.5)


# Failures


@BOTH
@pytest.mark.parametrize("simplify", [False, True])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_input_that_is_not_finite_fails_its_episode_alone_even_if_no_edge_uses_it(bad, simplify, trials):
    task = Rows(samples=11, spoilt=((0, 10, 3, bad),))
    deaf = one_network.from_arrays([1] * 8, [1, 2], [5, 6], [1.0, -1.0])
    some = Population.concatenate([networks(6), deaf])
    for evaluator in (
        compiled(simplify=simplify),
        compiled(LanePrecision.FLOAT32, simplify=simplify),
        Reference(),
    ):
        failed = np.isnan(evaluator.evaluate(some, task, trials, SEEDS)[0].returns)
        assert np.array_equal(failed, np.broadcast_to(SEEDS == 0, failed.shape))


@pytest.mark.parametrize("evaluator", [FAST, compiled(bits=128, simplify=True), Reference()])
def test_an_output_that_is_nan_fails_its_episode_though_the_pay_does_not_look_at_it(evaluator):
    task = Rows(samples=9, outputs=1, pays=lambda m, outputs, target: 1.0, spoilt=((11, 8, 0, 1e300),))
    some = Population.concatenate(
        [through(SQUARED, SIN, STEP), through()]
    )  # sin of infinity, and the finite number
    returns = evaluator.evaluate(some, task, OWN, SEEDS)[0].returns[:, 0]
    assert np.isnan(returns).tolist() == [(SEEDS == 11).tolist(), [False] * 4]
    assert np.all(returns[~np.isnan(returns)] == 1)


@pytest.mark.parametrize("evaluator", [FAST, compiled(bits=128, simplify=True), Reference()])
def test_an_infinite_output_fails_a_loss_and_is_the_highest_for_accuracy(evaluator):
    huge = through(SQUARED, outputs=3)
    for pays in ("loss", "accuracy"):
        task = Rows(samples=9, pays=pays, spoilt=((11, 8, 0, 1e300), (11, 8, 4, 2.0)))
        failed = np.isnan(evaluator.evaluate(huge, task, OWN, SEEDS)[0].returns.ravel())
        assert failed.tolist() == ((SEEDS == 11) & (pays == "loss")).tolist()
    certain = Rows(samples=1, pays="accuracy", spoilt=((11, 0, 0, 1e300), (11, 0, 4, 2.0)))
    assert evaluator.evaluate(huge, certain, OWN, SEEDS[2:3])[0].returns.item() == 1


@pytest.mark.parametrize("simplify", [False, True])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_fails_where_it_is_played_and_nowhere_else(bad, simplify):
    evaluator, task, some = compiled(simplify=simplify), Rows(samples=9), networks(6)
    trials = Trials(shared_weights=(1.0, bad, -1.0), episodes=1)
    returns = evaluator.evaluate(some, task, trials, SEEDS)[0].returns
    assert np.isnan(returns[:, 1]).all()
    sound = Trials(shared_weights=(1.0, -1.0), episodes=1)
    assert returns[:, [0, 2]].tobytes() == evaluator.evaluate(some, task, sound, SEEDS)[0].returns.tobytes()
    some.weight[3, 0] = bad
    own = evaluator.evaluate(some, task, OWN, SEEDS)[0].returns[:, 0]
    assert np.array_equal(np.isnan(own), np.repeat(np.arange(6)[:, None] == 3, len(SEEDS), axis=1))
    assert not evaluator.evaluate(some, task, sound, SEEDS)[0].failed_mask.any()


def test_data_that_would_not_fit_is_refused_in_one_line():
    task, some = Rows(samples=1000), networks(3)
    with pytest.raises(ConfigError, match=r"evaluator.max_memory is 0.0001") as caught:
        compiled(memory=0.0001).evaluate(some, task, SIX, SEEDS)
    assert "\n" not in str(caught.value)
    roomy = compiled(memory=0.1).evaluate(some, task, SIX, SEEDS)[0]
    assert same_bits(roomy, FAST.evaluate(some, task, SIX, SEEDS)[0])


def test_nobody_scores_nothing():
    assert FAST.evaluate(networks(2).take([]), Rows(), SIX, SEEDS)[0].returns.shape == (0, 6, 4)
