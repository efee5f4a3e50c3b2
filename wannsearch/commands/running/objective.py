"""The objective of a job: the score by which a sweeper may choose settings.

It is a score that the search itself selects by, never a held-out or a test score: a choice by those would
leave no data unused. Higher is better; NaN stands for none.

    simulated network    `best_so_far` in the last row of `history.csv`: the recorded mean, normally re-tested
    network on images    its accuracy on the validation images, mean over the weights of the trial
    sub-networks         validation accuracy after the full training, mean over the trained networks

The objective is computed from the files of the run folder, so a run that was finished earlier has the same
one as a new run.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from wannsearch.core.measurement import TestProtocol
from wannsearch.core.protocols import HasAccuracy, SupervisesWorkers
from wannsearch.core.streams import Role
from wannsearch.core.subnetworks.images import HasLabelledImages
from wannsearch.records import layout

if TYPE_CHECKING:
    from wannsearch.search import Search


def read_recorded_score(folder: Path) -> float:
    """Return the score of the recorded best in this folder; NaN unless the run is finished."""
    from wannsearch.records.run_status import RunState, read_status

    run = read_status(folder)
    return math.nan if run.state is not RunState.DONE or run.best_so_far is None else run.best_so_far


def measure_objective(folder: Path, search: Search) -> float:
    """Return the objective of the finished search in this folder; NaN if there is none.

    `search` supplies the task and the evaluator. A network on images is evaluated again, on the episodes of
    its re-test. DamagedFile if `best/evaluation.json` of sub-networks has no validation accuracies.
    """
    from wannsearch.formats import networks

    task, score = search.task, read_recorded_score(folder)
    if math.isnan(score) or not isinstance(task, HasLabelledImages):
        return score
    if (folder / layout.MASKS).is_file():
        return _read_validation_accuracy(folder)
    if not isinstance(task, HasAccuracy):
        return score
    seeds = task.episode_seeds(search.seed, Role.RETEST, 0, search.retest_episodes)
    protocol = TestProtocol(search.trials.shared_weights, seeds)
    network = networks.read(folder / layout.NETWORK, task.ports)
    try:
        return float(search.evaluator.measure(network, task.accuracy(), protocol).mean.mean())
    finally:
        if isinstance(search.evaluator, SupervisesWorkers):
            search.evaluator.close()


def _read_validation_accuracy(folder: Path) -> float:
    from wannsearch.core.untrusted import damaged_file_error
    from wannsearch.records.reader import RunFolder

    path, evaluation = folder / layout.EVALUATION, RunFolder(folder).read_evaluation()
    try:
        final_accuracies = [network["validation_accuracy"][-1] for network in evaluation["trained"]]
        valid_accuracies = [float(accuracy) for accuracy in final_accuracies if accuracy is not None]
    except (KeyError, IndexError, TypeError, ValueError):
        raise damaged_file_error(
            str(path), "it has no validation accuracies", "a run of sub-networks has"
        ) from None
    return sum(valid_accuracies) / len(valid_accuracies) if valid_accuracies else math.nan
