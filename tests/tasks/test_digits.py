"""The digits against scikit-learn's own images, losses and a classifier that it trained."""

from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from scipy.special import softmax
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss

from wannsearch.commands.hydra.build import build
from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.tasks.digits import Digits
from wannsearch.tasks.image_task import ImageReward

FILE = Path(__file__).parents[2] / "conf" / "task" / "digits.yaml"
OWN = Trials(shared_weights=None, episodes=1)
EVALUATORS = [
    Reference(),
    Compiled(
        precision=LanePrecision.FLOAT64,
        threads=1,
        chunk=None,
        max_memory=None,
        vector_bits=None,
        simplify=True,
    ),
]
OTHER_PARTS = [Role.RETEST, Role.HELD_OUT]


def from_file(**changed):
    return build("task", dict(OmegaConf.to_container(OmegaConf.load(FILE))) | changed)


@pytest.fixture(scope="module")
def task():
    return from_file(batch_size=1078)


def images(task, role, generation=0):
    """Pixels (S, 64) and labels (S,) of an episode of this role."""
    rows = task.start_values(task.episode_seeds(0, role, generation, 1))[0]
    return rows[:, :-1], rows[:, -1]


def readout(weights, bias):
    """A network without hidden nodes: outputs = pixels @ weights (64, 10) + bias (10,)."""
    source, target = np.meshgrid(np.arange(65), np.arange(65, 75), indexing="ij")
    return one_network.from_arrays(
        [1] * 75, source.ravel(), target.ravel(), np.concatenate([bias[None], weights]).ravel()
    )


def paid(evaluator, network, task, role, generation=0):
    seeds = task.episode_seeds(0, role, generation, 1)
    return evaluator.evaluate(network, task, OWN, seeds)[0].returns.item()


def test_the_three_parts_are_sklearns_1797_images_with_their_labels_each_once(task):
    pixels, labels = load_digits(return_X_y=True)
    expected = np.column_stack([pixels / 16, labels])
    found = np.concatenate([np.column_stack(images(task, role)) for role in (Role.EPISODES, *OTHER_PARTS)])
    assert found.shape == (1797, 65)
    assert np.array_equal(found[np.lexsort(found.T)], expected[np.lexsort(expected.T)])
    assert (found[:, :-1].min(), found[:, :-1].max()) == (0, 1)


def test_a_network_has_64_inputs_ten_outputs_and_no_step(task):
    ports = task.ports
    assert (ports.inputs, ports.outputs) == (64, 10)
    assert "step" not in ports.activations
    assert {"tanh", "relu", "gaussian"} <= set(ports.activations)
    assert len(set(ports.input_names)) == 64
    assert ports.output_names == tuple("0123456789")


@pytest.mark.parametrize("evaluator", EVALUATORS, ids=["reference", "compiled"])
@pytest.mark.parametrize("role", [Role.EPISODES, *OTHER_PARTS], ids=lambda role: role.name)
def test_an_episode_pays_minus_sklearns_log_loss_or_its_accuracy(evaluator, role):
    task, rng = from_file(batch_size=200), np.random.default_rng(0)
    weights, bias = rng.normal(0, 0.2, (64, 10)), rng.normal(0, 0.2, 10)
    for generation in range(3):
        pixels, labels = images(task, role, generation)
        outputs = pixels @ weights + bias
        network = readout(weights, bias)
        loss = log_loss(labels, softmax(outputs, axis=1), labels=range(10))
        right = accuracy_score(labels, outputs.argmax(axis=1))
        assert paid(evaluator, network, task, role, generation) == pytest.approx(-loss, rel=1e-12)
        accuracy = paid(evaluator, network, task.accuracy(), role, generation)
        assert accuracy == pytest.approx(right, rel=1e-14)


@pytest.mark.parametrize("evaluator", EVALUATORS, ids=["reference", "compiled"])
def test_a_classifier_that_sklearn_trained_tests_as_sklearn_says(evaluator, task):
    trained = LogisticRegression(max_iter=2000).fit(*images(task, Role.EPISODES))
    network = readout(trained.coef_.T, trained.intercept_)
    for role in OTHER_PARTS:
        pixels, labels = images(task, role)
        believed = trained.predict_proba(pixels)
        assert believed[np.arange(len(labels)), labels.astype(int)].min() > 1e-6  # nothing is clipped
        loss = paid(evaluator, network, task, role)
        accuracy = paid(evaluator, network, task.accuracy(), role)
        assert loss == pytest.approx(-log_loss(labels, believed), rel=1e-10)
        assert accuracy == pytest.approx(trained.score(pixels, labels), rel=1e-14)
        assert accuracy > 0.9


def test_a_wrong_answer_costs_at_most_16_nats(task):
    certain = readout(np.zeros((64, 10)), 1e6 * (np.arange(10) == 3))
    _, labels = images(task, Role.HELD_OUT)
    expected = np.log(1e-7) * np.mean(labels != 3)
    for evaluator in EVALUATORS:
        assert paid(evaluator, certain, task, Role.HELD_OUT) == pytest.approx(expected, rel=1e-12)


def test_accuracy_keeps_everything_but_the_reward(task):
    graded = task.accuracy()
    assert graded.reward is ImageReward.ACCURACY
    assert graded.accuracy() == graded
    for role in (Role.EPISODES, *OTHER_PARTS):
        assert all(map(np.array_equal, images(graded, role), images(task, role)))


def test_another_split_seed_tests_with_other_images():
    pixels = [images(from_file(split_seed=number), Role.HELD_OUT)[0] for number in (0, 0, 1)]
    assert np.array_equal(pixels[0], pixels[1])
    assert not np.array_equal(np.unique(pixels[0], axis=0), np.unique(pixels[2], axis=0))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("batch_size", 0),
        ("batch_size", -3),
        ("batch_size", 1079),
        ("batch_size", 5000),
        ("split_seed", -1),
        ("split_seed", 2**32),
        ("reward", "foo"),
        ("batch_size", 1.5),
    ],
)
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(setting, value):
    with pytest.raises(ConfigError, match=f"task.{setting} is {value!r}") as caught:
        from_file(**{setting: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "value"), [("split_seed", 2**32 - 1), ("batch_size", 1), ("reward", "accuracy")]
)
def test_a_setting_at_its_bound_is_accepted(setting, value):
    task = from_file(**{setting: value})
    assert isinstance(task, Digits)
    assert getattr(task, setting) == value


def test_a_final_test_needs_one_episode_since_all_are_the_same(task):
    assert task.deterministic_test
    seeds = task.episode_seeds(0, Role.HELD_OUT, 0, 3)
    rows = task.start_values(seeds)
    assert np.array_equal(rows[0], rows[1])
    assert np.array_equal(rows[0], rows[2])


def test_the_images_are_the_rows_that_episodes_show(task):
    parts = task.images()
    for role, part in ((Role.RETEST, parts.validation), (Role.HELD_OUT, parts.test)):
        pixels, labels = images(task, role)
        assert np.array_equal(part.pixels.reshape(len(part), -1) / parts.max_pixel, pixels)
        assert np.array_equal(part.labels, labels)
    assert len(parts.training) == 1078
    assert parts.shape == task.ports.image_shape == (1, 8, 8)


def test_every_image_is_in_one_part(task):
    parts = task.images()
    together = [part.pixels.reshape(len(part), -1) for part in (parts.training, parts.validation, parts.test)]
    whole = load_digits(return_X_y=True)[0]
    assert np.array_equal(np.sort(np.concatenate(together), axis=0), np.sort(whole, axis=0))
