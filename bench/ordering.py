"""From scores to parents: non-dominated sort, crowding and tournaments at population 960; then breeding.

Bound: four sorts of 960 numbers are 4 x 960 x 10 comparisons, some 0.1 ms; all else is linear.
"""

from __future__ import annotations

import breeding
import numpy as np
from samples import Pace, make_seconds_sampler, sample_in_turns, summarize
from table import BenchmarkRow, Target

from wannsearch.core.streams import Role, make_stream
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.ranking.nsga2 import nsga2_order
from wannsearch.ranking.tournament import sample_tournament_winners

POPULATION, SURVIVORS, CHILDREN, TOURNAMENT_SIZE = 960, 768, 615, 16
TARGET_MS = 1.0


def measure_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return the row of milliseconds of one ordering, from samples of 100.

    The objectives are as a search has them: means with ties, and 1 / connections, which are many times equal.
    """
    rng = np.random.default_rng(0)
    means = np.round(rng.gamma(2.0, 100.0, POPULATION), 1)
    objectives = np.column_stack([means, 1.0 / rng.integers(1, 80, POPULATION)])
    draw_stream = make_stream(0, Role.TELL, 1)

    def order_population() -> None:
        for _ in range(100):
            nsga2_order(objectives, CrowdingScale.PUBLISHED)
            sample_tournament_winners(CHILDREN, TOURNAMENT_SIZE, SURVIVORS, draw_stream)

    milliseconds = summarize(sample_in_turns([make_seconds_sampler(order_population)], pace)[0]).scale(
        1e3 / 100
    )
    return [
        BenchmarkRow(
            name="sort + crowding + tournaments",
            work=f"population {POPULATION}, two objectives, {CHILDREN} tournaments of {TOURNAMENT_SIZE}; "
            "the published code's sort alone took 1.1 to 1.5 s (cited, measured elsewhere)",
            unit="ms",
            result=milliseconds,
            target=Target("<=", TARGET_MS, "result"),
        )
    ]


def measure_breeding_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return the rows of `breeding`, with `pace.max_samples` repeats."""
    return breeding.measure_all(pace.max_samples)
