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
from wannsearch.core.protocols import Graded, Supervising
from wannsearch.core.streams import Role
from wannsearch.core.subnetworks.images import Trainable
from wannsearch.records import layout

if TYPE_CHECKING:
    from wannsearch.search import Search


def recorded_score(folder: Path) -> float:
    """The recorded best's, of the finished run in this folder."""
    from wannsearch.records.run_status import State, observed

    run = observed(folder)
    return math.nan if run.state is not State.DONE or run.best_so_far is None else run.best_so_far


def objective(folder: Path, search: Search) -> float:
    """Of the finished search in this folder."""
    from wannsearch.formats import networks

    task, score = search.task, recorded_score(folder)
    if math.isnan(score) or not isinstance(task, Trainable):
        return score
    if (folder / layout.MASKS).is_file():
        return _validation_accuracy(folder)
    if not isinstance(task, Graded):
        return score
    seeds = task.episode_seeds(search.seed, Role.RETEST, 0, search.retest_episodes)
    protocol = TestProtocol(search.trials.shared_weights, seeds)
    network = networks.read(folder / layout.NETWORK, task.ports)
    try:
        return float(search.evaluator.measure(network, task.accuracy(), protocol).mean.mean())
    finally:
        if isinstance(search.evaluator, Supervising):
            search.evaluator.close()


def _validation_accuracy(folder: Path) -> float:
    from wannsearch.formats.untrusted import damaged, parse_json, read_text

    path = folder / layout.EVALUATION
    evaluation = parse_json(read_text(path), str(path))
    try:
        last = [network["validation_accuracy"][-1] for network in evaluation["trained"]]
        sound = [float(accuracy) for accuracy in last if accuracy is not None]
    except (KeyError, IndexError, TypeError, ValueError):
        raise damaged(str(path), "it has no validation accuracies", "a run of sub-networks has") from None
    return sum(sound) / len(sound) if sound else math.nan
