"""The parts of the Weedout table that hold the search against random masks, a row a sparsity."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wannsearch.reporting.statistics.interval import Interval
from wannsearch.reporting.tables.document import NOT_RUN, Record, Section, interval_record, refuse_verdict
from wannsearch.reporting.tables.weedout.arms import Arms
from wannsearch.reporting.tables.weedout.comparison import (
    Figures,
    by_seed,
    final_accuracy,
    mean_of,
    standard_error,
)
from wannsearch.reporting.tables.weedout.experiments import Block, Cell
from wannsearch.reporting.tables.weedout.number_format import (
    accuracy,
    counts,
    difference,
    missing,
    p_value,
    percent,
    signed,
    signed_between,
    states,
    told_p,
)
from wannsearch.reporting.tables.weedout.repeats import Repeat


def accuracies(
    block: Block, found: Sequence[Figures], margin: Callable[[float], float], level: float
) -> Section:
    """Test accuracy of dense, random and found, and what the search was worth."""
    rows, records = [], []
    for one in found:
        here = margin(one.sparsity)
        row = [f"{one.sparsity:g}", str(one.final.n if one.final else 0)]
        row += [accuracy(cell) for cell in (one.dense, one.random, one.found)]
        row += [percent(one.sd_over_masks), difference(one.final), counts(one.final)]
        row.append(p_value(one.final.p_value if one.final else None))
        record: Record = {
            "block": block.label,
            "sparsity": one.sparsity,
            "n": one.final.n if one.final else 0,
        }
        for name in ("dense", "random", "found"):
            record |= _cell_record(getattr(one, name), name)
        record |= {"sd_over_masks": one.sd_over_masks}
        record |= one.final.record("difference") if one.final else {}
        same = one.final.equivalence(here, level) if one.final else None
        if same is None:
            row += ["-", "-"]
        elif same.p_value is None:
            row += [refuse_verdict("no spread between repeats"), "-"]
            record |= {"margin": here}
        else:
            ends = f"[{signed(same.low)}, {signed(same.high)}]"
            row.append(f"{'yes' if same.shown else 'not shown'}, {ends} in ±{here:g}, {told_p(same.p_value)}")
            row.append(str(same.needed))
            record |= {"margin": here, "equal": same.shown, "equal_low": same.low, "equal_high": same.high}
            record |= {"equal_p": same.p_value, "repeats_needed": same.needed}
        rows.append(row)
        records.append(record)
    columns = (
        "sparsity", "n", "dense, %", "random, %", "found, %", "sd over masks", "found - random, points",
        "won/tied/lost", "p", f"equal ({100 - 200 * level:g} % interval)", "repeats needed",
    )  # fmt: skip
    return Section("table", f"Test accuracy: {block.label}", columns, rows, records)


def early(block: Block, found: Sequence[Figures], threshold: float) -> Section:
    """What the search saw, how long its lead lasts, and whether it converges faster."""
    epochs = list(found[0].leads) if found else []
    rows, records = [], []
    for one in found:
        best = mean_of(one.found, lambda repeat: float(repeat.early[0]))
        centre, sd = mean_of(one.found, _searched_mean), mean_of(one.found, _searched_sd)
        seen = (
            "-"
            if centre is None
            else f"{centre.estimate:.3f} ± {'-' if sd is None else f'{sd.estimate:.3f}'}"
        )
        leads = [signed_between(pair.mean if pair else None) for pair in one.leads.values()]
        reached = [mean_of(cell, _epochs_to(threshold)) for cell in (one.found, one.random)]
        late = f"{one.never[0]} of {one.never[1]}, {one.never[2]} of {one.never[3]}"
        row = [f"{one.sparsity:g}", "-" if best is None else f"{best.estimate:.3f}", seen, *leads]
        row += [percent(end.estimate if end else None) for end in reached]
        rows.append([*row, difference(one.epochs), late])
        record: Record = {"block": block.label, "sparsity": one.sparsity}
        record |= _interval("early_best", best) | _interval("early_all", centre)
        record |= {"early_all_sd": sd and sd.estimate}
        for epoch, pair in one.leads.items():
            record |= pair.record(f"lead_{epoch}") if pair else {}
        record |= _interval("epochs_found", reached[0]) | _interval("epochs_random", reached[1])
        record |= one.epochs.record("epochs_difference") if one.epochs else {}
        names = ("found_never", "found_networks", "random_never", "random_networks")
        records.append(record | dict(zip(names, one.never, strict=True)))
    columns = [
        "sparsity", "early fitness, best", "all candidates", *(f"lead at epoch {epoch}" for epoch in epochs),
        f"epochs to {threshold:g} %, found", "random", "difference", "never: found, random",
    ]  # fmt: skip
    return Section("early", f"Early lead and speed: {block.label}", columns, rows, records)


def correlation(block: Block, found: Sequence[Figures]) -> Section:
    """Whether an early look tells good masks from bad ones."""
    rows, records = [], []
    for one in found:
        its = one.correlation
        row = [f"{one.sparsity:g}", signed_between(its.within), str(its.within.n if its.within else 0)]
        row += [signed(its.together), str(its.masks), percent(its.sd), str(its.candidates)]
        rows.append([*row, percent(its.gain), signed(its.bound)])
        record: Record = {"block": block.label, "sparsity": one.sparsity} | _interval("rho", its.within)
        record |= {"rho_repeats": its.within.n if its.within else 0, "rho_together": its.together}
        record |= {"masks": its.masks, "sd_over_masks": its.sd, "candidates": its.candidates}
        records.append(record | {"gain_at_most": its.gain, "rho_at_most": its.bound})
    columns = (
        "sparsity", "rank correlation in a repeat", "repeats", "over all masks", "masks", "sd over masks",
        "candidates", "gain at most, points", "correlation at most, by found - random",
    )  # fmt: skip
    return Section(
        "correlation", f"Early fitness against test accuracy: {block.label}", columns, rows, records
    )


def networks(block: Block, arms: Arms, levels: Sequence[float]) -> Section:
    """What was left of the parent, and what it was shown."""
    rows, records = [], []
    for level in levels:
        for arm in arms.all:
            repeats = list(block.cell(arm, level).repeats.values())
            if not repeats:
                continue
            means = {
                "live_parameters": _mean([one.live for one in repeats]),
                "node_sparsity": _mean([one.masked for one in repeats]),
                "parameter_sparsity": _mean([1 - one.live / max(one.parameters, 1) for one in repeats]),
                "images_a_network": _mean([one.images_each for one in repeats]),
                "images": _mean([float(one.images) for one in repeats]),
            }
            row = [f"{level:g}", arm.label, f"{means['live_parameters']:,.0f}"]
            row += [f"{means[name]:.3f}" for name in ("node_sparsity", "parameter_sparsity")]
            rows.append([*row, *(f"{means[name]:,.0f}" for name in ("images_a_network", "images"))])
            first = repeats[0]
            record: Record = {"block": block.label, "sparsity": level, "arm": arm.label, "n": len(repeats)}
            record |= means | {"parameters": first.parameters, "images_source": first.source}
            parts = zip(("training", "validation", "test"), first.parts, strict=True)
            records.append(record | {f"images_{name}": count for name, count in parts})
    masked = f"{block.settings.get('method.granularity', 'node')!s}".removesuffix("s")
    columns = (
        "sparsity", "arm", "live parameters", f"{masked} sparsity", "parameter sparsity",
        "images shown, a network", "a repeat",
    )  # fmt: skip
    return Section("networks", f"Networks and budgets: {block.label}", columns, rows, records)


def cells(block: Block, arms: Arms, levels: Sequence[float]) -> Section:
    """How many repeats there are of everything."""
    rows, records = [], []
    for arm in arms.all:
        here = [block.cell(arm, level) for level in levels]
        rows.append([arm.label, *(states(cell) if cell.begun else NOT_RUN for cell in here)])
        for level, cell in zip(levels, here, strict=True):
            record: Record = {"block": block.label, "arm": arm.label, "sparsity": level}
            record |= {"n": len(cell.repeats), "failed": cell.failed, "not_finished": cell.unfinished}
            record |= {"seeds": " ".join(str(seed) for seed, _ in sorted(cell.repeats, key=str))}
            records.append(record | {"state": "run" if cell.begun else NOT_RUN})
    columns = ("repeats of", *(f"sparsity {level:g}" for level in levels))
    return Section("cells", f"Repeats: {block.label}", columns, rows, records)


def _cell_record(cell: Cell, name: str) -> Record:
    if not by_seed(cell, final_accuracy):
        return {f"{name}_state": missing(cell)}
    record: Record = {f"{name}_n": len(cell.repeats), f"{name}_se": standard_error(cell, final_accuracy)}
    return record | _interval(name, mean_of(cell, final_accuracy))


def _interval(name: str, found: Interval | None) -> Record:
    return {} if found is None else interval_record(found, name)


def _searched_mean(repeat: Repeat) -> float:
    return repeat.searched_mean


def _searched_sd(repeat: Repeat) -> float:
    return repeat.searched_sd


def _epochs_to(threshold: float) -> Callable[[Repeat], float]:
    return lambda repeat: float(repeat.epochs_to(threshold).mean())


def _mean(values: list[float]) -> float:
    return float(np.mean(sorted(values)))
