"""The recorded sub-network's full training and its one look at the test images.

A method that searches has its recorded best trained; one that proposes once has every candidate
trained, and its figure is their mean. All of a run's trainings have the same order of batches, and so
have those of every other method with the same seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from wannsearch.core.champion import Record
from wannsearch.core.streams import Role
from wannsearch.core.subnetworks.images import Trainable
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.subnetworks.weight_init import initial_weights
from wannsearch.records.files import strict_number

if TYPE_CHECKING:
    from wannsearch.evaluators.trainer import Trainer
    from wannsearch.search import Generation, Search

PROTOCOL = (
    "full training from the initial weights, one look at the test images; mean and std (ddof 0) over the "
    "networks that did not fail"
)


@dataclass(frozen=True)
class FinalTraining:
    """What `best/` holds after it."""

    evaluation: dict[str, Any]  # `evaluation.json`, less names
    weights: bytes  # `weights.safetensors`
    best: Subnetworks  # of one, with the masks that its full training left


def final_training(search: Search, record: Record, last: Generation) -> FinalTraining:
    """Train the recorded best, or every candidate of the method, in full, and test once."""
    from safetensors.numpy import save

    trainer, task, seed = cast("Trainer", search.evaluator), search.task, search.seed
    every = getattr(search.method, "trains_all", False)
    asked = last.candidates if every else record.network
    best = int(np.flatnonzero(last.ids == record.id)[0]) if every else 0
    order = int(task.episode_seeds(seed, Role.HELD_OUT, 0, 1)[0])
    first = int(task.episode_seeds(seed, Role.EPISODES, record.generation, search.trials.episodes)[0])
    done = trainer.train(asked, task, order, first, kept=True)
    assert done.test_accuracy is not None
    assert done.test_loss is not None
    assert done.weights is not None
    early = last.scores.mean if every else np.array([record.score])
    ids = last.ids.tolist() if every else [record.id]
    maskable = asked.design.maskable
    networks = replace(asked, masks=done.masks)
    live, sparsity = networks.live_parameters, networks.node_sparsity
    trained = [
        {
            "id": ids[row],
            "early": strict_number(early[row]),
            "test_accuracy": strict_number(done.test_accuracy[row]),
            "test_loss": strict_number(done.test_loss[row]),
            "live_parameters": int(live[row]),
            "node_sparsity": float(sparsity[row]),
            "kept": maskable.kept(done.masks)[row].tolist(),
            "validation_accuracy": [strict_number(value) for value in done.accuracy[row]],
            "validation_loss": [strict_number(value) for value in done.loss[row]],
        }
        for row in range(len(asked))
    ]
    images = cast("Trainable", task).images()
    sound = done.test_accuracy[np.isfinite(done.test_accuracy)]
    mean = float(sound.mean()) if len(sound) else np.nan
    evaluation = {
        "protocol": PROTOCOL,
        "episodes": 1,
        "seeds": {"seed": seed, "stream": "held_out", "first": 0, "count": 1},
        "weights": ["own"],
        "mean": [strict_number(mean)],
        "std": [strict_number(sound.std() if len(sound) else np.nan)],
        "mean_over_weights": strict_number(mean),
        "failed": len(asked) - len(sound),
        "images": {
            "source": images.source,
            "training": len(images.training),
            "validation": len(images.validation),
            "test": len(images.test),
        },
        "parameters": maskable.plan.size,
        "images_shown": done.images,
        "trained": trained,
    }
    names = [parameter.name for parameter in maskable.plan.parameters]
    begun = initial_weights(maskable.plan, asked.init[best])
    arrays = {f"initial.{name}": array for name, array in zip(names, begun, strict=True)}
    arrays |= {
        f"trained.{name}": np.ascontiguousarray(array[best])
        for name, array in zip(names, done.weights, strict=True)
    }
    for number, seen in enumerate(done.seen or [], start=1):
        for row, what in enumerate(("mean", "variance")):
            arrays[f"trained.norm{number}.{what}"] = np.ascontiguousarray(seen[best, row])
    return FinalTraining(evaluation, save(arrays), networks.take([best]))
