"""Run folders with chosen results, in the layout that a search leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from wannsearch.records.layout import FORMAT


def make_run(
    folder: Path,
    score: float | None = 500.0,
    *,
    seed: int = 0,
    task: str = "cartpole_swingup",
    method: str = "wann",
    state: str = "done",
    best_so_far: Sequence[float] = (100.0, 300.0, 500.0),
    population: int = 64,
    config: dict[str, Any] | None = None,
    columns: dict[str, Sequence[Any]] | None = None,
    score_name: str | None = "return",
    best_score_name: str | None = None,
    steps_name: str = "environment steps",
) -> Path:
    """A run; `score` None: its best failed the final test. Its search saw what its test measures."""
    (folder / ".hydra").mkdir(parents=True)
    (folder / "best").mkdir()
    settings: dict[str, Any] = {
        "seed": seed,
        "generations": len(best_so_far),
        "display": "off",
        "task": {"_target_": f"wannsearch.tasks.{task}.Any", "episodes": 3},
        "method": {"_target_": f"wannsearch.methods.{method}.Any", "population_size": population},
    }
    write_config(folder, settings, config or {})
    (folder / ".hydra/overrides.yaml").write_text(f"- task={task}\n- seed={seed}\n")
    write(folder / "status.json", {"format": FORMAT, "state": state, "why": None})
    rows = len(best_so_far)
    history = {
        "generation": range(1, rows + 1),
        "evaluations": [population * number for number in range(1, rows + 1)],
        "env_steps": [1000 * population * number for number in range(1, rows + 1)],
        "best_so_far": best_so_far,
        "median_connections": [5] * rows,
        "median_hidden": [1] * rows,
        **(columns or {}),
    }
    lines = [",".join(history), *(",".join(map(str, row)) for row in zip(*history.values(), strict=True))]
    (folder / "history.csv").write_text("\n".join(lines) + "\n")
    write(folder / "best/network.json", {"of": [method, task, seed, score]})
    if state == "done":
        write(
            folder / "summary.json",
            {
                "format": FORMAT,
                "evaluations": population * rows,
                "env_steps": 1000 * population * rows,
                "steps_name": steps_name,
                "best": {
                    "id": 70,
                    "hidden": 2 + seed,
                    "connections": 7,
                    "score_name": best_score_name or score_name,
                },
                "held_out": {"mean_over_weights": score, "mean": [score], "score_name": score_name},
                "environment": {"numpy": "2.0.0"},
            },
        )
    return folder


def make_tuning(
    folder: Path,
    run: Path,
    means: Sequence[float | None],
    *,
    config: dict[str, Any] | None = None,
    **changed: Any,
) -> Path:
    """A finished tuning of the run's network: the four columns' means; None is not measured.

    Its task is the run's, as often played as a tuning plays it.
    """
    (folder / ".hydra").mkdir(parents=True)
    searched = yaml.load((run / ".hydra/config.yaml").read_text(), yaml.CSafeLoader)
    settings = {
        "network": "best/network.json",
        "seed": 0,
        "task": searched["task"],
        "generations": 1500,
        "population_size": 32,
        "episodes": 8,
        "weights": "evolve",
        "initial_weights": "shared",
    }
    write_config(folder, settings, {"task.episodes": 8} | (config or {}))
    write(folder / "status.json", {"format": FORMAT, "state": "done", "why": None})
    columns = ("random_weights", "random_shared_weight", "tuned_shared_weight", "tuned_weights")
    parts: dict[str, Any] = {
        name: None if mean is None else {"mean": mean, "std": 20.0, "trials": 100}
        for name, mean in zip(columns, means, strict=True)
    }
    if parts["random_shared_weight"]:
        parts["random_shared_weight"]["std_within"] = 7.0
    network = (run / "best/network.json").read_bytes()
    document = {
        "format": FORMAT,
        "task": "cartpole_swingup",
        "network_sha256": hashlib.sha256(network).hexdigest(),
    }
    write(folder / "tuning.json", document | parts | changed)
    return folder


def write_config(folder: Path, settings: dict[str, Any], changed: dict[str, Any]) -> None:
    """Write the settings, changed where a dotted key says so; a mapping is laid over one that is there."""
    for key, value in changed.items():
        *parents, last = key.split(".")
        part = settings
        for name in parents:
            part = part.setdefault(name, {})
        is_laid_over = isinstance(value, dict) and isinstance(part.get(last), dict)
        part[last] = part[last] | value if is_laid_over else value
    text = yaml.dump(settings, Dumper=yaml.CSafeDumper, sort_keys=False)  # OmegaConf takes ten times as long
    (folder / ".hydra/config.yaml").write_text(text)


def write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document))
