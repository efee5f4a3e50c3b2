"""A task of a few made images, and sub-networks on it, for tests that train."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, derive_key
from wannsearch.core.subnetworks.images import Images, LabelledImages
from wannsearch.core.subnetworks.parent_network import ParentNetwork, trace
from wannsearch.core.subnetworks.subnetworks import (
    Design,
    Granularity,
    MaskSpace,
    Subnetworks,
    propose_subnetworks,
)
from wannsearch.evaluators.trainer import Trainer
from wannsearch.evaluators.training.settings import (
    Augmentation,
    Fitness,
    LearningRateSchedule,
    Normalization,
    OptimizerSettings,
    TrainingPrecision,
)
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.static import Static, WeightInit

WHITE = 16.0
MLP = Mlp(layers=(12, 9))
WRN = WideResNet(depth=10, width=1)
STATIC = Static(weights=WeightInit.UNSCALED)


@dataclass(frozen=True)
class FewImages:
    """Classes that are patterns, under noise; the parts differ by their noise alone."""

    shape: tuple[int, int, int] = (1, 6, 6)
    classes: int = 4
    training: int = 72
    validation: int = 40
    test: int = 56
    shuffled_test: bool = False  # labels of the test images in another order

    @property
    def ports(self) -> Ports:
        return Ports(int(np.prod(self.shape)), self.classes, ("tanh",), image_shape=self.shape)

    def images(self) -> Images:
        return _made(self)

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> Any:
        return derive_key(seed, role, generation)[:1].repeat(episodes)


@cache
def _made(task: FewImages) -> Images:
    rng = np.random.default_rng(5)
    patterns = rng.uniform(3, 13, (task.classes, *task.shape))

    def part(count: int) -> LabelledImages:
        labels = rng.integers(0, task.classes, count)
        noisy = patterns[labels] + rng.normal(0, 3.0, (count, *task.shape))
        return LabelledImages(noisy.clip(0, WHITE).round().astype(np.uint8), labels.astype(np.int64))

    training, validation, test = part(task.training), part(task.validation), part(task.test)
    if task.shuffled_test:
        test = LabelledImages(test.pixels, rng.permutation(test.labels))
    return Images(training, validation, test, task.classes, WHITE, "a few made images")


def design(
    parent: ParentNetwork, task: FewImages, granularity: Granularity = Granularity.NODES, rule: Any = STATIC
) -> Design:
    return Design(parent, MaskSpace(trace(parent, task.ports), granularity), rule)


def make_candidates(of: Design, rows: int, share: float = 0.5, seed: int = 0, init: int = 7) -> Subnetworks:
    """Masks that keep `share` of each layer, all on the same initial weights."""
    rng, maskable = np.random.default_rng(seed), of.mask_space
    masks = np.zeros((rows, maskable.size), bool)
    for layer in maskable.layers:
        size = layer.stop - layer.start
        for row in range(rows):
            masks[row, layer.start + rng.permutation(size)[: max(1, round(share * size))]] = True
    return propose_subnetworks(of, masks, np.full(rows, init, np.uint64))


SGD = OptimizerSettings(
    learning_rate=0.05,
    momentum=0.9,
    nesterov=True,
    weight_decay=5e-4,
    batch_size=16,
    schedule=LearningRateSchedule.COSINE,
    milestones=(),
    gamma=0.1,
)


def trainer(**changed: Any) -> Trainer:
    """Brief trainings in float64."""
    settings = {
        "epochs": 3,
        "early_epochs": 1,
        "early_steps": None,
        "resume_from_early": False,
        "fitness": Fitness.VAL_ACCURACY,
        "optimizer": SGD,
        "augment": Augmentation.NONE,
        "normalize": Normalization.MEAN,
        "precision": TrainingPrecision.FLOAT64,
        "device": "cpu",
        "threads": 1,
        "candidates_per_batch": 16,
    }
    return Trainer(**settings | changed)
