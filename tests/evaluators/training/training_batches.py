"""The batches of a training, for those who train beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from wannsearch.core.subnetworks.images import LabelledImages
from wannsearch.evaluators.trainer import Trainer
from wannsearch.evaluators.training.data import load_on_device
from wannsearch.evaluators.training.settings import TrainingSettings


def recipe(trainer: Trainer) -> TrainingSettings:
    """As this trainer has it."""
    names = ("optimizer", "epochs", "augment", "normalize", "precision", "device")
    return TrainingSettings(**{name: getattr(trainer, name) for name in names})


def batches(trainer: Trainer, task: Any, order: int, epoch: int) -> list[tuple[Tensor, Tensor]]:
    """What a training with this order sees in this epoch, from 0."""
    return list(
        load_on_device(task.images(), recipe(trainer)).train_batches(
            order, epoch, trainer.optimizer.batch_size
        )
    )


def shown(task: Any, part: LabelledImages, deviation: bool = False) -> tuple[Tensor, Tensor]:
    """Pixels of 0..1 less the mean of the training images, by channel; and labels."""
    known = task.images().training.pixels / task.images().max_pixel
    pixels = part.pixels / task.images().max_pixel - known.mean((0, 2, 3), keepdims=True)
    if deviation:
        pixels = pixels / known.std((0, 2, 3), keepdims=True)
    return torch.from_numpy(pixels), torch.from_numpy(np.ascontiguousarray(part.labels))
