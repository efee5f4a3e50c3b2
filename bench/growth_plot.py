"""The picture of `growth`: measured medians with their range, and the fitted line where it was fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samples import spread

AXES = {
    "individuals": "individuals",
    "edges": "connections of each network",
    "lanes": "lanes (weights x episodes)",
    "generations": "generations of a search",
}
BLUE, GREEN = "#1f5a96", "#4b8b3b"
LABEL = {"individuals": "one evaluation", "edges": "one evaluation", "lanes": "one evaluation"}


def draw(curves: dict[str, Any], head: str, folder: Path) -> None:
    """growth.svg and growth.png in this folder."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FuncFormatter, LogLocator

    style = {"font.size": 10, "svg.hashsalt": "growth", "axes.spines.top": False, "axes.spines.right": False}
    with plt.rc_context(style):
        figure, panels = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
        for axes, (name, label) in zip(panels.flat, AXES.items(), strict=True):
            one(axes, curves[name], BLUE, LABEL.get(name, "all generations so far"))
            if name == "generations":
                one(axes, curves[f"{name} per connection"], GREEN, "the same ÷ mean connections")
            axes.set(xscale="log", yscale="log", xlabel=label, ylabel="seconds")
            sizes = curves[name]["sizes"]
            axes.set_xticks(sizes, [str(size) for size in sizes])
            axes.minorticks_off()
            low, high = axes.get_ylim()
            axes.set_ylim(low, high * (high / low) ** 0.3)  # room for the legend
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 100 else (1,)))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.grid(True, color="#e4e4e4", linewidth=0.7)
            axes.set_axisbelow(True)
            axes.legend(frameon=False, fontsize=9, loc="upper left")
        figure.suptitle(
            f"Seconds against work, both logarithmic; points: median and range, lines: fit\n{head}",
            fontsize=10,
        )
        for kind in ("svg", "png"):
            metadata = {"Date": None} if kind == "svg" else None
            figure.savefig(folder / f"growth.{kind}", dpi=130, metadata=metadata)
        plt.close(figure)


def one(axes: Any, curve: dict[str, Any], colour: str, label: str) -> None:
    """A curve's points, ranges and fit."""
    around = [spread(samples) for samples in curve["seconds"]]
    middle = [s.median for s in around]
    reach = [[s.median - s.low for s in around], [s.high - s.median for s in around]]
    label = f"{label}: grows as size$^{{{curve['exponent']:.2f}}}$"
    axes.errorbar(
        curve["sizes"], middle, yerr=reach, fmt="o", color=colour, markersize=5, capsize=2.5, label=label
    )
    fitted = curve["fitted"]
    line = [curve["factor"] * size ** curve["exponent"] for size in fitted]
    axes.plot(fitted, line, color=colour, linewidth=1.4, alpha=0.6)
