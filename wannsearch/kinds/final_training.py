"""The final training: the recorded sub-network in full, then one evaluation on the test images.

A method that searches has its recorded best trained. A method with `trains_every_candidate` has all
candidates trained, and its result is their mean. All trainings of a run have the same order of batches,
and so have those of every other method with the same seed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from wannsearch.core.champion import ChampionRecord
from wannsearch.core.protocols import TrainsEveryCandidate
from wannsearch.core.streams import Role
from wannsearch.core.subnetworks.weight_init import sample_initial_weights
from wannsearch.kinds.candidate_kind import FinalTest
from wannsearch.records import layout
from wannsearch.records.files import finite_or_none

if TYPE_CHECKING:
    from wannsearch.core.subnetworks.images import HasLabelledImages
    from wannsearch.core.subnetworks.subnetworks import Subnetworks
    from wannsearch.evaluators.trainer import Trainer
    from wannsearch.search import Generation, Search

PROTOCOL = (
    "full training from the initial weights, one look at the test images; mean and std (ddof 0) over the "
    "networks that did not fail"
)


def run_final_training(search: Search, record: ChampionRecord, last_generation: Generation) -> FinalTest:
    """Train the recorded best, or every candidate of the method, in full, and test once.

    Masks, accuracies and losses are stored for each trained network; weights are stored for the recorded best
    alone, with the initial ones, in `weights.safetensors`. The best has the masks after its full training.
    Mean and std (ddof 0) are over the networks whose test accuracy is finite.
    """
    from safetensors.numpy import save

    trainer, task, seed = cast("Trainer", search.evaluator), search.task, search.seed
    method = search.method
    trains_every = isinstance(method, TrainsEveryCandidate) and method.trains_every_candidate
    candidates = cast("Subnetworks", last_generation.candidates if trains_every else record.network)
    best_row = int(np.flatnonzero(last_generation.ids == record.id)[0]) if trains_every else 0
    batch_seed = int(task.episode_seeds(seed, Role.HELD_OUT, 0, 1)[0])
    early_batch_seed = int(
        task.episode_seeds(seed, Role.EPISODES, record.generation, search.trials.episodes)[0]
    )
    result = trainer.train(candidates, task, batch_seed, early_batch_seed, return_weights=True)
    assert result.test_accuracy is not None
    assert result.test_loss is not None
    assert result.weights is not None
    early_scores = last_generation.scores.mean if trains_every else np.array([record.score])
    ids = last_generation.ids.tolist() if trains_every else [record.id]
    mask_space = candidates.design.mask_space
    networks = replace(candidates, masks=result.masks)
    live_parameters, sparsity = networks.live_parameters, networks.mask_sparsity
    rows = [
        {
            "id": ids[row],
            "early": finite_or_none(early_scores[row]),
            "test_accuracy": finite_or_none(result.test_accuracy[row]),
            "test_loss": finite_or_none(result.test_loss[row]),
            "live_parameters": int(live_parameters[row]),
            "mask_sparsity": float(sparsity[row]),
            "kept": mask_space.keep_counts(result.masks)[row].tolist(),
            "validation_accuracy": [finite_or_none(value) for value in result.accuracy[row]],
            "validation_loss": [finite_or_none(value) for value in result.loss[row]],
        }
        for row in range(len(candidates))
    ]
    images = cast("HasLabelledImages", task).images()
    valid_accuracies = result.test_accuracy[np.isfinite(result.test_accuracy)]
    mean = float(valid_accuracies.mean()) if len(valid_accuracies) else np.nan
    evaluation = {
        "protocol": PROTOCOL,
        "episodes": 1,
        "seeds": {"seed": seed, "stream": "held_out", "first": 0, "count": 1},
        "weights": ["own"],
        "mean": [finite_or_none(mean)],
        "std": [finite_or_none(valid_accuracies.std() if len(valid_accuracies) else np.nan)],
        "mean_over_weights": finite_or_none(mean),
        "failed": len(candidates) - len(valid_accuracies),
        "images": {
            "source": images.source,
            "training": len(images.training),
            "validation": len(images.validation),
            "test": len(images.test),
        },
        "parameters": mask_space.layout.size,
        "images_shown": result.images_shown,
        "trained": rows,
    }
    names = [parameter.name for parameter in mask_space.layout.parameters]
    initial_arrays = sample_initial_weights(mask_space.layout, candidates.init_seeds[best_row])
    arrays = {f"initial.{name}": array for name, array in zip(names, initial_arrays, strict=True)}
    arrays |= {
        f"trained.{name}": np.ascontiguousarray(array[best_row])
        for name, array in zip(names, result.weights, strict=True)
    }
    for number, batch_norm_stats in enumerate(result.batch_norm_stats or [], start=1):
        for row, statistic in enumerate(("mean", "variance")):
            arrays[f"trained.norm{number}.{statistic}"] = np.ascontiguousarray(
                batch_norm_stats[best_row, row]
            )
    return FinalTest(
        evaluation,
        networks.take([best_row]),
        _describe_result(evaluation),
        {layout.WEIGHTS: save(arrays)},
        next_commands=(("wannsearch-tables", "runs=RUN"),),
    )


def _describe_result(evaluation: dict[str, Any]) -> str:
    count = len(evaluation["trained"])
    mean = evaluation["mean_over_weights"]
    mean_text = "failed" if mean is None else f"{mean:.4f}"
    return f"test accuracy {mean_text}" + (f", mean of {count} networks" if count > 1 else "")
