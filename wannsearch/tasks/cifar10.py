"""CIFAR-10: 60,000 photographs of ten classes of animals and vehicles, 32 x 32 pixels in three colors.

Krizhevsky (2009). The task has 3072 inputs and ten outputs; `image_task` defines the rewards. The files are
in `data.root` (`image_files.cifar_10`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wannsearch.tasks.image_files import cifar_10
from wannsearch.tasks.image_pool import SplitPool, SplitRule, split_pool
from wannsearch.tasks.image_root import required_root
from wannsearch.tasks.image_task import ImageTask


@dataclass(frozen=True, kw_only=True)
class Cifar10(ImageTask):
    """A task whose episode is a batch of training images, or all validation or test images."""

    split: SplitRule
    root: str | None  # `data.root`
    shape: ClassVar[tuple[int, int, int]] = cifar_10.SHAPE
    classes: ClassVar[tuple[str, ...]] = (
        "airplane", "automobile", "bird", "cat", "deer",
        "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip

    def load_split(self) -> SplitPool:
        """Read the images, or take them from the cache, and split them into three parts.

        Raise MissingData without `data.root` or without the files, DamagedFile where they are invalid,
        StorageError where they cannot be read.
        """
        root = required_root(self.root, "CIFAR-10", f"{cifar_10.FILES} into FOLDER")
        return split_pool(cifar_10.read(root), self.split, self.split_seed)
