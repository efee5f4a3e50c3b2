"""How the Weedout table writes its numbers: percent and points with two digits, differences with a sign."""

from __future__ import annotations

from wannsearch.reporting.statistics.interval import Interval
from wannsearch.reporting.tables.document import NOT_RUN
from wannsearch.reporting.tables.weedout.comparison import (
    PairedDifferences,
    final_accuracy,
    mean_over_repeats,
    standard_error,
)
from wannsearch.reporting.tables.weedout.experiments import DesignCell


def format_percent(value: float | None) -> str:
    """Two digits behind the point; a dash where there is none."""
    return "-" if value is None or value != value else f"{value:.2f}"


def format_signed(value: float | None) -> str:
    """The same with its sign."""
    if value is None or value != value:
        return "-"
    rounded = round(value, 2)
    return f"{rounded:+.2f}" if rounded else "0.00"


def format_signed_interval(interval: Interval | None) -> str:
    """Mean and interval, with signs."""
    if interval is None:
        return "-"
    interval_text = (
        "" if interval.low is None else f" [{format_signed(interval.low)}, {format_signed(interval.high)}]"
    )
    return format_signed(interval.estimate) + interval_text


def format_accuracy(cell: DesignCell) -> str:
    """Mean test accuracy ± standard error and interval, or why there is none."""
    mean = mean_over_repeats(cell, final_accuracy)
    if mean is None:
        return format_missing(cell)
    interval_text = "" if mean.low is None else f" [{format_percent(mean.low)}, {format_percent(mean.high)}]"
    return (
        f"{format_percent(mean.estimate)} ± "
        f"{format_percent(standard_error(cell, final_accuracy))}{interval_text}"
    )


def format_difference(differences: PairedDifferences | None) -> str:
    """Mean ± standard error and interval."""
    if differences is None:
        return "-"
    mean = differences.mean
    interval_text = "" if mean.low is None else f" [{format_signed(mean.low)}, {format_signed(mean.high)}]"
    return f"{format_signed(mean.estimate)} ± {format_percent(differences.standard_error)}{interval_text}"


def format_win_counts(differences: PairedDifferences | None) -> str:
    """Wins, ties, losses."""
    return "-" if differences is None else "/".join(map(str, differences.won_tied_lost))


def format_p_value(value: float | None) -> str:
    """Two digits that count."""
    if value is None or value != value:
        return "-"
    return f"{value:.2g}" if value >= 0.001 else "< 0.001"


def format_p_in_sentence(value: float) -> str:
    """In a sentence: `p = 0.02`, `p < 0.001`."""
    text = format_p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def format_missing(cell: DesignCell) -> str:
    """Why a cell has no repeat."""
    return f"{NOT_RUN} ({format_repeat_counts(cell)})" if cell.num_started else NOT_RUN


def format_repeat_counts(cell: DesignCell) -> str:
    """How many repeats there are, and what became of those that do not count."""
    parts = [str(len(cell.repeats))]
    parts += [f"{cell.num_failed} failed"] if cell.num_failed else []
    parts += [f"{cell.num_unfinished} not finished"] if cell.num_unfinished else []
    return " + ".join(parts)
