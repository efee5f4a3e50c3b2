"""Fashion-MNIST: MNIST's form in a folder of its own."""

from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from synthetic_images import made, write_mnist

from wannsearch.commands.hydra.build import build
from wannsearch.core.errors import MissingData

FILE = Path(__file__).parents[2] / "conf" / "task" / "fashion_mnist.yaml"


def from_file(root, **changed):
    settings = dict(OmegaConf.to_container(OmegaConf.load(FILE))) | {"root": root, "batch_size": 20}
    return build("task", settings | changed)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_mnist(folder / "FashionMNIST" / "raw", zipped=True)
    return str(folder)


def test_its_images_are_those_of_its_own_folder(root):
    parts = from_file(root, split="published").images()
    assert np.array_equal(parts.test.pixels[:, 0], made((28, 28), 10, 2)[0])
    assert (parts.classes, parts.max_pixel, parts.shape) == (10, 255, (1, 28, 28))
    assert parts.source == "Fashion-MNIST, 400 images, 28 x 28"


def test_the_outputs_bear_the_names_of_clothes_in_the_published_order(root):
    ports = from_file(root).ports
    assert (ports.inputs, ports.outputs) == (784, 10)
    assert (ports.output_names[0], ports.output_names[9]) == ("t-shirt", "ankle boot")


def test_mnists_files_are_not_taken_for_it(tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw", 5, 1)
    with pytest.raises(MissingData, match="FashionMNIST/raw/train-images-idx3-ubyte is missing"):
        from_file(str(tmp_path))


def test_without_a_folder_the_files_and_their_place_are_said():
    with pytest.raises(MissingData) as caught:
        from_file(None)
    said = str(caught.value)
    assert said.startswith("Fashion-MNIST is not here")
    assert all(part in said for part in ("t10k-labels-idx1-ubyte", "FOLDER/FashionMNIST/raw", "data.root="))
    assert "\n" not in said
