"""Fashion-MNIST: 70,000 pictures of clothes in MNIST's form, 28 x 28 pixels, and harder to classify.

Xiao, Rasul & Vollgraf (2017). The task has 784 inputs and ten outputs; `image_task` defines the rewards. The
files are in `data.root` (`image_files.mnist_files`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wannsearch.tasks.image_files import mnist_files
from wannsearch.tasks.image_pool import SplitPool, SplitRule, split_pool
from wannsearch.tasks.image_root import required_root
from wannsearch.tasks.image_task import ImageTask

_FOLDER, _NAME = "FashionMNIST/raw", "Fashion-MNIST"


@dataclass(frozen=True, kw_only=True)
class FashionMnist(ImageTask):
    """A task whose episode is a batch of training images, or all validation or test images."""

    split: SplitRule
    root: str | None  # `data.root`
    shape: ClassVar[tuple[int, int, int]] = (1, mnist_files.SIDE, mnist_files.SIDE)
    classes: ClassVar[tuple[str, ...]] = (
        "t-shirt", "trouser", "pullover", "dress", "coat",
        "sandal", "shirt", "sneaker", "bag", "ankle boot",
    )  # fmt: skip

    def load_split(self) -> SplitPool:
        """Read the images, or take them from the cache, and split them into three parts.

        Raise MissingData without `data.root` or without the files, DamagedFile where they are invalid,
        StorageError where they cannot be read.
        """
        files = f"{mnist_files.FILE_NAMES}, plain or .gz, into FOLDER/{_FOLDER}"
        folder = required_root(self.root, _NAME, files) / _FOLDER
        return split_pool(mnist_files.read(folder, _NAME), self.split, self.split_seed)
