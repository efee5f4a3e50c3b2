"""From scores to parents: non-dominated sort, crowding and tournaments at population 960; lexicase; breeding.

Bound of the first: four sorts of 960 numbers are 4 x 960 x 10 comparisons, some 0.1 ms; all else is linear.
Bound of lexicase: 18 sorts of 960 numbers are 0.17 M comparisons. For each of 960 children a drawn case but
the first is at most one pass of 960 steps: 1.8 M steps with 3 cases, 16 M with 18.
"""

from __future__ import annotations

import breeding
import numpy as np
from samples import Pace, make_seconds_sampler, sample_in_turns, summarize
from table import BenchmarkRow, Target

from wannsearch.core.streams import Role, make_stream
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.ranking.lexicase import Ties, Tolerance, sort_pools
from wannsearch.ranking.nsga2 import nsga2_order
from wannsearch.ranking.tournament import sample_tournament_winners

POPULATION, SURVIVORS, CHILDREN, TOURNAMENT_SIZE = 960, 768, 615, 16
TARGET_MS = 1.0
LEXICASE_TARGETS_MS = {3: 5.0, 18: 15.0}  # by the number of drawn cases


def measure_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return the row of milliseconds of one ordering, from samples of 100.

    The objectives are as a search has them: means with ties, and 1 / connections, which are many times equal.
    """
    rng = np.random.default_rng(0)
    means = np.round(rng.gamma(2.0, 100.0, POPULATION), 1)
    objectives = np.column_stack([means, 1.0 / rng.integers(1, 80, POPULATION)])
    draw_stream = make_stream(0, Role.TELL, 1)
    num_survivors = np.full(CHILDREN, SURVIVORS)

    def order_population() -> None:
        for _ in range(100):
            nsga2_order(objectives, CrowdingScale.PUBLISHED)
            sample_tournament_winners(num_survivors, TOURNAMENT_SIZE, draw_stream)

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
        ),
        *(measure_lexicase(num_drawn, pace) for num_drawn in LEXICASE_TARGETS_MS),
    ]


def measure_lexicase(num_drawn: int, pace: Pace) -> BenchmarkRow:
    """Return the row of milliseconds of one selection of 960 parents, from samples of 10.

    The returns are as in a swing-up search: networks differ in their mean more than between its 18 cases.
    """
    rng = np.random.default_rng(0)
    returns = 400.0 + rng.normal(0.0, 50.0, (POPULATION, 1)) + rng.normal(0.0, 30.0, (POPULATION, 18))
    connections = rng.integers(5, 300, POPULATION).astype(np.int32)
    draw_stream = make_stream(0, Role.TELL, 1)
    pool_of_child, start, size = np.zeros(POPULATION, np.int64), np.array([0]), np.array([POPULATION])

    def select_parents() -> None:
        for _ in range(10):
            pools = sort_pools(start, size, returns, connections, Tolerance.DYNAMIC)
            pools.select_parents(pool_of_child, num_drawn, Ties.FEWEST_CONNECTIONS, draw_stream)

    milliseconds = summarize(sample_in_turns([make_seconds_sampler(select_parents)], pace)[0]).scale(1e3 / 10)
    return BenchmarkRow(
        name=f"lexicase, {num_drawn} of 18 cases",
        work=f"{POPULATION} parents from {POPULATION} networks, dynamic tolerance, fewest connections",
        unit="ms",
        result=milliseconds,
        target=Target("<=", LEXICASE_TARGETS_MS[num_drawn], "result"),
    )


def measure_breeding_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return the rows of `breeding`, with `pace.max_samples` repeats."""
    return breeding.measure_all(pace.max_samples)
