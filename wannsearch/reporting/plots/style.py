"""The style that all plots share, and the reason why equal numbers give equal bytes.

The colors are those of Okabe & Ito (2008), which color-blind readers can tell apart. A figure starts from
matplotlib's own defaults and not from the user's matplotlibrc. It uses no window system, whatever MPLBACKEND
is set to. The SVG carries no date, takes its ids from a fixed salt, and keeps text as text, so that it can be
searched and read aloud. Names from files are drawn literally: neither TeX nor markup is interpreted, and
control characters become spaces.
"""

from __future__ import annotations

import io
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.core.errors import ConfigError
from wannsearch.records.plot_data import RunLabel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
INK, GRAY, PALE, PAPER = "#222222", "#666666", "#DDDDDD", "#FFFFFF"

PLOT_IN = (7.0, 4.4)  # width, height in inches
PNG_DPI = 150
PNG_MAX_PX = 3000
MAX_NAME_LENGTH = 30

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
    "legend.frameon": True,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
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
    would exceed 3000 pixels. Raise ConfigError where a `matplotlibrc` in the working folder is no UTF-8.
    """
    with _load_matplotlib(), warnings.catch_warnings():
        from matplotlib.figure import Figure

        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # drawn as an empty box
        figure = Figure(figsize=size_in)
        draw(figure)
        dpi = min(PNG_DPI, PNG_MAX_PX / max(size_in))
        svg = _save_figure(figure, format="svg", metadata={"Date": None, "Creator": None})
        figure.set_layout_engine("none")  # it has been laid out; once more would only cost time
        return Picture(svg, _save_figure(figure, format="png", metadata={"Software": None}, dpi=dpi))


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
        with context(_RC_PARAMS, after_reset=True):
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


def draw_header(figure: Figure, run_label: RunLabel, title: str, *remarks: str) -> float:
    """Draw the title, the source of the numbers and the remarks; return the height of all in inches.

    The source is task, method and seed of the label; empty parts and empty remarks are left out.
    """
    width, height = figure.get_size_inches()
    seed = f"seed {one_line(run_label.seed)}" if run_label.seed else ""
    rows = [_join_parts(one_line(run_label.task), one_line(run_label.method), seed), _join_parts(*remarks)]
    figure.text(0.15 / width, 1 - 0.35 / height, title, size=14, weight="bold")
    used_in = 0.35
    for row in filter(None, rows):
        used_in += 0.24
        figure.text(0.15 / width, 1 - used_in / height, row, color=GRAY)
    return used_in + 0.08


def add_header(figure: Figure, run_label: RunLabel, title: str, *remarks: str) -> None:
    """Draw a header and give the rest of the figure to its axes."""
    header_share = draw_header(figure, run_label, title, *remarks) / figure.get_size_inches()[1]
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - header_share))


def _join_parts(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)


def format_score(value: float) -> str:
    """Format a score with three significant digits, or as a whole number between 1000 and a million."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
