"""The contents of a run folder that a picture draws, checked and in arrays; `reader` opens the files.

A missing file, or a file without a value that a picture shows, raises DamagedFile in one line that names
both. A cell that is empty or not finite becomes NaN: the network failed, and the picture has a gap there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.ports import ImageShape, find_image_shape
from wannsearch.core.run_files import Columns
from wannsearch.core.score_names import RETURN
from wannsearch.formats import population_jsonl
from wannsearch.records import layout
from wannsearch.records.reader import RunFolder

HISTORY_COLUMNS = "generation evaluations best median best_so_far failed".split()
RANKING_COLUMNS = "mean connections".split()
ROLES = ("bias", "input", "hidden", "output")
UNFINISHED = "unfinished"
"""The key of the summary that is made for the pictures of an unfinished run: how far the run has come."""


@dataclass(frozen=True)
class RunLabel:
    """The run that a picture shows, as its title names it."""

    task: str = ""
    method: str = ""
    seed: str = ""
    score_name: str = RETURN
    own_weights: bool = False  # each edge has its own weight, instead of one that all edges share
    retested: bool = True  # the recorded best was re-tested before it was recorded
    state: str = ""  # of a run that is not finished, such as "stopped after generation 3 of 128"


@dataclass(frozen=True)
class SweepCurve:
    """Mean and standard deviation over held-out episodes, one value a shared weight."""

    weights: FloatArray  # (K,)
    mean: FloatArray  # (K,)
    std: FloatArray  # (K,)


@dataclass(frozen=True)
class Evaluation:
    """The held-out test of the recorded best; both curves are None where it has its own weights."""

    episodes: int
    shared_weights: SweepCurve | None
    sweep: SweepCurve | None


@dataclass(frozen=True)
class DrawnNetwork:
    """An acyclic network, with nodes in the order of the file and edges as positions in that order."""

    roles: tuple[str, ...]
    activations: tuple[str, ...]
    names: tuple[str, ...]  # of inputs and outputs; a hidden node has ""
    edges: tuple[tuple[int, int], ...]  # (source, target)
    weights: tuple[float, ...]

    @property
    def image_shape(self) -> ImageShape | None:
        """Return the shape of the image whose pixels the inputs are, or None where they are no image."""
        inputs = [name for name, role in zip(self.names, self.roles, strict=True) if role == "input"]
        return find_image_shape(inputs)

    def take(self, nodes: Sequence[int]) -> DrawnNetwork:
        """Return the network of these nodes, in this order, with the edges that run between them."""
        new_position = {old: new for new, old in enumerate(nodes)}
        edge_indices = [index for index, edge in enumerate(self.edges) if new_position.keys() >= set(edge)]
        return DrawnNetwork(
            tuple(self.roles[i] for i in nodes),
            tuple(self.activations[i] for i in nodes),
            tuple(self.names[i] for i in nodes),
            tuple((new_position[self.edges[i][0]], new_position[self.edges[i][1]]) for i in edge_indices),
            tuple(self.weights[i] for i in edge_indices),
        )

    def find_live_nodes(self) -> set[int]:
        """Return the positions of all nodes from which some output is reached, outputs included."""
        live = {node for node, role in enumerate(self.roles) if role == "output"}
        has_grown = True
        while has_grown:
            sources = {source for source, target in self.edges if target in live} - live
            live, has_grown = live | sources, bool(sources)
        return live


def read_history(folder: Path) -> Columns:
    """Return the columns of `history.csv` that a learning curve shows, one row a generation.

    The last one is the median of the first size of the candidates, such as `median_connections`.
    """
    run = RunFolder(folder)
    size_columns = [f"median_{name}" for name in run.read_size_names()[:1]]
    history = run.read_history([*HISTORY_COLUMNS, *size_columns])
    if not size_columns:
        raise DamagedFile(f"{folder / layout.HISTORY} has no column of sizes, such as 'median_connections'.")
    return history


def read_ranking(folder: Path) -> Columns:
    """Return mean score and number of connections of each candidate of the last population."""
    return RunFolder(folder).read_columns(layout.RANKING, RANKING_COLUMNS)


@dataclass(frozen=True)
class RankedNetwork:
    """A network of the last population, by its rank in `ranking.csv`."""

    id: int
    mean: float  # score
    network: DrawnNetwork


def read_ranked_network(folder: Path, rank: int) -> RankedNetwork:
    """Return the network of this rank, 1 for the best, from `ranking.csv` and `population.jsonl.gz`.

    Raise ConfigError where there is no such rank or the population is of another kind than networks.
    """
    ranking = RunFolder(folder).read_columns(layout.RANKING, ["rank", "id", "mean"])
    rows = np.flatnonzero(ranking["rank"] == rank)
    if not len(rows):
        raise ConfigError(f"rank is {rank}; the last population has ranks 1..{len(ranking['rank'])}.")
    network_id, mean = int(ranking["id"][rows[0]]), float(ranking["mean"][rows[0]])
    path = folder / layout.POPULATION
    return RankedNetwork(
        network_id, mean, parse_network(path, population_jsonl.read_document(path, network_id))
    )


def read_front(folder: Path) -> Columns:
    """Return mean score and connections of the front of all generations; the columns may be empty."""
    return RunFolder(folder).read_columns(layout.FRONT, RANKING_COLUMNS, may_be_empty=True)


def read_label(folder: Path) -> RunLabel:
    """Return the label of a run, from `summary.json` and `best/evaluation.json`; both must exist.

    A name that the summary lacks is empty. A summary with `unfinished` needs no evaluation
    (`commands.unfinished_run`).
    """
    run = RunFolder(folder)
    summary = run.read_summary()
    state = str(summary.get(UNFINISHED, ""))
    own_weights = bool(summary.get("own_weights")) if state else "sweep" not in run.read_evaluation()
    fields = {key: str(summary[key]) for key in ("task", "method", "seed") if key in summary}
    best = summary.get("best")
    best = best if isinstance(best, dict) else {}
    return RunLabel(
        **fields,
        score_name=str(best.get("score_name", RETURN)),
        own_weights=own_weights,
        retested=best.get("retested") is not False,
        state=state,
    )


def read_evaluation(folder: Path) -> Evaluation:
    """Return the held-out curves of the recorded best, without curves where it has its own weights."""
    path, document = folder / layout.EVALUATION, RunFolder(folder).read_evaluation()
    episodes = _get_item(path, document, "episodes", int)
    if "sweep" not in document:
        return Evaluation(episodes, None, None)
    sweep = _get_item(path, document, "sweep", dict)
    return Evaluation(episodes, _read_curve(path, document, "the file"), _read_curve(path, sweep, "'sweep'"))


def has_history(folder: Path) -> bool:
    """Return whether `history.csv` exists and has at least one row; DamagedFile where it is damaged."""
    run = RunFolder(folder)
    return (
        run.has_file(layout.HISTORY)
        and len(run.read_history(("generation",), may_be_empty=True)["generation"]) > 0
    )


def read_tuned_sweep(folder: Path) -> Evaluation:
    """Return the held-out sweep of a tuned network; its best shared weight is the only searched weight."""
    path, document = folder / layout.TUNING, RunFolder(folder).read_tuning().document
    best = _get_item(path, document, "tuned_shared_weight", dict)
    shared = {"weights": [best.get("weight")], "mean": [best.get("mean")], "std": [best.get("std")]}
    sweep = _get_item(path, document, "sweep", dict)
    episodes = _get_item(path, document, "episodes", int)
    return Evaluation(
        episodes, _read_curve(path, shared, "'tuned_shared_weight'"), _read_curve(path, sweep, "'sweep'")
    )


def read_network(folder: Path) -> DrawnNetwork:
    """Return the recorded best for drawing; raise the errors of `parse_network`."""
    return parse_network(folder / layout.NETWORK, RunFolder(folder).read_network())


def parse_network(path: Path, document: dict[str, Any]) -> DrawnNetwork:
    """Return the network in this document of `formats.network_json` for drawing; `path` is for errors.

    Raise DamagedFile where it is not acyclic, has no output, an unknown role or activation, a weight that is
    not finite, or an edge into an input or out of an output.
    """
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
    """Return all nodes, each after the sources of its edges; CycleError where there is a cycle."""
    sources: dict[int, list[int]] = {node: [] for node in range(num_nodes)}
    for source, target in edges:
        sources[target].append(source)
    return list(TopologicalSorter(sources).static_order())


def _node_names(graph: dict[str, Any], roles: Sequence[str]) -> tuple[str, ...]:
    """Return the names in the file (`input_names`, `output_names`), or x1, x2, … and y1, y2, …

    A single input is x and a single output y; the bias is `bias`, a hidden node has an empty name.
    """
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


def _parse_number(path: Path, name: str, cell: str) -> float:
    try:
        value = float(cell) if cell.strip() else np.nan
    except ValueError:
        raise DamagedFile(f"{path}, column {name!r}, has {cell[:40]!r} instead of a number.") from None
    return value if np.isfinite(value) else np.nan


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
