"""All pictures of one run folder, as bytes; whoever calls writes them.

Nothing is drawn from anything but the folder's files, so the pictures of an old run, or of a run
from another machine, can be drawn again at any time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from wannsearch.records import reader
from wannsearch.reporting.plots import complexity, learning_curve, network, style, weight_sweep


def draw_all(run: Path) -> dict[str, bytes]:
    """File name inside the run folder -> content. Own weights: there is no weight sweep."""
    origin = reader.read_origin(run)
    plots = {
        "learning_curve": learning_curve.draw(reader.read_history(run), origin),
        "weight_sweep": weight_sweep.draw(reader.read_evaluation(run), origin),
        "complexity": complexity.draw(reader.read_ranking(run), reader.read_front(run), origin),
    }
    return _files(run, origin, plots)


def draw_tuned(run: Path) -> dict[str, bytes]:
    """The same of a folder of `wannsearch-tune`, whose only sizes are one network's."""
    origin = reader.read_origin(run)
    shared = replace(origin, own_weights=False)
    plots = {"weight_sweep": weight_sweep.draw(reader.read_tuning(run), shared, "best shared weight")}
    if reader.has_history(run):
        plots["learning_curve"] = learning_curve.draw(reader.read_history(run), origin)
    return _files(run, origin, plots)


def _files(run: Path, origin: reader.Origin, plots: dict[str, style.Picture | None]) -> dict[str, bytes]:
    best = network.draw(reader.read_network(run), origin)
    files = {"best/network.svg": best.svg, "plots/network.png": best.png}
    for name, picture in plots.items():
        if picture is not None:
            files |= {f"plots/{name}.svg": picture.svg, f"plots/{name}.png": picture.png}
    return files
