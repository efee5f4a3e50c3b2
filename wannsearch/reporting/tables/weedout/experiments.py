"""Runs of the Weedout experiment, grouped into experiments, cells and repeats.

The runs of one experiment share everything but seed, split seed, sparsity, method, mask rule, the number of
networks proposed, and keys that the settings of the table or an arm allow to differ. A cell holds the repeats
of an arm at a sparsity; the dense arm has one cell for all sparsities, since it masks nothing. A run that is
in no cell has a reason.

A repeat is one run: its networks that were trained in full, and their accuracies. A network whose training
broke has no accuracy. To leave it out would make an arm better the more often it breaks, so it counts as 0
from there on. Its early fitness stays unknown, since fitness may be a loss.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import DamagedFile, WannsearchError
from wannsearch.core.untrusted import damaged_file_error, is_finite_number
from wannsearch.records import layout
from wannsearch.records.run_status import RunState
from wannsearch.reporting.plots.style import one_line
from wannsearch.reporting.plots.trained_subnetworks import TrainedNetworks, read_trained_networks
from wannsearch.reporting.tables.run import Run, read_history
from wannsearch.reporting.tables.weedout.arms import Arm, ArmRole, Arms, RepeatKey, format_key, repeat_key

Sparsity = float | None
"""A sparsity as a share; the dense arm has None."""

_SPARSITY = "method.sparsity"
_VARIED_KEYS = (
    "task.split_seed", _SPARSITY, "method._target_", "method.mask_rule", "method.population_size",
    "generations",
)  # fmt: skip
_ROUNDING = 1e-9
_MAX_LABEL_KEYS = 4
_MAX_VALUE_LENGTH = 30


@dataclass(frozen=True)
class Repeat:
    """The F networks of one run that were trained in full, for T epochs."""

    folder: Path
    key: RepeatKey
    num_candidates: int  # that were trained for the early budget
    early_mean: float  # early fitness, mean over all candidates; NaN where it is not known
    early_sd: float  # ddof 1
    early_fitness: FloatArray  # (F,) fitness of those that were trained in full; NaN where it is not known
    test_accuracy: FloatArray  # (F,) %
    validation_accuracy: FloatArray  # (F, T) validation accuracy after each epoch, %
    live_parameters: float  # parameters, mean
    mask_sparsity: float  # share of nodes, or of weights, that is taken away, mean
    num_parameters: int  # of the parent network
    num_broken: int  # networks whose training broke
    num_images: int  # in all early and full trainings
    image_source: str
    split_sizes: tuple[int, int, int]  # images for training, validation, test

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
        """Images of all trainings, divided by the number of networks that were tested."""
        return self.num_images / len(self.test_accuracy)

    def epochs_to_accuracy(self, threshold: float) -> FloatArray:
        """Return (F,) the first epoch with a validation accuracy of `threshold` %; T + 1 for none."""
        is_above = self.validation_accuracy >= threshold
        first_epoch = is_above.argmax(axis=1) + 1
        not_reached = self.validation_accuracy.shape[1] + 1
        return np.asarray(np.where(is_above.any(axis=1), first_epoch, not_reached), np.float64)


@dataclass
class DesignCell:
    """The repeats of an arm at a sparsity, by seed and split seed, and the numbers of runs that do not count.

    A run that is done and cannot be read counts as failed.
    """

    repeats: dict[RepeatKey, Repeat] = field(default_factory=dict)
    num_failed: int = 0
    num_unfinished: int = 0

    @property
    def num_started(self) -> int:
        """The number of runs of the cell: repeats, failed and unfinished ones."""
        return len(self.repeats) + self.num_failed + self.num_unfinished


@dataclass
class Experiment:
    """One experiment: its shared settings, its cells, and the runs that are in no cell."""

    label: str
    settings: Mapping[str, Any]  # shared by its runs
    cells: dict[tuple[str, Sparsity], DesignCell] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)  # why runs are in no cell, a line each
    dense_repeats: list[str] = field(
        default_factory=list
    )  # the dense arm's at other sparsities, the same each time

    def get_cell(self, arm: Arm, sparsity: Sparsity) -> DesignCell:
        """Return the cell of an arm at a sparsity, the dense arm's only one at any; empty if nothing was run.

        An empty cell is new each time and is not added to the experiment.
        """
        return self.cells.get((arm.label, None if arm.role is ArmRole.DENSE else sparsity), DesignCell())

    @property
    def sparsities(self) -> list[float]:
        """The sparsities of all arms, rising."""
        return sorted({sparsity for _, sparsity in self.cells if sparsity is not None})


@dataclass(frozen=True)
class GroupedExperiments:
    """All experiments, and the reasons why runs are in none of them."""

    experiments: tuple[Experiment, ...]
    reasons: tuple[str, ...]


def group_into_experiments(
    runs: Iterable[Run], left_out: Iterable[tuple[Run, str]], arms: Arms, ignored_keys: Sequence[str]
) -> GroupedExperiments:
    """Return the experiments, with each run in its cell or with the reason why it is in none.

    `left_out` are runs that do not count, each with a reason; `ignored_keys` are dotted keys that change no
    result. A run of an arm with `may_differ` joins every experiment that it fits.
    """
    reasons: list[str] = []
    num_others = 0
    arm_runs: list[tuple[Arm, Run, str | None]] = []
    methods = {arm.method for arm in arms.members}
    for run, reason in [*((run, None) for run in runs), *left_out]:
        arm = arms.arm_of(run)
        if arm is not None:
            arm_runs.append((arm, run, reason))
        elif run.method in methods:
            reasons.append(f"{run.folder}: it matches no arm of this table.")
        else:
            num_others += 1
    if num_others:
        reasons.append(f"{num_others} runs of other methods are not of this table.")
    arm_runs.sort(
        key=lambda arm_run: (arm_run[1].seed, arm_run[1].state is not RunState.DONE, str(arm_run[1].folder))
    )
    experiments: dict[str, Experiment] = {}
    for arm, run, _ in arm_runs:
        if not arm.may_differ:
            _get_or_add_experiment(experiments, _shared_settings(run, ignored_keys))
    for arm, run, reason in arm_runs:
        shared_settings = _shared_settings(run, ignored_keys)
        matching_experiments = [
            experiment
            for experiment in experiments.values()
            if _is_same_experiment(experiment.settings, shared_settings, arm.may_differ)
        ]
        for experiment in matching_experiments or [_get_or_add_experiment(experiments, shared_settings)]:
            _add_run(experiment, arm, run, reason)
    ordered_experiments = [experiments[key] for key in sorted(experiments)]
    for experiment, label in zip(
        ordered_experiments,
        _make_labels([experiment.settings for experiment in ordered_experiments]),
        strict=True,
    ):
        experiment.label = label
    return GroupedExperiments(tuple(ordered_experiments), tuple(sorted(reasons)))


def _shared_settings(run: Run, ignored_keys: Sequence[str]) -> dict[str, Any]:
    return {
        key: value
        for key, value in run.settings.items()
        if not _is_below(key, (*_VARIED_KEYS, *ignored_keys))
    }


def _is_below(key: str, parts: Sequence[str]) -> bool:
    return any(key == part or key.startswith(f"{part}.") for part in parts)


def _is_same_experiment(a: Mapping[str, Any], b: Mapping[str, Any], may_differ: Sequence[str]) -> bool:
    keys = (key for key in {*a, *b} if not _is_below(key, may_differ))
    return all(repr(a.get(key, ...)) == repr(b.get(key, ...)) for key in keys)


def _get_or_add_experiment(experiments: dict[str, Experiment], shared_settings: dict[str, Any]) -> Experiment:
    return experiments.setdefault(
        json.dumps(shared_settings, sort_keys=True), Experiment("", shared_settings)
    )


def _add_run(experiment: Experiment, arm: Arm, run: Run, reason: str | None) -> None:
    raw_sparsity = run.settings.get(_SPARSITY)
    if arm.role is not ArmRole.DENSE and not is_finite_number(raw_sparsity):
        experiment.reasons.append(f"{run.folder}: its method.sparsity is no number.")
        return
    sparsity = None if arm.role is ArmRole.DENSE else float(raw_sparsity)  # type: ignore[arg-type]  # a number
    cell = experiment.cells.setdefault((arm.label, sparsity), DesignCell())
    description = arm.label if sparsity is None else f"{arm.label} at sparsity {sparsity:g}"
    existing = cell.repeats.get(repeat_key(run))
    if existing is not None:
        line = (
            f"{run.folder}: {format_key(existing.key)} of {description} is there already, {existing.folder}"
        )
        difference = _describe_difference(run, existing)
        lines = experiment.dense_repeats if sparsity is None and not difference else experiment.reasons
        lines.append(f"{line}{difference}.")
    elif reason is not None:
        cell.num_unfinished += 1
        experiment.reasons.append(f"{run.folder}: {description}: {reason}.")
    elif run.state is RunState.FAILED:
        cell.num_failed += 1
        experiment.reasons.append(
            f"{run.folder}: {description} failed: {one_line(run.reason or 'no reason given', 200)}"
        )
    else:
        try:
            cell.repeats[repeat_key(run)] = read_repeat(run)
        except (WannsearchError, OSError) as error:
            cell.num_failed += 1
            text = " ".join(str(error).split())
            experiment.reasons.append(text if str(run.folder) in text else f"{run.folder}: {text}")


def _describe_difference(run: Run, existing: Repeat) -> str:
    if run.state is not RunState.DONE:
        return ""
    try:
        accuracy = read_repeat(run).accuracy
    except (WannsearchError, OSError):
        return ""
    is_equal = abs(accuracy - existing.accuracy) < _ROUNDING
    return "" if is_equal else f", and was tested at {existing.accuracy:.2f} %, not {accuracy:.2f} %"


def _make_labels(all_settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return labels of task, parent network and granularity, and of the keys in which experiments differ."""
    keys = sorted({key for settings in all_settings for key in settings})
    differing_keys = [
        key for key in keys if len({repr(settings.get(key, ...)) for settings in all_settings}) > 1
    ]
    labels = []
    for settings in all_settings:
        task = _module_name(settings.get("task._target_"))
        parent = _module_name(settings.get("method.parent_network._target_"))
        granularity = one_line(str(settings.get("method.granularity")), _MAX_VALUE_LENGTH)
        prefix = f"{task} · {parent} · {granularity} masked"
        assignments = [
            f"{key.removeprefix('method.')}={one_line(str(settings.get(key)), _MAX_VALUE_LENGTH)}"
            for key in differing_keys
            if key not in ("task._target_", "method.parent_network._target_", "method.granularity")
        ]
        first_assignments = (
            [*assignments[:_MAX_LABEL_KEYS], "…"] if len(assignments) > _MAX_LABEL_KEYS else assignments
        )
        labels.append(", ".join([prefix, *first_assignments]))
    return [
        label if labels.count(label) == 1 else f"{label} ({number})"
        for number, label in enumerate(labels, start=1)
    ]


def _module_name(target: object) -> str:
    parts = str(target).split(".")
    return one_line(parts[-2] if len(parts) > 1 else parts[0], _MAX_VALUE_LENGTH)


def read_repeat(run: Run) -> Repeat:
    """Return the repeat of a run that is done, with accuracies in % and 0 where a training broke.

    Raise DamagedFile where a file lacks a value or has a wrong one, such as validation accuracies of another
    number of epochs than `evaluator.epochs`.
    """
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
    """Return mean and sd (ddof 1) of the early fitness of all candidates, pooled over generations.

    Failed candidates are left out. Both are NaN where the history lacks a column; the sd of one is NaN.
    """
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
