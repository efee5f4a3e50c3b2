"""All plots of a topology search or of a tuning, as bytes; the caller writes them.

Every plot is drawn from the files of the folder alone. The plots of an old run, or of a run from another
machine, can therefore be drawn again at any time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from wannsearch.records import episode_files, plot_data
from wannsearch.reporting.plots import complexity, filmstrip, learning_curve, network, weight_sweep
from wannsearch.reporting.plots.plot_selection import Drawings, PlotSelection, draw_selected, name_files

_RESULT_PLOTS = ("network", "learning_curve")


def draw_run(run: Path, selection: PlotSelection = PlotSelection.ALL) -> dict[str, bytes]:
    """Draw a search and return a map from path inside the run folder to content.

    Every plot is an SVG and a PNG, such as `plots/complexity.png`; the SVG of the network is
    `best/network.svg`. Networks with their own weights have no weight sweep, and runs on a task without
    scenes no filmstrip. Raise DamagedFile where a file is missing or lacks a value.
    """
    run_label = plot_data.read_label(run)
    drawings: Drawings = {
        "network": lambda: network.draw_network(plot_data.read_network(run), run_label),
        "learning_curve": lambda: learning_curve.draw_learning_curve(
            plot_data.read_history(run), run_label, "networks"
        ),
        "weight_sweep": lambda: weight_sweep.draw_weight_sweep(plot_data.read_evaluation(run), run_label),
        "complexity": lambda: complexity.draw_complexity(
            plot_data.read_ranking(run), plot_data.read_front(run), run_label
        ),
        "filmstrip": lambda: filmstrip.draw_filmstrip(episode_files.read_frames(run), run_label),
    }
    return _draw_files(drawings, selection)


def draw_tuning(run: Path, selection: PlotSelection = PlotSelection.ALL) -> dict[str, bytes]:
    """Draw a folder of `wannsearch-tune`; the result and the errors are those of `draw_run`.

    All candidates of a tuning have the size of one network, so there is no plot of complexity. A tuning
    without a history has no learning curve.
    """
    run_label = plot_data.read_label(run)
    shared_label = replace(run_label, own_weights=False)
    drawings: Drawings = {
        "network": lambda: network.draw_network(plot_data.read_network(run), run_label),
        "weight_sweep": lambda: weight_sweep.draw_weight_sweep(
            plot_data.read_tuned_sweep(run), shared_label, "best shared weight"
        ),
        "learning_curve": lambda: (
            learning_curve.draw_learning_curve(plot_data.read_history(run), run_label, "weight vectors")
            if plot_data.has_history(run)
            else None
        ),
    }
    return _draw_files(drawings, selection)


def _draw_files(drawings: Drawings, selection: PlotSelection) -> dict[str, bytes]:
    files = name_files(draw_selected(drawings, selection, _RESULT_PLOTS))
    if "plots/network.svg" in files:
        files["best/network.svg"] = files.pop("plots/network.svg")
    return files
