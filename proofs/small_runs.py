"""The runs that faults are tried on: real searches of a second, and what a run promises byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wannsearch.commands.hydra.build import build, build_dataclass
from wannsearch.commands.search import RunSettings
from wannsearch.records.checkpoint import LoadedCheckpoint, load_newest
from wannsearch.records.csv_files import check_prefix
from wannsearch.records.stored_config import read_config
from wannsearch.search import Search

_SMALL = ["method=wann", "method.population_size=16", "held_out.episodes=3", "held_out.sweep_weights=5"]
_SMALL += ["retest.repeats=2", "display=off", "evaluator.threads=1"]

PLAYED = {
    "cartpole": ["task=cartpole", "task.horizon=100", *_SMALL],
    "cartpole_swingup": ["task=cartpole_swingup", "task.horizon=100", *_SMALL],
    "logic": ["task=logic", *_SMALL],
}
RUNS = PLAYED | {
    "weedout": [  # loads torch, which takes memory
        "experiment=weedout_digits",
        "method.parent_network.layers=[16]",
        "method.population_size=4",
        "evaluator.early_steps=2",
        "evaluator.epochs=2",
        "evaluator.threads=1",
        "display=off",
    ],
}
EVERY = ["checkpoint.every=1", "checkpoint.min_seconds=0"]
THROTTLED = ["checkpoint.every=3", "checkpoint.min_seconds=0.05"]

PROMISED = ("history.csv", "ranking.csv", "front.csv", "population.jsonl.gz", "summary.json", "best", "plots")


def promised(run: Path) -> dict[str, bytes]:
    """The files whose bytes are promised."""
    paths = [
        path for name in PROMISED for path in ([run / name] if (run / name).is_file() else _in(run / name))
    ]
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in paths}


def _in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def names(run: Path) -> set[str]:
    """Every file of the folder."""
    return {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}


def unlike(run: Path, reference: Path) -> list[str]:
    """Promised files that differ, and files that one folder has and the other has not."""
    ours, theirs = promised(run), promised(reference)
    differing = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
    return sorted(differing | (names(run) ^ names(reference)))


def search_of(run: Path) -> Search:
    """The search that the folder's config describes."""
    config: Any = build_dataclass(RunSettings, "", read_config(run / ".hydra/config.yaml"))
    groups = ("task", "method", "evaluator", "trials")
    parts = {group: build(group, getattr(config, group)) for group in groups}
    return Search(
        **parts,
        retest=config.retest,
        seed=config.seed,
        generations=config.generations,
        stop_at=config.stop_at,
    )


def standing(run: Path, search: Search) -> LoadedCheckpoint | None:
    """The checkpoint that a continuation would begin with."""
    return load_newest(run, search, lambda mark: check_prefix(run / "history.csv", mark))
