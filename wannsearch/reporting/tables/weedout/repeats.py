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
import numpy.typing as npt

from wannsearch.core.errors import DamagedFile
from wannsearch.formats.untrusted import damaged
from wannsearch.records import layout
from wannsearch.reporting.plots.trained_subnetworks import TrainedNetworks, read_trained
from wannsearch.reporting.tables.run import Run, read_history
from wannsearch.reporting.tables.weedout.arms import Key, key_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Repeat:
    """F networks, trained for T epochs."""

    folder: Path
    key: Key
    candidates: int  # that were looked at early
    searched_mean: float  # of the early fitness of all of them; NaN where it is not known
    searched_sd: float  # ddof 1
    early: Floats  # (F,) fitness of those that were trained in full; NaN where it is not known
    test: Floats  # (F,) %
    curves: Floats  # (F, T) validation accuracy after each epoch, %
    live: float  # parameters, mean
    masked: float  # share of nodes, or of weights, that is taken away, mean
    parameters: int  # of the parent
    broken: int  # networks whose training broke
    images: int  # shown in all: early looks and full trainings
    source: str
    parts: tuple[int, int, int]  # images to train, to validate, to test

    @property
    def accuracy(self) -> float:
        """Test accuracy in %, mean over its networks."""
        return float(self.test.mean())

    @property
    def curve(self) -> Floats:
        """(T,) validation accuracy in %, mean over its networks."""
        return np.asarray(self.curves.mean(axis=0), np.float64)

    @property
    def images_each(self) -> float:
        """Shown, by the networks that were tested."""
        return self.images / len(self.test)

    def epochs_to(self, threshold: float) -> Floats:
        """(F,) first epoch with a validation accuracy of at least so much %; T + 1 where there is none."""
        above = self.curves >= threshold
        first = above.argmax(axis=1) + 1
        late = self.curves.shape[1] + 1
        return np.asarray(np.where(above.any(axis=1), first, late), np.float64)


def read_repeat(run: Run) -> Repeat:
    """Of a run that is done; DamagedFile, in one line, where its files do not tell it."""
    found = read_trained(run.folder)
    path = run.folder / layout.EVALUATION
    _check(found, run, str(path))
    mean, sd = _searched(run)
    curves = 100 * found.validation_accuracy
    return Repeat(
        folder=run.folder,
        key=key_of(run),
        candidates=run.evaluations,
        searched_mean=mean,
        searched_sd=sd,
        early=found.early,
        test=100 * np.nan_to_num(found.test_accuracy),
        curves=np.nan_to_num(curves),
        live=float(found.live_parameters.mean()),
        masked=float(found.node_sparsity.mean()),
        parameters=found.parameters,
        broken=int(np.isnan(found.test_accuracy).sum()),
        images=run.env_steps + found.shown * len(found.early),
        source=found.source,
        parts=found.parts,
    )


def _check(found: TrainedNetworks, run: Run, path: str) -> None:
    for name in ("test_accuracy", "validation_accuracy", "node_sparsity"):
        values = getattr(found, name)
        if ((values < 0) | (values > 1)).any():
            raise damaged(path, f"a {name} is not between 0 and 1", "it is a share")
    for name in ("live_parameters", "node_sparsity"):
        if np.isnan(getattr(found, name)).any():
            raise damaged(path, f"a network has no {name}", "each has one")
    epochs, looks = run.settings.get("evaluator.epochs"), found.validation_accuracy.shape[1]
    if looks != epochs:
        raise DamagedFile(f"{path} has {looks} looks at validation images, but evaluator.epochs={epochs}.")


def _searched(run: Run) -> tuple[float, float]:
    """Mean and sd of the early fitness of all candidates, from those of each generation."""
    history = read_history(run.folder, "mean", "std", "failed")
    if not {"mean", "std", "failed"} <= set(history):
        return math.nan, math.nan
    counts = np.diff(history["evaluations"], prepend=0) - np.nan_to_num(history["failed"])
    known = (counts > 0) & np.isfinite(history["mean"]) & np.isfinite(history["std"])
    counts, mean, std = counts[known], history["mean"][known], history["std"][known]
    total = float(counts.sum())
    if total < 2:
        return float(mean[0]) if len(mean) else math.nan, math.nan
    centre = float((counts * mean).sum() / total)
    squares = float((counts * (std**2 + (mean - centre) ** 2)).sum())
    return centre, math.sqrt(squares / (total - 1))
