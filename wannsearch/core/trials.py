"""The trials of an evaluation: shared weights, and the number of episodes for each.

A search may draw further shared weights anew in each generation. Each network meets them besides the named
ones, but no reported score includes them: they are further cases for a selection that compares single cases,
such as `ranking/lexicase.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream

SIX_WEIGHTS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
"""The shared weights of the search in the WANN paper."""
MAX_SHARED_WEIGHT = 2.0
"""The largest shared weight of sweeps and random draws; the smallest one is its negative."""


def shared_weight_grid(num_weights: int) -> FloatArray:
    """Return (num_weights,) shared weights, evenly from -2 to 2, rounded to 12 decimals."""
    grid = np.linspace(-MAX_SHARED_WEIGHT, MAX_SHARED_WEIGHT, num_weights)
    return np.array([round(weight, 12) for weight in grid.tolist()])


@dataclass(frozen=True, kw_only=True)
class Trials:
    """Trials name K shared weights, each set on all connections, or None: own weights (K = 1).

    `drawn_weights` is only a number: those weights are in no trials until `add_drawn_weights` returns them.
    ConfigError for no weights, no episodes, or drawn weights for networks with their own.
    """

    shared_weights: tuple[float, ...] | None
    episodes: int  # R, per weight
    drawn_weights: int = 0  # shared weights that a generation of a search draws besides

    def __post_init__(self) -> None:
        convert_fields(self)
        if self.shared_weights is not None and not self.shared_weights:
            raise ConfigError(
                "trials.shared_weights is empty; name at least one weight, or null for the networks' own."
            )
        check_at_least("trials.episodes", self.episodes, 1)
        check_at_least("trials.drawn_weights", self.drawn_weights, 0)
        if self.drawn_weights and self.shared_weights is None:
            raise ConfigError(
                f"trials.drawn_weights is {self.drawn_weights}; it must be 0 with "
                "trials.shared_weights=null: networks with their own weights have no shared ones."
            )

    def add_drawn_weights(self, rng: Stream) -> Trials:
        """Return the trials with the drawn weights after the named ones; the same object if there are none.

        The draw is stratified: weight i of n is uniform in the i-th of n equal parts of [-2, 2]. Together
        they cover that range in every generation, so what they score is less noisy than with n independent
        draws.
        """
        if self.shared_weights is None or self.drawn_weights == 0:
            return self
        positions = (
            np.arange(self.drawn_weights) + rng.uniform(1, self.drawn_weights)[0]
        ) / self.drawn_weights
        drawn_weights = MAX_SHARED_WEIGHT * (2.0 * positions - 1.0)
        return replace(self, shared_weights=(*self.shared_weights, *drawn_weights.tolist()), drawn_weights=0)

    @property
    def num_weights(self) -> int:
        """Return K, the number of shared weights; 1 for own weights."""
        return 1 if self.shared_weights is None else len(self.shared_weights)

    def weights(self) -> FloatArray:
        """Return the (K,) shared weights; a single 1 where the networks' own weights count."""
        return np.array([1.0] if self.shared_weights is None else self.shared_weights)

    def weight_names(self) -> tuple[str, ...]:
        """Return K names for tables: `own`, or each number, short where 4 decimals hold it, else in full."""
        return (
            ("own",)
            if self.shared_weights is None
            else tuple(repr(w) if w != round(w, 4) else f"{w:g}" for w in self.shared_weights)
        )
