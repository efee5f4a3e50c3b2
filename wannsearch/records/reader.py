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
import numpy.typing as npt

from wannsearch.core.activations import IDS
from wannsearch.core.errors import DamagedFile, StorageError
from wannsearch.core.score_names import RETURN

Floats = npt.NDArray[np.float64]
Table = dict[str, Floats]
"""Columns of a CSV file by name, all of one length."""

HISTORY = "generation evaluations best median best_so_far median_connections failed".split()
RANKING = "mean connections".split()
ROLES = ("bias", "input", "hidden", "output")


@dataclass(frozen=True)
class Origin:
    """Where a picture's numbers come from: what its title says."""

    task: str = ""
    method: str = ""
    seed: str = ""
    score_name: str = RETURN
    own_weights: bool = False  # each edge its own weight, instead of one weight that all edges share


@dataclass(frozen=True)
class Curve:
    """Mean and standard deviation over held-out episodes, one value a shared weight."""

    weights: Floats  # (K,)
    mean: Floats  # (K,)
    std: Floats  # (K,)


@dataclass(frozen=True)
class Evaluation:
    """The held-out test of the recorded best; both curves are absent where it has its own weights."""

    episodes: int
    shared_weights: Curve | None
    sweep: Curve | None


@dataclass(frozen=True)
class Network:
    """One network: nodes in the order of the file, edges as positions in that order. No cycles."""

    roles: tuple[str, ...]
    activations: tuple[str, ...]
    names: tuple[str, ...]  # what to call inputs and outputs; hidden nodes have ""
    edges: tuple[tuple[int, int], ...]  # (source, target)
    weights: tuple[float, ...]


def read_history(folder: Path) -> Table:
    """One row a generation."""
    path = folder / "history.csv"
    history = columns(path, HISTORY)
    for name in ("generation", "evaluations"):
        if np.isnan(history[name]).any() or (np.diff(history[name]) <= 0).any():
            raise DamagedFile(f"{path}, column {name!r}, does not rise from row to row.")
    return history


def read_ranking(folder: Path) -> Table:
    """Mean score and connections of the last evaluated population."""
    return columns(folder / "ranking.csv", RANKING)


def read_front(folder: Path) -> Table:
    """Score and connections of the front of all generations; it may be empty."""
    return columns(folder / "front.csv", RANKING, may_be_empty=True)


def read_origin(folder: Path) -> Origin:
    """Task, method, seed and the score's name from the summary; whose weights played, from the evaluation."""
    summary = _document(folder / "summary.json")
    own = "sweep" not in _document(folder / "best" / "evaluation.json")
    told = {key: str(summary[key]) for key in ("task", "method", "seed") if key in summary}
    best = summary.get("best")
    name = best.get("score_name", RETURN) if isinstance(best, dict) else RETURN
    return Origin(**told, score_name=str(name), own_weights=own)


def read_evaluation(folder: Path) -> Evaluation:
    """The held-out curves of the recorded best."""
    path = folder / "best" / "evaluation.json"
    document = _document(path)
    episodes = _item(path, document, "episodes", int)
    if "sweep" not in document:  # played with its own weights
        return Evaluation(episodes, None, None)
    sweep = _item(path, document, "sweep", dict)
    return Evaluation(episodes, _curve(path, document, "the file"), _curve(path, sweep, "'sweep'"))


def has_history(folder: Path) -> bool:
    """Whether the run had generations."""
    path = folder / "history.csv"
    return path.is_file() and len(_text(path).splitlines()) > 1


def read_tuning(folder: Path) -> Evaluation:
    """The held-out sweep of a tuned network; the best shared weight stands where others have their six."""
    path = folder / "tuning.json"
    document = _document(path)
    best = _item(path, document, "tuned_shared_weight", dict)
    only = {"weights": [best.get("weight")], "mean": [best.get("mean")], "std": [best.get("std")]}
    sweep = _item(path, document, "sweep", dict)
    episodes = _item(path, document, "episodes", int)
    return Evaluation(episodes, _curve(path, only, "'tuned_shared_weight'"), _curve(path, sweep, "'sweep'"))


