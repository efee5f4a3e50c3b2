"""Pictures of a run that trained sub-networks: what the search saw early, and what training came to.

Drawn from `history.csv` and `best/evaluation.json` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import DamagedFile
from wannsearch.formats.untrusted import is_finite_number, parse_json, read_text
from wannsearch.records import layout, reader
from wannsearch.reporting.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

_MOST_BYTES = 2**28
_HISTORY = "generation evaluations best median mean std best_so_far".split()
_FEW = 3  # networks; more are shown as a scatter too


@dataclass(frozen=True)
class TrainedNetworks:
    """What `best/evaluation.json` says of F networks that were trained in full."""

    early: Floats  # (F,) fitness in the search; NaN where it failed
    test_accuracy: Floats  # (F,)
    live_parameters: Floats  # (F,)
    node_sparsity: Floats  # (F,)
    validation_accuracy: Floats  # (F, T) after each epoch
    parameters: int  # of the parent
    source: str  # which images
    parts: tuple[int, int, int]  # of them to train, to validate, to test
    shown: int  # images shown to each


def read_trained(run: Path) -> TrainedNetworks:
    """Of this run; DamagedFile where it has none."""
    path = run / layout.EVALUATION
    document = parse_json(read_text(path, _MOST_BYTES), str(path))
    rows = document.get("trained") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise DamagedFile(f"{path} names no trained networks.")

    def column(name: str) -> Floats:
        return np.array([_number(row.get(name)) for row in rows])

    curves = [row.get("validation_accuracy") for row in rows]
    if not all(isinstance(curve, list) and curve for curve in curves):
        raise DamagedFile(f"{path} has a network without validation_accuracy.")
    if len({len(curve) for curve in curves}) > 1:
        raise DamagedFile(f"{path} has validation curves of different length.")
    images = document.get("images")
    images = images if isinstance(images, dict) else {}
    return TrainedNetworks(
        early=column("early"),
        test_accuracy=column("test_accuracy"),
        live_parameters=column("live_parameters"),
        node_sparsity=column("node_sparsity"),
        validation_accuracy=np.array([[_number(value) for value in curve] for curve in curves]),
        parameters=_count(document.get("parameters")),
        source=style.plain(str(images.get("source", "")), 200),
        parts=(_count(images.get("training")), _count(images.get("validation")), _count(images.get("test"))),
        shown=_count(document.get("images_shown")),
    )


def _count(value: object) -> int:
    return int(np.nan_to_num(_number(value)))


def _number(value: object) -> float:
    return float(value) if is_finite_number(value) else float("nan")  # type: ignore[arg-type]  # it is one


def draw_trained(run: Path) -> dict[str, bytes]:
    """File name inside the run folder -> content."""
    origin, found = _origin(run), read_trained(run)
    plots = {"training": _training(found, origin)}
    history = reader.columns(run / layout.HISTORY, _HISTORY)
    if len(history["generation"]) > 1:
        plots["early"] = _early(history, origin)
    if len(found.early) >= _FEW and np.isfinite(found.early).sum() >= _FEW:
        plots["early_against_final"] = _scatter(found, origin)
    files: dict[str, bytes] = {}
    for name, picture in plots.items():
        files |= {f"plots/{name}.svg": picture.svg, f"plots/{name}.png": picture.png}
    return files


def _origin(run: Path) -> reader.Origin:
    return reader.read_origin(run)


def _training(found: TrainedNetworks, origin: reader.Origin) -> style.Picture:
    """Validation accuracy after each epoch."""

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        epochs = np.arange(1, found.validation_accuracy.shape[1] + 1)
        many = len(found.validation_accuracy) > 1
        for curve in found.validation_accuracy:
            axes.plot(epochs, curve, color=style.SKY if many else style.BLUE, lw=0.9 if many else 2.2)
        if many:
            mean = found.validation_accuracy.mean(axis=0)
            axes.plot(epochs, mean, color=style.BLUE, lw=2.4, label=f"mean of {len(found.early)} networks")
            axes.legend(loc="lower right")
        axes.set_xlabel("epoch of the full training")
        axes.set_ylabel("validation accuracy")
        _whole_epochs(axes)
        style.headed(figure, origin, "Full training", _tested(found))

    return style.rendered(fill, style.PLOT_IN)


def _tested(found: TrainedNetworks) -> str:
    return f"test accuracy {np.mean(found.test_accuracy):.4f}"


def _whole_epochs(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _early(history: reader.Table, origin: reader.Origin) -> style.Picture:
    """What the search saw: the early fitness of each generation."""

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        at, mean, std = history["generation"], history["mean"], history["std"]
        axes.fill_between(at, mean - std, mean + std, color=style.PALE, label="all candidates, mean ± sd")
        axes.plot(at, mean, color=style.GREY, lw=1.2)
        axes.plot(at, history["best"], color=style.SKY, marker="o", ms=3, label="best of the generation")
        axes.step(at, history["best_so_far"], where="post", color=style.BLUE, lw=2.4, label="best so far")
        axes.set_xlabel("generation")
        axes.set_ylabel(f"early fitness, {style.plain(origin.score_name)}")
        axes.legend(loc="best")
        _whole_epochs(axes)
        style.headed(
            figure, origin, "Search", "judged by an early budget; the best is flattered by its choice"
        )

    return style.rendered(fill, style.PLOT_IN)


def _scatter(found: TrainedNetworks, origin: reader.Origin) -> style.Picture:
    """Early fitness against test accuracy."""

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        axes.scatter(found.early, found.test_accuracy, color=style.BLUE, s=28, alpha=0.8)
        axes.set_xlabel(f"early fitness, {style.plain(origin.score_name)}")
        axes.set_ylabel("test accuracy after the full training")
        style.headed(figure, origin, "Early against final", f"{len(found.early)} networks")

    return style.rendered(fill, style.PLOT_IN)
