"""CIFAR-10: 60,000 colour images of 32 x 32 pixels in six batches, the last one for tests.

Krizhevsky (2009), Learning multiple layers of features from tiny images. A row is an image: 1024 red
pixels, 1024 green, 1024 blue, each row by row. The authors publish two forms, and either may be an
archive or a folder:

    python   a pickle of the rows and of the list of labels (`pickled`)
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
from wannsearch.tasks.image_files.archive import members
from wannsearch.tasks.image_files.bounded import contents, damaged, is_there
from wannsearch.tasks.image_files.labelled_pool import labelled, pooled
from wannsearch.tasks.image_files.pickle_reader import unpickled
from wannsearch.tasks.image_pool import Pool

SHAPE = (3, 32, 32)
_ROW = prod(SHAPE)
_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def _from_pickle(data: bytes, where: str) -> LabelledImages:
    batch = unpickled(data, where)
    rows, labels = batch.get("data"), batch.get("labels")
    if not isinstance(rows, np.ndarray) or rows.shape[1] != _ROW:
        shape = " x ".join(map(str, rows.shape)) if isinstance(rows, np.ndarray) else "no array"
        raise damaged(where, f"its data are {shape}", f"rows of {_ROW} bytes are expected")
    if not isinstance(labels, list) or any(type(label) is not int for label in labels):
        raise damaged(where, "its labels are no list of classes", "whole numbers of 0..9 are expected")
    return labelled(where, rows.reshape(-1, *SHAPE), np.array(labels, np.int64))


def _from_binary(data: bytes, where: str) -> LabelledImages:
    if not data or len(data) % (1 + _ROW):
        raise damaged(where, f"it has {len(data)} bytes", f"images of {1 + _ROW} bytes each are expected")
    rows = np.frombuffer(data, np.uint8).reshape(-1, 1 + _ROW)
    return labelled(where, rows[:, 1:].reshape(-1, *SHAPE), rows[:, 0])


@dataclass(frozen=True)
class _Form:
    """One way in which the six batches are published."""

    folder: str
    archive: str
    ending: str
    read: Callable[[bytes, str], LabelledImages]


_FORMS = (
    _Form("cifar-10-batches-py", "cifar-10-python.tar.gz", "", _from_pickle),
    _Form("cifar-10-batches-bin", "cifar-10-binary.tar.gz", ".bin", _from_binary),
)
FILES = " or ".join(f"{form.folder}/ or {form.archive}" for form in _FORMS)


@lru_cache(maxsize=1)
def read(root: Path) -> Pool:
    """All images below an absolute folder; MissingData where no form of them is there."""
    for form in _FORMS:
        for place in (root / form.folder, root / form.archive):
            if is_there(place):
                batches = _batches(place, form)
                training = LabelledImages(
                    np.concatenate([batch.pixels for batch in batches[:-1]]),
                    np.concatenate([batch.labels for batch in batches[:-1]]),
                )
                return pooled("CIFAR-10", place, training, batches[-1])
    raise MissingData(f"CIFAR-10 is missing in {root}; put {FILES} there.")


def _batches(place: Path, form: _Form) -> list[LabelledImages]:
    names = [f"{name}{form.ending}" for name in _BATCHES]
    if place.name == form.archive:
        found = members(place, [f"{form.folder}/{name}" for name in names])
        return [form.read(data, f"{place}: {name}") for name, data in found.items()]
    missing = [name for name in names if not is_there(place / name)]
    if missing:
        raise MissingData(f"{place / missing[0]} is missing; CIFAR-10 is read from {', '.join(names)} there.")
    return [form.read(contents(place / name), str(place / name)) for name in names]
