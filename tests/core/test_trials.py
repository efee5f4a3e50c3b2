import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.trials import SIX_WEIGHTS, Trials


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
