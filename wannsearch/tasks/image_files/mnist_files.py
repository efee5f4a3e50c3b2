"""The four files of MNIST, and of Fashion-MNIST, which has the same form.

They hold 60,000 training and 10,000 test images (other numbers are accepted) of 28 x 28 pixels as IDX files,
plain or gzipped. They are in the folder `<data set>/raw` of `data.root`, as torchvision puts them there.

LeCun, Cortes & Burges, The MNIST database; Xiao, Rasul & Vollgraf (2017), Fashion-MNIST.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from wannsearch.core.errors import MissingData
from wannsearch.core.subnetworks.images import LabelledImages
from wannsearch.core.untrusted import damaged_file_error
from wannsearch.tasks.image_files import idx
from wannsearch.tasks.image_files.bounded import is_present, read_contents
from wannsearch.tasks.image_files.labelled_pool import make_labelled_images, make_pool
from wannsearch.tasks.image_pool import Pool

SIDE = 28
FILE_NAMES = (
    "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte"
)


@lru_cache(maxsize=2)
def read(folder: Path, name: str) -> Pool:
    """Read the images in an absolute folder; the last two data sets are cached.

    Raise MissingData where one of the four files is absent, DamagedFile where one is invalid.
    """
    files = {
        f"{part}-{kind}": _find_file(folder, f"{part}-{kind}-ubyte", name)
        for part in ("train", "t10k")
        for kind in ("images-idx3", "labels-idx1")
    }
    training, test = (
        _read_part(files[f"{part}-images-idx3"], files[f"{part}-labels-idx1"]) for part in ("train", "t10k")
    )
    return make_pool(name, folder, training, test)


def _find_file(folder: Path, name: str, data_set: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if is_present(path):
            return path
    raise MissingData(
        f"{folder / name} is missing, plain or .gz; {data_set} is read from {FILE_NAMES} in that folder of "
        "data.root."
    )


def _read_part(images: Path, labels: Path) -> LabelledImages:
    pixels = idx.parse_array(read_contents(images), 3, str(images))
    if pixels.shape[1:] != (SIDE, SIDE):
        height, width = pixels.shape[1:]
        raise damaged_file_error(images, f"its images are {height} x {width}", f"{SIDE} x {SIDE} is expected")
    return make_labelled_images(
        labels, pixels[:, None], idx.parse_array(read_contents(labels), 1, str(labels))
    )
