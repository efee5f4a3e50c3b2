"""Scores do not depend on how the work is split: chunks, threads, lanes, the width of the vectors."""

from dataclasses import replace

import numpy as np
import pytest
from compiled_settings import HUNDRED, OWN, SHORT, SIX, compiled, needed, same_bits
from paying_tasks import OneNumber, as_seeds
from random_populations import population

from wannsearch.core.errors import ConfigError
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import LanePrecision
from wannsearch.formats import one_network


@pytest.fixture(scope="module")
def networks():
    return population(np.random.default_rng(0), SHORT.ports, 23)


@pytest.mark.parametrize("precision", LanePrecision)
@pytest.mark.parametrize("trials", [OWN, SIX], ids=["own", "shared"])
def test_scores_depend_neither_on_the_chunk_nor_on_threads(networks, precision, trials):
    whole = compiled(precision, chunk=len(networks)).evaluate(networks, SHORT, trials, HUNDRED[:3])[0]
    for threads in (1, 2, 3, 8):
        for chunk in (1, 2, 7, len(networks), None):
            evaluator = compiled(precision, threads, chunk)
            assert same_bits(evaluator.evaluate(networks, SHORT, trials, HUNDRED[:3])[0], whole)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("chunk", [1, 2, 7, 23, 100])
def test_no_kernel_call_takes_more_individuals_than_the_chunk(networks, threads, chunk):
    evaluator = compiled(threads=threads, chunk=chunk)
    evaluator.evaluate(networks, SHORT, SIX, HUNDRED[:1])
    full, rest = divmod(23, chunk)
    assert sorted(evaluator.calls) == sorted([chunk] * full + [rest] * (rest > 0))
    evaluator.evaluate(networks.take([0, 1, 2]), SHORT, SIX, HUNDRED[:1])
    assert sum(evaluator.calls) == 3  # of the last evaluation only


@pytest.mark.parametrize("lanes", [1, 2, 3, 5, 8, 13, 24, 31, 40, 101])
def test_an_episodes_score_does_not_depend_on_how_many_lanes_fill_a_vector(networks, lanes):
    trials = Trials(shared_weights=(0.5,), episodes=1)
    seeds = np.arange(101, dtype=np.uint64)
    evaluator = compiled()
    everything = evaluator.evaluate(networks, SHORT, trials, seeds)[0]
    some = evaluator.evaluate(networks, SHORT, trials, seeds[:lanes])[0]
    assert some.returns.tobytes() == everything.returns[:, :, :lanes].tobytes()


@pytest.mark.parametrize(("setting", "value"), [("threads", 0), ("chunk", 0), ("threads", -2)])
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(setting, value):
    with pytest.raises(ConfigError, match=f"evaluator.{setting} is {value}") as caught:
        compiled(**{setting: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("precision", list(LanePrecision))
@pytest.mark.parametrize("bits", [256, 128])
def test_scores_do_not_depend_on_the_width_of_the_vectors(precision, bits):
    networks = population(np.random.default_rng(9), SHORT.ports, 30, most_hidden=12)
    wide = compiled(precision, bits=512).evaluate(networks, SHORT, SIX, HUNDRED[:3])[0]
    narrow = compiled(precision, bits=bits).evaluate(networks, SHORT, SIX, HUNDRED[:3])[0]
    assert narrow.returns.tobytes() == wide.returns.tobytes()
    assert np.array_equal(narrow.steps, wide.steps)


@pytest.mark.parametrize("bits", [512, 256, 128])
def test_what_is_not_finite_reaches_the_scores_at_every_width(bits):
    networks = population(np.random.default_rng(9), SHORT.ports, 5)
    trials = Trials(shared_weights=(0.5, np.nan, np.inf, 1.0), episodes=1)
    scores = compiled(bits=bits).evaluate(networks, SHORT, trials, HUNDRED[:3])[0]
    assert np.isnan(scores.returns).all(axis=(0, 2)).tolist() == [False, True, True, False]


def test_own_weights_beyond_float32_fail_their_own_network_without_a_warning():
    one = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    networks = Population.concatenate([one, replace(one, weight=np.array([[1e300]])), one])
    returns = compiled(LanePrecision.FLOAT32).evaluate(
        networks, OneNumber(largest=3e38), OWN, as_seeds([2.0])
    )[0]
    assert returns.returns[[0, 2]].ravel().tolist() == [2, 2]
    assert np.isnan(returns.returns[1]).all() or returns.returns[1].item() == pytest.approx(3e38)


def test_what_would_not_fit_is_refused_before_it_is_allocated():
    networks = population(np.random.default_rng(9), SHORT.ports, 30, most_hidden=12)
    with pytest.raises(
        ConfigError, match=r"30 networks x 600 lanes need about .* GiB; evaluator.max_memory is 0.0001"
    ):
        compiled(memory=0.0001).evaluate(networks, SHORT, SIX, HUNDRED)
    assert not compiled(memory=1.0).evaluate(networks, SHORT, SIX, HUNDRED)[0].failed_mask.all()


@pytest.mark.parametrize("trials", [OWN, SIX], ids=["own", "shared"])
def test_what_does_not_fit_at_once_is_played_in_pieces_to_the_same_bits(networks, trials):
    tight = needed(networks, SHORT, trials, HUNDRED)
    whole, calls = compiled().evaluate(networks, SHORT, trials, HUNDRED)[0], []
    for memory in (1.01 * tight, 1.1 * tight, 10 * tight):
        evaluator = compiled(memory=memory)
        assert same_bits(evaluator.evaluate(networks, SHORT, trials, HUNDRED)[0], whole)
        assert sum(evaluator.calls) == len(networks)
        calls.append(len(evaluator.calls))
    assert calls[0] > calls[1] > calls[2] == 1
    with pytest.raises(ConfigError, match=r"evaluator\.max_memory is"):
        compiled(memory=0.98 * tight).evaluate(networks, SHORT, trials, HUNDRED)
