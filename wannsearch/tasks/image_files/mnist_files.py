"""The four files of MNIST, and of Fashion-MNIST, which has the same form.

60,000 training and 10,000 test images of 28 x 28 pixels, in IDX files, plain or gzipped, in the folder
`<data set>/raw` of `data.root`, as torchvision leaves them there.

LeCun, Cortes & Burges, The MNIST database; Xiao, Rasul & Vollgraf (2017), Fashion-MNIST.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from wannsearch.core.errors import MissingData
from wannsearch.core.subnetworks.images import LabelledImages
from wannsearch.tasks.image_files import idx
from wannsearch.tasks.image_files.bounded import contents, damaged, is_there
from wannsearch.tasks.image_files.labelled_pool import labelled, pooled
from wannsearch.tasks.image_pool import Pool

SIDE = 28
NAMES = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte"


@lru_cache(maxsize=2)
def read(folder: Path, name: str) -> Pool:
    """The images in an absolute folder; MissingData where a file of the four is not there."""
    files = {
        f"{part}-{kind}": _found(folder, f"{part}-{kind}-ubyte", name)
        for part in ("train", "t10k")
        for kind in ("images-idx3", "labels-idx1")
    }
    training, test = (
        _part(files[f"{part}-images-idx3"], files[f"{part}-labels-idx1"]) for part in ("train", "t10k")
    )
    return pooled(name, folder, training, test)


def _found(folder: Path, name: str, data: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if is_there(path):
            return path
    raise MissingData(
        f"{folder / name} is missing, plain or .gz; {data} is read from {NAMES} in that folder of data.root."
    )


def _part(images: Path, labels: Path) -> LabelledImages:
    pixels = idx.array(contents(images), 3, str(images))
    if pixels.shape[1:] != (SIDE, SIDE):
        height, width = pixels.shape[1:]
        raise damaged(images, f"its images are {height} x {width}", f"{SIDE} x {SIDE} is expected")
    return labelled(labels, pixels[:, None], idx.array(contents(labels), 1, str(labels)))
