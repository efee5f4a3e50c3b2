"""Runs of the Weedout experiment, put where they are compared.

A block is one experiment: everything is shared but the seed, the sparsity, the method, its mask rule
and how many networks it proposes. Within a block, a cell holds the repeats of an arm at a sparsity. The
dense arm has one cell for all sparsities, since it has none. What is not in a cell has a reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wannsearch.core.errors import WannsearchError
from wannsearch.formats.untrusted import is_finite_number
from wannsearch.records.run_status import State
from wannsearch.reporting.plots.style import plain
from wannsearch.reporting.tables.run import Run
from wannsearch.reporting.tables.weedout.arms import Arm, Arms, Key, Role, key_of, told
from wannsearch.reporting.tables.weedout.repeats import Repeat, read_repeat

Level = float | None
"""A sparsity; None is the dense arm's."""

_SPARSITY = "method.sparsity"
_COMPARED = (
    "task.split_seed", _SPARSITY, "method._target_", "method.rule", "method.population_size", "generations"
)  # fmt: skip
_ROUNDING = 1e-9
_MOST_KEYS = 4
_LONGEST_VALUE = 30


@dataclass
class Cell:
    """The repeats of an arm at a sparsity, by seed, and how many more were begun."""

    repeats: dict[Key, Repeat] = field(default_factory=dict)
    failed: int = 0
    unfinished: int = 0

    @property
    def begun(self) -> int:
        """Repeats of any state."""
        return len(self.repeats) + self.failed + self.unfinished


@dataclass
class Block:
    """One experiment."""

    label: str
    settings: Mapping[str, Any]  # that its runs share
    cells: dict[tuple[str, Level], Cell] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)  # why runs are in no cell, a line each
    again: list[str] = field(default_factory=list)  # the dense arm's at other sparsities, the same each time

    def cell(self, arm: Arm, level: Level) -> Cell:
        """Of this arm; an empty one where nothing was run."""
        return self.cells.get((arm.label, None if arm.role is Role.DENSE else level), Cell())

    @property
    def levels(self) -> list[float]:
        """Sparsities of any arm, rising."""
        return sorted({level for _, level in self.cells if level is not None})


@dataclass(frozen=True)
class Blocks:
    """All experiments, and runs that are of none."""

    blocks: tuple[Block, ...]
    reasons: tuple[str, ...]


def blocks(
    runs: Iterable[Run], left_out: Iterable[tuple[Run, str]], arms: Arms, ignored: Sequence[str]
) -> Blocks:
    """Every run in its cells; `ignored` are keys, dotted, that change no result.

    `left_out` are runs that count for nothing, with a reason.
    """
    reasons: list[str] = []
    others = 0
    mine: list[tuple[Arm, Run, str | None]] = []
    methods = {arm.method for arm in arms.all}
    for run, why in [*((run, None) for run in runs), *left_out]:
        arm = arms.of(run)
        if arm is not None:
            mine.append((arm, run, why))
        elif run.method in methods:
            reasons.append(f"{run.folder}: it fits no arm of this table.")
        else:
            others += 1
    if others:
        reasons.append(f"{others} runs of other methods are not of this table.")
    mine.sort(key=lambda one: (one[1].seed, one[1].state is not State.DONE, str(one[1].folder)))
    found: dict[str, Block] = {}
    for arm, run, _ in mine:
        if not arm.free:
            _block(found, _shared(run, ignored))
    for arm, run, why in mine:
        shared = _shared(run, ignored)
        homes = [block for block in found.values() if _same(block.settings, shared, arm.free)]
        for block in homes or [_block(found, shared)]:
            _placed(block, arm, run, why)
    several = [found[key] for key in sorted(found)]
    for block, label in zip(several, _labels([block.settings for block in several]), strict=True):
        block.label = label
    return Blocks(tuple(several), tuple(sorted(reasons)))


def _shared(run: Run, ignored: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in run.settings.items() if not _below(key, (*_COMPARED, *ignored))}


def _below(key: str, parts: Sequence[str]) -> bool:
    return any(key == part or key.startswith(f"{part}.") for part in parts)


def _same(a: Mapping[str, Any], b: Mapping[str, Any], free: Sequence[str]) -> bool:
    keys = (key for key in {*a, *b} if not _below(key, free))
    return all(repr(a.get(key, ...)) == repr(b.get(key, ...)) for key in keys)


def _block(found: dict[str, Block], shared: dict[str, Any]) -> Block:
    return found.setdefault(json.dumps(shared, sort_keys=True), Block("", shared))


def _placed(block: Block, arm: Arm, run: Run, why: str | None) -> None:
    sparsity = run.settings.get(_SPARSITY)
    if arm.role is not Role.DENSE and not is_finite_number(sparsity):
        block.reasons.append(f"{run.folder}: its method.sparsity is no number.")
        return
    level = None if arm.role is Role.DENSE else float(sparsity)  # type: ignore[arg-type]  # a number
    cell = block.cells.setdefault((arm.label, level), Cell())
    where = arm.label if level is None else f"{arm.label} at sparsity {level:g}"
    known = cell.repeats.get(key_of(run))
    if known is not None:
        line = f"{run.folder}: {told(known.key)} of {where} is there already, {known.folder}"
        other = _other_accuracy(run, known)
        kept = block.again if level is None and not other else block.reasons
        kept.append(f"{line}{other}.")
    elif why is not None:
        cell.unfinished += 1
        block.reasons.append(f"{run.folder}: {where}: {why}.")
    elif run.state is State.FAILED:
        cell.failed += 1
        block.reasons.append(f"{run.folder}: {where} failed: {plain(run.why or 'no reason told', 200)}")
    else:
        try:
            cell.repeats[key_of(run)] = read_repeat(run)
        except (WannsearchError, OSError) as error:
            cell.failed += 1
            text = " ".join(str(error).split())
            block.reasons.append(text if str(run.folder) in text else f"{run.folder}: {text}")


def _other_accuracy(run: Run, known: Repeat) -> str:
    if run.state is not State.DONE:
        return ""
    try:
        accuracy = read_repeat(run).accuracy
    except (WannsearchError, OSError):
        return ""
    same = abs(accuracy - known.accuracy) < _ROUNDING
    return "" if same else f", and was tested at {known.accuracy:.2f} %, not {accuracy:.2f} %"


def _labels(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Task, parent and what is masked; then the keys in which the blocks differ."""
    names = sorted({key for one in settings for key in one})
    differing = [key for key in names if len({repr(one.get(key, ...)) for one in settings}) > 1]
    labels = []
    for one in settings:
        task, parent = (_module(one.get(f"{part}._target_")) for part in ("task", "method.parent"))
        begun = f"{task} · {parent} · {plain(str(one.get('method.granularity')), _LONGEST_VALUE)} masked"
        words = [
            f"{key.removeprefix('method.')}={plain(str(one.get(key)), _LONGEST_VALUE)}"
            for key in differing
            if key not in ("task._target_", "method.parent._target_", "method.granularity")
        ]
        more = [*words[:_MOST_KEYS], "…"] if len(words) > _MOST_KEYS else words
        labels.append(", ".join([begun, *more]))
    return [
        label if labels.count(label) == 1 else f"{label} ({place})"
        for place, label in enumerate(labels, start=1)
    ]


def _module(target: object) -> str:
    words = str(target).split(".")
    return plain(words[-2] if len(words) > 1 else words[0], _LONGEST_VALUE)
