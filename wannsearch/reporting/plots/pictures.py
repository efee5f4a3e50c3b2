"""All plots of a topology search or of a tuning, as bytes; the caller writes them.

Every plot is drawn from the files of the folder alone. The plots of an old run, or of a run from another
machine, can therefore be drawn again at any time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.run_files import Columns
from wannsearch.records import episode_files, layout, plot_data
from wannsearch.records.plot_data import RunLabel
from wannsearch.records.reader import RunFolder
from wannsearch.reporting.plots import complexity, filmstrip, learning_curve, network, style, weight_sweep
from wannsearch.reporting.plots.plot_selection import Drawings, PlotSelection, draw_selected, name_files

_RESULT_PLOTS = ("network", "learning_curve")


def draw_run(run: Path, selection: PlotSelection = PlotSelection.ALL) -> dict[str, bytes]:
    """Draw a search and return a map from path inside the run folder to content.

    Every plot is an SVG and a PNG, such as `plots/complexity.png`; the SVG of the network is
    `best/network.svg`. Networks with their own weights have no weight sweep, and runs on a task without
    scenes no filmstrip. Of an unfinished run those are drawn whose files exist. Raise DamagedFile where a
    file is missing or lacks a value.
    """
    run_label = plot_data.read_label(run)
    drawings: Drawings = {
        "network": lambda: _draw_best_network(run, run_label),
        "learning_curve": lambda: learning_curve.draw_learning_curve(
            plot_data.read_history(run), run_label, "networks"
        ),
        "weight_sweep": lambda: weight_sweep.draw_weight_sweep(plot_data.read_evaluation(run), run_label),
        "complexity": lambda: complexity.draw_complexity(
            _read_ranking(run, run_label), plot_data.read_front(run), run_label
        ),
        "filmstrip": lambda: filmstrip.draw_filmstrip(episode_files.read_frames(run), run_label),
    }
    return _draw_files(_select_drawable(drawings, run, run_label), selection)


def draw_tuning(run: Path, selection: PlotSelection = PlotSelection.ALL) -> dict[str, bytes]:
    """Draw a folder of `wannsearch-tune`; the result and the errors are those of `draw_run`.

    All candidates of a tuning have the size of one network, so there is no plot of complexity. A tuning
    without a history has no learning curve.
    """
    run_label = plot_data.read_label(run)
    shared_label = replace(run_label, own_weights=False)
    drawings: Drawings = {
        "network": lambda: _draw_best_network(run, run_label),
        "weight_sweep": lambda: weight_sweep.draw_weight_sweep(
            plot_data.read_tuned_sweep(run), shared_label, "best shared weight"
        ),
        "learning_curve": lambda: (
            learning_curve.draw_learning_curve(plot_data.read_history(run), run_label, "weight vectors")
            if plot_data.has_history(run)
            else None
        ),
    }
    return _draw_files(_select_drawable(drawings, run, run_label), selection)


def draw_ranked_network(run: Path, rank: int) -> style.Picture:
    """Draw the network of this rank of the last population; raise the errors of `read_ranked_network`."""
    run_label, ranked = plot_data.read_label(run), plot_data.read_ranked_network(run, rank)
    score = "failed" if np.isnan(ranked.mean) else f"{run_label.score_name} {style.format_score(ranked.mean)}"
    heading = f"Rank {rank} of the last population"
    return network.draw_network(ranked.network, run_label, heading, score, f"id {ranked.id}")


def draw_network_document(
    name: str, document: dict[str, Any], shows_weights: bool | None = None
) -> style.Picture:
    """Draw the network in this document of `formats.network_json`, under the name of its file.

    Weights are shown by color and width, or not; None shows them where they differ from one another.
    """
    drawn_network = plot_data.parse_network(Path(name), document)
    if shows_weights is None:
        shows_weights = len(set(drawn_network.weights)) > 1
    return network.draw_network(drawn_network, RunLabel(task=name, own_weights=shows_weights), "Network")


_SOURCES = {
    "network": layout.NETWORK,
    "learning_curve": layout.HISTORY,
    "weight_sweep": layout.EVALUATION,
    "complexity": layout.FRONT,
    "filmstrip": layout.FRAMES,
}
"""Name of a plot -> the file without which an unfinished run has no such plot."""


def _select_drawable(drawings: Drawings, run: Path, run_label: RunLabel) -> Drawings:
    if not run_label.state:
        return drawings
    return {name: draw for name, draw in drawings.items() if RunFolder(run).has_file(_SOURCES[name])}


def _draw_best_network(run: Path, run_label: RunLabel) -> style.Picture:
    heading = "Best network so far" if run_label.state else "Best network"
    return network.draw_network(plot_data.read_network(run), run_label, heading)


def _read_ranking(run: Path, run_label: RunLabel) -> Columns:
    """Return the last population; a run that was killed has none."""
    if run_label.state and not RunFolder(run).has_file(layout.RANKING):
        return {name: np.zeros(0) for name in plot_data.RANKING_COLUMNS}
    return plot_data.read_ranking(run)


def _draw_files(drawings: Drawings, selection: PlotSelection) -> dict[str, bytes]:
    files = name_files(draw_selected(drawings, selection, _RESULT_PLOTS))
    if "plots/network.svg" in files:
        files["best/network.svg"] = files.pop("plots/network.svg")
    return files
