"""The held-out episode of the best network, recorded as files for pictures and films.

The reference evaluator plays it, whatever evaluator the search had, since it alone keeps every step. Both
returns are recorded: where an episode is unstable, as that of a double pole that is about to fall, the last
bit of a sum decides within seconds, and the two evaluators differ.

The task may be a user's own, and any of its functions may raise anything. The run keeps its results then: an
episode that cannot be recorded, or a scene that cannot be described, costs a warning and these files alone.
"""

from __future__ import annotations

import traceback
from typing import Any

from wannsearch.core.arrays import UInt64Array
from wannsearch.core.errors import ConfigError, describe_error
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.protocols import DescribesEnding, DescribesScene, Evaluator, Task
from wannsearch.core.score_names import name_score
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.core.trajectory import MAX_RECORDED_STEPS, select_lane
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference
from wannsearch.kinds.candidate_kind import RecordingFailure
from wannsearch.kinds.final_test import describe_held_out_seeds
from wannsearch.records import layout
from wannsearch.records.episode_files import describe_frame, format_frames, format_trajectory

_MAX_NUMBERS = 2_000_000
"""How many numbers are recorded at most: an episode whose observations are pictures would take gigabytes."""
_CHOICE = "the first held-out episode, at the weight with the highest held-out mean"


def check_scene(task: Task, seed: int) -> None:
    """Describe a first scene, if the task has scenes; raise ConfigError where that fails.

    So an error in it is told before the search and not after.
    """
    if not isinstance(task, DescribesScene):
        return
    first_state = select_lane(task.reset(_held_out_seed(task, seed)), 0)
    try:
        describe_frame(task.describe_scene, first_state, 0)
    except ConfigError as error:
        raise ConfigError(f"{type(task).__name__}: {error}") from error


def record_trajectory(
    network: Population, task: Task, evaluator: Evaluator, evaluation: dict[str, Any], seed: int
) -> tuple[dict[str, bytes], tuple[RecordingFailure, ...]]:
    """Play one held-out episode of the recorded best; return a map from path in the run folder to content.

    `evaluation` is the content of `best/evaluation.json`: the weight with the highest mean is played, of
    equal ones the first. The map is empty for a task that describes neither scenes nor endings, and where
    every weight failed. It also lacks what cannot be recorded; the failure says why.
    """
    means = [(mean, weight) for mean, weight in zip(evaluation["mean"], evaluation["weights"], strict=True)]
    valid = [(mean, weight) for mean, weight in means if mean is not None]
    if not isinstance(task, (DescribesScene, DescribesEnding)) or not valid:
        return {}, ()
    _, weight = max(valid, key=lambda pair: pair[0])
    trials = Trials(shared_weights=None if weight == "own" else (weight,), episodes=1)
    seeds = _held_out_seed(task, seed)
    files: dict[str, bytes] = {}
    try:
        max_steps = min(MAX_RECORDED_STEPS, max(1, _MAX_NUMBERS // (task.ports.inputs + task.ports.outputs)))
        trajectory = Reference().record_episode(network, task, trials, seeds, max_steps)
        ending = (
            task.describe_ending(trajectory.state_at(trajectory.num_steps))
            if isinstance(task, DescribesEnding)
            else None
        )
        files[layout.TRAJECTORY] = format_trajectory(trajectory, task.ports, ending).encode()
        if not isinstance(task, DescribesScene):
            return files, ()
        measurement = evaluator.measure(network, task, TestProtocol(trials.shared_weights, seeds))
        origin = {
            "choice": _CHOICE,
            "weight": weight,
            **describe_held_out_seeds(seed, 1),
            "score_name": name_score(task, evaluator),
        }
        evaluator_return = float(measurement.returns[0, 0])
        files[layout.FRAMES] = format_frames(trajectory, task.describe_scene, evaluator_return, **origin)
    except (Exception, SystemExit) as error:
        missing = "filmstrip" if files else "recorded episode"
        line = f"{type(task).__name__}: {describe_error(error).rstrip('.')}; this run has no {missing}"
        return files, (RecordingFailure(line, "".join(traceback.format_exception(error))),)
    return files, ()


def _held_out_seed(task: Task, seed: int) -> UInt64Array:
    """Return the seed (1,) of the first held-out episode."""
    return task.episode_seeds(seed, Role.HELD_OUT, 0, 1)
