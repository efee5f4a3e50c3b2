"""One repeat of one arm: the networks of a run, and how accurate they were.

A network whose training broke has no accuracy. To leave it out would make an arm look the better the
more often it breaks, so it counts as 0 from there on. Its early fitness stays unknown, since fitness may
be a loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import DamagedFile
from wannsearch.formats.untrusted import damaged_file_error
from wannsearch.records import layout
from wannsearch.reporting.plots.trained_subnetworks import TrainedNetworks, read_trained_networks
from wannsearch.reporting.tables.run import Run, read_history
from wannsearch.reporting.tables.weedout.arms import RepeatKey, repeat_key


@dataclass(frozen=True)
class Repeat:
    """F networks, trained for T epochs."""

    folder: Path
    key: RepeatKey
    num_candidates: int  # that were looked at early
    early_mean: float  # of the early fitness of all of them; NaN where it is not known
    early_sd: float  # ddof 1
    early_fitness: FloatArray  # (F,) fitness of those that were trained in full; NaN where it is not known
    test_accuracy: FloatArray  # (F,) %
    validation_accuracy: FloatArray  # (F, T) validation accuracy after each epoch, %
    live_parameters: float  # parameters, mean
    mask_sparsity: float  # share of nodes, or of weights, that is taken away, mean
    num_parameters: int  # of the parent
    num_broken: int  # networks whose training broke
    num_images: int  # shown in all: early looks and full trainings
    image_source: str
    split_sizes: tuple[int, int, int]  # images to train, to validate, to test

    @property
    def accuracy(self) -> float:
        """Test accuracy in %, mean over its networks."""
        return float(self.test_accuracy.mean())

    @property
    def mean_curve(self) -> FloatArray:
        """(T,) validation accuracy in %, mean over its networks."""
        return np.asarray(self.validation_accuracy.mean(axis=0), np.float64)

    @property
    def images_per_network(self) -> float:
        """Shown, by the networks that were tested."""
        return self.num_images / len(self.test_accuracy)

    def epochs_to_accuracy(self, threshold: float) -> FloatArray:
        """(F,) first epoch with a validation accuracy of at least so much %; T + 1 where there is none."""
        is_above = self.validation_accuracy >= threshold
        first_epoch = is_above.argmax(axis=1) + 1
        not_reached = self.validation_accuracy.shape[1] + 1
        return np.asarray(np.where(is_above.any(axis=1), first_epoch, not_reached), np.float64)


def read_repeat(run: Run) -> Repeat:
    """Of a run that is done; DamagedFile, in one line, where its files do not tell it."""
    networks = read_trained_networks(run.folder)
    path = run.folder / layout.EVALUATION
    _check_networks(networks, run, str(path))
    early_mean, early_sd = _early_mean_and_sd(run)
    validation_accuracy = 100 * networks.validation_accuracy
    return Repeat(
        folder=run.folder,
        key=repeat_key(run),
        num_candidates=run.evaluations,
        early_mean=early_mean,
        early_sd=early_sd,
        early_fitness=networks.early_fitness,
        test_accuracy=100 * np.nan_to_num(networks.test_accuracy),
        validation_accuracy=np.nan_to_num(validation_accuracy),
        live_parameters=float(networks.live_parameters.mean()),
        mask_sparsity=float(networks.mask_sparsity.mean()),
        num_parameters=networks.num_parameters,
        num_broken=int(np.isnan(networks.test_accuracy).sum()),
        num_images=run.env_steps + networks.images_shown * len(networks.early_fitness),
        image_source=networks.source,
        split_sizes=networks.split_sizes,
    )


def _check_networks(networks: TrainedNetworks, run: Run, path: str) -> None:
    for name in ("test_accuracy", "validation_accuracy", "mask_sparsity"):
        values = getattr(networks, name)
        if ((values < 0) | (values > 1)).any():
            raise damaged_file_error(path, f"a {name} is not between 0 and 1", "it is a share")
    for name in ("live_parameters", "mask_sparsity"):
        if np.isnan(getattr(networks, name)).any():
            raise damaged_file_error(path, f"a network has no {name}", "each has one")
    epochs, num_evaluations = run.settings.get("evaluator.epochs"), networks.validation_accuracy.shape[1]
    if num_evaluations != epochs:
        raise DamagedFile(
            f"{path} has {num_evaluations} evaluations of the validation images, but "
            f"evaluator.epochs={epochs}."
        )


def _early_mean_and_sd(run: Run) -> tuple[float, float]:
    """Mean and sd of the early fitness of all candidates, from those of each generation."""
    history = read_history(run.folder, "mean", "std", "failed")
    if not {"mean", "std", "failed"} <= set(history):
        return math.nan, math.nan
    counts = np.diff(history["evaluations"], prepend=0) - np.nan_to_num(history["failed"])
    valid = (counts > 0) & np.isfinite(history["mean"]) & np.isfinite(history["std"])
    counts, mean, std = counts[valid], history["mean"][valid], history["std"][valid]
    total = float(counts.sum())
    if total < 2:
        return float(mean[0]) if len(mean) else math.nan, math.nan
    pooled_mean = float((counts * mean).sum() / total)
    sum_of_squares = float((counts * (std**2 + (mean - pooled_mean) ** 2)).sum())
    return pooled_mean, math.sqrt(sum_of_squares / (total - 1))
