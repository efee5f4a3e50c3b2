"""The style that all plots share, and the reason why equal numbers give equal bytes.

The colors are those of Okabe & Ito (2008), which color-blind readers can tell apart. A figure starts from
matplotlib's own defaults and not from the user's matplotlibrc. It uses no window system, whatever MPLBACKEND
is set to. The SVG carries no date, takes its ids from a fixed salt, and keeps text as text, so that it can be
searched and read aloud. Names from files are drawn literally: neither TeX nor markup is interpreted, and
control characters become spaces. Every negative number carries the minus sign of the axes. A legend lies
below the axes, never on the data.
"""

from __future__ import annotations

import io
import logging
import math
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.core.errors import ConfigError
from wannsearch.records.plot_data import RunLabel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
INK, GRAY, PALE, PAPER = "#222222", "#666666", "#DDDDDD", "#FFFFFF"

PLOT_IN = (7.0, 4.4)  # width, height in inches
PLOT_WITH_LEGEND_IN = (7.0, 4.8)
PNG_DPI = 150
PNG_MAX_PX = 3000
PNG_MAX_BYTES = 500_000
MAX_NAME_LENGTH = 30
LEGEND_SIZE = 10.0  # points
LEFT_IN = 0.15  # of header and legend

_POINTS_PER_IN = 72.0
_FONT = (
    "DejaVu Sans"  # first of the default fonts; matplotlib brings it along, so widths are the same anywhere
)
_TITLE_IN, _ROW_IN, _HEADER_GAP_IN = 0.35, 0.24, 0.08
_LEGEND_HANDLE_IN, _LEGEND_GAP_IN = 0.42, 0.24  # of an entry: line and space before the text, space behind it
_MIN_LOG_TICKS = 3
_HYPHEN_BEFORE_NUMBER = re.compile(r"(?<![\w.\-])-(?=\.?\d)")

_RC_PARAMS: dict[str, Any] = {
    "svg.hashsalt": "wannsearch",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 11,
    "axes.labelsize": 12,
    "axes.edgecolor": GRAY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.xmargin": 0.02,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.color": GRAY,
    "ytick.color": GRAY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": LEGEND_SIZE,
    "lines.linewidth": 1.8,
}


@dataclass(frozen=True)
class Picture:
    """One picture as the bytes of a whole SVG file and of a whole PNG file."""

    svg: bytes
    png: bytes


def render(draw: Callable[[Figure], None], size_in: tuple[float, float] = PLOT_IN) -> Picture:
    """Call `draw` once on an empty figure in the common style; equal drawings give equal bytes.

    `size_in` is width and height in inches. The PNG has 150 dots per inch, or fewer where its longer side
    would exceed 3000 pixels or its file 500 kB. Raise ConfigError where a `matplotlibrc` in the working
    folder is no UTF-8.
    """
    with _load_matplotlib():
        from matplotlib.figure import Figure

        figure = Figure(figsize=size_in)
        draw(figure)
        _use_minus_signs(figure)
        svg = _save_figure(figure, format="svg", metadata={"Date": None, "Creator": None})
        figure.set_layout_engine("none")  # it has been laid out; once more would only cost time
        return Picture(svg, _save_png(figure, min(PNG_DPI, PNG_MAX_PX / max(size_in))))


def _save_png(figure: Figure, dpi: float) -> bytes:
    """Return the PNG with so many dots per inch, or with the fewer for which it is small enough."""
    while True:
        png = _save_figure(figure, format="png", metadata={"Software": None}, dpi=dpi)
        if len(png) <= PNG_MAX_BYTES:
            return png
        dpi *= min(0.9, (PNG_MAX_BYTES / len(png)) ** 0.5)  # bytes grow with the square of the dots, or less


