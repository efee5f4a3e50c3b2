"""A task that breaks from its third generation on: it raises, crashes, hangs or kills its process.

It pays an answer near 1 to a number that depends on the seed. A seed of an episode tells its generation,
for a worker knows no more than that.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role

FIRST_BROKEN = 3
_GENERATION = 1_000


def _raises() -> None:
    raise RuntimeError("as it was told to")


FAULTS = {
    "raise": _raises,
    "crash": lambda: ctypes.string_at(0),
    "hang": lambda: time.sleep(1e6),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
}


@dataclass(frozen=True, kw_only=True)
class Broken:
    """One input, one output, one step; every other word than a fault's is a sound task."""

    episodes: int
    fault: str
    horizon = 1

    @property
    def ports(self) -> Ports:
        return Ports(1, 1, ("linear", "tanh"))

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> npt.NDArray[np.uint64]:
        first = _GENERATION * generation if role is Role.EPISODES else 0
        return (first + np.arange(seed, seed + episodes)).astype(np.uint64)

    def reset(self, seeds: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint64], ...]:
        return (seeds,)

    def observe(self, state: tuple[npt.NDArray[np.uint64], ...]) -> npt.NDArray[np.float64]:
        return (state[0] % 7 / 7.0 - 0.3)[:, None, None]

    def step(
        self, state: tuple[npt.NDArray[np.uint64], ...], outputs: npt.NDArray[np.float64]
    ) -> tuple[tuple[npt.NDArray[np.uint64], ...], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        late = bool((state[0] >= _GENERATION * FIRST_BROKEN).any())
        if self.fault in FAULTS and late and "WANNSEARCH_SPARED" not in os.environ:
            FAULTS[self.fault]()
        return state, 1.0 - np.abs(outputs[:, 0, 0] - 1.0), np.ones(len(outputs), bool)
