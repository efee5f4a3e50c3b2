"""The records of an unfinished run, as far as pictures need them, in a folder of their own.

A run that was stopped has written its ranking, population and best network. One that was killed, or still
runs, has a history and checkpoints only: its best network and its front come from the newest checkpoint. The
run folder itself is only read. The summary in the new folder says how far the run has come.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wannsearch.commands.hydra.build import build, build_dataclass
from wannsearch.core.errors import ConfigError, DamagedFile, WannsearchError
from wannsearch.core.score_names import name_fitness
from wannsearch.records import layout
from wannsearch.records.files import encode_json, write_atomically
from wannsearch.records.plot_data import UNFINISHED
from wannsearch.records.reader import RunFolder
from wannsearch.records.run_status import RunState, RunStatus, read_status

_UNKNOWN_SCORE = "score"
_CLOSED_STATES = (RunState.STOPPED, RunState.FAILED)  # these runs have written what they had


@dataclass(frozen=True)
class RunRecords:
    """A folder with the records of a run."""

    folder: Path
    has_population: bool
    notes: list[str] = field(default_factory=list)  # lines about what could not be restored


@contextmanager
def open_records(run: Path) -> Iterator[RunRecords]:
    """Yield the records of a run: its folder, or of an unfinished run one that exists inside this context.

    Raise DamagedFile where the run's status or history is damaged, ConfigError where it has no generation.
    """
    if RunFolder(run).has_file(layout.SUMMARY):
        yield RunRecords(run, has_population=True)
        return
    status = read_status(run)
    if status.state is RunState.DAMAGED:
        raise DamagedFile(f"{run}: {status.why}")
    if status.state is RunState.DONE:
        raise DamagedFile(f"{run / layout.SUMMARY} is missing.")
    if not status.generation:
        raise ConfigError(f"{run} has no generation yet; there is nothing to draw.")
    with TemporaryDirectory(prefix="wannsearch-records-") as name:
        yield _restore_records(status, Path(name))


def _restore_records(status: RunStatus, folder: Path) -> RunRecords:
    run, notes = status.folder, []
    history = (run / layout.HISTORY).read_bytes()
    write_atomically(folder / layout.HISTORY, history[: history.rfind(b"\n") + 1])  # a killed run may have a
    names = (layout.RANKING, layout.FRONT, layout.POPULATION, layout.NETWORK)  # row that was cut off
    is_closed = status.state in _CLOSED_STATES
    for name in names if is_closed else ():
        if RunFolder(run).has_file(name):
            write_atomically(folder / name, (run / name).read_bytes())
    config, score_name = RunFolder(run).read_config(), _UNKNOWN_SCORE
    try:
        if "method" in config:
            score_name = _restore_checkpoint(config, run, folder)
        else:
            score_name = name_fitness(build("task", config["task"]), build("evaluator", config["evaluator"]))
    except WannsearchError as error:
        notes.append(f"{run}: its checkpoint cannot be read: {error}")
    generations = "" if status.generations is None else f" of {status.generations:,}"
    summary = {
        "format": layout.FORMAT,
        "task": status.task or "",
        "method": status.method or "",
        "seed": status.seed,
        UNFINISHED: f"{status.state.value} after generation {status.generation:,}{generations}",
        "own_weights": _has_own_weights(config),
        "best": {"score_name": score_name},
    }
    write_atomically(folder / layout.SUMMARY, encode_json(summary))
    return RunRecords(folder, RunFolder(folder).has_file(layout.POPULATION), notes)


def _restore_checkpoint(config: dict[str, Any], run: Path, folder: Path) -> str:
    """Write best network and front of the newest checkpoint, unless they exist; return the score's name."""
    from wannsearch.commands.search import RunSettings, build_search
    from wannsearch.kinds.candidate_kind import find_kind
    from wannsearch.records.checkpoint import load_newest
    from wannsearch.records.writer import format_front

    search = build_search(build_dataclass(RunSettings, "", config))
    score_name, ports = name_fitness(search.task, search.evaluator), search.task.ports
    if RunFolder(folder).has_file(layout.FRONT):
        return score_name
    checkpoint = load_newest(run, search, lambda _: None)
    if checkpoint is None:
        return score_name
    search_state = checkpoint.search_state
    candidates = search.method.ask(search.initial_state().method_state)
    size_name = next(iter(candidates.sizes(ports)))
    write_atomically(folder / layout.FRONT, format_front(search_state.front, size_name).encode())
    record = search_state.champion.record
    if record is not None:
        name, content = find_kind(candidates).encode_best(
            record.network, ports, id=record.id, generation=record.generation
        )
        write_atomically(folder / name, content)
    return score_name


def _has_own_weights(config: dict[str, Any]) -> bool:
    trials = config.get("trials")
    return not isinstance(trials, dict) or trials.get("shared_weights") is None
