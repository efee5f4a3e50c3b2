"""Small trainings of sub-networks under one rule, on images made up here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.subnetworks.images import Images, LabelledImages
from wannsearch.core.subnetworks.subnetworks import Granularity, Subnetworks
from wannsearch.evaluators.training.settings import (
    Augmentation,
    LearningRateSchedule,
    Normalization,
    OptimizerSettings,
    TrainingPrecision,
    TrainingSettings,
)
from wannsearch.methods.one_shot import OneShot
from wannsearch.methods.random_masks import LayerDistribution
from wannsearch.methods.subnetwork_sampling import InitSharing
from wannsearch.parent_networks.mlp import Mlp

SGD = OptimizerSettings(
    learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4, batch_size=16,
    schedule=LearningRateSchedule.CONSTANT, milestones=(), gamma=1.0,
)  # fmt: skip
RECIPE = TrainingSettings(
    optimizer=SGD, epochs=3, augment=Augmentation.NONE, normalize=Normalization.MEAN,
    precision=TrainingPrecision.FLOAT64, device="cpu",
)  # fmt: skip
SMALL = Mlp(layers=(12, 8))


@cache
def images() -> Images:
    """Three classes of 4 x 4 pixels, told apart by where they are bright; 72 to train."""
    rng = np.random.default_rng(7)

    def part(count: int) -> LabelledImages:
        labels = np.arange(count) % 3
        pixels = rng.integers(0, 120, (count, 1, 4, 4))
        pixels[np.arange(count), 0, labels] += 100
        return LabelledImages(pixels.astype(np.uint8), labels)

    return Images(part(72), part(30), part(30), classes=3, max_pixel=255.0, source="made up")


@dataclass(frozen=True)
class Blobs:
    """A task as far as a trainer looks at it."""

    def images(self) -> Images:
        return images()


def make_candidates(
    rule: Any,
    granularity: Granularity = Granularity.WEIGHTS,
    parent: Any = SMALL,
    rows: int = 3,
    sparsity: float = 0.7,
) -> Subnetworks:
    """With initial weights of their own."""
    method = OneShot(
        population_size=rows, parent_network=parent, mask_rule=rule, granularity=granularity,
        sparsity=sparsity, layer_distribution=LayerDistribution.UNIFORM, layer_sparsity=None,
        initial_weights=InitSharing.INDEPENDENT,
    )  # fmt: skip
    state = method.start(Ports(16, 3, ("relu",), image_shape=(1, 4, 4)), make_stream(3, Role.START))
    return method.ask(state)
