"""Compiled activations and lane functions against NumPy, reached through the public evaluator."""

import numpy as np
import pytest
from paying_tasks import LARGEST, OneNumber, PaysFunction, as_seeds

from wannsearch.core.activations import ACTIVATION_NAMES, activate
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.formats import one_network

ONE = Trials(shared_weights=(1.0,), episodes=1)
F64 = Compiled(
    precision=LanePrecision.FLOAT64, threads=1, chunk=None, max_memory=None, vector_bits=None, simplify=True
)
F32 = Compiled(
    precision=LanePrecision.FLOAT32, threads=1, chunk=None, max_memory=None, vector_bits=None, simplify=True
)
NUMBERS = sorted(ACTIVATION_NAMES)
SMALLEST = 5e-324


def both_signs(x):
    return np.concatenate([x, -x])


def numbers(rng):
    """From the smallest to the largest, with every place where a formula changes or rounds."""
    wide = 10.0 ** rng.uniform(-300, 300, 3000)
    usual = 10.0 ** rng.uniform(-12, 3, 4000)
    near = rng.uniform(0, 8, 4000)
    whole = np.concatenate([np.arange(200), 2.0 ** np.arange(8, 70), [1e15 + 1, 2.0**53 - 1, 1e300]])
    half = whole[whole < 2**51] + 0.5
    beside = np.concatenate([np.nextafter(half, 0), np.nextafter(half, np.inf), np.nextafter(whole[1:], 0)])
    edges = np.concatenate([np.linspace(700, 750, 501), np.linspace(36, 40, 401), np.linspace(21, 23, 101)])
    tiny = np.concatenate([SMALLEST * 2.0 ** np.arange(60), [2.3e-308, 1e-310, 1e-300, LARGEST, 1e300]])
    return both_signs(np.concatenate([[0.0], wide, usual, near, whole, half, beside, edges, tiny]))


def each_activation(first_id=None):
    """One network for each activation, fed with the input, or with `first_id` of it."""
    if first_id is None:
        return Population.concatenate(
            [one_network.from_arrays([1, 1, n, 1], [1, 2], [2, 3], [1.0] * 2) for n in NUMBERS]
        )
    chain = [1, 1, 11, first_id]
    return Population.concatenate(
        [one_network.from_arrays([*chain, n, 1], [1, 2, 3, 4], [2, 3, 4, 5], [1.0] * 4) for n in NUMBERS]
    )


@pytest.fixture(scope="module")
def x():
    return numbers(np.random.default_rng(0))


@pytest.fixture(scope="module")
def played(x):
    return F64.evaluate(each_activation(), OneNumber(), ONE, as_seeds(x))[0].returns[:, 0]


@pytest.mark.parametrize("number", NUMBERS, ids=ACTIVATION_NAMES.get)
def test_an_activation_is_the_reference_ones_to_1e_12_over_all_magnitudes(x, played, number):
    expected = np.clip(activate(number, x), -LARGEST, LARGEST)
    row = played[NUMBERS.index(number)]
    assert not np.isnan(row).any()
    wrong = np.abs(row - expected) > 1e-12 * np.abs(expected) + 2 * SMALLEST
    assert not wrong.any(), list(zip(x[wrong][:5], row[wrong][:5], expected[wrong][:5], strict=True))


@pytest.mark.parametrize("number", NUMBERS, ids=ACTIVATION_NAMES.get)
def test_an_activation_in_float32_is_the_reference_one_to_1e_6(number):
    rng = np.random.default_rng(1)
    points = both_signs(np.concatenate([[0.0], 10.0 ** rng.uniform(-30, 15, 3000), np.arange(40) / 2]))
    points = points.astype(np.float32).astype(np.float64)
    task = OneNumber(largest=3.4028234e38)
    row = F32.evaluate(each_activation(), task, ONE, as_seeds(points))[0].returns[NUMBERS.index(number), 0]
    expected = np.clip(activate(number, points), -3.4028234e38, 3.4028234e38)
    rounded = ACTIVATION_NAMES[number] in ("gaussian", "steep_sigmoid")  # what they take the exponential of
    atol = 1e-6 if rounded else 1e-37
    assert np.allclose(row, expected, rtol=1e-6, atol=atol)


@pytest.mark.parametrize(("sign", "first_id"), [(1, 1), (-1, 7)], ids=["inf", "-inf"])
@pytest.mark.parametrize("evaluator", [F64, F32], ids=["float64", "float32"])
def test_infinities_inside_a_network_are_treated_as_in_the_reference(evaluator, sign, first_id):
    largest = LARGEST if evaluator is F64 else 3e38
    huge = as_seeds([1e200 if evaluator is F64 else 1e30])  # squared it is infinite
    rows = evaluator.evaluate(each_activation(first_id), OneNumber(largest=largest), ONE, huge)[0].returns[
        :, 0, 0
    ]
    expected = [np.clip(activate(n, np.array(sign * np.inf)), -largest, largest) for n in NUMBERS]
    assert np.allclose(rows, expected, rtol=1e-6, atol=0, equal_nan=True)


@pytest.mark.parametrize("evaluator", [F64, F32], ids=["float64", "float32"])
def test_nan_inside_a_network_goes_through_every_activation(evaluator):
    huge = as_seeds([1e200 if evaluator is F64 else 1e30])
    rows = evaluator.evaluate(each_activation(3), OneNumber(largest=1e38), ONE, huge)[0].returns
    assert np.isnan(rows).all()  # sin of infinity


