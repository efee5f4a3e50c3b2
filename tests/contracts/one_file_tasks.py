"""Tasks as a user would write them, each in a few lines."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from one_input import OneInput

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp


@dataclass(frozen=True)
class PaysOutput(OneInput):
    """One step: episode `seed` shows row `seed` of a table and pays one of the network's outputs."""

    table: tuple[tuple[float, ...], ...]
    outputs: int = 1
    paid: int = 0

    @property
    def ports(self):
        return Ports(len(self.table[0]), self.outputs, CONTROL_ACTIVATIONS)

    @property
    def start_dim(self):
        return len(self.table[0])

    def start_values(self, seeds):
        return np.array(self.table)[seeds.astype(np.int64)][:, None, :]

    def lane_step(self, m, state, outputs):
        return state, outputs[self.paid], False


@dataclass(frozen=True)
class Spoilt(OneInput):
    """Shows 1 and pays 1 each step, but in step `seed` the episode sees or is paid something else."""

    bad: float
    where: str  # observation | reward | after the end
    horizon: int = field(default=4, kw_only=True)

    def lane_state(self, m, start):
        return (start[0], m.where(start[0] > -1.0, 0.0, 0.0))

    def _at_its_step(self, m, state):
        return m.where((state[0] >= state[1]) & (state[0] <= state[1]), self.bad, 1.0)

    def lane_observe(self, m, state):
        shown = self._at_its_step(m, state) if self.where != "reward" else m.where(state[0] > -1.0, 1.0, 1.0)
        return (shown,)

    def lane_step(self, m, state, outputs):
        reward = self._at_its_step(m, state) if self.where != "observation" else 1.0
        over = (state[1] + 1.0) >= state[0] if self.where == "after the end" else False
        return (state[0], state[1] + 1.0), reward, over


@dataclass(frozen=True)
class Countdown(OneInput):
    """Pays 1 a step and ends after `seed` of them, seed 0 after one, at the latest at the horizon."""

    horizon: int = 5

    def lane_step(self, m, state, outputs):
        left = state[0] - 1.0
        return (left,), 1.0, left <= 0.0


@dataclass(frozen=True, kw_only=True)
class Pushed(CartPoleSwingUp):
    """The swing-up from starts that are moved a little: what reacts to it is chaotic."""

    push: float

    def start_values(self, seeds):
        return super().start_values(seeds) + self.push
