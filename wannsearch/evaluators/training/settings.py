"""Settings of the training of sub-networks: optimizer, schedule, images, precision, budget."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from wannsearch.core.errors import ConfigError, check_at_least, check_between
from wannsearch.core.settings import convert_fields


class LearningRateSchedule(str, Enum):
    """The learning rate as a function of the epoch."""

    CONSTANT = "constant"
    COSINE = "cosine"  # lr (1 + cos(pi e / T)) / 2 in epoch e of 0 .. T - 1 (Loshchilov & Hutter 2017)
    MULTISTEP = "multistep"  # multiplied by `gamma` at each milestone


class Augmentation(str, Enum):
    """The random change of a training image each time it is used."""

    NONE = "none"
    CROP_FLIP = "crop_flip"  # reflected by 4 pixels, cropped at random, mirrored with probability 1/2


class Normalization(str, Enum):
    """The normalization of pixels in 0..1, by channel, with statistics of the training images."""

    MEAN = "mean"  # subtract the mean
    MEAN_STD = "mean_std"  # and divide by the standard deviation


class TrainingPrecision(str, Enum):
    """The format of products; parameters are float32, except with `float64`."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BFLOAT16 = "bfloat16"  # mixed: torch.autocast


class Fitness(str, Enum):
    """The score of an early training; higher is better."""

    VAL_ACCURACY = "val_accuracy"
    VAL_LOSS = "val_loss"  # minus the mean cross-entropy
    BYTES = "bytes"  # minus the size of the live parameters

    @property
    def score_name(self) -> str:
        """The name of the score, which is also its unit."""
        names = {"val_accuracy": "validation accuracy", "val_loss": "minus validation cross-entropy"}
        return names.get(self.value, f"minus {self.value}")


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """Settings of stochastic gradient descent with momentum."""

    learning_rate: float
    momentum: float
    nesterov: bool
    weight_decay: float  # of live parameters; masked ones do not shrink
    batch_size: int  # images a step; the last step of an epoch takes the remaining ones
    schedule: LearningRateSchedule
    milestones: tuple[float, ...]  # shares of the training
    gamma: float

    def __post_init__(self) -> None:
        convert_fields(self)
        check_between("evaluator.optimizer.learning_rate", self.learning_rate, 0)
        check_between("evaluator.optimizer.momentum", self.momentum, 0, 1)
        check_between("evaluator.optimizer.weight_decay", self.weight_decay, 0)
        check_between("evaluator.optimizer.gamma", self.gamma, 0, 1)
        check_at_least("evaluator.optimizer.batch_size", self.batch_size, 1)
        for share in self.milestones:
            check_between("evaluator.optimizer.milestones", share, 0, 1)
        if self.nesterov and not self.momentum:
            raise ConfigError("evaluator.optimizer.nesterov is true; it needs a momentum above 0.")


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """All settings that a training depends on besides candidates, images and the order of batches."""

    optimizer: OptimizerSettings
    epochs: int  # of a full training
    augment: Augmentation
    normalize: Normalization
    precision: TrainingPrecision
    device: str
