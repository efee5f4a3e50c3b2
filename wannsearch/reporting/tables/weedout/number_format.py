"""How the Weedout table writes its numbers: percent and points with two digits, differences with a sign."""

from __future__ import annotations

from wannsearch.reporting.statistics.interval import Interval
from wannsearch.reporting.tables.document import NOT_RUN
from wannsearch.reporting.tables.weedout.comparison import final_accuracy, mean_of, standard_error
from wannsearch.reporting.tables.weedout.experiments import Cell
from wannsearch.reporting.tables.weedout.paired_differences import Pairs


def percent(value: float | None) -> str:
    """Two digits behind the point; a dash where there is none."""
    return "-" if value is None or value != value else f"{value:.2f}"


def signed(value: float | None) -> str:
    """The same with its sign."""
    if value is None or value != value:
        return "-"
    rounded = round(value, 2)
    return f"{rounded:+.2f}" if rounded else "0.00"


def signed_between(found: Interval | None) -> str:
    """Mean and interval, with signs."""
    if found is None:
        return "-"
    ends = "" if found.low is None else f" [{signed(found.low)}, {signed(found.high)}]"
    return signed(found.estimate) + ends


def accuracy(cell: Cell) -> str:
    """Mean test accuracy ± standard error and interval, or why there is none."""
    found = mean_of(cell, final_accuracy)
    if found is None:
        return missing(cell)
    ends = "" if found.low is None else f" [{percent(found.low)}, {percent(found.high)}]"
    return f"{percent(found.estimate)} ± {percent(standard_error(cell, final_accuracy))}{ends}"


def difference(found: Pairs | None) -> str:
    """Mean ± standard error and interval."""
    if found is None:
        return "-"
    ends = found.mean
    shown = "" if ends.low is None else f" [{signed(ends.low)}, {signed(ends.high)}]"
    return f"{signed(ends.estimate)} ± {percent(found.standard_error)}{shown}"


def counts(found: Pairs | None) -> str:
    """Wins, ties, losses."""
    return "-" if found is None else "/".join(map(str, found.won_tied_lost))


def p_value(value: float | None) -> str:
    """Two digits that count."""
    if value is None or value != value:
        return "-"
    return f"{value:.2g}" if value >= 0.001 else "< 0.001"


def told_p(value: float) -> str:
    """In a sentence: `p = 0.02`, `p < 0.001`."""
    shown = p_value(value)
    return f"p {shown}" if shown.startswith("<") else f"p = {shown}"


def missing(cell: Cell) -> str:
    """Why a cell has no repeat."""
    return f"{NOT_RUN} ({states(cell)})" if cell.begun else NOT_RUN


def states(cell: Cell) -> str:
    """How many repeats there are, and what became of those that do not count."""
    told = [str(len(cell.repeats))]
    told += [f"{cell.failed} failed"] if cell.failed else []
    told += [f"{cell.unfinished} not finished"] if cell.unfinished else []
    return " + ".join(told)
