"""CIFAR-10: 60,000 color images of 32 x 32 pixels in six batches, the last one for tests.

Krizhevsky (2009), Learning multiple layers of features from tiny images. A row is an image: 1024 red
pixels, 1024 green, 1024 blue, each row by row. The authors publish two forms, and either may be an
archive or a folder:

    python   a pickle of the rows and of the list of labels (`pickle_reader`)
    binary   the label and its row, 3073 bytes, image after image
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path

import numpy as np

from wannsearch.core.errors import MissingData
from wannsearch.core.subnetworks.images import LabelledImages
from wannsearch.core.untrusted import damaged_file_error
from wannsearch.tasks.image_files.archive import read_members
from wannsearch.tasks.image_files.bounded import is_present, read_contents
from wannsearch.tasks.image_files.labelled_pool import make_labelled_images, make_pool
from wannsearch.tasks.image_files.pickle_reader import read_pickle
from wannsearch.tasks.image_pool import Pool

SHAPE = (3, 32, 32)
_ROW_BYTES = prod(SHAPE)
_BATCH_NAMES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def _read_pickle_batch(data: bytes, where: str) -> LabelledImages:
    batch = read_pickle(data, where)
    rows, labels = batch.get("data"), batch.get("labels")
    if not isinstance(rows, np.ndarray) or rows.shape[1] != _ROW_BYTES:
        shape = " x ".join(map(str, rows.shape)) if isinstance(rows, np.ndarray) else "no array"
        raise damaged_file_error(where, f"its data are {shape}", f"rows of {_ROW_BYTES} bytes are expected")
    if not isinstance(labels, list) or any(type(label) is not int for label in labels):
        raise damaged_file_error(
            where, "its labels are no list of classes", "whole numbers of 0..9 are expected"
        )
    return make_labelled_images(where, rows.reshape(-1, *SHAPE), np.array(labels, np.int64))


def _read_binary_batch(data: bytes, where: str) -> LabelledImages:
    if not data or len(data) % (1 + _ROW_BYTES):
        raise damaged_file_error(
            where, f"it has {len(data)} bytes", f"images of {1 + _ROW_BYTES} bytes each are expected"
        )
    rows = np.frombuffer(data, np.uint8).reshape(-1, 1 + _ROW_BYTES)
    return make_labelled_images(where, rows[:, 1:].reshape(-1, *SHAPE), rows[:, 0])


@dataclass(frozen=True)
class _FileForm:
    """One form in which the six batches are published."""

    folder: str
    archive: str
    suffix: str
    read: Callable[[bytes, str], LabelledImages]


_FORMS = (
    _FileForm("cifar-10-batches-py", "cifar-10-python.tar.gz", "", _read_pickle_batch),
    _FileForm("cifar-10-batches-bin", "cifar-10-binary.tar.gz", ".bin", _read_binary_batch),
)
FILES = " or ".join(f"{form.folder}/ or {form.archive}" for form in _FORMS)


@lru_cache(maxsize=1)
def read(root: Path) -> Pool:
    """Read all images below an absolute folder; the last folder is cached.

    Of several forms the first is read: Python's folder, its archive, then the binary ones. Raise MissingData
    where no form is there or a batch is missing, DamagedFile where one is invalid.
    """
    for form in _FORMS:
        for source_path in (root / form.folder, root / form.archive):
            if is_present(source_path):
                batches = _read_batches(source_path, form)
                training = LabelledImages(
                    np.concatenate([batch.pixels for batch in batches[:-1]]),
                    np.concatenate([batch.labels for batch in batches[:-1]]),
                )
                return make_pool("CIFAR-10", source_path, training, batches[-1])
    raise MissingData(f"CIFAR-10 is missing in {root}; put {FILES} there.")


def _read_batches(source_path: Path, form: _FileForm) -> list[LabelledImages]:
    names = [f"{name}{form.suffix}" for name in _BATCH_NAMES]
    if source_path.name == form.archive:
        data_by_name = read_members(source_path, [f"{form.folder}/{name}" for name in names])
        return [form.read(data, f"{source_path}: {name}") for name, data in data_by_name.items()]
    missing_names = [name for name in names if not is_present(source_path / name)]
    if missing_names:
        raise MissingData(
            f"{source_path / missing_names[0]} is missing; CIFAR-10 is read from {', '.join(names)} there."
        )
    return [form.read(read_contents(source_path / name), str(source_path / name)) for name in names]
