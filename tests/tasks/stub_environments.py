"""Environments that break in one way each; registered where this is imported."""

import gymnasium
import numpy as np
from gymnasium import spaces

FAULTS = {
    "shape": (np.zeros(3), 0.0, False, False, {}),
    "scalar": (0.0, 0.0, False, False, {}),
    "words": (np.array(["a", "b"]), 0.0, False, False, {}),
    "none": (None, 0.0, False, False, {}),
    "reward": (np.zeros(2), "much", False, False, {}),
    "rewards": (np.zeros(2), np.zeros(2), False, False, {}),
    "four": (np.zeros(2), 0.0, False, {}),
    "nothing": None,
}


class Broken(gymnasium.Env):
    observation_space = spaces.Box(-1, 1, (2,), np.float64)
    action_space = spaces.Discrete(2)

    def __init__(self, fault="raise"):
        self.fault = fault

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2), {}

    def step(self, action):
        if self.fault == "raise":
            raise ZeroDivisionError("on purpose")
        return FAULTS[self.fault]


class Counts(gymnasium.Env):
    """Discrete(3, start=5) in, Discrete(4, start=-1) out: pays the action."""

    observation_space = spaces.Discrete(3, start=5)
    action_space = spaces.Discrete(4, start=-1)

    def reset(self, *, seed=None, options=None):
        return 5 + seed % 3, {}

    def step(self, action):
        return 6, float(action), False, False, {}


class Unbounded(Counts):
    """Pays the numbers it is given."""

    action_space = spaces.Box(-np.inf, np.inf, (2,), np.float32)

    def step(self, action):
        assert action.shape == (2,)
        assert action.dtype == np.float32
        return 6, float(action.sum()), False, False, {}


class Many(Counts):
    action_space = spaces.MultiDiscrete([2, 2])


gymnasium.register("Broken-v0", Broken, max_episode_steps=5)
gymnasium.register("Counts-v0", Counts, max_episode_steps=3)
gymnasium.register("Unbounded-v0", Unbounded, max_episode_steps=3)
gymnasium.register("Many-v0", Many, max_episode_steps=3)
gymnasium.register("Endless-v0", Counts)
