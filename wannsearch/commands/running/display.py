"""The display of a running search: a live panel on a terminal, plain lines in a pipe, little in a sweep.

It says whose each number is: the recorded best's (the champion), the generation's or the population's. Plain
rows are at least a second apart, and generation 1 and the last generation always have one. A panel moves
four times a second, and a pipe gets a line every ten seconds at the latest, also while a generation takes
long.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from wannsearch.commands.activity import get_activity, set_activity
from wannsearch.commands.activity_line import hide_activity_line
from wannsearch.commands.running.terminal import escape_unprintable, wrap_words

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_PLAIN_INTERVAL_S = 1.0
_REMINDER_INTERVAL_S = 10.0
_REFRESHES_PER_S = 4
_SPINNER = "|/-\\"
_MEDIAN_PREFIX, _CHAMPION_PREFIX = "median_", "best_so_far_"


class DisplayMode(str, Enum):
    """The kind of display; `auto` is `rich` on a terminal, `plain` in a pipe and `off` in a sweep."""

    AUTO = "auto"
    RICH = "rich"
    PLAIN = "plain"
    OFF = "off"


@dataclass(frozen=True)
class RunHeading:
    """What a display says of a whole run: its title, its budget and the units of its numbers."""

    title: str
    generations: int
    score_name: str = "score"  # of the history: return, validation accuracy, ...
    work_name: str = "steps"  # what an evaluation costs: env steps, images shown, ...
    work_per_step: int = 1  # of this work in one of the history's `env_steps`


class Display(Protocol):
    """A display shows the rows of the history while a run records them, and the command's activity."""

    has_rows: bool
    """Whether rows are shown, so that it is worth to measure what is in them for the display alone."""

    def show_row(self, row: dict[str, Any], accuracy: float | None = None, is_last: bool = False) -> None:
        """Show the history row of a finished generation, with the champion's accuracy where it is known.

        `is_last` says that no generation follows, though the budget may have more.
        """

    def print_line(self, text: str) -> None:
        """Print a line that later rows do not overwrite."""

    def close(self) -> None:
        """End the display; no other row follows."""


def make_display(mode: DisplayMode, heading: RunHeading, is_sweep: bool) -> Display:
    """Build the display for this mode; `auto` depends on the terminal and on `is_sweep`."""
    if mode is DisplayMode.AUTO and is_sweep:
        return SweepDisplay(heading)
    if mode is DisplayMode.AUTO:
        mode = DisplayMode.RICH if sys.stdout.isatty() else DisplayMode.PLAIN
    if mode is DisplayMode.RICH:
        return RichDisplay(heading)
    return PlainDisplay(heading) if mode is DisplayMode.PLAIN else SilentDisplay()


@dataclass
class ProgressEstimator:
    """Estimate speed and time left from the rows of the history."""

    generations: int
    work_per_step: int = 1
    _first_sample: tuple[float, dict[str, Any]] | None = None

    def estimate(self, row: dict[str, Any]) -> tuple[float, float]:
        """Return the work per second and the seconds left.

        Both are NaN on the first row. The clock starts there, since the first generation includes the
        compilation of kernels.
        """
        time_s = time.perf_counter()
        if self._first_sample is None:
            self._first_sample = (time_s, row)
            return math.nan, math.nan
        seconds = max(time_s - self._first_sample[0], 1e-9)
        generations_done = row["generation"] - self._first_sample[1]["generation"]
        steps_done = row["env_steps"] - self._first_sample[1]["env_steps"]
        rate = steps_done * self.work_per_step / seconds
        return rate, seconds / generations_done * (self.generations - row["generation"])


def format_rate(rate: float) -> str:
    """Return a rate with three digits, such as `9,512`, `120 k` or `1.52 M`; `?` where it is unknown."""
    if math.isnan(rate):
        return "?"
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if rate >= 10 * factor or (rate >= factor and unit != "k"):
            value = rate / factor
            return f"{value:.3g} {unit}" if value < 999.5 else f"{value:.0f} {unit}"
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def _format_duration(seconds: float) -> str:
    minutes, seconds_part = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds_part:02d}" if hours else f"{minutes}:{seconds_part:02d}"


