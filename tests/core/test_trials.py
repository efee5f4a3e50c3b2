import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.trials import MAX_SHARED_WEIGHT, SIX_WEIGHTS, Trials


def test_the_six_weights_are_the_papers():
    assert SIX_WEIGHTS == (-2, -1, -0.5, 0.5, 1, 2)


def test_shared_weights_are_counted_and_named():
    trials = Trials(shared_weights=(-2.0, -0.5, 0.78), episodes=3)
    assert trials.num_weights == 3
    assert trials.weights().tolist() == [-2, -0.5, 0.78]
    assert trials.weight_names() == ("-2", "-0.5", "0.78")


def test_own_weights_count_as_one():
    trials = Trials(shared_weights=None, episodes=1)
    assert trials.num_weights == 1
    assert trials.weight_names() == ("own",)


def test_weights_that_differ_have_names_that_differ():
    names = Trials(shared_weights=(0.1, 0.1 + 1e-9, 1 / 3, 1e-7, 0.0), episodes=1).weight_names()
    assert len(set(names)) == 5


@pytest.mark.parametrize(
    ("weights", "episodes", "said"),
    [((), 1, "shared_weights"), ((1.0,), 0, "episodes is 0"), (None, -3, "episodes is -3")],
)
def test_impossible_trials_are_refused_in_one_line_that_names_the_setting(weights, episodes, said):
    with pytest.raises(ConfigError, match=said) as caught:
        Trials(shared_weights=weights, episodes=episodes)
    assert "\n" not in str(caught.value)


@given(st.integers(0, 2**63), st.integers(1, 10**6), st.integers(1, 40))
def test_drawn_weights_follow_the_named_ones_with_one_in_each_of_equal_parts(seed, generation, count):
    trials = Trials(shared_weights=(0.5, -2.0), episodes=3, drawn_weights=count)
    stream = make_stream(seed, Role.SHARED_WEIGHTS, generation)
    evaluated = trials.add_drawn_weights(stream)
    assert evaluated.shared_weights[:2] == (0.5, -2.0)
    assert (evaluated.num_weights, evaluated.episodes, evaluated.drawn_weights) == (2 + count, 3, 0)
    edges = np.linspace(-MAX_SHARED_WEIGHT, MAX_SHARED_WEIGHT, count + 1)
    drawn = np.array(evaluated.shared_weights[2:])
    assert (drawn >= edges[:-1] - 1e-12).all()
    assert (drawn <= edges[1:] + 1e-12).all()
    assert evaluated == trials.add_drawn_weights(stream)


@pytest.mark.parametrize("count", [1, 3])
def test_drawn_weights_are_uniform_within_their_parts(count):
    trials = Trials(shared_weights=(1.0,), episodes=1, drawn_weights=count)
    drawn = np.array(
        [
            trials.add_drawn_weights(make_stream(0, Role.SHARED_WEIGHTS, generation)).shared_weights[1:]
            for generation in range(1, 801)
        ]
    )
    places = (drawn + 2) / 4 * count - np.arange(count)
    assert np.allclose(places.mean(0), 0.5, atol=0.04)
    assert np.allclose(places.var(0), 1 / 12, atol=0.012)
    assert np.allclose(np.cov(places.T), np.eye(count) / 12, atol=0.012)


@pytest.mark.parametrize("weights", [(1.0, 2.0), None])
def test_trials_that_draw_no_weights_stay_the_same_object(weights):
    trials = Trials(shared_weights=weights, episodes=1)
    assert trials.add_drawn_weights(make_stream(0, Role.SHARED_WEIGHTS, 1)) is trials


@pytest.mark.parametrize(
    ("weights", "count", "said"),
    [
        ((1.0,), -1, r"trials\.drawn_weights is -1; it must be at least 0"),
        (None, 2, r"trials\.drawn_weights is 2; it must be 0 with trials\.shared_weights=null"),
    ],
)
def test_impossible_numbers_of_drawn_weights_are_refused_in_one_line(weights, count, said):
    with pytest.raises(ConfigError, match=said) as caught:
        Trials(shared_weights=weights, episodes=1, drawn_weights=count)
    assert "\n" not in str(caught.value)
