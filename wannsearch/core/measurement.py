"""Final tests: one network, chosen weights, held-out episodes.

The seeds of a test come from another stream than those that selected the network. Spread is the
population standard deviation over episodes (ddof 0), as in the tables of the WANN paper.
"""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.arrays import FloatArray, IntArray, UInt64Array
from wannsearch.core.errors import check_at_least
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.trials import Trials


@dataclass(frozen=True, kw_only=True)
class HeldOutSettings:
    """These settings define the final test: episodes per weight, and the number of weights of the sweep.

    ConfigError for fewer than 1 episode or fewer than 2 weights.
    """

    episodes: int
    sweep_weights: int

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("held_out.episodes", self.episodes, 1)
        check_at_least("held_out.sweep_weights", self.sweep_weights, 2)


@dataclass(frozen=True)
class TestProtocol:
    """A protocol names shared weights (None: the network's own), each tested in one episode per seed (R,)."""

    __test__ = False  # pytest would collect a class of this name

    shared_weights: tuple[float, ...] | None
    seeds: UInt64Array


@dataclass(frozen=True)
class Measurement:
    """A measurement holds returns and steps of one network, weight by weight."""

    weight_names: tuple[str, ...]  # one for each of the K weights
    returns: FloatArray  # (K, R)
    steps: IntArray  # (K, R)

    @property
    def mean(self) -> FloatArray:
        """Return the (K,) mean over episodes; NaN where one of them failed."""
        mean: FloatArray = self.returns.mean(axis=1)
        return mean

    @property
    def std(self) -> FloatArray:
        """Return the (K,) standard deviation over episodes, ddof 0; NaN where one of them failed."""
        std: FloatArray = self.returns.std(axis=1)
        return std


def to_measurement(scores: Scores, trials: Trials) -> Measurement:
    """Convert the scores (1, K, R) of a single network to a measurement."""
    return Measurement(trials.weight_names(), scores.returns[0], scores.steps[0])
