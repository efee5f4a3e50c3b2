"""Plots of a run that trained sub-networks: early fitness in the search, and accuracy after full training.

They are drawn from `history.csv`, `best/evaluation.json` and, for the header, `summary.json` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import DamagedFile
from wannsearch.core.run_files import Columns
from wannsearch.core.untrusted import is_finite_number
from wannsearch.records import layout, plot_data
from wannsearch.records.reader import RunFolder
from wannsearch.reporting.plots import style
from wannsearch.reporting.plots.plot_selection import Drawings, PlotSelection, draw_selected, name_files

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_HISTORY_COLUMNS = "generation evaluations best median mean std best_so_far".split()
_RESULT_PLOTS = ("training",)
_MIN_SCATTER_NETWORKS = 3  # networks; fewer have no scatter plot


@dataclass(frozen=True)
class TrainedNetworks:
    """The entries of `best/evaluation.json` about F networks that were trained in full, for T epochs.

    Accuracies and sparsities are shares. A number that the file lacks is NaN in an array, and 0 as a count.
    """

    early_fitness: FloatArray  # (F,) fitness in the search; NaN where it failed
    test_accuracy: FloatArray  # (F,)
    live_parameters: FloatArray  # (F,)
    mask_sparsity: FloatArray  # (F,)
    validation_accuracy: FloatArray  # (F, T) after each epoch
    num_parameters: int  # of the parent network
    source: str  # name of the images
    split_sizes: tuple[int, int, int]  # images to train, to validate, to test
    images_shown: int  # per network, in all epochs


def read_trained_networks(run: Path) -> TrainedNetworks:
    """Read the trained networks of a run folder from `best/evaluation.json`.

    Raise DamagedFile where it lists no network, or a network has no validation curve, or one of another
    length than the others.
    """
    path = run / layout.EVALUATION
    document = RunFolder(run).read_evaluation()
    rows = document.get("trained")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise DamagedFile(f"{path} names no trained networks.")

    def read_column(name: str) -> FloatArray:
        return np.array([_to_float(row.get(name)) for row in rows])

    curves = [row.get("validation_accuracy") for row in rows]
    if not all(isinstance(curve, list) and curve for curve in curves):
        raise DamagedFile(f"{path} has a network without validation_accuracy.")
    if len({len(curve) for curve in curves}) > 1:
        raise DamagedFile(f"{path} has validation curves of different length.")
    images = document.get("images")
    images = images if isinstance(images, dict) else {}
    return TrainedNetworks(
        early_fitness=read_column("early"),
        test_accuracy=read_column("test_accuracy"),
        live_parameters=read_column("live_parameters"),
        mask_sparsity=read_column("mask_sparsity"),
        validation_accuracy=np.array([[_to_float(value) for value in curve] for curve in curves]),
        num_parameters=_to_count(document.get("parameters")),
        source=style.one_line(str(images.get("source", "")), 200),
        split_sizes=(
            _to_count(images.get("training")),
            _to_count(images.get("validation")),
            _to_count(images.get("test")),
        ),
        images_shown=_to_count(document.get("images_shown")),
    )


def _to_count(value: object) -> int:
    return int(np.nan_to_num(_to_float(value)))


def _to_float(value: object) -> float:
    return float(value) if is_finite_number(value) else float("nan")  # type: ignore[arg-type]  # it is one


def draw_trained_networks(run: Path, selection: PlotSelection = PlotSelection.ALL) -> dict[str, bytes]:
    """Draw the plots of a run and return a map from path inside the run folder to content.

    `training` is always drawn, `early` with two or more generations, and `early_against_final` with three or
    more networks of known early fitness; each is an SVG and a PNG in `plots/`. An unfinished run has `early`
    alone. Raise DamagedFile where a file is missing or lacks a value.
    """
    run_label = plot_data.read_label(run)
    drawings: Drawings = {
        "early": lambda: _draw_early_fitness(RunFolder(run).read_history(_HISTORY_COLUMNS), run_label)
    }
    if not run_label.state:
        networks = read_trained_networks(run)
        drawings = {
            "training": lambda: _draw_training(networks, run_label),
            **drawings,
            "early_against_final": lambda: _draw_scatter(networks, run_label),
        }
    return name_files(draw_selected(drawings, selection, _RESULT_PLOTS))


def _draw_training(networks: TrainedNetworks, run_label: plot_data.RunLabel) -> style.Picture:
    """Draw the validation accuracy of each network after each epoch, and the mean of several networks."""

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        epochs = np.arange(1, networks.validation_accuracy.shape[1] + 1)
        has_several = len(networks.validation_accuracy) > 1
        for curve in networks.validation_accuracy:
            axes.plot(
                epochs,
                curve,
                color=style.SKY if has_several else style.BLUE,
                lw=0.9 if has_several else 2.2,
                label="one network" if has_several else None,
            )
        if has_several:
            mean = networks.validation_accuracy.mean(axis=0)
            axes.plot(
                epochs,
                mean,
                color=style.BLUE,
                lw=2.4,
                label=f"mean of {len(networks.early_fitness)} networks",
            )
            style.add_legend(figure, axes)
        axes.set_xlabel("epoch of the full training")
        axes.set_ylabel("validation accuracy")
        _use_integer_ticks(axes)
        style.add_header(figure, run_label, "Full training", _format_test_accuracy(networks))

    return style.render(fill, style.PLOT_IN)


def _format_test_accuracy(networks: TrainedNetworks) -> str:
    return f"test accuracy {np.mean(networks.test_accuracy):.4f}"


def _use_integer_ticks(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_early_fitness(history: Columns, run_label: plot_data.RunLabel) -> style.Picture | None:
    """Draw mean ± std, best and best so far of the early fitness, by generation; None for one generation."""
    if len(history["generation"]) < 2:
        return None

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        generation, mean, std = history["generation"], history["mean"], history["std"]
        has_band = bool((std > 0).any())  # a single candidate does not differ from itself
        if has_band:
            axes.fill_between(generation, mean - std, mean + std, color=style.PALE, label="± 1 std")
        axes.plot(generation, mean, color=style.GRAY, lw=1.2, label="mean of the generation")
        axes.plot(
            generation, history["best"], color=style.SKY, marker="o", ms=3, label="best of the generation"
        )
        axes.step(
            generation, history["best_so_far"], where="post", color=style.BLUE, lw=2.4, label="best so far"
        )
        axes.set_xlabel("generation")
        axes.set_ylabel(f"{style.one_line(run_label.score_name)}\n(early fitness)")
        _use_integer_ticks(axes)
        style.add_legend(figure, axes)
        remark = "scores after a short training; the best of many is flattered by its choice"
        style.add_header(figure, run_label, "Search", remark)

    return style.render(fill, style.PLOT_WITH_LEGEND_IN)


def _draw_scatter(networks: TrainedNetworks, run_label: plot_data.RunLabel) -> style.Picture | None:
    """Draw a dot for each network, with its test accuracy (y) against its early fitness (x); None for few."""
    if np.isfinite(networks.early_fitness).sum() < _MIN_SCATTER_NETWORKS:
        return None

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        axes.scatter(networks.early_fitness, networks.test_accuracy, color=style.BLUE, s=28, alpha=0.8)
        axes.set_xlabel(f"{style.one_line(run_label.score_name)} (early fitness)")
        axes.set_ylabel("test accuracy\n(after the full training)")
        style.add_header(figure, run_label, "Early against final", f"{len(networks.early_fitness)} networks")

    return style.render(fill, style.PLOT_IN)
