"""What a running search shows: a live panel on a terminal, plain lines in a pipe, nothing in a sweep.

Plain lines come at most once a second, the first and the last generation always.
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
    """`auto` is `rich` on a terminal, `plain` in a pipe, `off` in a sweep."""

    AUTO = "auto"
    RICH = "rich"
    PLAIN = "plain"
    OFF = "off"


class Display(Protocol):
    """Shows rows of the history as they come."""

    def show_row(self, row: dict[str, Any]) -> None:
        """A generation is done."""

    def print_line(self, text: str) -> None:
        """A line that stays."""

    def show_progress(self, text: str) -> None:
        """How far a long piece of work is; from any thread."""

    def close(self) -> None:
        """Nothing more will come."""


def make_display(mode: DisplayMode, title: str, generations: int, is_sweep: bool) -> Display:
    """The display for this mode and this terminal."""
    if mode is DisplayMode.AUTO:
        mode = DisplayMode.OFF if is_sweep else DisplayMode.RICH if sys.stdout.isatty() else DisplayMode.PLAIN
    estimator = ProgressEstimator(generations)
    if mode is DisplayMode.RICH:
        return RichDisplay(title, estimator)
    return PlainDisplay(title, estimator) if mode is DisplayMode.PLAIN else SilentDisplay()


@dataclass
class ProgressEstimator:
    """Speed so far and time left."""

    generations: int
    _first_sample: tuple[float, dict[str, Any]] | None = None

    def estimate(self, row: dict[str, Any]) -> tuple[float, float]:
        """Evaluations per second and seconds left; NaN on the first row, when kernels were compiled."""
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
    """The median sizes of whatever is searched: `connections 12`, `hidden 3`."""
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
    """Shows nothing."""

    def show_row(self, row: dict[str, Any]) -> None:
        """Nothing."""

    def print_line(self, text: str) -> None:
        """Nothing."""

    def show_progress(self, text: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class PlainDisplay:
    """A line now and then."""

    def __init__(self, title: str, estimator: ProgressEstimator) -> None:
        self._estimator, self._last_row_s, self._last_progress_s = estimator, 0.0, time.perf_counter()
        self.print_line(title)

    def show_row(self, row: dict[str, Any]) -> None:
        """Generation, scores, size, speed and time left."""
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
        """A line, at once."""
        print(text, flush=True)

    def show_progress(self, text: str) -> None:
        """A line now and then."""
        time_s = time.perf_counter()
        if time_s - self._last_progress_s >= _PROGRESS_INTERVAL_S:
            self._last_progress_s = time_s
            self.print_line(text)

    def close(self) -> None:
        """Nothing is open."""


class RichDisplay:
    """A panel that is drawn anew."""

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
        """Bar and table of the latest generation."""
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
        """A line above the panel."""
        self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show_progress(self, text: str) -> None:
        """Beside the bar."""
        self._bar.update(self._task_id, work=text)

    def close(self) -> None:
        """Leave the last panel standing."""
        self._live.stop()
