"""Losses against scikit-learn's and SciPy's, and the NumPy face of a labelled task."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import accuracy_score, log_loss

from wannsearch.core.ports import Ports
from wannsearch.core.tasks.labelled_task import MIN_PROBABILITY, LabelledTask, cross_entropy, is_correct

WIDE = st.floats(-1e300, 1e300)


@st.composite
def answered(draw, outputs=WIDE):
    """Outputs (O, S) and labels (S,)."""
    classes, rows = draw(st.integers(2, 10)), draw(st.integers(1, 6))
    row = st.lists(outputs, min_size=classes, max_size=classes)
    values = draw(st.lists(row, min_size=rows, max_size=rows))
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))
    return np.array(values).T, np.array(labels)


def loss(outputs, labels):
    return cross_entropy(np, tuple(np.asarray(outputs, float)), np.asarray(labels, float))


@given(answered(st.floats(-6, 6)))
@settings(deadline=None)
def test_the_loss_of_a_row_is_sklearns_log_loss_of_its_softmax(case):
    outputs, labels = case
    shares, classes = softmax(outputs, axis=0).T, range(len(outputs))
    expected = [
        log_loss([label], [share], labels=classes) for label, share in zip(labels, shares, strict=True)
    ]
    assert np.allclose(loss(outputs, labels), expected, rtol=1e-12, atol=1e-14)


@given(answered())
@settings(deadline=None)
def test_no_row_costs_more_than_the_smallest_probability_believed_in(case):
    outputs, labels = case
    of_label = softmax(outputs, axis=0)[labels, np.arange(len(labels))]
    losses = loss(outputs, labels)
    assert np.allclose(losses, -np.log(np.maximum(of_label, MIN_PROBABILITY)), rtol=1e-12, atol=1e-14)
    assert losses.max() <= -np.log(1e-7)


def test_the_smallest_probability_is_1e_7():
    assert loss([[0.0], [99.0]], [0]) == pytest.approx(7 * np.log(10), rel=1e-14)


@given(answered(st.floats(-20, 20)), st.floats(-100, 100))
@settings(deadline=None)
def test_what_is_added_to_every_output_does_not_matter(case, moved):
    outputs, labels = case
    assert np.allclose(loss(outputs + moved, labels), loss(outputs, labels), rtol=1e-9, atol=1e-9)


def test_huge_outputs_do_not_overflow():
    outputs = [[1e300], [0.0], [-1e300]]
    losses = [loss(outputs, [label]).item() for label in range(3)]
    assert losses == pytest.approx([0.0, -np.log(1e-7), -np.log(1e-7)], rel=1e-14)
    assert loss([[1e300]] * 4, [2]) == pytest.approx(np.log(4), rel=1e-14)


@pytest.mark.parametrize("spoilt", range(3))
@pytest.mark.parametrize("label", range(3))
def test_an_output_that_is_nan_makes_its_rows_loss_nan_and_no_other(spoilt, label):
    outputs = np.random.default_rng(0).normal(size=(3, 5))
    outputs[spoilt, 3] = np.nan
    assert np.isnan(loss(outputs, [label] * 5)).tolist() == [False] * 3 + [True, False]


@pytest.mark.parametrize("label", range(3))
def test_an_infinite_output_makes_the_loss_nan(label):
    with np.errstate(invalid="ignore"):
        assert np.isnan(loss([[0.0], [np.inf], [1.0]], [label]))


@pytest.mark.parametrize("output", [-1e300, 0.0, 3.0])
def test_a_single_output_is_always_right(output):
    assert loss([[output]], [0]).tolist() == [0]
    assert is_correct(np, (np.array([output]),), np.zeros(1)).tolist() == [1]


@given(answered(st.one_of(WIDE, st.sampled_from([0.0, 1.0, -1.0, np.inf, -np.inf]))))
@settings(deadline=None)
def test_a_row_is_recognised_where_numpys_argmax_is_its_label(case):
    outputs, labels = case
    right = is_correct(np, tuple(outputs), labels.astype(float))
    assert np.array_equal(right, np.argmax(outputs, axis=0) == labels)  # argmax, too, gives the first
    assert right.mean() == pytest.approx(accuracy_score(labels, np.argmax(outputs, axis=0)))


@dataclass(frozen=True)
class Squares(LabelledTask):
    """Rows seed, seed + 1, ... and the target seed; a row is paid output times target."""

    episodes: int = 1
    samples: int = 3

    @property
    def ports(self):
        return Ports(2, 1, ("tanh",))

    def start_values(self, seeds):
        number = seeds[:, None] + np.arange(self.samples)
        return np.stack([number, number**2, number - np.arange(self.samples)], axis=-1).astype(float)

    def lane_reward(self, m, outputs, target):
        return outputs[0] * target


SEEDS = np.array([1, 4], np.uint64)


def test_rows_are_shown_without_their_target():
    task = Squares()
    assert task.start_dim == 3
    assert task.horizon == 1
    seen = task.observe(task.reset(SEEDS))
    assert seen.dtype == np.float64
    assert seen.tolist() == [[[1, 1], [2, 4], [3, 9]], [[4, 16], [5, 25], [6, 36]]]


def test_an_episode_is_paid_the_mean_of_its_rows():
    task = Squares()
    outputs = np.array([[[2.0], [4.0], [0.0]], [[1.0], [-1.0], [7.5]]])
    _, reward, _ = task.step(task.reset(SEEDS), outputs)
    assert reward.tolist() == [1 * 6 / 3, 4 * 7.5 / 3]


def test_a_constant_pay_is_laid_on_every_row():
    class Generous(Squares):
        def lane_reward(self, m, outputs, target):
            return 1.5

    task = Generous()
    _, reward, _ = task.step(task.reset(SEEDS), np.zeros((2, 3, 1)))
    assert reward.tolist() == [1.5, 1.5]


@given(st.integers(1, 40), st.lists(st.integers(0, 1000), min_size=1, max_size=4))
@settings(deadline=None)
def test_any_number_of_rows_is_paid_its_mean(samples, numbers):
    task, seeds = Squares(samples=samples), np.array(numbers, np.uint64)
    outputs = np.random.default_rng(samples).normal(size=(len(seeds), samples, 1))
    _, reward, _ = task.step(task.reset(seeds), outputs)
    assert np.allclose(reward, outputs[..., 0].mean(axis=1) * seeds.astype(float), rtol=1e-12)
