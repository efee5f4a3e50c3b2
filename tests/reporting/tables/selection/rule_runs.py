"""Run folders of rules of parent selection, with the measures that a search leaves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from synthetic_table_runs import make_run, write

RULES: dict[str, dict[str, Any]] = {
    "published rule": {"rule": "tournament", "tournament_size": 16, "tolerance": "dynamic"},
    "lexicase": {"rule": "lexicase", "cases": 3, "tolerance": "dynamic"},
    "lexicase, static tolerance": {"rule": "lexicase", "cases": 4, "tolerance": "static"},
}
LOGIC = {"task.gate": "parity", "task.bits": 3, "task.reward": "closeness"}


def make_rule_run(
    root: Path,
    rule: str,
    seed: int,
    score: float | None,
    *,
    connections: int = 50,
    seconds: float = 10.0,
    means: Sequence[float | None] | None = None,
    sweep: Sequence[float | None] | None = None,
    solved_at: Sequence[float] | None = None,
    config: dict[str, Any] | None = None,
    **changed: Any,
) -> Path:
    """A run of this rule on the swing-up; unless given, its sweep rises by 50 a weight to its score."""
    is_random = rule == "random topology"
    settings = {"task.horizon": 1000} | ({} if is_random else {"method.parent_selection": RULES[rule]})
    folder = make_run(
        root / f"{rule.replace(' ', '_')}_{seed}_{len(list(root.glob('*')))}",
        score,
        seed=seed,
        method="random_topology" if is_random else "wann",
        config=settings | (config or {}),
        **changed,
    )
    if not (folder / "summary.json").exists():
        return folder
    summary = json.loads((folder / "summary.json").read_text())
    summary["best"]["connections"] = connections
    held_out = summary["held_out"]
    held_out["mean"] = [score] * 6 if means is None else list(means)
    if solved_at is not None:
        held_out["solved_at"] = list(solved_at)
    write(folder / "summary.json", summary)
    weights = np.linspace(-2, 2, 81)
    if sweep is None:
        sweep = [None if score is None else score - 100 + 50 * weight for weight in weights.tolist()]
    write(folder / "best/evaluation.json", {"sweep": {"weights": weights.tolist(), "mean": list(sweep)}})
    rows = [f"{number},{seconds / 4},{seconds / 4},,0" for number in (1, 2)]
    text = "\n".join(["generation,ask_s,evaluate_s,retest_s,evaluated", *rows]) + "\n"
    (folder / "timing.csv").write_text(text)
    return folder
