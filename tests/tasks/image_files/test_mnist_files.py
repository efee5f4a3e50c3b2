"""MNIST's four files, plain and gzipped, lacking and damaged."""

import numpy as np
import pytest
from synthetic_images import idx, made, write_mnist

from wannsearch.core.errors import DamagedFile, MissingData
from wannsearch.tasks.image_files import mnist_files

FILES = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzipped"])
def test_the_training_images_come_first_then_the_test_images(tmp_path, zipped):
    pool = mnist_files.read(write_mnist(tmp_path, 6, 2, zipped), "MNIST")
    (training, training_labels), (test, test_labels) = made((28, 28), 6, 1), made((28, 28), 2, 2)
    assert pool.pixels.dtype == np.uint8
    assert np.array_equal(pool.pixels, np.concatenate([training, test])[:, None])
    assert np.array_equal(pool.labels, np.concatenate([training_labels, test_labels]))
    assert (pool.num_training, pool.max_pixel) == (60, 255)
    assert pool.source == "MNIST, 80 images, 28 x 28"


def test_files_are_read_once(tmp_path):
    folder = write_mnist(tmp_path, 5, 1)
    assert mnist_files.read(folder, "MNIST") is mnist_files.read(folder, "MNIST")


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_there_is_named_with_what_is_needed(tmp_path, name):
    (write_mnist(tmp_path, 5, 1) / name).unlink()
    with pytest.raises(MissingData) as caught:
        mnist_files.read(tmp_path, "Fashion-MNIST")
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / name} is missing, plain or .gz; Fashion-MNIST is read from")
    assert all(file in said for file in FILES)
    assert "\n" not in said


BLACK = np.zeros((50, 28, 28))
DAMAGED = {
    "images of another size": (
        "train-images-idx3-ubyte",
        idx(np.zeros((50, 28, 27))),
        "are 28 x 27; 28 x 28",
    ),
    "labels for images": ("t10k-images-idx3-ubyte", idx(np.zeros(10)), "begins with 00000801"),
    "cut off": ("train-images-idx3-ubyte", idx(BLACK)[:-1], "39215 bytes; 39216 are needed"),
    "fewer labels": ("train-labels-idx1-ubyte", idx(np.zeros(49)), "49 labels; there are 50 images"),
    "a label of 10": ("train-labels-idx1-ubyte", idx(np.arange(50) % 11), "the label 10; labels are 0..9"),
    "a rare class": ("train-labels-idx1-ubyte", idx(np.maximum(np.arange(50) % 10, 1)), "the class 0 has 0"),
    "no gzip": ("train-labels-idx1-ubyte.gz", b"x", "no whole gzip"),
}


@pytest.mark.parametrize(("name", "data", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused_in_one_line_with_its_path(tmp_path, name, data, said):
    folder = write_mnist(tmp_path, 5, 1)
    (folder / name.removesuffix(".gz")).unlink()
    (folder / name).write_bytes(data)
    with pytest.raises(DamagedFile, match=said) as caught:
        mnist_files.read(folder, "MNIST")
    assert str(folder if "class" in said else folder / name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_published_test_images_are_needed(tmp_path):
    write_mnist(tmp_path, 5, 0)
    with pytest.raises(DamagedFile, match="there must be test images"):
        mnist_files.read(tmp_path, "MNIST")
