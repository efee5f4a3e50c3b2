"""Number formats of the Weedout table: percent and points with two digits, differences with a sign."""

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
    """Return the value with two digits behind the point and no percent sign; a dash for None and NaN."""
    return "-" if value is None or value != value else f"{value:.2f}"


def format_signed(value: float | None) -> str:
    """Return the value with its sign and two decimals, `0.00` near 0; a dash for None and NaN."""
    if value is None or value != value:
        return "-"
    rounded = round(value, 2)
    return f"{rounded:+.2f}" if rounded else "0.00"


def format_signed_interval(interval: Interval | None) -> str:
    """Return the estimate and the interval with their signs; a dash for None."""
    if interval is None:
        return "-"
    interval_text = (
        "" if interval.low is None else f" [{format_signed(interval.low)}, {format_signed(interval.high)}]"
    )
    return format_signed(interval.estimate) + interval_text


def format_accuracy(cell: DesignCell) -> str:
    """Return mean test accuracy ± standard error and its interval, or why there is no accuracy."""
    mean = mean_over_repeats(cell, final_accuracy)
    if mean is None:
        return format_missing(cell)
    interval_text = "" if mean.low is None else f" [{format_percent(mean.low)}, {format_percent(mean.high)}]"
    return (
        f"{format_percent(mean.estimate)} ± "
        f"{format_percent(standard_error(cell, final_accuracy))}{interval_text}"
    )


def format_difference(differences: PairedDifferences | None) -> str:
    """Return the mean difference ± its standard error and its interval; a dash for None."""
    if differences is None:
        return "-"
    mean = differences.mean
    interval_text = "" if mean.low is None else f" [{format_signed(mean.low)}, {format_signed(mean.high)}]"
    return f"{format_signed(mean.estimate)} ± {format_percent(differences.standard_error)}{interval_text}"


def format_win_counts(differences: PairedDifferences | None) -> str:
    """Return the numbers of wins, ties and losses, `5/1/2`; a dash for None."""
    return "-" if differences is None else "/".join(map(str, differences.won_tied_lost))


def format_p_value(value: float | None) -> str:
    """Return the p-value with two significant digits, or `< 0.001`; a dash for None and NaN."""
    if value is None or value != value:
        return "-"
    return f"{value:.2g}" if value >= 0.001 else "< 0.001"


def format_p_in_sentence(value: float) -> str:
    """Return the p-value with its name: `p = 0.02`, `p < 0.001`."""
    text = format_p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def format_missing(cell: DesignCell) -> str:
    """Return why a cell has no repeat: it was not run, or none of its runs counts."""
    return f"{NOT_RUN} ({format_repeat_counts(cell)})" if cell.num_started else NOT_RUN


def format_repeat_counts(cell: DesignCell) -> str:
    """Return the number of repeats, and of those that failed or did not finish: `3 + 1 failed`."""
    parts = [str(len(cell.repeats))]
    parts += [f"{cell.num_failed} failed"] if cell.num_failed else []
    parts += [f"{cell.num_unfinished} not finished"] if cell.num_unfinished else []
    return " + ".join(parts)
