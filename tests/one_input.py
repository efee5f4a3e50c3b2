"""The smallest task: tests derive theirs from it and say only what differs."""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.core.tasks.lane_task import LaneTask


@dataclass(frozen=True, kw_only=True)
class OneInput(LaneTask):
    """One step that shows the number of the seed and pays the output."""

    horizon: int = 1
    episodes: int = 1

    @property
    def ports(self):
        return Ports(1, 1, CONTROL_ACTIVATIONS)

    @property
    def start_dim(self):
        return 1

    def start_values(self, seeds):
        return seeds.astype(float)[:, None, None]

    def lane_state(self, m, start):
        return start

    def lane_observe(self, m, state):
        return state

    def lane_step(self, m, state, outputs):
        return state, outputs[0], False
