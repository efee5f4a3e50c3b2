"""Runs of the Weedout experiment with chosen accuracies, in the layout that a search leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthetic_table_runs import make_run, write

TRAINER = "wannsearch.evaluators.trainer.Trainer"
RULES = {
    "found": ("weedout", "static.Static", {"weights": "unscaled"}),
    "random": ("one_shot", "static.Static", {"weights": "unscaled"}),
    "he_scaled": ("one_shot", "static.Static", {"weights": "he_scaled"}),
    "dense": ("one_shot", "dense_parent.DenseParent", {}),
    "imp": ("one_shot", "imp.Imp", {"rounds": 3}),
}
SHOWN = 3000  # images, to each network in its full training
STEPS = 2000  # images, in the last row of the history


def make_repeat(
    folder: Path,
    arm: str,
    test: Sequence[float | None],
    *,
    seed: int = 0,
    sparsity: float = 0.8,
    early: Sequence[float | None] | None = None,
    curves: Sequence[Sequence[float | None]] | None = None,
    state: str = "done",
    config: dict[str, Any] | None = None,
    searched: tuple[Sequence[float], Sequence[float]] = ((0.5, 0.6), (0.1, 0.1)),
    **changed: Any,
) -> Path:
    """A run whose networks have these test accuracies, as shares."""
    method, rule, settings = RULES[arm]
    curves = [[0.5, 0.85, 0.95]] * len(test) if curves is None else curves
    told: dict[str, Any] = {
        "task.split_seed": seed,
        "method.mask_rule": {"_target_": f"wannsearch.sparsity.{rule}", **settings},
        "method.parent_network": {"_target_": "wannsearch.parent_networks.mlp.Mlp", "layers": [256, 256]},
        "method.granularity": "nodes",
        "method.sparsity": sparsity,
        "evaluator": {"_target_": TRAINER, "epochs": len(curves[0]), "early_epochs": 1, "early_steps": None},
        "evaluator.candidates_per_batch": 16,
    }
    means, stds = searched
    run = make_run(
        folder,
        test[0] if test else None,
        seed=seed,
        task="digits",
        method=method,
        state=state,
        best_so_far=means,
        population=32,
        config=told | (config or {}),
        columns={"mean": means, "std": stds, "failed": [0] * len(means)},
    )
    history = run / "history.csv"
    history.write_text(history.read_text().replace(f",{1000 * 32 * len(means)},", f",{STEPS},"))
    if state != "done":
        return run
    summary = run / "summary.json"
    summary.write_text(summary.read_text().replace(f": {1000 * 32 * len(means)},", f": {STEPS},"))
    rows = [
        {
            "early": 0.5 if early is None else early[place],
            "test_accuracy": accuracy,
            "live_parameters": 200,
            "mask_sparsity": 0.75,
            "validation_accuracy": list(curves[place]),
        }
        for place, accuracy in enumerate(test)
    ]
    document = {
        "images": {"source": "made up", "training": 600, "validation": 200, "test": 100},
        "parameters": 1000,
        "images_shown": SHOWN,
        "trained": rows,
    }
    write(run / "best/evaluation.json", document | changed)
    return run
