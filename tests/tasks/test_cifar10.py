"""CIFAR-10 as networks see it: 3072 inputs, colour by colour."""

from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from synthetic_images import cifar_batches, cifar_in_binary, write_files

from wannsearch.commands.hydra.build import build
from wannsearch.core.errors import ConfigError, MissingData
from wannsearch.core.streams import Role

FILE = Path(__file__).parents[2] / "conf" / "task" / "cifar10.yaml"


def from_file(root, **changed):
    settings = dict(OmegaConf.to_container(OmegaConf.load(FILE))) | {"root": root, "batch_size": 20}
    return build("task", settings | changed)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """300 training and 60 test images."""
    folder = tmp_path_factory.mktemp("data")
    write_files(folder / "cifar-10-batches-bin", cifar_in_binary())
    return str(folder)


def test_a_network_sees_red_then_green_then_blue(root):
    ports = from_file(root).ports
    assert (ports.inputs, ports.outputs, ports.image_shape) == (3072, 10, (3, 32, 32))
    assert [ports.input_names[place] for place in (0, 1024 + 33, 3071)] == [
        "red 0,0",
        "green 1,1",
        "blue 31,31",
    ]
    assert (ports.output_names[0], ports.output_names[9]) == ("airplane", "truck")


def test_inputs_are_the_pixels_of_the_image_as_numpy_flattens_it(root):
    task = from_file(root, split="published")
    pixels, labels = cifar_batches()["test_batch"]
    rows = task.start_values(task.episode_seeds(0, Role.HELD_OUT, 0, 1))[0]
    assert np.array_equal(rows[:, :-1], pixels.reshape(60, -1) / 255)
    assert np.array_equal(rows[:, -1], labels)


def test_parts_are_stratified_and_say_which_images_they_are(root):
    for split, sizes in (("pooled", (216, 72, 72)), ("published", (225, 75, 60))):
        parts = from_file(root, split=split).images()
        assert (len(parts.training), len(parts.validation), len(parts.test)) == sizes
        assert np.ptp(np.bincount(parts.training.labels)) <= 1
        assert parts.shape == (3, 32, 32)
        assert parts.source == "CIFAR-10, 360 images, 32 x 32 x 3"


def test_a_batch_of_more_images_than_there_are_is_refused(root):
    with pytest.raises(ConfigError, match=r"task\.batch_size is 217; there are 216 training images"):
        from_file(root, batch_size=217)


def test_without_a_folder_the_files_are_said():
    with pytest.raises(MissingData) as caught:
        from_file(None)
    said = str(caught.value)
    assert all(part in said for part in ("CIFAR-10 is not here", "cifar-10-batches-py/", "data.root=FOLDER"))
    assert "\n" not in said
