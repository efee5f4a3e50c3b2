"""Rivals of the search: does any of them beat random masks, and does it beat random search?

A rival's figure in a repeat is the mean over its networks. It passes the bar where the interval of its
difference to the search's found network, repeat by repeat, lies above 0. p-values are corrected (Holm)
over the rivals at a sparsity, for each of the two it is held against. What each was shown stands beside
it: a gain that costs more training is another finding.
"""

from __future__ import annotations

from collections.abc import Sequence

from wannsearch.reporting.statistics.comparison import holm
from wannsearch.reporting.tables.document import NOT_RUN, Record, Section, interval_record
from wannsearch.reporting.tables.weedout.arms import Arm, Arms, Role
from wannsearch.reporting.tables.weedout.comparison import against, final_accuracy, mean_of
from wannsearch.reporting.tables.weedout.experiments import Block
from wannsearch.reporting.tables.weedout.number_format import accuracy, counts, difference, p_value
from wannsearch.reporting.tables.weedout.paired_differences import Pairs

_OPPONENTS = (Role.RANDOM, Role.FOUND)
_WORDS = {Role.RANDOM: "beats random", Role.FOUND: "passes the bar"}


def rivals(block: Block, arms: Arms, levels: Sequence[float]) -> Section:
    """A row for each rival at each sparsity; rivals, and sparsities of theirs, never run have none."""
    shown = [arm for arm in arms.rivals if any(block.cell(arm, level).begun for level in levels)]
    levels = [level for level in levels if any(block.cell(arm, level).begun for arm in shown)]
    rows, records = [], []
    for level in levels:
        compared = {
            role: {arm.label: against(block, arm, arms.the(role), level) for arm in shown}
            for role in _OPPONENTS
        }
        corrected = {role: _corrected(compared[role]) for role in _OPPONENTS}
        for arm in shown:
            row, record = _begun(block, arm, level)
            for role in _OPPONENTS:
                pair = compared[role][arm.label]
                p_holm = corrected[role].get(arm.label)
                row += [difference(pair), counts(pair), p_value(p_holm), _verdict(pair)]
                record |= pair.record(f"over_{role.value}") if pair else {}
                record |= {f"over_{role.value}_p_holm": p_holm, _WORDS[role].replace(" ", "_"): _passes(pair)}
            rows.append(row)
            records.append(record)
    columns = ["sparsity", "rival", "test accuracy, %", "images, a network"]
    for role in _OPPONENTS:
        other = arms.the(role).label
        columns += [f"over {other}, points", "won/tied/lost", "p (Holm)", _WORDS[role]]
    return Section("rivals", f"Rivals: {block.label}", columns, rows, records)


def _begun(block: Block, arm: Arm, level: float) -> tuple[list[str], Record]:
    cell = block.cell(arm, level)
    found = mean_of(cell, final_accuracy)
    each, whole = (
        mean_of(cell, lambda repeat: repeat.images_each),
        mean_of(cell, lambda repeat: float(repeat.images)),
    )
    row = [f"{level:g}", arm.label, accuracy(cell), "-" if each is None else f"{each.estimate:,.0f}"]
    record: Record = {"block": block.label, "sparsity": level, "rival": arm.label, "n": len(cell.repeats)}
    record |= {"state": "run" if cell.begun else NOT_RUN}
    record |= interval_record(found, "accuracy") if found else {}
    record |= {"images_a_network": each and each.estimate, "images": whole and whole.estimate}
    return row, record


def _corrected(compared: dict[str, Pairs | None]) -> dict[str, float]:
    known = {label: pair.p_value for label, pair in compared.items() if pair is not None}
    return dict(zip(known, holm(list(known.values())).tolist(), strict=True))


def _passes(pair: Pairs | None) -> bool | None:
    return None if pair is None or pair.mean.low is None else pair.above


def _verdict(pair: Pairs | None) -> str:
    passes = _passes(pair)
    if pair is None or passes is None:
        return "not judged"
    return ("yes" if passes else "no") + (", exploratory" if pair.mean.exploratory else "")