def _use_minus_signs(figure: Figure) -> None:
    """Replace the hyphen before a number by the minus sign in every text, as matplotlib does at its axes."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_text(format_minus(text.get_text()))


def format_minus(text: str) -> str:
    """Return the text with a minus sign instead of each hyphen that is the sign of a number."""
    return _HYPHEN_BEFORE_NUMBER.sub("\N{MINUS SIGN}", text)


@contextmanager
def _load_matplotlib() -> Iterator[None]:
    """Load matplotlib in the common style, whatever the user's files and variables set.

    matplotlib reads MPLBACKEND when it is imported, and fails there if a notebook's backend is not installed.
    Its log messages are about folders and settings that no plot here needs, so those below errors are turned
    off. On exit, the variable and the log level are restored.
    """
    backend = os.environ.pop("MPLBACKEND", None)
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        try:
            from matplotlib.style import context
        except UnicodeDecodeError as error:
            path = Path.cwd() / "matplotlibrc"
            raise ConfigError(f"{path} is no UTF-8, and matplotlib reads it: {error}.") from error
        with context(_RC_PARAMS, after_reset=True), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from")  # drawn as an empty box
            yield
    finally:
        log.setLevel(level)
        if backend is not None:
            os.environ["MPLBACKEND"] = backend


def _save_figure(figure: Figure, **options: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, **options)
    return buffer.getvalue()


def one_line(text: str, max_length: int = MAX_NAME_LENGTH) -> str:
    """Shorten a name from a file to one printable line of at most `max_length` characters.

    Runs of spaces and characters that cannot be printed become one space; a cut name ends in "…".
    """
    line = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(line.split())
    return line if len(line) <= max_length else line[: max_length - 1] + "…"


_user_title: ContextVar[str | None] = ContextVar("user_title", default=None)


@contextmanager
def use_title(title: str | None) -> Iterator[None]:
    """Give every picture that is drawn inside this context this title; None: its own, "": no header."""
    token = _user_title.set(title)
    try:
        yield
    finally:
        _user_title.reset(token)


def draw_header(figure: Figure, run_label: RunLabel, title: str, *remarks: str) -> float:
    """Draw the title, the source of the numbers and the remarks; return the height of all in inches.

    The source is task, method and seed of the label, and its state; empty parts and empty remarks are left
    out. A line that is wider than the figure is written smaller. `use_title` replaces the title, or leaves
    out the header.
    """
    user_title = _user_title.get()
    if user_title == "":
        return 0.0
    width, height = figure.get_size_inches()
    title = title if user_title is None else one_line(user_title, 200)
    lines: list[tuple[str, float, dict[str, Any]]] = [(title, 14.0, {"weight": "bold"})]
    lines += [(row, 11.0, {"color": GRAY}) for row in _header_rows(run_label, remarks)]
    for index, (line, size, text_style) in enumerate(lines):
        bold = 1.15 if index == 0 else 1.0  # bold letters are wider than those that are measured
        size = min(size, size * (width - 2 * LEFT_IN) / (bold * text_width_in(line, size) or 1.0))
        y = 1 - (_TITLE_IN + index * _ROW_IN) / height
        figure.text(LEFT_IN / width, y, line, size=size, **text_style)
    return header_height_in(run_label, *remarks)


def header_height_in(run_label: RunLabel, *remarks: str) -> float:
    """Return the height in inches that a header with these remarks takes."""
    if _user_title.get() == "":
        return 0.0
    return _TITLE_IN + len(_header_rows(run_label, remarks)) * _ROW_IN + _HEADER_GAP_IN


def _header_rows(run_label: RunLabel, remarks: Sequence[str]) -> list[str]:
    seed = f"seed {one_line(run_label.seed)}" if run_label.seed else ""
    source = (one_line(run_label.task), one_line(run_label.method), seed, one_line(run_label.state, 60))
    return [row for row in (_join_parts(*source), _join_parts(*remarks)) if row]


def add_header(figure: Figure, run_label: RunLabel, title: str, *remarks: str) -> None:
    """Draw a header and give the rest of the figure to its axes."""
    header_share = draw_header(figure, run_label, title, *remarks) / figure.get_size_inches()[1]
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - header_share))


def _join_parts(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)


def add_legend(figure: Figure, *axes: Axes) -> None:
    """Add one legend of all axes below them, in as many columns as are as wide as the figure.

    A label that several axes have is listed once. A label wider than the figure makes all letters smaller.
    Without labels there is no legend. The layout of the figure must be that of `add_header`.
    """
    handles: dict[str, Any] = {}
    for part in axes:
        for handle, label in zip(*part.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if handles:
        width_in = float(figure.get_size_inches()[0]) - 2 * LEFT_IN
        entries_in = [_LEGEND_HANDLE_IN + text_width_in(label, LEGEND_SIZE) for label in handles]
        num_columns = _count_legend_columns(entries_in, width_in)
        size = LEGEND_SIZE * min(1.0, width_in / max(entries_in))
        figure.legend(
            list(handles.values()), list(handles), loc="outside lower left", ncols=num_columns, fontsize=size,
            columnspacing=1.6, borderaxespad=0.4,
        )  # fmt: skip


def _count_legend_columns(entries_in: Sequence[float], width_in: float) -> int:
    """Return the highest number of columns in which all entries fit; matplotlib fills column by column."""
    for num_columns in range(len(entries_in), 1, -1):
        num_full, num_rows = len(entries_in) % num_columns, len(entries_in) // num_columns
        heights = [num_rows + 1] * num_full + [num_rows] * (num_columns - num_full)
        starts = [sum(heights[:column]) for column in range(num_columns)]
        columns_in = [max(entries_in[a : a + n]) for a, n in zip(starts, heights, strict=True)]
        if sum(columns_in) + (num_columns - 1) * _LEGEND_GAP_IN <= width_in:
            return num_columns
    return 1


@lru_cache(maxsize=4096)
def text_width_in(text: str, size: float) -> float:
    """Return the width in inches of a line of text in the font of all plots, `size` in points."""
    with _load_matplotlib():
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import text_to_path

        font = FontProperties(family=_FONT, size=size)
        width: float = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
        return width / _POINTS_PER_IN


def use_log_x(axes: Axes) -> None:
    """Give axes with data a logarithmic x axis of counts, whose numbers are written out.

    Powers of ten are marked, or further numbers where fewer than three of them are in sight. matplotlib's own
    formatter writes TeX, which no plot interprets.
    """
    from matplotlib.ticker import NullFormatter

    low, high = axes.dataLim.intervalx
    axes.set_xscale("log")
    if 0 < low <= high:  # not where there is no data
        axes.set_xticks(_choose_log_ticks(float(low), float(high)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def _choose_log_ticks(low: float, high: float) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    for factors in ((1,), (1, 3), (1, 2, 5)):
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= _MIN_LOG_TICKS:
            return ticks
    values = map(float, MaxNLocator(nbins=5, integer=True).tick_values(low, high))
    return [value for value in values if low <= value <= high]


def format_score(value: float) -> str:
    """Format a score with three significant digits, or as a whole number from 1,000 to a million."""
    return format_minus(f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}")
