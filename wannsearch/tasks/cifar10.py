"""CIFAR-10: 60,000 photographs of ten kinds of animals and vehicles, 32 x 32 pixels in three colours.

Krizhevsky (2009). 3072 inputs, ten outputs; what an episode pays is in `image_task`. The files lie in
`data.root` (`image_files.cifar_10`).
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
    """An episode is a batch of training images, or the whole of another part."""

    split: SplitRule
    root: str | None  # `data.root`
    shape: ClassVar[tuple[int, int, int]] = cifar_10.SHAPE
    classes: ClassVar[tuple[str, ...]] = (
        "airplane", "automobile", "bird", "cat", "deer",
        "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip

    def load_split(self) -> SplitPool:
        """The images in their parts."""
        root = required_root(self.root, "CIFAR-10", f"{cifar_10.FILES} into FOLDER")
        return split_pool(cifar_10.read(root), self.split, self.split_seed)
