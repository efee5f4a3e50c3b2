"""Pictures of the Weedout experiment: accuracy by sparsity, validation curves, early against final.

The first and the second show means over repeats with their intervals. The third shows each random mask,
since a missing correlation of early fitness with accuracy is seen best where nothing is averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.curves import build_band
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.resampling import BAND_RESAMPLES
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.weedout.arms import Arm, ArmRole, Arms
from wannsearch.reporting.tables.weedout.comparison import SparsityResult, final_accuracy, mean_over_repeats
from wannsearch.reporting.tables.weedout.experiments import DesignCell, Experiment
from wannsearch.reporting.tables.weedout.number_format import format_signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOR = {ArmRole.FOUND: style.BLUE, ArmRole.RANDOM: style.VERMILION, ArmRole.DENSE: style.BLACK}
_LINE_STYLE = {ArmRole.FOUND: "-", ArmRole.RANDOM: "--", ArmRole.DENSE: ":"}
_RIVAL_COLORS = (style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.GRAY)
_MARKERS = "^vDPX*<>hp"
_SPARSITY_COLORS = (
    style.BLUE,
    style.ORANGE,
    style.GREEN,
    style.VERMILION,
    style.PURPLE,
    style.SKY,
    style.BLACK,
)
_MAX_COLUMNS = 3  # panels
_PANEL_IN = (3.4, 2.6)
_ARM_SPREAD = (
    0.3  # first arm to last, of the distance between sparsities; these stand evenly, for they crowd near 1
)
_MAX_LABEL_LENGTH = 40


def draw_accuracy(
    experiment: Experiment, arms: Arms, results: Sequence[SparsityResult], title: str
) -> style.Picture:
    """Draw the test accuracy in % of every arm that has repeats, by sparsity, with its 95 % interval.

    Sparsities stand at equal distances. The dense parent network is a horizontal line.
    """
    sparsities = [result.sparsity for result in results]
    drawn_arms = [
        arm
        for arm in arms.members
        if arm.role is not ArmRole.DENSE and _has_repeats(experiment, arm, sparsities)
    ]

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        for index, arm in enumerate(drawn_arms):
            shift = _ARM_SPREAD * (index - (len(drawn_arms) - 1) / 2) / max(len(drawn_arms) - 1, 1)
            _draw_arm(axes, experiment, arm, sparsities, shift, _line_style(arms, arm))
        _draw_dense_line(
            axes, experiment.get_cell(arms.by_role(ArmRole.DENSE), None), arms.by_role(ArmRole.DENSE).label
        )
        axes.set_xticks(range(len(sparsities)), [f"{sparsity:g}" for sparsity in sparsities])
        axes.set_xlabel("sparsity")
        axes.set_ylabel("test accuracy, %")
        _draw_legend_outside(axes)
        style.add_header(
            figure,
            RunLabel(),
            title,
            style.one_line(experiment.label, 90),
            "mean over repeats, 95 % interval",
        )

    return style.render(fill, (9.0, 4.8))


def draw_curves(
    experiment: Experiment, arms: Arms, results: Sequence[SparsityResult], title: str
) -> style.Picture:
    """Draw the validation accuracy in % of dense, random and found networks, one panel per sparsity.

    The x axis counts epochs of the full training, on a logarithmic scale. Rivals are not drawn.
    """
    num_rows = -(-max(len(results), 1) // _MAX_COLUMNS)
    num_columns = min(max(len(results), 1), _MAX_COLUMNS)

    def fill(figure: Figure) -> None:
        panels = figure.subplots(num_rows, num_columns, squeeze=False, sharex=True).ravel()
        for axes, result in zip(panels, results, strict=False):
            for role in (ArmRole.DENSE, ArmRole.RANDOM, ArmRole.FOUND):
                _draw_validation_curve(
                    axes, experiment.get_cell(arms.by_role(role), result.sparsity), arms.by_role(role)
                )
            counts = [
                len(experiment.get_cell(arms.by_role(role), result.sparsity).repeats) for role in _COLOR
            ]
            axes.set_title(f"sparsity {result.sparsity:g}{_format_counts(counts)}", loc="left", size=11)
        for axes in panels[len(results) :]:
            axes.set_axis_off()
        for index, axes in enumerate(panels[: len(results)]):
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(_make_epoch_locator())
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.xaxis.set_minor_formatter(lambda value, _: "")
            axes.tick_params(labelbottom=index + num_columns >= len(results))
            if index + num_columns >= len(results):
                axes.set_xlabel("epoch")
        figure.supylabel("validation accuracy, %", size=12)
        style.add_legend(figure, *panels[: len(results)])
        style.add_header(
            figure,
            RunLabel(),
            title,
            style.one_line(experiment.label, 90),
            "mean over repeats, 95 % interval",
        )

    width = max(num_columns * _PANEL_IN[0] + 0.4, style.PLOT_IN[0])
    return style.render(fill, (width, num_rows * _PANEL_IN[1] + 1.5))


def draw_early_vs_final(
    experiment: Experiment, results: Sequence[SparsityResult], title: str
) -> style.Picture:
    """Draw the test accuracy in % of each random mask against its early fitness, one color per sparsity.

    Masks whose early fitness is not known are not drawn.
    """

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        for index, result in enumerate(results):
            repeats = [result.random.repeats[key] for key in sorted(result.random.repeats, key=str)]
            if not repeats:
                continue
            mean_correlation = result.correlation.within_repeats
            correlation = format_signed(mean_correlation.estimate) if mean_correlation else "-"
            label = f"{result.sparsity:g}: {correlation}"
            early_fitness, test_accuracy = (
                np.concatenate([getattr(repeat, name) for repeat in repeats])
                for name in ("early_fitness", "test_accuracy")
            )
            color, marker = _SPARSITY_COLORS[index % len(_SPARSITY_COLORS)], "os^Dv<>PX*"[index % 10]
            axes.scatter(
                early_fitness, test_accuracy, s=18, color=color, marker=marker, alpha=0.65, lw=0, label=label
            )
        axes.set_xlabel("early fitness")
        axes.set_ylabel("test accuracy after the full training, %")
        _draw_legend_outside(axes, "sparsity: mean rank\ncorrelation in a repeat")
        style.add_header(
            figure, RunLabel(), title, style.one_line(experiment.label, 90), "each dot a random mask"
        )

    return style.render(fill, (9.0, 4.8))


def _has_repeats(experiment: Experiment, arm: Arm, sparsities: Sequence[float]) -> bool:
    return any(experiment.get_cell(arm, sparsity).repeats for sparsity in sparsities)


def _line_style(arms: Arms, arm: Arm) -> dict[str, str]:
    if arm.role in _COLOR:
        return {
            "color": _COLOR[arm.role],
            "ls": _LINE_STYLE[arm.role],
            "marker": "os"[arm.role is ArmRole.RANDOM],
        }
    index = arms.rivals.index(arm)
    return {
        "color": _RIVAL_COLORS[index % len(_RIVAL_COLORS)],
        "ls": "-." if index < len(_RIVAL_COLORS) else ":",
        "marker": _MARKERS[index % len(_MARKERS)],
    }


def _draw_arm(
    axes: Axes,
    experiment: Experiment,
    arm: Arm,
    sparsities: Sequence[float],
    shift: float,
    line_style: dict[str, str],
) -> None:
    means = [
        (position, mean_over_repeats(experiment.get_cell(arm, sparsity), final_accuracy))
        for position, sparsity in enumerate(sparsities)
    ]
    points = [(position, mean) for position, mean in means if mean is not None]
    positions = [position + shift for position, _ in points]
    is_main = arm.role is not ArmRole.RIVAL
    line_width = 2.0 if is_main else 1.1
    axes.plot(
        positions,
        [mean.estimate for _, mean in points],
        lw=line_width,
        ms=6 if is_main else 5,
        label=style.one_line(arm.label, _MAX_LABEL_LENGTH),
        zorder=4 if is_main else 3,
        **line_style,  # type: ignore[arg-type]  # all are texts
    )
    for position, (_, mean) in zip(positions, points, strict=True):
        if mean.low is not None and mean.high is not None:
            axes.plot(
                [position, position],
                [mean.low, mean.high],
                color=line_style["color"],
                lw=line_width,
                zorder=3,
            )


def _draw_dense_line(axes: Axes, cell: DesignCell, label: str) -> None:
    mean = mean_over_repeats(cell, final_accuracy)
    if mean is None:
        return
    if mean.low is not None and mean.high is not None:
        axes.axhspan(mean.low, mean.high, color=style.PALE, alpha=0.6, lw=0, zorder=1)
    axes.axhline(
        mean.estimate, color=style.BLACK, ls=":", label=style.one_line(label, _MAX_LABEL_LENGTH), zorder=2
    )


def _draw_validation_curve(axes: Axes, cell: DesignCell, arm: Arm) -> None:
    if not cell.repeats:
        return
    accuracies = np.array([repeat.mean_curve for repeat in cell.repeats.values()])  # (n, T)
    epochs = np.arange(1, accuracies.shape[1] + 1)
    band = build_band(
        [bootstrap_interval(build_sample(column), "mean", BAND_RESAMPLES) for column in accuracies.T], epochs
    )
    color = _COLOR[arm.role]
    if len(accuracies) > 1:
        axes.fill_between(epochs, band.low, band.high, color=color, alpha=0.16, lw=0)
    label = style.one_line(arm.label, _MAX_LABEL_LENGTH)
    axes.plot(epochs, band.center, color=color, ls=_LINE_STYLE[arm.role], label=label)


def _format_counts(counts: Sequence[int]) -> str:
    """Return the numbers of repeats of all arms that have some, `, n = 3` or `, n = 2 to 3`; "" for none."""
    positive = [count for count in counts if count]
    if not positive:
        return ""
    low, high = min(positive), max(positive)
    return f", n = {low}" + (f" to {high}" if high > low else "")


def _make_epoch_locator() -> object:
    from matplotlib.ticker import LogLocator

    return LogLocator(base=10, subs=(1.0, 3.0))


def _draw_legend_outside(axes: Axes, title: str | None = None) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=9, title=title, title_fontsize=9)
