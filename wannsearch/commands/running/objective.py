"""What a sweep may choose its settings by: a score of the kind that a search's own selection sees.

Of a played network it is the re-tested mean of the recorded best, as `history.csv` ends with it; of one that
is played on images, the share of the validation images that it recognises, over the weights of the trial; of
sub-networks, the validation accuracy at the end of the full training, mean over those that a run trains. It
is never a held-out or a test score: after a choice by those, none would be left that no choice has seen.
Higher is better; NaN says that there is none.

It is read from the run's folder, so a run that was finished before says what it said when it was new.
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
    """The recorded best's, of the finished run in this folder."""
    from wannsearch.records.run_status import RunState, read_status

    run = read_status(folder)
    return math.nan if run.state is not RunState.DONE or run.best_so_far is None else run.best_so_far


def measure_objective(folder: Path, search: Search) -> float:
    """Of the finished search in this folder."""
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
    from wannsearch.formats.untrusted import damaged_file_error, parse_json, read_text

    path = folder / layout.EVALUATION
    evaluation = parse_json(read_text(path), str(path))
    try:
        final_accuracies = [network["validation_accuracy"][-1] for network in evaluation["trained"]]
        valid_accuracies = [float(accuracy) for accuracy in final_accuracies if accuracy is not None]
    except (KeyError, IndexError, TypeError, ValueError):
        raise damaged_file_error(
            str(path), "it has no validation accuracies", "a run of sub-networks has"
        ) from None
    return sum(valid_accuracies) / len(valid_accuracies) if valid_accuracies else math.nan
