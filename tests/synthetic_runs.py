"""Run folders made up for tests, with numbers that look like those of a search."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from wannsearch.core.activations import ACTIVATION_NAMES
from wannsearch.records.layout import FORMAT

SEARCHED = [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]


def random_document(hidden: int, edges: int, inputs: int = 5, outputs: int = 1, seed: int = 0) -> dict:
    """A network file with edges that climb; ids are neither dense nor in slot order."""
    rng = np.random.default_rng(seed)
    roles = ["bias", *["input"] * inputs, *["hidden"] * hidden, *["output"] * outputs]
    ids = [int(i) * 3 for i in rng.permutation(len(roles))]
    pairs = [
        (s, t)
        for s in range(len(roles) - outputs)
        for t in range(max(s + 1, inputs + 1), len(roles))
        if t - s < max(12, inputs + 2)
    ]
    chosen = rng.choice(len(pairs), min(edges, len(pairs)), replace=False)
    return {
        "format": "wannsearch-network",
        "version": 1,
        "graph": {"inputs": inputs, "outputs": outputs},
        "nodes": [
            {"id": ids[i], "role": role, "activation": ACTIVATION_NAMES[1 + int(rng.integers(10))]}
            for i, role in enumerate(roles)
        ],
        "edges": [
            {"source": ids[pairs[i][0]], "target": ids[pairs[i][1]], "weight": float(rng.normal())}
            for i in sorted(chosen)
        ],
    }


def build_run(run: Path, *, generations: int = 60, own: bool = False, **summary: object) -> Path:
    """A whole run folder."""
    rng = np.random.default_rng(1)
    (run / "best").mkdir(parents=True)
    time = np.arange(1, generations + 1)
    best = 900 * (1 - np.exp(-time / 25)) * (1 + 0.03 * rng.normal(size=generations))
    columns = {
        "generation": time,
        "evaluations": time * 192,
        "env_steps": time * 192 * 6000,
        "best": best,
        "median": best * 0.4 + 10 * rng.normal(size=generations),
        "mean": best * 0.45,
        "best_max": best * 1.1,
        "best_so_far": np.maximum.accumulate(best * 0.93),
        "median_connections": np.round(4 + time * 0.6),
        "median_hidden": np.round(time * 0.3),
        "failed": np.zeros(generations, int),
    }
    write_csv(run / "history.csv", columns)
    connections = rng.integers(4, 60, 192)
    mean = np.round(850 * (1 - np.exp(-connections / 18)) * rng.uniform(0.2, 1, 192), -1)
    scores = {"score[own]": mean} if own else {f"score[{w:g}]": mean for w in SEARCHED}
    ranks = {name: np.arange(1, 193) for name in ("rank", "order", "id", "parent")}
    write_csv(
        run / "ranking.csv",
        ranks | {"mean": mean, "max": mean * 1.1, "connections": connections, "hidden": connections} | scores,
    )
    front = np.lexsort((-mean, connections))
    front = front[np.concatenate([[True], np.diff(np.maximum.accumulate(mean[front])) > 0])]
    write_csv(
        run / "front.csv",
        {"connections": connections[front], "mean": mean[front], "generation": front, "id": front},
    )
    sweep = np.linspace(-2, 2, 81)
    height = 820 * (1 - np.exp(-((sweep / 0.35) ** 2))) - 40 * sweep
    evaluation: dict[str, object] = {
        "task": "cartpole_swingup", "network": "best/network.json", "protocol": "held-out", "episodes": 100,
        "seeds": "0..99",
    }  # fmt: skip
    if own:
        evaluation |= {"weights": ["own"], "mean": [812.5], "std": [33.1]}
    else:
        evaluation |= {
            "weights": SEARCHED,
            "mean": np.interp(SEARCHED, sweep, height).tolist(),
            "std": [60.0] * 6,
        }
        evaluation["sweep"] = {
            "weights": sweep.tolist(), "mean": height.tolist(), "std": (40 + 20 * np.cos(3 * sweep)).tolist()
        }  # fmt: skip
    write_json(run / "best" / "evaluation.json", evaluation)
    write_json(run / "best" / "network.json", random_document(12, 26))
    told = {"format": FORMAT, "task": "cartpole_swingup", "method": "wann", "seed": 3} | summary
    told["best"] = {"score_name": told.pop("score_name", "return")}
    write_json(run / "summary.json", told)
    return run


def write_csv(path: Path, columns: dict[str, object]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))  # type: ignore[arg-type]


def write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")
