"""CIFAR-10 in its four forms, lacking and damaged."""

import pickle

import numpy as np
import pytest
from pickled_batches import by_python_2
from synthetic_images import archived, binary, cifar_batches, cifar_in_binary, write_files

from wannsearch.core.errors import DamagedFile, MissingData
from wannsearch.tasks.image_files import cifar_10

NAMES = list(cifar_batches())


def batch(pixels, labels):
    return {b"data": pixels.reshape(len(labels), -1), b"labels": labels.tolist()}


def in_pickles(protocol=None):
    """The six files, as Python 3 writes them or as Python 2 did."""
    if protocol is not None:
        return {name: pickle.dumps(batch(*made), protocol=protocol) for name, made in cifar_batches().items()}
    return {
        name: by_python_2(pixels.reshape(len(labels), -1), labels, [b"a.png"] * len(labels), name.encode())
        for name, (pixels, labels) in cifar_batches().items()
    }


def within(folder, files):
    return {f"{folder}/{name}": data for name, data in files.items()}


FORMS = {
    "Python's batches": ("cifar-10-batches-py", in_pickles()),
    "Python 3's batches": ("cifar-10-batches-py", in_pickles(4)),
    "binary batches": ("cifar-10-batches-bin", cifar_in_binary()),
    "Python's archive": ("cifar-10-python.tar.gz", within("cifar-10-batches-py", in_pickles())),
    "binary archive": ("cifar-10-binary.tar.gz", within("cifar-10-batches-bin", cifar_in_binary())),
}


def written(root, name, files):
    if name.endswith(".gz"):
        (root / name).write_bytes(archived(dict(reversed(files.items()))))  # theirs is in no order either
    else:
        write_files(root / name, files)
    return root


@pytest.mark.parametrize(("name", "files"), FORMS.values(), ids=FORMS)
def test_every_form_has_the_same_images_those_for_tests_last(tmp_path, name, files):
    pool = cifar_10.read(written(tmp_path, name, files))
    batches = cifar_batches().values()
    assert pool.pixels.dtype == np.uint8
    assert np.array_equal(pool.pixels, np.concatenate([pixels for pixels, _ in batches]))
    assert np.array_equal(pool.labels, np.concatenate([labels for _, labels in batches]))
    assert (pool.num_training, pool.max_pixel) == (300, 255)
    assert pool.source == "CIFAR-10, 360 images, 32 x 32 x 3"


def test_a_row_is_the_red_then_the_green_then_the_blue_image_row_by_row(tmp_path):
    labels = np.arange(50) % 10
    rows = np.zeros((50, 3072), np.uint8)
    rows[:, 1024 + 32 * 5 + 7] = 200  # green, row 5, column 7
    files = {f"{name}.bin": binary(rows, labels) for name in NAMES}
    pixels = cifar_10.read(write_files(tmp_path / "cifar-10-batches-bin", files).parent).pixels
    assert np.argwhere(pixels[0]).tolist() == [[1, 5, 7]]


def test_nothing_there_is_said_with_all_that_could_be(tmp_path):
    with pytest.raises(MissingData) as caught:
        cifar_10.read(tmp_path)
    said = str(caught.value)
    assert str(tmp_path) in said
    assert all(name.removesuffix("/") in said for name, _ in FORMS.values())
    assert "\n" not in said


@pytest.mark.parametrize("lacking", NAMES)
def test_a_batch_that_is_not_there_is_named_and_no_other_form_is_taken(tmp_path, lacking):
    written(tmp_path, *FORMS["binary batches"])
    write_files(tmp_path / "cifar-10-batches-py", in_pickles())
    (tmp_path / "cifar-10-batches-py" / lacking).unlink()
    with pytest.raises(MissingData, match=f"cifar-10-batches-py/{lacking} is missing"):
        cifar_10.read(tmp_path)


SIX = cifar_batches()["data_batch_3"]
DAMAGED = {
    "no pickle": (b"no pickle", "as a pickle, it has the instruction 6e at byte 0"),
    "a cut pickle": (pickle.dumps(batch(*SIX), protocol=2)[:-50], "as a pickle, it is cut off"),
    "no data": (pickle.dumps({b"labels": [1]}, protocol=2), "its data are no array"),
    "rows too short": (
        pickle.dumps(batch(SIX[0][:, :2], SIX[1]), protocol=2),
        "its data are 60 x 2048; rows of 3072 bytes are expected",
    ),
    "no labels": (pickle.dumps(batch(*SIX) | {b"labels": b"1"}, protocol=2), "its labels are no list"),
    "no whole labels": (pickle.dumps(batch(*SIX) | {b"labels": [None] * 60}, protocol=2), "are no list"),
    "few labels": (pickle.dumps(batch(*SIX) | {b"labels": [1]}, protocol=2), "it has 1 labels; there are 60"),
    "a label of 10": (pickle.dumps(batch(SIX[0], SIX[1] + 1), protocol=2), "the label 10; labels are 0..9"),
    "a label of -1": (pickle.dumps(batch(SIX[0], SIX[1] - 1), protocol=2), "the label -1; labels are 0..9"),
    "a huge label": (pickle.dumps(batch(SIX[0], SIX[1] - 2**31), protocol=2), "the label -214748364"),
}


@pytest.mark.parametrize(("data", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_batch_is_refused_in_one_line_with_its_path(tmp_path, data, said):
    written(tmp_path, "cifar-10-batches-py", in_pickles() | {"data_batch_3": data})
    with pytest.raises(DamagedFile, match=said) as caught:
        cifar_10.read(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/cifar-10-batches-py/data_batch_3: ")
    assert "\n" not in str(caught.value)


WRONG = {
    "empty": (b"", "it has 0 bytes; images of 3073 bytes each"),
    "cut off": (binary(*SIX)[:-1], "it has 184379 bytes"),
    "trailing": (binary(*SIX) + b"\0", "it has 184381 bytes"),
    "a label of 10": (binary(SIX[0], SIX[1] + 1), "the label 10; labels are 0..9"),
}


@pytest.mark.parametrize(("data", "said"), WRONG.values(), ids=WRONG)
def test_a_damaged_binary_batch_is_refused_in_its_archive_too(tmp_path, data, said):
    files = cifar_in_binary() | {"data_batch_3.bin": data}
    written(tmp_path, "cifar-10-binary.tar.gz", within("cifar-10-batches-bin", files))
    with pytest.raises(DamagedFile, match=said) as caught:
        cifar_10.read(tmp_path)
    where = f"{tmp_path}/cifar-10-binary.tar.gz: cifar-10-batches-bin/data_batch_3.bin: "
    assert str(caught.value).startswith(where)
