"""The picture of `growth`: measured medians with their range, and the fitted line where it was fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samples import summarize

AXES = {
    "individuals": "individuals",
    "edges": "connections of each network",
    "lanes": "lanes (weights x episodes)",
    "generations": "generations of a search",
}
BLUE, GREEN = "#1f5a96", "#4b8b3b"
LABELS = {"individuals": "one evaluation", "edges": "one evaluation", "lanes": "one evaluation"}


def draw_growth(curves: dict[str, Any], header: str, folder: Path) -> None:
    """Write growth.svg and growth.png into this folder; `curves` are those of `growth.measure_all`."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FuncFormatter, LogLocator

    style = {"font.size": 10, "svg.hashsalt": "growth", "axes.spines.top": False, "axes.spines.right": False}
    with plt.rc_context(style):
        figure, panels = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
        for axes, (name, label) in zip(panels.flat, AXES.items(), strict=True):
            draw_curve(axes, curves[name], BLUE, LABELS.get(name, "all generations so far"))
            if name == "generations":
                draw_curve(axes, curves[f"{name} per connection"], GREEN, "the same ÷ mean connections")
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
            f"Seconds against work, both logarithmic; points: median and range, lines: fit\n{header}",
            fontsize=10,
        )
        for extension in ("svg", "png"):
            metadata = {"Date": None} if extension == "svg" else None
            figure.savefig(folder / f"growth.{extension}", dpi=130, metadata=metadata)
        plt.close(figure)


def draw_curve(axes: Any, curve: dict[str, Any], color: str, label: str) -> None:
    """Draw the points of a curve with their ranges, and the fitted line over the fitted sizes."""
    spreads = [summarize(samples) for samples in curve["seconds"]]
    medians = [s.median for s in spreads]
    errors = [[s.median - s.low for s in spreads], [s.high - s.median for s in spreads]]
    label = f"{label}: grows as size$^{{{curve['exponent']:.2f}}}$"
    axes.errorbar(
        curve["sizes"], medians, yerr=errors, fmt="o", color=color, markersize=5, capsize=2.5, label=label
    )
    fitted_sizes = curve["fitted"]
    line = [curve["factor"] * size ** curve["exponent"] for size in fitted_sizes]
    axes.plot(fitted_sizes, line, color=color, linewidth=1.4, alpha=0.6)
