"""The Weedout experiment as pictures: accuracy by sparsity, curves on the way, early against final.

The first and the second show means over repeats with their intervals; the third each random mask, since
that an early look tells nothing is seen best where nothing is averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.records.reader import Origin
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.curves import build_band
from wannsearch.reporting.statistics.interval import interval
from wannsearch.reporting.statistics.resampling import BAND_RESAMPLES
from wannsearch.reporting.statistics.sample import sample
from wannsearch.reporting.tables.weedout.arms import Arm, Arms, Role
from wannsearch.reporting.tables.weedout.comparison import Figures, final_accuracy, mean_of
from wannsearch.reporting.tables.weedout.experiments import Block, Cell
from wannsearch.reporting.tables.weedout.number_format import signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOUR = {Role.FOUND: style.BLUE, Role.RANDOM: style.VERMILION, Role.DENSE: style.BLACK}
_LINE = {Role.FOUND: "-", Role.RANDOM: "--", Role.DENSE: ":"}
_OTHERS = (style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.GREY)
_MARKERS = "^vDPX*<>hp"
_BY_LEVEL = (style.BLUE, style.ORANGE, style.GREEN, style.VERMILION, style.PURPLE, style.SKY, style.BLACK)
_ACROSS = 3  # panels
_PANEL_IN = (3.4, 2.6)
_APART = (
    0.3  # first arm to last, of the distance between sparsities; these stand evenly, for they crowd near 1
)
_LONGEST = 40


def accuracy(block: Block, arms: Arms, found: Sequence[Figures], title: str) -> style.Picture:
    """Test accuracy of every arm at every sparsity; the parent is a line."""
    levels = [one.sparsity for one in found]
    shown = [arm for arm in arms.all if arm.role is not Role.DENSE and _run(block, arm, levels)]

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        for place, arm in enumerate(shown):
            shift = _APART * (place - (len(shown) - 1) / 2) / max(len(shown) - 1, 1)
            _by_sparsity(axes, block, arm, levels, shift, _look(arms, arm))
        _parent(axes, block.cell(arms.the(Role.DENSE), None), arms.the(Role.DENSE).label)
        axes.set_xticks(range(len(levels)), [f"{level:g}" for level in levels])
        axes.set_xlabel("sparsity")
        axes.set_ylabel("test accuracy, %")
        _beside(axes)
        style.headed(
            figure, Origin(), title, style.plain(block.label, 90), "mean over repeats, 95 % interval"
        )

    return style.rendered(fill, (9.0, 4.8))


def curves(block: Block, arms: Arms, found: Sequence[Figures], title: str) -> style.Picture:
    """Validation accuracy after each epoch of the full training, a panel a sparsity."""
    rows = -(-max(len(found), 1) // _ACROSS)
    across = min(max(len(found), 1), _ACROSS)

    def fill(figure: Figure) -> None:
        panels = figure.subplots(rows, across, squeeze=False, sharex=True).ravel()
        for axes, one in zip(panels, found, strict=False):
            for role in (Role.DENSE, Role.RANDOM, Role.FOUND):
                _course(axes, block.cell(arms.the(role), one.sparsity), arms.the(role))
            axes.set_title(f"sparsity {one.sparsity:g}", loc="left", size=11)
        for axes in panels[len(found) :]:
            axes.set_axis_off()
        for place, axes in enumerate(panels[: len(found)]):
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(_round_epochs())
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.xaxis.set_minor_formatter(lambda value, _: "")
            axes.tick_params(labelbottom=place + across >= len(found))
            if place + across >= len(found):
                axes.set_xlabel("epoch")
        figure.supylabel("validation accuracy, %", size=12)
        if found and panels[0].get_legend_handles_labels()[0]:
            panels[0].legend(loc="lower right", fontsize=9)
        style.headed(
            figure, Origin(), title, style.plain(block.label, 90), "mean over repeats, 95 % interval"
        )

    width = max(across * _PANEL_IN[0] + 0.4, style.PLOT_IN[0])
    return style.rendered(fill, (width, rows * _PANEL_IN[1] + 1.2))


def early_against_final(block: Block, found: Sequence[Figures], title: str) -> style.Picture:
    """Each random mask: its early fitness and its test accuracy."""

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        for place, one in enumerate(found):
            repeats = [one.random.repeats[key] for key in sorted(one.random.repeats, key=str)]
            if not repeats:
                continue
            within = one.correlation.within
            label = f"{one.sparsity:g}, rho = {signed(within.estimate) if within else '-'}"
            early, test = (
                np.concatenate([getattr(each, name) for each in repeats]) for name in ("early", "test")
            )
            colour, marker = _BY_LEVEL[place % len(_BY_LEVEL)], "os^Dv<>PX*"[place % 10]
            axes.scatter(early, test, s=18, color=colour, marker=marker, alpha=0.65, lw=0, label=label)
        axes.set_xlabel("early fitness")
        axes.set_ylabel("test accuracy after the full training, %")
        _beside(axes, "sparsity, mean rank\ncorrelation in a repeat")
        style.headed(figure, Origin(), title, style.plain(block.label, 90), "each dot a random mask")

    return style.rendered(fill, (9.0, 4.8))


def _run(block: Block, arm: Arm, levels: Sequence[float]) -> bool:
    return any(block.cell(arm, level).repeats for level in levels)


def _look(arms: Arms, arm: Arm) -> dict[str, str]:
    if arm.role in _COLOUR:
        return {"color": _COLOUR[arm.role], "ls": _LINE[arm.role], "marker": "os"[arm.role is Role.RANDOM]}
    place = arms.rivals.index(arm)
    return {
        "color": _OTHERS[place % len(_OTHERS)],
        "ls": "-." if place < len(_OTHERS) else ":",
        "marker": _MARKERS[place % len(_MARKERS)],
    }


def _by_sparsity(
    axes: Axes, block: Block, arm: Arm, levels: Sequence[float], shift: float, look: dict[str, str]
) -> None:
    found = [(place, mean_of(block.cell(arm, level), final_accuracy)) for place, level in enumerate(levels)]
    known = [(place, one) for place, one in found if one is not None]
    at = [place + shift for place, _ in known]
    front = arm.role is not Role.RIVAL
    width = 2.0 if front else 1.1
    axes.plot(
        at,
        [one.estimate for _, one in known],
        lw=width,
        ms=6 if front else 5,
        label=style.plain(arm.label, _LONGEST),
        zorder=4 if front else 3,
        **look,  # type: ignore[arg-type]  # all are texts
    )
    for place, (_, one) in zip(at, known, strict=True):
        if one.low is not None and one.high is not None:
            axes.plot([place, place], [one.low, one.high], color=look["color"], lw=width, zorder=3)


def _parent(axes: Axes, cell: Cell, label: str) -> None:
    found = mean_of(cell, final_accuracy)
    if found is None:
        return
    if found.low is not None and found.high is not None:
        axes.axhspan(found.low, found.high, color=style.PALE, alpha=0.6, lw=0, zorder=1)
    axes.axhline(found.estimate, color=style.BLACK, ls=":", label=style.plain(label, _LONGEST), zorder=2)


def _course(axes: Axes, cell: Cell, arm: Arm) -> None:
    if not cell.repeats:
        return
    table = np.array([one.curve for one in cell.repeats.values()])  # (n, T)
    epochs = np.arange(1, table.shape[1] + 1)
    found = build_band([interval(sample(column), "mean", BAND_RESAMPLES) for column in table.T], epochs)
    colour = _COLOUR[arm.role]
    if len(table) > 1:
        axes.fill_between(epochs, found.low, found.high, color=colour, alpha=0.16, lw=0)
    label = f"{style.plain(arm.label, _LONGEST)}, n = {len(table)}"
    axes.plot(epochs, found.centre, color=colour, ls=_LINE[arm.role], label=label)


def _round_epochs() -> object:
    from matplotlib.ticker import LogLocator

    return LogLocator(base=10, subs=(1.0, 3.0))


def _beside(axes: Axes, title: str | None = None) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=9, title=title, title_fontsize=9)
