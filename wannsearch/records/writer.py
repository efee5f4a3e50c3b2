"""The files of a run: history and timing row by row, everything else whole at the end."""

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
from wannsearch.core.front import Front
from wannsearch.core.ports import Ports
from wannsearch.records import layout
from wannsearch.records.candidate_files import CandidateFiles
from wannsearch.records.checkpoint import CheckpointWriter
from wannsearch.records.csv_files import AppendOnlyCsv, format_line, size_before_generation
from wannsearch.records.files import encode_json, finite_or_none, write_atomically
from wannsearch.search import Generation, SearchState

_SCORE_COLUMNS = "generation evaluations env_steps best median mean best_max best_so_far".split()
TIMING_COLUMNS = "generation ask_s evaluate_s tell_s record_s evaluated deduplicated retest_s".split()


@dataclass
class RunWriter:
    """Writes the files of a run into a folder that was claimed.

    The constructor opens `history.csv` and `timing.csv`, and cuts them back to the rows before the generation
    of `resumed_state`, or empties them without one. All methods raise StorageError where the disk refuses.
    """

    folder: Path
    ports: Ports
    weight_names: tuple[str, ...]
    kind: CandidateFiles
    example_candidates: Candidates  # any of those that the method proposes
    checkpoint_writer: CheckpointWriter
    resumed_state: SearchState | None = None  # where an earlier part of this run was left
    last_generation: Generation | None = None
    _history: AppendOnlyCsv = field(init=False)
    _timing: AppendOnlyCsv = field(init=False)

    def __post_init__(self) -> None:
        csv_columns = [
            (layout.HISTORY, history_columns(self.example_candidates.sizes(self.ports), self.kind)),
            (layout.TIMING, TIMING_COLUMNS),
        ]
        self._history, self._timing = (self._open_csv(name, columns) for name, columns in csv_columns)

    def _open_csv(self, name: str, columns: list[str]) -> AppendOnlyCsv:
        path = self.folder / name
        keep_bytes = None
        if self.resumed_state is not None and path.exists():
            keep_bytes = size_before_generation(path, self.resumed_state.next_generation)
        return AppendOnlyCsv(path, columns, keep_bytes or None)

    def record_generation(self, generation: Generation) -> dict[str, Any]:
        """Append a generation to history and timing; return the row of the history.

        A new recorded best is logged, and a checkpoint is written where it is due.
        """
        start_s = time.perf_counter()
        row = history_row(generation, self.ports, self.kind)
        self._history.append_row(row)
        previous_best = self.last_generation.champion.record if self.last_generation else None
        best_record = generation.champion.record
        if best_record is not None and (previous_best is None or best_record.id != previous_best.id):
            retest_note = "re-tested" if best_record.retested else "not re-tested"
            self.log(
                f"generation {generation.number}: best {best_record.score!r}, {retest_note}, id "
                f"{best_record.id}"
            )
        self.last_generation = generation
        num_candidates, num_played = len(generation.candidates), generation.scores.num_played
        num_played = num_candidates if num_played is None else num_played
        counts = {
            "record_s": time.perf_counter() - start_s,
            "evaluated": num_played,
            "deduplicated": num_candidates - num_played,
        }
        timing = {"generation": generation.number, **generation.seconds, **counts}
        self._timing.append_row({name: timing[name] for name in TIMING_COLUMNS})
        # The last generation is computed again when a finished run is extended: only that can rank it.
        if not generation.is_last and self.checkpoint_writer.note_progress(
            generation.next_state, self._history.position
        ):
            self._write_checkpoint()
        return row

    def _write_checkpoint(self) -> None:
        self._history.sync()
        self.checkpoint_writer.write()

    def close(self) -> None:
        """Write the newest checkpoint, then ranking, front and population; no row can follow.

        The recorded best is written too, unless its final test may change it.
        """
        try:
            self._write_checkpoint()
        finally:
            self._history.close()
            self._timing.close()
        if self.last_generation is None:
            return
        generation = self.last_generation
        self.write_file(layout.RANKING, format_ranking(generation, self.ports, self.weight_names).encode())
        self.write_file(
            layout.FRONT, format_front(generation.next_state.front, self._first_size_name()).encode()
        )
        self.write_file(
            layout.POPULATION,
            self.kind.encode_population(
                generation.candidates, self.ports, generation.ids, generation.parent_ids
            ),
        )
        record = generation.champion.record
        if record is not None and self.kind.is_known_before_test:
            extra = {"id": record.id, "generation": record.generation}
            self.write_best(record.network, **extra)

    def write_best(self, candidate: Candidates, **extra: Any) -> str:
        """Write the best candidate (one row) to the file of its kind, with extra keys; return its name."""
        name, content = self.kind.encode_best(candidate, self.ports, **extra)
        self.write_file(name, content)
        return name

    def _first_size_name(self) -> str:
        return next(iter(self.example_candidates.sizes(self.ports)))

    def log(self, text: str) -> None:
        """Append a line with the local time to `run.log`."""
        self._append_text(layout.LOG, f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}\n")

    def _append_text(self, name: str, text: str) -> None:
        path, content = self.folder / name, text.encode(errors="backslashreplace")
        try:
            with path.open("ab") as file:
                file.write(content)
        except OSError as error:
            raise StorageError(
                f"{path}: {len(content)} bytes could not be written: {error.strerror}."
            ) from error

    def log_failure(self, occasion: str, failure: Failure) -> None:
        """Append a line to run.log, and the failure with its details to failures.log."""
        self.log(f"{occasion}: {failure}; see {layout.FAILURES}")
        self._append_text(layout.FAILURES, f"{occasion}: {failure}\n{failure.details.rstrip()}\n\n")

    def write_json(self, name: str, value: Any) -> None:
        """Write a value as a strict JSON file of the folder; ValueError where it holds NaN or infinity."""
        self.write_file(name, encode_json(value))

    def write_file(self, name: str, content: bytes) -> None:
        """Write the file of this name in the folder, whole or not at all.

        Raise StorageError also where the run folder was removed, which must not come back.
        """
        if not self.folder.is_dir():
            raise StorageError(
                f"{self.folder / name}: {len(content)} bytes could not be written: the run folder is gone."
            )
        write_atomically(self.folder / name, content)


