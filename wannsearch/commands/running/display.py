"""The display of a running search: a live panel on a terminal, plain lines in a pipe, nothing in a sweep.

Plain rows are at least a second apart. Generation 1 and the last of the budget always have one; a search
that `stop_at` ends may lack its last.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

_PLAIN_INTERVAL_S = 1.0
_PROGRESS_INTERVAL_S = 10.0


class DisplayMode(str, Enum):
    """The kind of display; `auto` is `rich` on a terminal, `plain` in a pipe and `off` in a sweep."""

    AUTO = "auto"
    RICH = "rich"
    PLAIN = "plain"
    OFF = "off"


class Display(Protocol):
    """A display shows the rows of the history while a run records them."""

    def show_row(self, row: dict[str, Any]) -> None:
        """Show the history row of a finished generation."""

    def print_line(self, text: str) -> None:
        """Print a line that later rows do not overwrite."""

    def show_progress(self, text: str) -> None:
        """Show the progress of a long evaluation; any thread may call it."""

    def close(self) -> None:
        """End the display; no other call follows."""


def make_display(mode: DisplayMode, title: str, generations: int, is_sweep: bool) -> Display:
    """Build the display for this mode; `auto` depends on the terminal and on `is_sweep`."""
    if mode is DisplayMode.AUTO:
        mode = DisplayMode.OFF if is_sweep else DisplayMode.RICH if sys.stdout.isatty() else DisplayMode.PLAIN
    estimator = ProgressEstimator(generations)
    if mode is DisplayMode.RICH:
        return RichDisplay(title, estimator)
    return PlainDisplay(title, estimator) if mode is DisplayMode.PLAIN else SilentDisplay()


@dataclass
class ProgressEstimator:
    """Estimate speed and time left from the rows of the history."""

    generations: int
    _first_sample: tuple[float, dict[str, Any]] | None = None

    def estimate(self, row: dict[str, Any]) -> tuple[float, float]:
        """Return evaluations per second and the seconds left.

        Both are NaN on the first row. The clock starts there, since the first generation includes the
        compilation of kernels.
        """
        time_s = time.perf_counter()
        if self._first_sample is None:
            self._first_sample = (time_s, row)
            return math.nan, math.nan
        seconds = max(time_s - self._first_sample[0], 1e-9)
        generations_done = row["generation"] - self._first_sample[1]["generation"]
        rate = (row["evaluations"] - self._first_sample[1]["evaluations"]) / seconds
        return rate, seconds / generations_done * (self.generations - row["generation"])


def _format_rate(rate: float) -> str:
    return "?" if math.isnan(rate) else f"{rate:,.0f}"


_MEDIAN_PREFIX = "median_"


def _format_sizes(row: dict[str, Any]) -> list[str]:
    """Format the median sizes of the candidates, such as `connections 12` and `hidden 3`."""
    medians = {
        name.removeprefix(_MEDIAN_PREFIX): value
        for name, value in row.items()
        if name.startswith(_MEDIAN_PREFIX)
    }
    return [f"{name.replace('_', ' ')} {value:g}" for name, value in medians.items()]


def _format_duration(seconds: float) -> str:
    if math.isnan(seconds):
        return "?"
    minutes, seconds_part = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds_part:02d}" if hours else f"{minutes}:{seconds_part:02d}"


class SilentDisplay:
    """A display that shows nothing: `off`, and `auto` in the jobs of a sweep."""

    def show_row(self, row: dict[str, Any]) -> None:
        """Ignore the row of the history."""

    def print_line(self, text: str) -> None:
        """Ignore the line of text."""

    def show_progress(self, text: str) -> None:
        """Ignore the progress of an evaluation."""

    def close(self) -> None:
        """Do nothing, since nothing is open."""


class PlainDisplay:
    """A display of plain lines, for pipes and log files."""

    def __init__(self, title: str, estimator: ProgressEstimator) -> None:
        self._estimator, self._last_row_s, self._last_progress_s = estimator, 0.0, time.perf_counter()
        self.print_line(title)

    def show_row(self, row: dict[str, Any]) -> None:
        """Print generation, scores, first median size, speed and time left.

        A row is skipped if the last printed one is under a second old, except the first and the last.
        """
        time_s = time.perf_counter()
        rate, seconds_left = self._estimator.estimate(row)
        is_first_or_last = row["generation"] in (1, self._estimator.generations)
        if not is_first_or_last and time_s - self._last_row_s < _PLAIN_INTERVAL_S:
            return
        self._last_row_s = time_s
        self.print_line(
            f"generation {row['generation']}/{self._estimator.generations}  best {row['best']:.4g}  "
            f"median {row['median']:.4g}  best so far {row['best_so_far']:.4g}  "
            f"{_format_sizes(row)[0]}  {_format_rate(rate)} evaluations/s  {_format_duration(seconds_left)} "
            "left"
        )

    def print_line(self, text: str) -> None:
        """Print the line and flush standard output."""
        print(text, flush=True)

    def show_progress(self, text: str) -> None:
        """Print the progress, at most once every 10 seconds."""
        time_s = time.perf_counter()
        if time_s - self._last_progress_s >= _PROGRESS_INTERVAL_S:
            self._last_progress_s = time_s
            self.print_line(text)

    def close(self) -> None:
        """Do nothing, since nothing is open."""


class RichDisplay:
    """A live panel that every row of the history redraws."""

    def __init__(self, title: str, estimator: ProgressEstimator) -> None:
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._estimator, self._title = estimator, title
        self._bar = Progress(
            TextColumn("generation"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]} left"),
            TextColumn("{task.fields[work]}", style="dim"),
        )
        self._task_id = self._bar.add_task("", total=estimator.generations, left="?", work="")
        self._live = Live(self._bar, refresh_per_second=8)
        self._live.start()

    def show_row(self, row: dict[str, Any]) -> None:
        """Draw the progress bar and the table of the latest generation."""
        from rich.console import Group
        from rich.panel import Panel
        from rich.table import Table

        rate, seconds_left = self._estimator.estimate(row)
        self._bar.update(
            self._task_id, completed=row["generation"], left=_format_duration(seconds_left), work=""
        )
        table = Table.grid(padding=(0, 3))
        sizes = [size.rpartition(" ") for size in _format_sizes(row)]
        names = [name for name, _, _ in sizes]
        table.add_row("best", "median", "best so far", *names, "evaluations/s", style="dim")
        table.add_row(
            f"{row['best']:.4g}",
            f"{row['median']:.4g}",
            f"[bold]{row['best_so_far']:.4g}[/bold]",
            *(value for _, _, value in sizes),
            _format_rate(rate),
        )
        self._live.update(Panel(Group(table, self._bar), title=self._title, title_align="left"))

    def print_line(self, text: str) -> None:
        """Print the line above the panel, without markup."""
        self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show_progress(self, text: str) -> None:
        """Show the progress beside the bar."""
        self._bar.update(self._task_id, work=text)

    def close(self) -> None:
        """Stop the updates; the last panel stays on the terminal."""
        self._live.stop()
