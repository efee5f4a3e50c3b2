"""What the pictures need from a run folder: read from its files, checked, nothing more.

A file that is missing, or lacks something a picture shows, raises DamagedFile with one line that
names both. A cell that is empty or not finite becomes NaN: the network failed, and the picture
leaves a gap there.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import DamagedFile, StorageError
from wannsearch.core.score_names import RETURN

Columns = dict[str, FloatArray]
"""Columns of a CSV file by name, all of one length."""

HISTORY_COLUMNS = "generation evaluations best median best_so_far median_connections failed".split()
RANKING_COLUMNS = "mean connections".split()
ROLES = ("bias", "input", "hidden", "output")


@dataclass(frozen=True)
class RunLabel:
    """Where a picture's numbers come from: what its title says."""

    task: str = ""
    method: str = ""
    seed: str = ""
    score_name: str = RETURN
    own_weights: bool = False  # each edge its own weight, instead of one weight that all edges share


@dataclass(frozen=True)
class SweepCurve:
    """Mean and standard deviation over held-out episodes, one value a shared weight."""

    weights: FloatArray  # (K,)
    mean: FloatArray  # (K,)
    std: FloatArray  # (K,)


@dataclass(frozen=True)
class Evaluation:
    """The held-out test of the recorded best; both curves are absent where it has its own weights."""

    episodes: int
    shared_weights: SweepCurve | None
    sweep: SweepCurve | None


@dataclass(frozen=True)
class DrawnNetwork:
    """One network: nodes in the order of the file, edges as positions in that order. No cycles."""

    roles: tuple[str, ...]
    activations: tuple[str, ...]
    names: tuple[str, ...]  # what to call inputs and outputs; hidden nodes have ""
    edges: tuple[tuple[int, int], ...]  # (source, target)
    weights: tuple[float, ...]


def read_history(folder: Path) -> Columns:
    """One row a generation."""
    path = folder / "history.csv"
    history = read_columns(path, HISTORY_COLUMNS)
    for name in ("generation", "evaluations"):
        if np.isnan(history[name]).any() or (np.diff(history[name]) <= 0).any():
            raise DamagedFile(f"{path}, column {name!r}, does not rise from row to row.")
    return history


def read_ranking(folder: Path) -> Columns:
    """Mean score and connections of the last evaluated population."""
    return read_columns(folder / "ranking.csv", RANKING_COLUMNS)


def read_front(folder: Path) -> Columns:
    """Score and connections of the front of all generations; it may be empty."""
    return read_columns(folder / "front.csv", RANKING_COLUMNS, may_be_empty=True)


def read_label(folder: Path) -> RunLabel:
    """Task, method, seed and the score's name from the summary; whose weights played, from the evaluation."""
    summary = _read_json_object(folder / "summary.json")
    own_weights = "sweep" not in _read_json_object(folder / "best" / "evaluation.json")
    fields = {key: str(summary[key]) for key in ("task", "method", "seed") if key in summary}
    best = summary.get("best")
    name = best.get("score_name", RETURN) if isinstance(best, dict) else RETURN
    return RunLabel(**fields, score_name=str(name), own_weights=own_weights)


def read_evaluation(folder: Path) -> Evaluation:
    """The held-out curves of the recorded best."""
    path = folder / "best" / "evaluation.json"
    document = _read_json_object(path)
    episodes = _get_item(path, document, "episodes", int)
    if "sweep" not in document:  # played with its own weights
        return Evaluation(episodes, None, None)
    sweep = _get_item(path, document, "sweep", dict)
    return Evaluation(episodes, _read_curve(path, document, "the file"), _read_curve(path, sweep, "'sweep'"))


def has_history(folder: Path) -> bool:
    """Whether the run had generations."""
    path = folder / "history.csv"
    return path.is_file() and len(_read_text(path).splitlines()) > 1


def read_tuned_sweep(folder: Path) -> Evaluation:
    """The held-out sweep of a tuned network; the best shared weight stands where others have their six."""
    path = folder / "tuning.json"
    document = _read_json_object(path)
    best = _get_item(path, document, "tuned_shared_weight", dict)
    shared = {"weights": [best.get("weight")], "mean": [best.get("mean")], "std": [best.get("std")]}
    sweep = _get_item(path, document, "sweep", dict)
    episodes = _get_item(path, document, "episodes", int)
    return Evaluation(
        episodes, _read_curve(path, shared, "'tuned_shared_weight'"), _read_curve(path, sweep, "'sweep'")
    )


