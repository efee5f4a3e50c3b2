"""A run's files: history and timing row by row, everything else whole, at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.errors import StorageError
from wannsearch.core.failures import Failure
from wannsearch.core.population import Population
from wannsearch.core.ports import Ports
from wannsearch.formats import network_json, population_jsonl
from wannsearch.records import layout
from wannsearch.records.checkpoint import Checkpoints
from wannsearch.records.files import json_bytes, strict_number, write_whole
from wannsearch.records.tables import GrowingTable, bytes_before, line
from wannsearch.search import Generation, Progress

HISTORY_COLUMNS = (
    "generation evaluations env_steps best median mean best_max best_so_far "
    "median_connections median_hidden failed best_so_far_id best_so_far_connections "
    "best_so_far_hidden"
).split()
TIMING_COLUMNS = "generation ask_s evaluate_s tell_s record_s played saved retest_s".split()


@dataclass
class RunWriter:
    """Writes into a folder that was claimed."""

    folder: Path
    ports: Ports
    weights: tuple[str, ...]
    checkpoints: Checkpoints
    continued: Progress | None = None  # where an earlier part of this run was left
    last: Generation | None = None
    _history: GrowingTable = field(init=False)
    _timing: GrowingTable = field(init=False)

    def __post_init__(self) -> None:
        tables = [(layout.HISTORY, HISTORY_COLUMNS), (layout.TIMING, TIMING_COLUMNS)]
        self._history, self._timing = (self._table(name, columns) for name, columns in tables)

    def _table(self, name: str, columns: list[str]) -> GrowingTable:
        path = self.folder / name
        until = None
        if self.continued is not None and path.exists():
            until = bytes_before(path, self.continued.next)
        return GrowingTable(path, columns, until or None)

    def generation(self, now: Generation) -> dict[str, Any]:
        """Append a generation; gives the row of the history."""
        begin = time.perf_counter()
        row = history_row(now, self.ports)
        self._history.add(row)
        before = self.last.champion.record if self.last else None
        best = now.champion.record
        if best is not None and (before is None or best.id != before.id):
            tested = "re-tested" if best.retested else "not re-tested"
            self.log(f"generation {now.number}: best {best.score!r}, {tested}, id {best.id}")
        self.last = now
        asked, played = len(now.asked), now.scores.played
        played = asked if played is None else played
        spent = {"record_s": time.perf_counter() - begin, "played": played, "saved": asked - played}
        timing = {"generation": now.number, **now.seconds, **spent}
        self._timing.add({name: timing[name] for name in TIMING_COLUMNS})
        # The last generation is computed again when a finished run is extended: only that can rank it.
        if not now.last and self.checkpoints.reached(now.then, self._history.mark):
            self._checkpoint()
        return row

    def _checkpoint(self) -> None:
        self._history.sync()
        self.checkpoints.write()

    def close(self) -> None:
        """Write the last population and the recorded best, and where the search stands; no more rows."""
        try:
            self._checkpoint()
        finally:
            self._history.close()
            self._timing.close()
        if self.last is None:
            return
        now = self.last
        self._whole(layout.RANKING, ranking(now, self.ports, self.weights).encode())
        population = population_jsonl.dumps(now.asked, self.ports, now.ids, now.parents)
        self._whole(layout.POPULATION, population)
        record = now.champion.record
        if record is not None:
            extra = {"id": record.id, "generation": record.generation}
            self.network(record.network, **extra)

    def network(self, network: Population, **extra: Any) -> None:
        """The best network (a population of one), as JSON."""
        text = network_json.dumps(network, 0, self.ports, indent=1, **extra)
        self._whole(layout.NETWORK, (text.rstrip() + "\n").encode())

    def log(self, text: str) -> None:
        """A line in run.log, with the time."""
        self._append(layout.LOG, f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}\n")

    def _append(self, name: str, text: str) -> None:
        path, content = self.folder / name, text.encode()
        try:
            with path.open("ab") as file:
                file.write(content)
        except OSError as error:
            raise StorageError(
                f"{path}: {len(content)} bytes could not be written: {error.strerror}."
            ) from error

    def failure(self, when: str, failure: Failure) -> None:
        """A line in run.log, and in failures.log all that is known."""
        self.log(f"{when}: {failure}; see {layout.FAILURES}")
        self._append(layout.FAILURES, f"{when}: {failure}\n{failure.details.rstrip()}\n\n")

    def json(self, name: str, value: Any) -> None:
        """A strict JSON file of the folder."""
        self._whole(name, json_bytes(value))

    def _whole(self, name: str, content: bytes) -> None:
        """A run folder that was taken away does not come back with a single file in it."""
        if not self.folder.is_dir():
            raise StorageError(
                f"{self.folder / name}: {len(content)} bytes could not be written: the run folder is gone."
            )
        write_whole(self.folder / name, content)


def history_row(now: Generation, ports: Ports) -> dict[str, Any]:
    """The generation in numbers; NaN where nothing succeeded."""
    sound = ~now.scores.failed
    means, record = now.scores.mean[sound], now.champion.record
    some = len(means) > 0
    return {
        "generation": now.number,
        "evaluations": now.then.evaluations,
        "env_steps": now.then.env_steps,
        "best": float(means.max()) if some else np.nan,
        "median": float(np.median(means)) if some else np.nan,
        "mean": float(means.mean()) if some else np.nan,
        "best_max": float(now.scores.max[sound].max()) if some else np.nan,
        "best_so_far": record.score if record else np.nan,
        "median_connections": float(np.median(now.asked.edges)),
        "median_hidden": float(np.median(now.asked.hidden(ports))),
        "failed": int((~sound).sum()),
        "best_so_far_id": record.id if record else "",
        "best_so_far_connections": int(record.network.edges[0]) if record else "",
        "best_so_far_hidden": int(record.network.hidden(ports)[0]) if record else "",
    }


def ranking(now: Generation, ports: Ports, weights: tuple[str, ...]) -> str:
    """The last population, best mean first, then fewer connections, then row; failed ones last."""
    scores, mean, best = now.scores.by_weight, now.scores.mean, now.scores.max
    worth = np.where(now.scores.failed, -np.inf, mean)
    rows = np.lexsort((np.arange(len(worth)), now.asked.edges, -worth))
    columns = "rank order id parent mean max connections hidden".split()
    lines = [line([*columns, *(f"score[{name}]" for name in weights)])]
    hidden = now.asked.hidden(ports)
    for rank, row in enumerate(rows, start=1):
        parents = "+".join(str(parent) for parent in now.parents[row] if parent >= 0)
        numbers = [float(mean[row]), float(best[row])]
        sizes = [now.asked.edges[row], hidden[row]]
        lines.append(
            line(
                [rank, now.order[row] + 1, now.ids[row], parents, *numbers, *sizes, *map(float, scores[row])]
            )
        )
    return "".join(lines)


def table(names: tuple[str, ...], mean: Any, std: Any) -> dict[str, Any]:
    """Weights with mean and spread, for JSON."""
    return {
        "weights": weight_values(names),
        "mean": [strict_number(value) for value in mean],
        "std": [strict_number(value) for value in std],
    }


def weight_values(names: tuple[str, ...]) -> list[float | str]:
    """Shared weights as numbers; `own` and the like as they are."""
    words = {"own", "random", "shared_random"}
    return [name if name in words else float(name) for name in names]


def size(network: Population, ports: Ports) -> dict[str, int]:
    """Nodes, hidden nodes and connections of one network."""
    return {
        "nodes": int(network.nodes[0]),
        "hidden": int(network.hidden(ports)[0]),
        "connections": int(network.edges[0]),
    }
