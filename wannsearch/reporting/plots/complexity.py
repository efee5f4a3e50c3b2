"""What a connection buys: the mean score against the connections of the last population.

Over it lies the Pareto front of all generations (`core.front`), drawn as the stairs it is: between two
of its points, the smaller network is the best there was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wannsearch.records.reader import Origin, Table
from wannsearch.reporting.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(ranking: Table, front: Table, origin: Origin) -> style.Picture:
    """Every network of the last population, with the front of all generations."""
    known = np.isfinite(ranking["mean"]) & np.isfinite(ranking["connections"])
    places = np.column_stack([ranking["connections"], ranking["mean"]])[known]  # (P, 2)
    distinct, count = np.unique(places, axis=0, return_counts=True)
    failed = int((~known).sum())

    def fill(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        x, y = distinct.T
        axes.scatter(x, y, s=22 * np.sqrt(count), color=style.SKY, alpha=0.55, lw=0, label=_crowd(count))
        axes.step(
            front["connections"],
            front["mean"],
            where="post",
            color=style.VERMILION,
            marker="o",
            ms=6,
            mec=style.PAPER,
            label="Pareto front of all generations",
        )
        axes.set_xlabel("connections")
        whose = "own weights" if origin.own_weights else "mean over shared weights"
        axes.set_ylabel(f"{style.plain(origin.score_name)} ({whose})")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.margins(x=0.04)
        axes.legend(loc="best")
        more = (f"{known.sum():,} networks of the last generation", f"{failed:,} failed" if failed else "")
        style.headed(figure, origin, "Score against connections", *more)

    return style.rendered(fill)


def _crowd(count: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    return "network" if not len(count) or count.max() == 1 else "network (larger dot: several alike)"
