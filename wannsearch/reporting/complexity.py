"""What a connection buys: the mean score against the connections of the last population.

A network is on the Pareto front when no other has at least its score with fewer connections, or a
better score with as many. The front is drawn as the stairs it is: between two of its points, the
smaller network is the best there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wannsearch.reporting import style
from wannsearch.reporting.folder import Floats, Origin, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(ranking: Table, origin: Origin) -> style.Picture:
    """Every network of the last population, with the front marked."""
    known = np.isfinite(ranking["mean"]) & np.isfinite(ranking["connections"])
    places = np.column_stack([ranking["connections"], ranking["mean"]])[known]  # (P, 2)
    distinct, count = np.unique(places, axis=0, return_counts=True)
    stairs = front(distinct)
    failed = int((~known).sum())

    def fill(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        x, y = distinct.T
        axes.scatter(x, y, s=22 * np.sqrt(count), color=style.SKY, alpha=0.55, lw=0, label=_crowd(count))
        axes.step(
            *stairs.T,
            where="post",
            color=style.VERMILION,
            marker="o",
            ms=6,
            mec=style.PAPER,
            label="Pareto front",
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


def front(places: Floats) -> Floats:
    """Of (P, 2) connections and scores: the non-dominated ones, fewest connections first."""
    order = np.lexsort((-places[:, 1], places[:, 0]))
    best = np.maximum.accumulate(places[order, 1])
    rises = np.ones(len(order), bool)
    rises[1:] = best[1:] > best[:-1]
    return places[order[rises]]


def _crowd(count: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    return "network" if not len(count) or count.max() == 1 else "network (larger dot: several alike)"
