"""CartPole-v1 that starts where our own `cartpole` does; registered where this is imported."""

import gymnasium
import numpy as np
from gymnasium.envs.classic_control.cartpole import CartPoleEnv

from wannsearch.core.streams import sample_episode_uniform


class Placed(CartPoleEnv):
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        start = sample_episode_uniform(np.array([seed], np.uint64), 4)[0]
        self.state = (2.0 * start - 1.0) * 0.05
        return np.array(self.state, np.float32), {}


gymnasium.register("PlacedCartPole-v0", Placed, max_episode_steps=500)
