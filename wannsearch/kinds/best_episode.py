"""The held-out episode of the best network, recorded as files for pictures and films.

The reference evaluator plays it, whatever evaluator the search had, since it alone keeps every step. Both
returns are recorded: where an episode is unstable, as that of a double pole that is about to fall, the last
bit of a sum decides within seconds, and the two evaluators differ.
"""

from __future__ import annotations

from typing import Any

from wannsearch.core.arrays import UInt64Array
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.protocols import DescribesScene, Evaluator, Task
from wannsearch.core.score_names import name_score
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.core.trajectory import select_lane
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference
from wannsearch.kinds.final_test import describe_held_out_seeds
from wannsearch.records import layout
from wannsearch.records.episode_files import format_frames, format_trajectory

MAX_STEPS = 2000
"""The number of steps that are recorded at most; 100,000 of the double pole would take minutes and 28 MB."""
_CHOICE = "the first held-out episode, at the weight with the highest held-out mean"


def check_scene(task: Task, seed: int) -> None:
    """Describe a first scene, if the task has scenes, so that an error in it ends no search but its start."""
    if isinstance(task, DescribesScene):
        task.describe_scene(select_lane(task.reset(_held_out_seed(task, seed)), 0), 0)


def record_trajectory(
    network: Population, task: Task, evaluator: Evaluator, evaluation: dict[str, Any], seed: int
) -> dict[str, bytes]:
    """Play one held-out episode of the recorded best; return a map from path in the run folder to content.

    `evaluation` is the content of `best/evaluation.json`: the weight with the highest mean is played, of
    equal ones the first. The map is empty for a task without scenes, and where every weight failed.
    """
    means = [(mean, weight) for mean, weight in zip(evaluation["mean"], evaluation["weights"], strict=True)]
    valid = [(mean, weight) for mean, weight in means if mean is not None]
    if not isinstance(task, DescribesScene) or not valid:
        return {}
    _, weight = max(valid, key=lambda pair: pair[0])
    trials = Trials(shared_weights=None if weight == "own" else (weight,), episodes=1)
    seeds = _held_out_seed(task, seed)
    trajectory = Reference().record_episode(network, task, trials, seeds, MAX_STEPS)
    measurement = evaluator.measure(network, task, TestProtocol(trials.shared_weights, seeds))
    origin = {
        "choice": _CHOICE,
        "weight": weight,
        **describe_held_out_seeds(seed, 1),
        "score_name": name_score(task, evaluator),
    }
    return {
        layout.TRAJECTORY: format_trajectory(trajectory, task.ports).encode(),
        layout.FRAMES: format_frames(
            trajectory, task.describe_scene, float(measurement.returns[0, 0]), **origin
        ),
    }


def _held_out_seed(task: Task, seed: int) -> UInt64Array:
    """Return the seed (1,) of the first held-out episode."""
    return task.episode_seeds(seed, Role.HELD_OUT, 0, 1)
