"""Environments that break in one way each; registered where this is imported."""

import sys

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


class Words(Counts):
    """Speaks, which no network hears."""

    observation_space = spaces.Dict({"said": spaces.Text(5), "at": spaces.Discrete(2)})


class Composite(gymnasium.Env):
    """Dict of everything in and out; pays the steps."""

    observation_space = spaces.Dict(
        {
            "where": spaces.Box(-1, 3, (2, 2), np.float32),
            "level": spaces.Discrete(3, start=-1),
            "pair": spaces.Tuple((spaces.MultiBinary(2), spaces.MultiDiscrete([2, 3], start=[1, 0]))),
        }
    )
    action_space = spaces.Dict(
        {
            "push": spaces.Box(-2, 2, (), np.float32),
            "gear": spaces.Discrete(3, start=-1),
            "lamps": spaces.MultiBinary([2, 2]),
            "both": spaces.Tuple((spaces.MultiDiscrete([[2], [3]]), spaces.Box(0, 9, (1,), np.uint8))),
        }
    )

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self.steps = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action), action
        self.steps += 1
        return self.observation_space.sample(), np.float32(self.steps), np.bool_(False), self.steps == 3, {}


class Closes(gymnasium.Env):
    """Counts how often one is made and closed; `fault` breaks it in its constructor, in a reset or a step."""

    observation_space = spaces.Box(-1, 1, (2,), np.float64)
    action_space = spaces.Discrete(2)
    made = closed = 0

    def __init__(self, fault=""):
        Closes.made += 1
        self.fault, self.steps = fault, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(3 if self.fault == "reset" else 2), {}

    def step(self, action):
        self.steps += 1
        if self.fault == "step" and self.steps == 2:
            raise ZeroDivisionError("on purpose")
        return np.zeros(2), 1.0, self.steps == 3, False, {}

    def close(self):
        Closes.closed += 1
        if self.fault == "close":
            raise OSError("a door is stuck")


class Ends(Counts):
    """Ends in one of the two ways at its second step."""

    def __init__(self, terminated=False, truncated=False):
        self.ends, self.steps = (terminated, truncated), 0

    def step(self, action):
        self.steps += 1
        return 5, 1.0, *(self.steps == 2 and end for end in self.ends), {}


class Changes(Counts):
    """Shows another space from its third step on."""

    observation_space = spaces.Box(-1, 1, (2,), np.float64)
    steps = 0

    def reset(self, *, seed=None, options=None):
        return np.zeros(2), {}

    def step(self, action):
        self.steps += 1
        self.observation_space = spaces.Box(-1, 1, (2 + self.steps // 3,), np.float64)
        return np.zeros(self.observation_space.shape), 1.0, False, False, {}


class Old(Counts):
    """Answers as Gym did before 0.26."""

    def reset(self, *, seed=None, options=None):
        return 5


class Unseeded(Counts):
    def reset(self, *, options=None):
        return 5, {}


class Quits(Counts):
    """Ends the program that makes one."""

    def __init__(self):
        sys.exit(0)


class Spaceless(gymnasium.Env):
    """Never says what it shows."""

    action_space = spaces.Discrete(2)


class Hidden(Counts):
    """Hides the arguments of its reset, as compiled code may."""

    reset = max


class Pictures(Counts):
    observation_space = spaces.Box(0, 255, (4, 4, 3), np.uint8)

    def reset(self, *, seed=None, options=None):
        return np.full((4, 4, 3), 200, np.uint8), {}


gymnasium.register("Broken-v0", Broken, max_episode_steps=5)
gymnasium.register("Counts-v0", Counts, max_episode_steps=3)
gymnasium.register("Unbounded-v0", Unbounded, max_episode_steps=3)
for plain in (Words, Composite, Closes, Ends, Changes, Old, Unseeded, Quits, Spaceless, Hidden, Pictures):
    gymnasium.register(f"{plain.__name__}-v0", plain, max_episode_steps=3)
gymnasium.register("Endless-v0", Counts)