def _format_score(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


@dataclass(frozen=True)
class CandidateSize:
    """One size of the candidates, such as connections: the champion's and the population's median."""

    name: str
    champion: str
    median: str


def _read_sizes(row: dict[str, Any]) -> list[CandidateSize]:
    names = [name.removeprefix(_MEDIAN_PREFIX) for name in row if name.startswith(_MEDIAN_PREFIX)]
    return [
        CandidateSize(
            name.replace("_", " "),
            _format_size(row.get(_CHAMPION_PREFIX + name, "")),
            _format_size(row[_MEDIAN_PREFIX + name]),
        )
        for name in names
    ]


def _format_size(value: float | str) -> str:
    return value or "-" if isinstance(value, str) else f"{value:.4g}" if value % 1 else f"{value:.0f}"


class SilentDisplay:
    """A display that shows nothing, not even the moving line of the command: `off`."""

    has_rows = False

    def __init__(self) -> None:
        self._contexts = ExitStack()
        self._contexts.enter_context(hide_activity_line())

    def show_row(self, row: dict[str, Any], accuracy: float | None = None, is_last: bool = False) -> None:
        """Ignore the row of the history."""

    def print_line(self, text: str) -> None:
        """Ignore the line of text."""

    def close(self) -> None:
        """Let the moving line of the command appear again."""
        self._contexts.close()


class SweepDisplay:
    """A display of one job among many: the command's moving line names its run and its generation."""

    has_rows = False

    def __init__(self, heading: RunHeading) -> None:
        self._heading = heading
        set_activity(heading.title)

    def show_row(self, row: dict[str, Any], accuracy: float | None = None, is_last: bool = False) -> None:
        """Name the next generation, whose turn it is."""
        set_activity(f"{self._heading.title}, {_name_next_generation(row, self._heading, is_last)}")

    def print_line(self, text: str) -> None:
        """Ignore the line of text."""

    def close(self) -> None:
        """Do nothing, since nothing is open."""


def _name_next_generation(row: dict[str, Any], heading: RunHeading, is_last: bool) -> str:
    """Return the activity that follows the generation of this row."""
    if is_last or row["generation"] >= heading.generations:
        return "finishing"
    return f"generation {row['generation'] + 1}"


class PlainDisplay:
    """A display of plain lines, for pipes and log files."""

    has_rows = True

    def __init__(self, heading: RunHeading) -> None:
        self._heading = heading
        self._estimator = ProgressEstimator(heading.generations, heading.work_per_step)
        self._last_row_s, self._last_line_s = 0.0, time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._remind_until_stop, name="reminder", daemon=True)
        self.print_line(heading.title)
        if not sys.stdout.isatty():  # a terminal has the command's moving line
            self._thread.start()

    def show_row(self, row: dict[str, Any], accuracy: float | None = None, is_last: bool = False) -> None:
        """Print generation, scores, first size, speed and time left.

        A row is skipped if the last printed one is under a second old, except the first and the last.
        """
        time_s = time.perf_counter()
        rate, seconds_left = self._estimator.estimate(row)
        set_activity(_name_next_generation(row, self._heading, is_last))
        is_first_or_last = is_last or row["generation"] in (1, self._heading.generations)
        if not is_first_or_last and time_s - self._last_row_s < _PLAIN_INTERVAL_S:
            return
        self._last_row_s = time_s
        size = _read_sizes(row)[0]
        parts = [
            f"generation {row['generation']}/{self._heading.generations}",
            f"{self._heading.score_name}: champion {_format_score(row['best_so_far'])}, "
            f"population {_format_score(row['best'])} best, {_format_score(row['median'])} median",
            *([] if accuracy is None else [f"accuracy: champion {accuracy:.4f}"]),
            f"{size.name}: champion {size.champion}, population {size.median} median",
        ]
        if not math.isnan(rate):
            parts.append(f"{format_rate(rate)} {self._heading.work_name}/s")
            parts.append(f"{_format_duration(0 if is_last else seconds_left)} left")
        self.print_line("  ".join(parts))

    def print_line(self, text: str) -> None:
        """Print the line and flush standard output."""
        self._last_line_s = time.monotonic()
        print(text, flush=True)

    def remind(self, time_s: float) -> None:
        """Print the activity at this time of the clock, if the last line is ten seconds old."""
        if time_s - self._last_line_s >= _REMINDER_INTERVAL_S:
            self.print_line(escape_unprintable(f"... {get_activity().describe(time_s)}"))

    def _remind_until_stop(self) -> None:
        while not self._stop.wait(1.0):
            self.remind(time.monotonic())

    def close(self) -> None:
        """End the reminders of the activity."""
        self._stop.set()