def read_network(folder: Path) -> DrawnNetwork:
    """The recorded best."""
    path = folder / "best" / "network.json"
    document = _read_json_object(path)
    graph = _get_item(path, document, "graph", dict)
    nodes = [_check_object(path, node, "nodes") for node in _get_item(path, document, "nodes", list)]
    edges = [_check_object(path, edge, "edges") for edge in _get_item(path, document, "edges", list)]
    position_of_id = {_get_item(path, node, "id", int): position for position, node in enumerate(nodes)}
    roles = tuple(_get_item(path, node, "role", str) for node in nodes)
    activations = tuple(
        _get_item(path, node, "activation", str) if role in ("hidden", "output") else "linear"
        for node, role in zip(nodes, roles, strict=True)
    )
    edge_ids = [
        (_get_item(path, edge, "source", int), _get_item(path, edge, "target", int)) for edge in edges
    ]
    weights = tuple(float(_get_item(path, edge, "weight", (int, float))) for edge in edges)
    checks = [
        (len(position_of_id) < len(nodes), "gives two nodes the same id"),
        ("output" not in roles, "has no output"),
        (not set(roles) <= set(ROLES), "has a node of unknown role"),
        (not set(activations) <= set(ACTIVATION_IDS), "has a node of unknown activation"),
        (
            not all(end in position_of_id for pair in edge_ids for end in pair),
            "has an edge to a node that it lacks",
        ),
        (not bool(np.isfinite(weights).all()), "has a weight that is not finite"),
    ]
    for is_broken, problem in checks:
        if is_broken:
            raise DamagedFile(f"{path} {problem}.")
    links = tuple((position_of_id[source], position_of_id[target]) for source, target in edge_ids)
    if any(roles[target] in ("bias", "input") or roles[source] == "output" for source, target in links):
        raise DamagedFile(f"{path} has an edge into an input or out of an output.")
    try:
        topological_order(len(nodes), links)
    except CycleError:
        raise DamagedFile(f"{path} has a cycle.") from None
    return DrawnNetwork(roles, activations, _node_names(graph, roles), links, weights)


def topological_order(num_nodes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """All nodes, each behind every node that it hears."""
    sources: dict[int, list[int]] = {node: [] for node in range(num_nodes)}
    for source, target in edges:
        sources[target].append(source)
    return list(TopologicalSorter(sources).static_order())


def _node_names(graph: dict[str, Any], roles: Sequence[str]) -> tuple[str, ...]:
    """The names the file gives (`input_names`, `output_names`), or x1, x2, … and y1, y2, …"""
    names_by_role = {"bias": iter(["bias"])}
    for role, key, letter in (("input", "input_names", "x"), ("output", "output_names", "y")):
        count = roles.count(role)
        names = graph.get(key)
        if not isinstance(names, list) or len(names) != count:
            names = _number_names(letter, count)
        names_by_role[role] = iter([str(name) for name in names])
    return tuple(next(names_by_role[role], "bias") if role in names_by_role else "" for role in roles)


def _number_names(letter: str, count: int) -> list[str]:
    return [letter] if count == 1 else [f"{letter}{number}" for number in range(1, count + 1)]


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise DamagedFile(f"{path} is missing.") from None
    except UnicodeDecodeError:
        raise DamagedFile(f"{path} is not text in UTF-8.") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from None


def read_columns(path: Path, names: Sequence[str], may_be_empty: bool = False) -> Columns:
    """These columns of a CSV file; DamagedFile where one is missing or a cell is no number."""
    try:
        rows = list(csv.reader(_read_text(path).splitlines(), strict=True))
    except csv.Error as error:
        raise DamagedFile(f"{path} is not CSV: {error}.") from None
    header = rows[0] if rows else []
    for name in names:
        if name not in header:
            raise DamagedFile(f"{path} lacks the column {name!r}.")
    if len(rows) < 2 and not may_be_empty:
        raise DamagedFile(f"{path} has no rows.")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise DamagedFile(f"{path}, line {number}, has {len(row)} cells instead of {len(header)}.")
    return {
        name: np.array([_parse_number(path, name, row[header.index(name)]) for row in rows[1:]])
        for name in names
    }


def _parse_number(path: Path, name: str, cell: str) -> float:
    try:
        value = float(cell) if cell.strip() else np.nan
    except ValueError:
        raise DamagedFile(f"{path}, column {name!r}, has {cell[:40]!r} instead of a number.") from None
    return value if np.isfinite(value) else np.nan


def _read_json_object(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(_read_text(path))
    except (ValueError, RecursionError):
        raise DamagedFile(f"{path} is not JSON.") from None
    if not isinstance(document, dict):
        raise DamagedFile(f"{path} is not a JSON object.")
    return document


def _check_object(path: Path, value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DamagedFile(f"{path} has something else than objects in {key!r}.")
    return value


def _get_item(path: Path, document: dict[str, Any], key: str, kind: type | tuple[type, ...]) -> Any:
    if key not in document:
        raise DamagedFile(f"{path} lacks {key!r}.")
    if not isinstance(document[key], kind) or isinstance(document[key], bool):
        raise DamagedFile(f"{path} has a {key!r} of the wrong type.")
    return document[key]


def _read_curve(path: Path, part: dict[str, Any], key: str) -> SweepCurve:
    columns = []
    for name in ("weights", "mean", "std"):
        values = _get_item(path, part, name, list)
        columns.append(
            np.array([_parse_number(path, name, "" if value is None else str(value)) for value in values])
        )
    if len({len(column) for column in columns}) > 1 or not len(columns[0]):
        raise DamagedFile(f"{path} has weights, mean and std of different length, or none, in {key}.")
    return SweepCurve(*columns)
