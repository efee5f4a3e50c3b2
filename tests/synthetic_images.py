"""Small data sets in the files of the large ones: a pattern a class, drawn once, with noise upon it."""

from __future__ import annotations

import gzip
import io
import tarfile
from functools import cache
from pathlib import Path

import numpy as np

CLASSES = 10


@cache
def made(shape, per_class, seed=0):
    """Pixels (N, *shape) uint8 and labels (N,), in an order drawn at random."""
    rng = np.random.default_rng(seed)
    patterns = np.random.default_rng(0).integers(0, 256, (CLASSES, *shape))
    labels = rng.permutation(np.repeat(np.arange(CLASSES), per_class))
    noise = rng.integers(-40, 41, (len(labels), *shape))
    return np.clip(patterns[labels] + noise, 0, 255).astype(np.uint8), labels


def idx(array, kind=8):
    sizes = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def write_mnist(folder: Path, training=30, test=10, zipped=False) -> Path:
    """The four files of MNIST's form, so many images a class."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, per_class, seed in (("train", training, 1), ("t10k", test, 2)):
        pixels, labels = made((28, 28), per_class, seed)
        for name, array in (("images-idx3", pixels), ("labels-idx1", labels)):
            path, data = folder / f"{part}-{name}-ubyte", idx(array)
            if zipped:
                Path(f"{path}.gz").write_bytes(gzip.compress(data))
            else:
                path.write_bytes(data)
    return folder


def cifar_batches(per_class=6):
    """The six batches' names, pixels (N, 3, 32, 32) and labels (N,)."""
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    return {name: made((3, 32, 32), per_class, seed) for seed, name in enumerate(names, 1)}


def binary(pixels, labels):
    rows = np.column_stack([labels, pixels.reshape(len(labels), -1)])
    return rows.astype(np.uint8).tobytes()


def cifar_in_binary(per_class=6):
    return {f"{name}.bin": binary(*batch) for name, batch in cifar_batches(per_class).items()}


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def archived(files: dict[str, bytes]) -> bytes:
    """A .tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def write_all(root: Path) -> Path:
    """A folder for `data.root` with a little of each data set."""
    write_mnist(root / "MNIST" / "raw")
    write_mnist(root / "FashionMNIST" / "raw", zipped=True)
    write_files(root / "cifar-10-batches-bin", cifar_in_binary())
    return root