class RichDisplay:
    """A live panel with the latest row of the history and the command's activity."""

    has_rows = True

    def __init__(self, heading: RunHeading) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._heading = heading
        self._estimator = ProgressEstimator(heading.generations, heading.work_per_step)
        self._row: dict[str, Any] | None = None
        self._accuracy: float | None = None
        self._num_renderings, self._is_closed = 0, False
        self._console = Console()
        self._bar = Progress(
            TextColumn("generation"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[left]}"),
            expand=True,
        )
        self._task_id = self._bar.add_task("", total=heading.generations, rate="", left="")
        self._contexts = ExitStack()
        self._contexts.enter_context(hide_activity_line())
        self._live = Live(
            console=self._console, get_renderable=self._render, refresh_per_second=_REFRESHES_PER_S
        )
        self._live.start(refresh=True)  # a panel that was never drawn would be drawn over the first line

    def show_row(self, row: dict[str, Any], accuracy: float | None = None, is_last: bool = False) -> None:
        """Draw the progress bar and the table of the latest generation."""
        rate, seconds_left = self._estimator.estimate(row)
        set_activity(_name_next_generation(row, self._heading, is_last))
        self._row, self._accuracy = row, accuracy
        if math.isnan(rate):
            self._bar.update(self._task_id, completed=row["generation"])
            return
        self._bar.update(
            self._task_id,
            completed=row["generation"],
            rate=f"{format_rate(rate)} {self._heading.work_name}/s",
            left=f"{_format_duration(0 if is_last else seconds_left)} left",
        )

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.panel import Panel
        from rich.text import Text

        parts: list[RenderableType] = (
            [self._bar] if self._row is None else [self._make_table(self._row), self._bar]
        )
        if not self._is_closed:
            self._num_renderings += 1
            spinner = _SPINNER[self._num_renderings % len(_SPINNER)]
            activity = escape_unprintable(f"{spinner} {get_activity().describe(time.monotonic())}")
            parts.append(Text(activity, style="dim", no_wrap=True, overflow="ellipsis"))
        # The terminal writes ^C behind the panel: in a full line it would wrap, and the panel be drawn twice.
        width = self._console.width - 2
        return Panel(Group(*parts), title=Text(self._heading.title), title_align="left", width=width)

    def _make_table(self, row: dict[str, Any]) -> Table:
        from rich.table import Table

        sizes = _read_sizes(row)
        has_accuracy = self._accuracy is not None
        table = Table.grid(padding=(0, 3))
        table.add_column()
        for _ in range(1 + has_accuracy + len(sizes)):
            table.add_column(justify="right")
        accuracy_heading = ["accuracy"] if has_accuracy else []
        table.add_row(
            "", self._heading.score_name, *accuracy_heading, *(size.name for size in sizes), style="dim"
        )
        table.add_row(
            "champion",
            f"[bold]{_format_score(row['best_so_far'])}[/bold]",
            *([] if self._accuracy is None else [f"[bold]{self._accuracy:.4f}[/bold]"]),
            *(size.champion for size in sizes),
        )
        table.add_row("population, best", _format_score(row["best"]))
        table.add_row(
            "population, median",
            _format_score(row["median"]),
            *([""] if has_accuracy else []),
            *(size.median for size in sizes),
        )
        return table

    def print_line(self, text: str) -> None:
        """Print the line above the panel, without markup."""
        self._live.console.print(wrap_words(text), markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Stop the updates; the last panel stays on the terminal, without an activity."""
        self._is_closed = True
        self._live.stop()
        self._contexts.close()
