"""From scores to parents: non-dominated sort, crowding and tournaments at population 960; then breeding.

Bound: four sorts of 960 numbers are 4 x 960 x 10 comparisons, some 0.1 ms; all else is linear.
"""

from __future__ import annotations

import breeding
import numpy as np
from samples import Pace, in_turns, seconds_of, spread
from table import Row, Target

from wannsearch.core.streams import Role, stream
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.ranking.nsga2 import ranked
from wannsearch.ranking.tournament import winners

POPULATION, SURVIVORS, CHILDREN, SIZE = 960, 768, 615, 16
TARGET_MS = 1.0


def rows(pace: Pace) -> list[Row]:
    """Objectives as a search has them: means with ties, and 1 / connections, which are many times equal."""
    rng = np.random.default_rng(0)
    means = np.round(rng.gamma(2.0, 100.0, POPULATION), 1)
    objectives = np.column_stack([means, 1.0 / rng.integers(1, 80, POPULATION)])
    draws = stream(0, Role.TELL, 1)

    def order() -> None:
        for _ in range(100):
            ranked(objectives, CrowdingScale.PUBLISHED)
            winners(CHILDREN, SIZE, SURVIVORS, draws)

    milliseconds = spread(in_turns([seconds_of(order)], pace)[0]).scaled(1e3 / 100)
    return [
        Row(
            name="sort + crowding + tournaments",
            work=f"population {POPULATION}, two objectives, {CHILDREN} tournaments of {SIZE}; "
            "the published code's sort alone took 1.1 to 1.5 s (cited, measured elsewhere)",
            unit="ms",
            ours=milliseconds,
            target=Target("<=", TARGET_MS, "ours"),
        )
    ]


def breeding_rows(pace: Pace) -> list[Row]:
    """What `breeding` measures, as often as a pace allows."""
    return breeding.measured(pace.most)