def read_network(folder: Path) -> Network:
    """The recorded best."""
    path = folder / "best" / "network.json"
    document = _document(path)
    graph = _item(path, document, "graph", dict)
    nodes = [_row(path, node, "nodes") for node in _item(path, document, "nodes", list)]
    edges = [_row(path, edge, "edges") for edge in _item(path, document, "edges", list)]
    slot = {_item(path, node, "id", int): position for position, node in enumerate(nodes)}
    roles = tuple(_item(path, node, "role", str) for node in nodes)
    activations = tuple(
        _item(path, node, "activation", str) if role in ("hidden", "output") else "linear"
        for node, role in zip(nodes, roles, strict=True)
    )
    ends = [(_item(path, edge, "source", int), _item(path, edge, "target", int)) for edge in edges]
    weights = tuple(float(_item(path, edge, "weight", (int, float))) for edge in edges)
    rules = [
        (len(slot) < len(nodes), "gives two nodes the same id"),
        ("output" not in roles, "has no output"),
        (not set(roles) <= set(ROLES), "has a node of unknown role"),
        (not set(activations) <= set(IDS), "has a node of unknown activation"),
        (not all(end in slot for pair in ends for end in pair), "has an edge to a node that it lacks"),
        (not bool(np.isfinite(weights).all()), "has a weight that is not finite"),
    ]
    for broken, what in rules:
        if broken:
            raise DamagedFile(f"{path} {what}.")
    found = tuple((slot[source], slot[target]) for source, target in ends)
    if any(roles[target] in ("bias", "input") or roles[source] == "output" for source, target in found):
        raise DamagedFile(f"{path} has an edge into an input or out of an output.")
    try:
        topological(len(nodes), found)
    except CycleError:
        raise DamagedFile(f"{path} has a cycle.") from None
    return Network(roles, activations, _names(graph, roles), found, weights)


def topological(nodes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """All nodes, each behind every node that it hears."""
    heard: dict[int, list[int]] = {node: [] for node in range(nodes)}
    for source, target in edges:
        heard[target].append(source)
    return list(TopologicalSorter(heard).static_order())


def _names(graph: dict[str, Any], roles: Sequence[str]) -> tuple[str, ...]:
    """The names the file gives (`input_names`, `output_names`), or x1, x2, … and y1, y2, …"""
    called = {"bias": iter(["bias"])}
    for role, key, letter in (("input", "input_names", "x"), ("output", "output_names", "y")):
        count = roles.count(role)
        given = graph.get(key)
        if not isinstance(given, list) or len(given) != count:
            given = _numbered(letter, count)
        called[role] = iter([str(name) for name in given])
    return tuple(next(called[role], "bias") if role in called else "" for role in roles)


def _numbered(letter: str, count: int) -> list[str]:
    return [letter] if count == 1 else [f"{letter}{number}" for number in range(1, count + 1)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise DamagedFile(f"{path} is missing.") from None
    except UnicodeDecodeError:
        raise DamagedFile(f"{path} is not text in UTF-8.") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from None


def columns(path: Path, names: Sequence[str], may_be_empty: bool = False) -> Table:
    """These columns of a CSV file; DamagedFile where one is missing or a cell is no number."""
    try:
        rows = list(csv.reader(_text(path).splitlines(), strict=True))
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
        name: np.array([_number(path, name, row[header.index(name)]) for row in rows[1:]]) for name in names
    }


def _number(path: Path, name: str, cell: str) -> float:
    try:
        value = float(cell) if cell.strip() else np.nan
    except ValueError:
        raise DamagedFile(f"{path}, column {name!r}, has {cell[:40]!r} instead of a number.") from None
    return value if np.isfinite(value) else np.nan


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(path))
    except (ValueError, RecursionError):
        raise DamagedFile(f"{path} is not JSON.") from None
    if not isinstance(found, dict):
        raise DamagedFile(f"{path} is not a JSON object.")
    return found


def _row(path: Path, found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise DamagedFile(f"{path} has something else than objects in {where!r}.")
    return found


def _item(path: Path, document: dict[str, Any], key: str, kind: type | tuple[type, ...]) -> Any:
    if key not in document:
        raise DamagedFile(f"{path} lacks {key!r}.")
    if not isinstance(document[key], kind) or isinstance(document[key], bool):
        raise DamagedFile(f"{path} has a {key!r} of the wrong type.")
    return document[key]


def _curve(path: Path, part: dict[str, Any], where: str) -> Curve:
    columns = []
    for name in ("weights", "mean", "std"):
        values = _item(path, part, name, list)
        columns.append(
            np.array([_number(path, name, "" if value is None else str(value)) for value in values])
        )
    if len({len(column) for column in columns}) > 1 or not len(columns[0]):
        raise DamagedFile(f"{path} has weights, mean and std of different length, or none, in {where}.")
    return Curve(*columns)
