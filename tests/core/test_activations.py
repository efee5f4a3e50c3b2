import math

import numpy as np
import pytest

from wannsearch.core.activations import ACTIVATION_IDS, ACTIVATION_NAMES, CONTROL_ACTIVATIONS, activate

FORMULAS = {  # wann.md 1.7
    1: ("linear", lambda x: x),
    2: ("step", lambda x: 1.0 if x > 0 else 0.0),
    3: ("sin", lambda x: math.sin(math.pi * x)),
    4: ("gaussian", lambda x: math.exp(-x * x / 2)),
    5: ("tanh", math.tanh),
    6: ("sigmoid", lambda x: (math.tanh(x / 2) + 1) / 2),
    7: ("inverse", lambda x: -x),
    8: ("absolute", abs),
    9: ("relu", lambda x: max(0.0, x)),
    10: ("cosine", lambda x: math.cos(math.pi * x)),
    11: ("squared", lambda x: x * x),
    12: ("steep_sigmoid", lambda x: (math.tanh(4.9 * x / 2) + 1) / 2),  # neat.md 1.7
}
X = np.concatenate([np.linspace(-5, 5, 401), [-30.0, 30.0, 1e-9, -1e-9]])


def test_ids_and_names_are_those_of_the_published_table_and_neats_behind_them():
    assert {number: name for number, (name, _) in FORMULAS.items()} == ACTIVATION_NAMES
    assert {name: number for number, name in ACTIVATION_NAMES.items()} == ACTIVATION_IDS
    assert [ACTIVATION_IDS[name] for name in CONTROL_ACTIVATIONS] == list(range(1, 11))


@pytest.mark.parametrize("number", FORMULAS)
def test_an_activation_is_its_formula(number):
    expected = [FORMULAS[number][1](x) for x in X]
    assert np.allclose(activate(number, X), expected, rtol=1e-12, atol=1e-13)


def test_the_step_is_0_at_0():
    assert activate(2, np.array([-0.0, 0.0, 5e-324, -5e-324])).tolist() == [0, 0, 1, 0]


def test_sine_and_cosine_are_exact_at_integers_and_half_integers():
    n = np.arange(-10, 11, dtype=float)
    assert np.all(activate(3, n) == 0)
    assert np.array_equal(activate(3, n + 0.5), (-1.0) ** n)
    assert np.array_equal(activate(10, n), (-1.0) ** n)
    assert np.all(activate(10, n + 0.5) == 0)


@pytest.mark.parametrize("number", ACTIVATION_NAMES)
def test_nan_stays_nan(number):
    assert np.isnan(activate(number, np.array([np.nan, 1.0]))).tolist() == [True, False]


@pytest.mark.parametrize(
    ("number", "below", "above"),
    [
        (1, -np.inf, np.inf),
        (2, 0, 1),
        (4, 0, 0),
        (5, -1, 1),
        (6, 0, 1),
        (7, np.inf, -np.inf),
        (8, np.inf, np.inf),
        (9, 0, np.inf),
        (11, np.inf, np.inf),
        (12, 0, 1),
    ],
)
def test_infinities_give_the_limit_without_a_warning(number, below, above):
    assert activate(number, np.array([-np.inf, np.inf])).tolist() == [below, above]


def test_the_sigmoid_keeps_its_relative_precision_far_below_0():
    x = np.array([-40.0, -200.0, -700.0])
    assert np.allclose(activate(6, x), np.exp(x), rtol=1e-12, atol=0)