def history_columns(size_names: Iterable[str], kind: CandidateFiles) -> list[str]:
    """Return the columns of `history.csv` for candidates of this kind, which have these two sizes."""
    first_size, second_size = size_names
    size_columns = [f"median_{first_size}", f"median_{second_size}", "failed", "best_so_far_id"]
    best_columns = [f"best_so_far_{first_size}", f"best_so_far_{second_size}"]
    return [*_SCORE_COLUMNS, *size_columns, *best_columns, *kind.statistics]


def history_row(generation: Generation, ports: Ports, kind: CandidateFiles) -> dict[str, Any]:
    """Return the row of a generation by column; scores are NaN where every candidate failed."""
    valid = ~generation.scores.failed_mask
    means, record = generation.scores.mean[valid], generation.champion.record
    has_valid = len(means) > 0
    sizes = generation.candidates.sizes(ports)
    first_size, second_size = sizes
    best_sizes = kind.describe_sizes(record.network, ports) if record else {first_size: "", second_size: ""}
    row = {
        "generation": generation.number,
        "evaluations": generation.next_state.evaluations,
        "env_steps": generation.next_state.env_steps,
        "best": float(means.max()) if has_valid else np.nan,
        "median": float(np.median(means)) if has_valid else np.nan,
        "mean": float(means.mean()) if has_valid else np.nan,
        "best_max": float(generation.scores.max[valid].max()) if has_valid else np.nan,
        "best_so_far": record.score if record else np.nan,
        f"median_{first_size}": float(np.median(sizes[first_size])),
        f"median_{second_size}": float(np.median(sizes[second_size])),
        "failed": int((~valid).sum()),
        "best_so_far_id": record.id if record else "",
        f"best_so_far_{first_size}": best_sizes[first_size],
        f"best_so_far_{second_size}": best_sizes[second_size],
    }
    statistics = {
        name: float(compute(means)) if has_valid else np.nan for name, compute in kind.statistics.items()
    }
    return {name: (row | statistics)[name] for name in history_columns(sizes, kind)}


def format_ranking(generation: Generation, ports: Ports, weight_names: tuple[str, ...]) -> str:
    """Return `ranking.csv`: best mean first, then the smaller first size, then row; failed candidates last.

    The first size is the connections, or the live parameters of a sub-network. `+` joins two parents.
    """
    scores, mean_score, max_score = (
        generation.scores.mean_by_weight,
        generation.scores.mean,
        generation.scores.max,
    )
    sort_scores = np.where(generation.scores.failed_mask, -np.inf, mean_score)
    sizes = generation.candidates.sizes(ports)
    first_sizes, second_sizes = sizes.values()
    rows = np.lexsort((np.arange(len(sort_scores)), first_sizes, -sort_scores))
    columns = ["rank", "method_rank", "id", "parent", "mean", "max", *sizes]
    lines = [format_line([*columns, *(f"score[{name}]" for name in weight_names)])]
    for rank, row in enumerate(rows, start=1):
        parent_text = "+".join(str(parent_id) for parent_id in generation.parent_ids[row] if parent_id >= 0)
        score_values = [float(mean_score[row]), float(max_score[row])]
        size_values = [first_sizes[row].item(), second_sizes[row].item()]
        lines.append(
            format_line(
                [
                    rank,
                    generation.rank[row] + 1,
                    generation.ids[row],
                    parent_text,
                    *score_values,
                    *size_values,
                    *map(float, scores[row]),
                ]
            )
        )
    return "".join(lines)


def format_front(front: Front, size_name: str) -> str:
    """Return `front.csv`, the front of all generations, the fewest connections (or live parameters) first.

    `size_name` is the first size of the candidates.
    """
    rows = zip(
        front.size.tolist(), front.mean.tolist(), front.generation.tolist(), front.id.tolist(), strict=True
    )
    return "".join([format_line([size_name, "mean", "generation", "id"]), *map(format_line, rows)])


def weight_table(names: tuple[str, ...], mean: Any, std: Any) -> dict[str, Any]:
    """Return "weights", "mean" and "std" for JSON, one value a weight; None where a value is not finite."""
    return {
        "weights": weight_values(names),
        "mean": [finite_or_none(value) for value in mean],
        "std": [finite_or_none(value) for value in std],
    }


def weight_values(names: tuple[str, ...]) -> list[float | str]:
    """Return shared weights as numbers; the names `own`, `random` and `shared_random` stay texts."""
    special_names = {"own", "random", "shared_random"}
    return [name if name in special_names else float(name) for name in names]
