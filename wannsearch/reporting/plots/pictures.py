"""All plots of a topology search or of a tuning, as bytes; the caller writes them.

Every plot is drawn from the files of the folder alone. The plots of an old run, or of a run from another
machine, can therefore be drawn again at any time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from wannsearch.records import plot_data
from wannsearch.reporting.plots import complexity, learning_curve, network, style, weight_sweep


def draw_run(run: Path) -> dict[str, bytes]:
    """Draw a search and return a map from path inside the run folder to content.

    Every plot is an SVG and a PNG, such as `plots/complexity.png`; the SVG of the network is
    `best/network.svg`. Networks with their own weights have no weight sweep. Raise DamagedFile where a file
    is missing or lacks a value.
    """
    run_label = plot_data.read_label(run)
    plots = {
        "learning_curve": learning_curve.draw_learning_curve(plot_data.read_history(run), run_label),
        "weight_sweep": weight_sweep.draw_weight_sweep(plot_data.read_evaluation(run), run_label),
        "complexity": complexity.draw_complexity(
            plot_data.read_ranking(run), plot_data.read_front(run), run_label
        ),
    }
    return _picture_files(run, run_label, plots)


def draw_tuning(run: Path) -> dict[str, bytes]:
    """Draw a folder of `wannsearch-tune`; the result and the errors are those of `draw_run`.

    All candidates of a tuning have the size of one network, so there is no plot of complexity. A tuning
    without a history has no learning curve.
    """
    run_label = plot_data.read_label(run)
    shared_label = replace(run_label, own_weights=False)
    plots = {
        "weight_sweep": weight_sweep.draw_weight_sweep(
            plot_data.read_tuned_sweep(run), shared_label, "best shared weight"
        )
    }
    if plot_data.has_history(run):
        plots["learning_curve"] = learning_curve.draw_learning_curve(plot_data.read_history(run), run_label)
    return _picture_files(run, run_label, plots)


def _picture_files(
    run: Path, run_label: plot_data.RunLabel, plots: dict[str, style.Picture | None]
) -> dict[str, bytes]:
    best = network.draw_network(plot_data.read_network(run), run_label)
    files = {"best/network.svg": best.svg, "plots/network.png": best.png}
    for name, picture in plots.items():
        if picture is not None:
            files |= {f"plots/{name}.svg": picture.svg, f"plots/{name}.png": picture.png}
    return files
