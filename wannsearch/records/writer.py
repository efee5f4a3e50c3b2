"""A run's files: history and timing row by row, everything else whole, at the end."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.candidates import Candidates
from wannsearch.core.errors import StorageError
from wannsearch.core.failures import Failure
from wannsearch.core.ports import Ports
from wannsearch.records import candidate_files, layout
from wannsearch.records.checkpoint import Checkpoints
from wannsearch.records.csv_files import GrowingTable, bytes_before, line
from wannsearch.records.files import json_bytes, strict_number, write_whole
from wannsearch.search import Generation, Progress

_SCORE_COLUMNS = "generation evaluations env_steps best median mean best_max best_so_far".split()
TIMING_COLUMNS = "generation ask_s evaluate_s tell_s record_s played saved retest_s".split()


@dataclass
class RunWriter:
    """Writes into a folder that was claimed."""

    folder: Path
    ports: Ports
    weights: tuple[str, ...]
    kind: Candidates  # any of those that the method proposes
    checkpoints: Checkpoints
    continued: Progress | None = None  # where an earlier part of this run was left
    last: Generation | None = None
    _history: GrowingTable = field(init=False)
    _timing: GrowingTable = field(init=False)

    def __post_init__(self) -> None:
        tables = [
            (layout.HISTORY, history_columns(self.kind.sizes(self.ports))),
            (layout.TIMING, TIMING_COLUMNS),
        ]
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
        asked, played = len(now.candidates), now.scores.played
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
        self.whole(layout.RANKING, ranking(now, self.ports, self.weights).encode())
        self.whole(layout.FRONT, front_rows(now, self.ports).encode())
        self.whole(
            layout.POPULATION, candidate_files.population(now.candidates, self.ports, now.ids, now.parents)
        )
        record = now.champion.record
        if record is not None and candidate_files.is_known_before_test(record.network):
            extra = {"id": record.id, "generation": record.generation}
            self.network(record.network, **extra)

    def network(self, network: Candidates, **extra: Any) -> None:
        """The best candidate (one row), as JSON."""
        self.whole(*candidate_files.best(network, self.ports, **extra))

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
        self.whole(name, json_bytes(value))

    def whole(self, name: str, content: bytes) -> None:
        """Write a file; a run folder that was taken away does not come back with a single file in it."""
        if not self.folder.is_dir():
            raise StorageError(
                f"{self.folder / name}: {len(content)} bytes could not be written: the run folder is gone."
            )
        write_whole(self.folder / name, content)


def history_columns(size_names: Iterable[str]) -> list[str]:
    """What `history.csv` says of candidates with these two sizes."""
    first, second = size_names
    sizes = [f"median_{first}", f"median_{second}", "failed", "best_so_far_id"]
    spread = ["std"] if first == "live_parameters" else []
    return [*_SCORE_COLUMNS, *sizes, f"best_so_far_{first}", f"best_so_far_{second}", *spread]


def history_row(now: Generation, ports: Ports) -> dict[str, Any]:
    """The generation in numbers; NaN where nothing succeeded."""
    sound = ~now.scores.failed
    means, record = now.scores.mean[sound], now.champion.record
    some = len(means) > 0
    sizes = now.candidates.sizes(ports)
    first, second = sizes
    best = candidate_files.size(record.network, ports) if record else {first: "", second: ""}
    row = {
        "generation": now.number,
        "evaluations": now.then.evaluations,
        "env_steps": now.then.env_steps,
        "best": float(means.max()) if some else np.nan,
        "median": float(np.median(means)) if some else np.nan,
        "mean": float(means.mean()) if some else np.nan,
        "best_max": float(now.scores.max[sound].max()) if some else np.nan,
        "best_so_far": record.score if record else np.nan,
        f"median_{first}": float(np.median(sizes[first])),
        f"median_{second}": float(np.median(sizes[second])),
        "failed": int((~sound).sum()),
        "best_so_far_id": record.id if record else "",
        f"best_so_far_{first}": best[first],
        f"best_so_far_{second}": best[second],
        "std": float(means.std()) if some else np.nan,
    }
    return {name: row[name] for name in history_columns(sizes)}


def ranking(now: Generation, ports: Ports, weights: tuple[str, ...]) -> str:
    """The last population, best mean first, then fewer connections, then row; failed ones last."""
    scores, mean, best = now.scores.by_weight, now.scores.mean, now.scores.max
    worth = np.where(now.scores.failed, -np.inf, mean)
    sizes = now.candidates.sizes(ports)
    first, second = sizes.values()
    rows = np.lexsort((np.arange(len(worth)), first, -worth))
    columns = ["rank", "order", "id", "parent", "mean", "max", *sizes]
    lines = [line([*columns, *(f"score[{name}]" for name in weights)])]
    for rank, row in enumerate(rows, start=1):
        parents = "+".join(str(parent) for parent in now.parents[row] if parent >= 0)
        numbers = [float(mean[row]), float(best[row])]
        counts = [first[row].item(), second[row].item()]
        lines.append(
            line(
                [rank, now.order[row] + 1, now.ids[row], parents, *numbers, *counts, *map(float, scores[row])]
            )
        )
    return "".join(lines)


def front_rows(now: Generation, ports: Ports) -> str:
    """The front of all generations, fewest connections first."""
    front, size_name = now.then.front, next(iter(now.candidates.sizes(ports)))
    rows = zip(
        front.size.tolist(), front.mean.tolist(), front.generation.tolist(), front.id.tolist(), strict=True
    )
    return "".join([line([size_name, "mean", "generation", "id"]), *map(line, rows)])


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
