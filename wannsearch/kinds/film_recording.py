"""Held-out episodes of one network, recorded as the frames of a film.

A task that describes its scene is played by the reference evaluator, since it alone keeps every state. The
evaluator of the scores measures the same episodes, and the film names both returns where they look
different. A task of live environments is played twice. The first time its evaluator plays, no image is drawn,
and the length of the episodes gives the pace of the film. The second time the same actions are taken and
every n-th state is drawn. An environment that does not repeat its rewards then has no film.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray, UInt8Array, UInt64Array
from wannsearch.core.errors import ConfigError, EvaluationFailed, describe_error
from wannsearch.core.film_frames import Film, FilmFrame, FilmTile, choose_pace, list_frame_steps
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.ports import Ports
from wannsearch.core.protocols import DescribesScene, Evaluator, RenderingTask, RendersFrames, Task
from wannsearch.core.score_names import RETURN, name_score
from wannsearch.core.settings import format_value
from wannsearch.core.tasks.environment_task import EnvironmentTask, LiveEpisode
from wannsearch.core.tasks.scene import Scene
from wannsearch.core.topologies.population import Population
from wannsearch.core.trajectory import MAX_RECORDED_STEPS, Trajectory
from wannsearch.core.trials import Trials
from wannsearch.evaluators.environment_lanes import EnvironmentLanes
from wannsearch.evaluators.reference import Reference


@dataclass(frozen=True)
class FilmPlan:
    """The episodes of a film: one tile for each shared weight (or own weights) and each seed."""

    shared_weights: tuple[float, ...] | None  # None: the network's own
    seeds: UInt64Array  # (R,) of the first held-out episodes
    max_seconds: float
    shrink_image: Callable[[UInt8Array], UInt8Array]  # to the size that the film shows


@dataclass(frozen=True)
class _Play:
    """One episode as it was played without images."""

    actions: list[Any]
    episode_return: float  # NaN where it failed


def can_be_filmed(task: Task) -> bool:
    """Return whether the task describes its scene, or has environments that draw images."""
    return isinstance(task, DescribesScene) or (
        isinstance(task, RendersFrames) and task.make_rendering_task() is not None
    )


def record_film(network: Population, task: Task, evaluator: Evaluator | None, plan: FilmPlan) -> Film:
    """Play the episodes of the plan and return their frames.

    `evaluator` is that of the scores; without one the returns are those that were recorded. Raise ConfigError
    for a task that cannot be filmed, or whose scenes or environments fail in it; EvaluationFailed where an
    environment fails.
    """
    if isinstance(task, DescribesScene):
        return _record_scenes(network, task, evaluator, plan)
    rendering_task = task.make_rendering_task() if isinstance(task, RendersFrames) else None
    if rendering_task is None:
        raise ConfigError(
            f"{type(task).__name__} has no film: it describes no scene, and no environment of it draws "
            "images (render_mode rgb_array)."
        )
    return _record_images(network, task, rendering_task, plan)


def _list_trials(plan: FilmPlan) -> list[Trials]:
    """Return one trial, of one episode, for each weight of the plan."""
    if plan.shared_weights is None:
        return [Trials(shared_weights=None, episodes=1)]
    return [Trials(shared_weights=(weight,), episodes=1) for weight in plan.shared_weights]


def _record_scenes(network: Population, task: Any, evaluator: Evaluator | None, plan: FilmPlan) -> Film:
    trials = Trials(shared_weights=plan.shared_weights, episodes=len(plan.seeds))
    trajectories = Reference().record_episodes(network, task, trials, plan.seeds, MAX_RECORDED_STEPS)
    returns = [trajectory.episode_return for trajectory in trajectories]
    if evaluator is not None:
        protocol = TestProtocol(plan.shared_weights, plan.seeds)
        returns = evaluator.measure(network, task, protocol).returns.ravel().tolist()
    longest = max(trajectories, key=lambda trajectory: trajectory.num_steps)
    pace = choose_pace(longest.num_steps, _measure_step_s(task, longest), plan.max_seconds)
    names = [(weight, row) for weight in trials.weight_names() for row in range(len(plan.seeds))]
    tiles = []
    for (weight, episode), trajectory, evaluator_return in zip(names, trajectories, returns, strict=True):
        steps = list_frame_steps(trajectory.num_steps, pace.stride)
        tiles.append(
            FilmTile(
                weight=weight,
                episode=episode,
                frames=tuple(_describe_scene(task, trajectory, step) for step in steps),
                steps=trajectory.num_steps,
                has_ended=trajectory.has_ended,
                episode_return=trajectory.episode_return,
                evaluator_return=evaluator_return,
            )
        )
    score_name = RETURN if evaluator is None else name_score(task, evaluator)
    return Film(tuple(tiles), pace, score_name)


def _measure_step_s(task: DescribesScene, trajectory: Trajectory) -> float | None:
    """Return the seconds of a step, by the times of the first and the last scene; None where it has none."""
    first, last = (_describe_scene(task, trajectory, step).time_s for step in (0, trajectory.num_steps))
    if first is None or last is None or last <= first:
        return None
    return (last - first) / trajectory.num_steps


def _describe_scene(task: DescribesScene, trajectory: Trajectory, step: int) -> Scene:
    """Return the scene of a state, without shapes that are not finite; ConfigError where there is none."""
    try:
        scene = task.describe_scene(trajectory.state_at(step), step)
        if not isinstance(scene, Scene):
            raise ConfigError(f"it returned {format_value(scene)}; it must return a Scene.")
        shapes = tuple(shape for shape in scene.shapes if np.isfinite(shape.numbers).all())
        return Scene(shapes, scene.x_range, scene.y_range, scene.time_s)
    except (Exception, SystemExit) as error:  # the code is a user's, and may raise anything
        raise ConfigError(
            f"{type(task).__name__}: describe_scene failed at step {step}, {describe_error(error)}"
        ) from error


def _record_images(network: Population, task: Any, rendering_task: RenderingTask, plan: FilmPlan) -> Film:
    plays = [
        (trial.weight_names()[0], episode, int(seed), _play(task, int(seed), network, trial))
        for trial in _list_trials(plan)
        for episode, seed in enumerate(plan.seeds.tolist())
    ]
    num_steps = max(min(len(play.actions), MAX_RECORDED_STEPS) for _, _, _, play in plays)
    pace = choose_pace(num_steps, rendering_task.step_s, plan.max_seconds)
    tiles = []
    for weight, episode, seed, play in plays:
        images, recorded_return = _render(rendering_task, seed, play, pace.stride, plan.shrink_image)
        steps = min(len(play.actions), MAX_RECORDED_STEPS)
        has_ended = steps == len(play.actions)
        tiles.append(
            FilmTile(weight, episode, tuple(images), steps, has_ended, recorded_return, play.episode_return)
        )
    score_name = task.score_name if hasattr(task, "score_name") else RETURN
    return Film(tuple(tiles), pace, score_name)


class _ActionRecorder(EnvironmentTask):
    """A task of live environments that keeps the actions which are taken in it, in order."""

    def __init__(self, task: Any) -> None:
        self.task, self.horizon, self.episodes = task, task.horizon, 1
        self.actions: list[Any] = []

    @property
    def ports(self) -> Ports:
        return self.task.ports  # type: ignore[no-any-return]

    def start_episode(self, seed: int, observation: FloatArray) -> LiveEpisode:
        return _RecordedEpisode(self.task.start_episode(seed, observation), self.actions)

    def decode_actions(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        return self.task.decode_actions(outputs)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class _RecordedEpisode:
    episode: LiveEpisode
    actions: list[Any]

    def step(self, action: Any, observation: FloatArray) -> tuple[float, bool, bool]:
        transition = self.episode.step(action, observation)
        self.actions.append(action)
        return transition

    def close(self) -> None:
        self.episode.close()


def _play(task: Any, seed: int, network: Population, trial: Trials) -> _Play:
    """Play one episode to its end in the evaluator of live environments, and keep its actions."""
    recorder: Any = _ActionRecorder(task)
    scores, _ = EnvironmentLanes(in_flight=1).evaluate(network, recorder, trial, np.array([seed], np.uint64))
    return _Play(recorder.actions, float(scores.returns[0, 0, 0]))


def _render(
    task: RenderingTask,
    seed: int,
    play: _Play,
    stride: int,
    shrink_image: Callable[[UInt8Array], UInt8Array],
) -> tuple[list[FilmFrame], float]:
    """Repeat the actions of an episode and return the images of its frames, and the sum of its rewards.

    Raise ConfigError where the rewards differ from those without images.
    """
    observation = np.empty(task.ports.inputs)
    live_episode = task.start_episode(seed, observation)
    num_steps = min(len(play.actions), MAX_RECORDED_STEPS)
    frame_steps = set(list_frame_steps(num_steps, stride))
    images: list[FilmFrame] = [shrink_image(live_episode.render())]
    total, has_ended = 0.0, False
    try:
        for step, action in enumerate(play.actions[:num_steps], start=1):
            if has_ended:
                raise _repetition_error(task)
            reward, terminated, truncated = live_episode.step(action, observation)
            total, has_ended = total + reward, terminated or truncated
            if step in frame_steps:
                images.append(shrink_image(live_episode.render()))
    finally:
        live_episode.close()
    is_whole = num_steps == len(play.actions)
    if is_whole and np.isfinite(play.episode_return) and total != play.episode_return:
        raise _repetition_error(task)
    return images, total if np.isfinite(play.episode_return) else float("nan")


def _repetition_error(task: Any) -> EvaluationFailed:
    return EvaluationFailed(
        f"{type(task).__name__}: the same actions from the same seed have other rewards while images are "
        "drawn, so there is no film of that episode."
    )
