"""A task that costs nothing, or as long as is asked: it pays the network's answer to a constant.

Where the environment gives it words, it raises them.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role


@dataclass(frozen=True, kw_only=True)
class Stub:
    """One input, one output, one step."""

    episodes: int
    pause_s: float  # slept in every step
    horizon = 1

    @property
    def ports(self) -> Ports:
        return Ports(1, 1, ("linear", "tanh"))

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> npt.NDArray[np.uint64]:
        return np.arange(episodes, dtype=np.uint64)

    def reset(self, seeds: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.float64], ...]:
        return (np.full((len(seeds), 1), 0.5),)

    def observe(self, state: tuple[npt.NDArray[np.float64], ...]) -> npt.NDArray[np.float64]:
        return state[0][..., None]

    def step(
        self, state: tuple[npt.NDArray[np.float64], ...], outputs: npt.NDArray[np.float64]
    ) -> tuple[tuple[npt.NDArray[np.float64], ...], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        if "WANNSEARCH_SAID" in os.environ:
            raise RuntimeError(os.environ["WANNSEARCH_SAID"])
        time.sleep(self.pause_s)
        return state, outputs[:, 0, 0], np.ones(len(outputs), bool)