def test_sine_and_cosine_are_exact_at_integers_and_half_integers(x, played):
    countable = np.where(np.abs(x) < 2**51, x, 0.1)
    whole = countable == np.rint(countable)
    half = (2 * countable == np.rint(2 * countable)) & ~whole
    sine, cosine = played[NUMBERS.index(3)], played[NUMBERS.index(10)]
    assert whole.sum() > 300
    assert half.sum() > 300
    assert np.all(sine[whole] == 0)
    assert np.all(np.abs(cosine[whole]) == 1)
    assert np.all(np.abs(sine[half]) == 1)
    assert np.all(cosine[half] == 0)


FUNCTIONS = {
    "sin": (lambda m, x: m.sin(x), 1e4),
    "cos": (lambda m, x: m.cos(x), 1e4),
    "exp": (lambda m, x: m.exp(x), 750.0),
    "tanh": (lambda m, x: m.tanh(x), 50.0),
    "sqrt": (lambda m, x: m.sqrt(m.abs(x)), 1e300),
    "abs": (lambda m, x: m.abs(x), 1e300),
    "minimum": (lambda m, x: m.minimum(x, 0.5), 2.0),
    "maximum": (lambda m, x: m.maximum(-0.5, x), 2.0),
    "where": (lambda m, x: m.where((x > 0.25) & (x <= 1.0) | (x < -0.5), x, 7.0), 2.0),
    "equal": (lambda m, x: m.where(x == 0.5, 1.0, 2.0), 2.0),
    "unequal": (lambda m, x: m.where(x != 0.5, 1.0, 2.0), 2.0),
    "float32": (lambda m, x: m.float32(x), 10.0),
    "arithmetic": (lambda m, x: (1.0 - x) * 2 + 3 / (x * x + 0.1) - (-x) / 7 - 1, 10.0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_lane_function_is_numpys_to_1e_12(name):
    function, reach = FUNCTIONS[name]
    rng = np.random.default_rng(2)
    points = both_signs(
        np.concatenate([rng.uniform(0, reach, 3000), 10.0 ** rng.uniform(-9, 0, 500), [0.0, 0.5]])
    )
    network = one_network.from_arrays([1, 1, 1], [], [], [])
    returns = F64.evaluate(network, PaysFunction(function=function), ONE, as_seeds(points))[0].returns[0, 0]
    with np.errstate(over="ignore"):
        expected = np.clip(function(np, points), -LARGEST, LARGEST)
    assert np.allclose(returns, expected, rtol=1e-12, atol=1e-12 if name in ("sin", "cos") else 1e-323)


def test_rounding_to_float32_is_numpys_to_the_bit():
    points = both_signs(np.random.default_rng(3).uniform(0, 3, 999))
    task = PaysFunction(function=FUNCTIONS["float32"][0])
    returns = F64.evaluate(one_network.from_arrays([1, 1, 1], [], [], []), task, ONE, as_seeds(points))[
        0
    ].returns
    assert np.array_equal(returns[0, 0], points.astype(np.float32).astype(float))


FLOAT_TYPES = pytest.mark.parametrize(
    ("evaluator", "kind"), [(F64, np.float64), (F32, np.float32)], ids=["float64", "float32"]
)


def logarithms(evaluator, kind, points):
    """m.log of each, as the lanes pay it: what is infinite comes as the format's largest."""
    task = PaysFunction(largest=float(np.finfo(kind).max), function=lambda m, x: m.log(x))
    network = one_network.from_arrays([1, 1, 1], [], [], [])
    return evaluator.evaluate(network, task, ONE, as_seeds(points))[0].returns[0, 0]


@FLOAT_TYPES
def test_the_logarithm_is_numpys_to_a_few_units_in_the_last_place_from_the_smallest_to_the_largest(
    evaluator, kind
):
    rng, form = np.random.default_rng(5), np.finfo(kind)
    least, most = np.log2(form.smallest_subnormal), np.log2(form.max)
    ends = np.array([form.smallest_subnormal, form.smallest_normal, form.max], kind)
    near_one = 1.0 + both_signs(2.0 ** rng.uniform(-form.nmant - 2, -1, 3000))
    reduced = 2.0 ** (rng.integers(-60, 60, 2000) + 0.5) * (1.0 + rng.normal(0, 8, 2000) * form.eps)
    points = np.concatenate(
        [
            2.0 ** rng.uniform(least, most, 6000),
            near_one,
            reduced,
            rng.uniform(0.5, 2, 3000),
            np.arange(1, 99),
        ]
    ).astype(kind)
    points = np.concatenate(
        [points, ends, np.nextafter(ends[:2], kind(1)), np.nextafter(kind(1), [kind(0), kind(2)])]
    )
    points = points[points > 0].astype(np.float64)
    expected = np.log(points).astype(kind)
    paid = logarithms(evaluator, kind, points)
    assert points[expected == 0].tolist() == [1.0] * int((points == 1).sum())
    assert np.all(paid[points == 1] == 0)
    apart = np.abs(paid - expected) / np.spacing(np.abs(expected)).astype(np.float64)
    assert apart.max() <= 4, (points[apart.argmax()], apart.max())


@FLOAT_TYPES
def test_the_logarithm_is_nan_below_0_and_infinite_at_0_and_infinity(evaluator, kind):
    form = np.finfo(kind)
    below = [-float(form.smallest_subnormal), -1e-30, -1.0, -float(form.max), -np.inf, np.nan]
    paid = logarithms(evaluator, kind, [*below, 0.0, -0.0, np.inf, 1.0])
    assert np.isnan(paid[:6]).all()
    assert paid[6:].tolist() == [-float(form.max)] * 2 + [float(form.max), 0.0]
