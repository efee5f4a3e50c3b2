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


class Mode(str, Enum):
    """`auto` is `rich` on a terminal, `plain` in a pipe, `off` in a sweep."""

    AUTO = "auto"
    RICH = "rich"
    PLAIN = "plain"
    OFF = "off"


class Display(Protocol):
    """Shows rows of the history as they come."""

    def show(self, row: dict[str, Any]) -> None:
        """A generation is done."""

    def say(self, text: str) -> None:
        """A line that stays."""

    def progress(self, text: str) -> None:
        """How far a long piece of work is; from any thread."""

    def close(self) -> None:
        """Nothing more will come."""


def chosen(mode: Mode, title: str, generations: int, sweep: bool) -> Display:
    """The display for this mode and this terminal."""
    if mode is Mode.AUTO:
        mode = Mode.OFF if sweep else Mode.RICH if sys.stdout.isatty() else Mode.PLAIN
    pace = Pace(generations)
    if mode is Mode.RICH:
        return Rich(title, pace)
    return Plain(title, pace) if mode is Mode.PLAIN else Silent()


@dataclass
class Pace:
    """Speed so far and time left."""

    generations: int
    _first: tuple[float, dict[str, Any]] | None = None

    def of(self, row: dict[str, Any]) -> tuple[float, float]:
        """Evaluations per second and seconds left; NaN on the first row, when kernels were compiled."""
        now = time.perf_counter()
        if self._first is None:
            self._first = (now, row)
            return math.nan, math.nan
        seconds = max(now - self._first[0], 1e-9)
        done = row["generation"] - self._first[1]["generation"]
        rate = (row["evaluations"] - self._first[1]["evaluations"]) / seconds
        return rate, seconds / done * (self.generations - row["generation"])


def _rate(value: float) -> str:
    return "?" if math.isnan(value) else f"{value:,.0f}"


_MEDIAN = "median_"


def _sizes(row: dict[str, Any]) -> list[str]:
    """The median sizes of whatever is searched: `connections 12`, `hidden 3`."""
    found = {name.removeprefix(_MEDIAN): value for name, value in row.items() if name.startswith(_MEDIAN)}
    return [f"{name.replace('_', ' ')} {value:g}" for name, value in found.items()]


def _clock(seconds: float) -> str:
    if math.isnan(seconds):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Silent:
    """Shows nothing."""

    def show(self, row: dict[str, Any]) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def progress(self, text: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Plain:
    """A line now and then."""

    def __init__(self, title: str, pace: Pace) -> None:
        self._pace, self._shown_at, self._told_at = pace, 0.0, time.perf_counter()
        self.say(title)

    def show(self, row: dict[str, Any]) -> None:
        """Generation, scores, size, speed and time left."""
        now = time.perf_counter()
        rate, left = self._pace.of(row)
        final = row["generation"] in (1, self._pace.generations)
        if not final and now - self._shown_at < _PLAIN_INTERVAL_S:
            return
        self._shown_at = now
        self.say(
            f"generation {row['generation']}/{self._pace.generations}  best {row['best']:.4g}  "
            f"median {row['median']:.4g}  best so far {row['best_so_far']:.4g}  "
            f"{_sizes(row)[0]}  {_rate(rate)} evaluations/s  {_clock(left)} left"
        )

    def say(self, text: str) -> None:
        """A line, at once."""
        print(text, flush=True)

    def progress(self, text: str) -> None:
        """A line now and then."""
        now = time.perf_counter()
        if now - self._told_at >= _PROGRESS_INTERVAL_S:
            self._told_at = now
            self.say(text)

    def close(self) -> None:
        """Nothing is open."""


class Rich:
    """A panel that is drawn anew."""

    def __init__(self, title: str, pace: Pace) -> None:
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._pace, self._title = pace, title
        self._bar = Progress(
            TextColumn("generation"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]} left"),
            TextColumn("{task.fields[work]}", style="dim"),
        )
        self._job = self._bar.add_task("", total=pace.generations, left="?", work="")
        self._live = Live(self._bar, refresh_per_second=8)
        self._live.start()

    def show(self, row: dict[str, Any]) -> None:
        """Bar and table of the latest generation."""
        from rich.console import Group
        from rich.panel import Panel
        from rich.table import Table

        rate, left = self._pace.of(row)
        self._bar.update(self._job, completed=row["generation"], left=_clock(left), work="")
        table = Table.grid(padding=(0, 3))
        sizes = [size.rpartition(" ") for size in _sizes(row)]
        names = [name for name, _, _ in sizes]
        table.add_row("best", "median", "best so far", *names, "evaluations/s", style="dim")
        table.add_row(
            f"{row['best']:.4g}",
            f"{row['median']:.4g}",
            f"[bold]{row['best_so_far']:.4g}[/bold]",
            *(value for _, _, value in sizes),
            _rate(rate),
        )
        self._live.update(Panel(Group(table, self._bar), title=self._title, title_align="left"))

    def say(self, text: str) -> None:
        """A line above the panel."""
        self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def progress(self, text: str) -> None:
        """Beside the bar."""
        self._bar.update(self._job, work=text)

    def close(self) -> None:
        """Leave the last panel standing."""
        self._live.stop()
