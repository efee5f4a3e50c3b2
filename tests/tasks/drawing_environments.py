"""Environments that draw themselves without any package; registered where this is imported."""

import gymnasium
import numpy as np
from gymnasium import spaces


class Drawing(gymnasium.Env):
    """Pays the push, and draws a column of light at the sum of all pushes; `fault` breaks its pictures."""

    metadata = {"render_modes": ["human", "rgb_array"], "render_fps": 25}  # noqa: RUF012  # Gymnasium's form
    observation_space = spaces.Box(-1, 1, (2,), np.float64)
    action_space = spaces.Box(-1, 1, (1,), np.float64)

    def __init__(self, render_mode=None, fault=""):
        self.render_mode, self.fault = render_mode, fault

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.drawn = self.np_random.uniform(-1, 1), 0
        return np.array([self.place, 0.5]), {}

    def step(self, action):
        self.place += 0.1 * float(action[0])
        reward = float(np.sin(self.place)) + (1e-9 * self.drawn if self.fault == "reward" else 0.0)
        return np.array([np.clip(self.place, -1, 1), 0.5]), reward, abs(self.place) > 1.2, False, {}

    def render(self):
        if self.fault == "raise":
            raise OSError("the screen\nis away")
        if self.fault in SHAPES:
            return SHAPES[self.fault]
        self.drawn += 1
        image = np.full((30, 60, 3), 255, np.uint8)
        image[:, int(np.clip(30 + 20 * self.place, 0, 59))] = (200, 0, 0)
        return image


SHAPES = {"none": None, "flat": np.zeros((30, 60), np.uint8), "floats": np.zeros((30, 60, 3))}


class Blind(Drawing):
    metadata = {"render_modes": ["human"]}  # noqa: RUF012  # Gymnasium's form


for drawing in (Drawing, Blind):
    if f"{drawing.__name__}-v0" not in gymnasium.registry:  # loaded once more as a plugin, perhaps
        gymnasium.register(f"{drawing.__name__}-v0", drawing, max_episode_steps=40)
