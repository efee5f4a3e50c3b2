"""The reference evaluator: plain NumPy, float64, one network after another, one node after another.

With a shared weight w, node j computes

    f_j(w * sum of its sources)

and with own weights f_j(sum of weight * source), both in the order of the row. The code is written to be
read. Every other evaluator must agree with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from wannsearch.core.activations import activate
from wannsearch.core.arrays import BoolArray, FloatArray, IntArray, UInt64Array
from wannsearch.core.protocols import Task, TaskState
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.topologies.population import Population
from wannsearch.core.trajectory import Trajectory
from wannsearch.core.trials import Trials
from wannsearch.evaluators.topology_evaluator import TopologyEvaluator, mark_finite_weights


def forward(
    network: Population, row: int, inputs: FloatArray, outputs: int, shared: FloatArray | None
) -> FloatArray:
    """Map inputs (..., I) to outputs (..., O) of the network in this row, in float64; `outputs` is O.

    `shared` is the weight of each lane; its shape broadcasts against the inputs without their last axis.
    None selects the network's own weights.
    """
    nodes, num_inputs = int(network.nodes[row]), inputs.shape[-1]
    values = np.zeros((nodes, *inputs.shape[:-1]))
    values[0] = 1.0
    values[1 : 1 + num_inputs] = np.moveaxis(inputs, -1, 0)
    edges = int(network.edges[row])
    source, target = network.source[row, :edges], network.target[row, :edges]
    weight = network.weight[row, :edges]
    with np.errstate(over="ignore", invalid="ignore"):
        for node in range(1 + num_inputs, nodes):
            total = np.zeros(inputs.shape[:-1])
            for edge in np.flatnonzero(target == node):
                source_value = values[source[edge]]
                total = total + (source_value if shared is not None else source_value * weight[edge])
            if shared is not None:
                total = total * shared
            values[node] = activate(int(network.activation[row, node]), total)
    return np.moveaxis(values[nodes - outputs :], 0, -1)


@dataclass(frozen=True)
class _EpisodeStep:
    """One step of L lanes, as `record_episode` collects it."""

    observation: FloatArray  # (L, S, I)
    outputs: FloatArray  # (L, S, O)
    reward: FloatArray  # (L,) NaN where the step failed
    next_state: TaskState
    done: BoolArray  # (L,)


def _repeat_state(state: TaskState, times: int) -> TaskState:
    """Return the state with the whole batch of lanes repeated once for each weight."""
    return tuple(np.concatenate([np.asarray(part)] * times) for part in state)


@dataclass(frozen=True, kw_only=True)
class Reference(TopologyEvaluator):
    """Evaluates populations on any task, plainly and slowly."""

    speed_rank: ClassVar[int] = 10

    def __post_init__(self) -> None:
        convert_fields(self)

    @classmethod
    def can_evaluate(cls, task_type: type[Any]) -> bool:
        """Return True: plain NumPy calls the methods of any task."""
        return True

    def describe(self, task: Task, trials: Trials) -> str:
        """Return one line: the library, the number format and the threads."""
        return "reference: plain NumPy, float64, 1 thread"

    def evaluate(
        self,
        candidates: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = True,
    ) -> tuple[Scores, Population]:
        """Return scores (P, K, R) for every individual, weight and seed (R,), and the same candidates.

        NaN marks a return, observation or weight that is not finite, or a NaN output. `learn` has no effect.
        """
        shape = (len(candidates), trials.num_weights, len(seeds))
        returns, steps = np.zeros(shape), np.zeros(shape, np.int64)
        initial_state = _repeat_state(task.reset(seeds), trials.num_weights)
        for row in range(len(candidates)):
            total, episode_steps = self._run_episodes(
                candidates, row, task, trials, initial_state, task.horizon
            )
            returns[row] = total.reshape(shape[1:])
            steps[row] = episode_steps.reshape(shape[1:])
        return Scores(returns, steps), candidates

    def record_episode(
        self,
        network: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        max_steps: int | None = None,
    ) -> Trajectory:
        """Return the trajectory of one episode, at most its first `max_steps` steps.

        The arguments hold one network, one weight and one seed (1,). The return of a whole episode is that of
        `evaluate`, to the bit.
        """
        return self.record_episodes(network, task, trials, seeds, max_steps)[0]

    def record_episodes(
        self,
        network: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        max_steps: int | None = None,
    ) -> list[Trajectory]:
        """Return the trajectories of K * R episodes of one network, weight by weight; see `record_episode`.

        All are played side by side, which takes little longer than one.
        """
        max_steps = task.horizon if max_steps is None else min(task.horizon, max_steps)
        state = _repeat_state(task.reset(seeds), trials.num_weights)
        steps: list[_EpisodeStep] = []
        totals, num_steps = self._run_episodes(network, 0, task, trials, state, max_steps, steps.append)
        shapes = [np.shape(part) for part in state]
        states = [state, *(step.next_state for step in steps)]
        parts = [
            np.stack([np.broadcast_to(np.asarray(part), shape) for part in parts])
            for parts, shape in zip(zip(*states, strict=True), shapes, strict=True)
        ]  # (T + 1, L, ...) each
        trajectories = []
        for lane, (total, length) in enumerate(zip(totals.tolist(), num_steps.tolist(), strict=True)):
            lane_steps = steps[:length]
            trajectories.append(
                Trajectory(
                    np.stack([step.observation[lane] for step in lane_steps]),
                    np.stack([step.outputs[lane] for step in lane_steps]),
                    np.stack([step.reward[lane] for step in lane_steps]),
                    tuple(part[: length + 1, lane] for part in parts),
                    float(total),
                    bool(lane_steps[-1].done[lane]) or length == task.horizon,
                )
            )
        return trajectories

    def _run_episodes(
        self,
        candidates: Population,
        row: int,
        task: Task,
        trials: Trials,
        state: TaskState,
        max_steps: int,
        record_step: Callable[[_EpisodeStep], None] | None = None,
    ) -> tuple[FloatArray, IntArray]:
        """Return returns and steps of the lanes of one network, (K * R,) each.

        An episode stops after `max_steps` steps; `record_step` receives each step.
        """
        episodes = len(state[0]) // trials.num_weights
        weights = np.repeat(trials.weights(), episodes)
        has_own_weights = trials.shared_weights is None
        is_finite = mark_finite_weights(candidates.take([row]), trials)[0]  # (K,)
        total = np.where(np.repeat(is_finite, episodes), 0.0, np.nan)
        episode_steps = np.zeros(len(weights), np.int64)
        alive = np.ones(len(weights), bool)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _ in range(max_steps):
                observation = task.observe(state)
                shared = None if has_own_weights else weights.reshape(-1, *[1] * (observation.ndim - 2))
                outputs = forward(candidates, row, observation, task.ports.outputs, shared)
                is_failed = ~np.isfinite(observation).all((1, 2)) | np.isnan(outputs).any((1, 2))
                state, reward, done = task.step(state, outputs)
                valid_reward = np.where(is_failed, np.nan, reward).astype(
                    np.float64, casting="same_kind", copy=False
                )
                if record_step is not None:
                    record_step(_EpisodeStep(observation, outputs, valid_reward, state, done))
                total = np.where(alive, total + valid_reward, total)
                episode_steps += alive
                alive &= ~done
                if not alive.any():
                    break
        return np.where(np.isfinite(total), total, np.nan), episode_steps
