"""Tasks of lanes as live environments: an episode is one lane, stepped alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.protocols import Task
from wannsearch.core.tasks.environment_task import EnvironmentTask
from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.evaluators.environments import Environments


class LiveLane:
    """One lane of a task, as a live episode."""

    def __init__(self, task, seed, observation):
        self.task, self.state = task, task.reset(np.array([seed], np.uint64))
        observation[:] = task.observe(self.state)[0, 0]

    def step(self, action, observation):
        self.state, reward, done = self.task.step(self.state, action)
        rewards = np.asarray(reward).astype(np.float64, casting="same_kind", copy=False)
        if rewards.shape != (1,):
            raise ValueError(f"rewards have shape {rewards.shape}.")
        observation[:] = self.task.observe(self.state)[0, 0]
        return float(rewards[0]), bool(np.asarray(done).all()), False

    def close(self):
        self.task = None


class AsEnvironments(EnvironmentTask):
    """Any task whose episodes have one sample a lane."""

    def __init__(self, task):
        self.task, self.horizon, self.episodes = task, task.horizon, task.episodes

    @property
    def ports(self):
        return self.task.ports

    def start_episode(self, seed, observation):
        return LiveLane(self.task, seed, observation)

    def decode_actions(self, outputs):
        return list(outputs[:, None, None, :].copy()), [True] * len(outputs)

    def episode_seeds(self, *arguments):
        return self.task.episode_seeds(*arguments)

    def reset(self, seeds):
        return self.task.reset(seeds)

    def observe(self, state):
        return self.task.observe(state)

    def step(self, state, outputs):
        return self.task.step(state, outputs)


class LivePlayer:
    """The evaluator `environments`, which receives every task of lanes as live environments."""

    def __init__(self, inner: Environments) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @staticmethod
    def can_evaluate(task_type: type[Any]) -> bool:
        return not issubclass(task_type, LabelledTask)

    @staticmethod
    def _live(task: Task) -> Any:
        is_served = isinstance(task, (EnvironmentTask, LabelledTask))
        return task if is_served else AsEnvironments(task)

    def describe(self, task, trials):
        return self.inner.describe(self._live(task), trials)

    def evaluate(self, candidates, task, trials, seeds, learn=True):
        return self.inner.evaluate(candidates, self._live(task), trials, seeds, learn)

    def measure(self, network, task, protocol):
        return self.inner.measure(network, self._live(task), protocol)

    def explain(self, network, task, trials, seeds):
        return self.inner.explain(network, self._live(task), trials, seeds)
