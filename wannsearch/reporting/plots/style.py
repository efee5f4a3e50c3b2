"""The look that all pictures share, and why the same numbers give the same bytes.

Colours are those of Okabe & Ito (2008), which colour-blind readers can tell apart. A figure starts
from matplotlib's own defaults, not from the user's matplotlibrc, and knows no window system, whatever
MPLBACKEND says; its SVG carries no date, takes its ids from a fixed salt, and keeps text as text, so that
it can be searched and read aloud. Names from outside are shown as they are: neither TeX nor markup is
interpreted, control characters are dropped.
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
from wannsearch.records.reader import Origin

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
INK, GREY, PALE, PAPER = "#222222", "#666666", "#DDDDDD", "#FFFFFF"

PLOT_IN = (7.0, 4.4)  # width, height in inches
PNG_DPI = 150
PNG_LONGEST_PX = 3000
LONGEST_NAME = 30

_LOOK: dict[str, Any] = {
    "svg.hashsalt": "wannsearch",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 11,
    "axes.labelsize": 12,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.xmargin": 0.02,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.color": GREY,
    "ytick.color": GREY,
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
    """One picture in both forms, as the bytes of a whole file."""

    svg: bytes
    png: bytes


def rendered(draw: Callable[[Figure], None], size_in: tuple[float, float] = PLOT_IN) -> Picture:
    """Let `draw` fill an empty figure, in the common look; equal drawings give equal bytes."""
    with _load_matplotlib(), warnings.catch_warnings():
        from matplotlib.figure import Figure

        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # drawn as an empty box
        figure = Figure(figsize=size_in)
        draw(figure)
        dpi = min(PNG_DPI, PNG_LONGEST_PX / max(size_in))
        svg = _saved(figure, format="svg", metadata={"Date": None, "Creator": None})
        figure.set_layout_engine("none")  # it has been laid out; once more would only cost time
        return Picture(svg, _saved(figure, format="png", metadata={"Software": None}, dpi=dpi))


@contextmanager
def _load_matplotlib() -> Iterator[None]:
    """Inside, matplotlib has the common look, whatever its user's files and variables say.

    It reads MPLBACKEND as it is imported, and ends there if a notebook's backend is not installed. What it
    logs is about folders and settings that no picture here needs.
    """
    backend = os.environ.pop("MPLBACKEND", None)
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        try:
            from matplotlib.style import context
        except UnicodeDecodeError as error:
            where = Path.cwd() / "matplotlibrc"
            raise ConfigError(f"{where} is no UTF-8, and matplotlib reads it: {error}.") from error
        with context(_LOOK, after_reset=True):
            yield
    finally:
        log.setLevel(level)
        if backend is not None:
            os.environ["MPLBACKEND"] = backend


def _saved(figure: Figure, **how: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, **how)
    return buffer.getvalue()


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """A name from outside, in one printable line of bounded length."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def heading(figure: Figure, origin: Origin, title: str, *more: str) -> float:
    """Title, where the numbers come from, what else there is to say; returns its height in inches."""
    width, height = figure.get_size_inches()
    seed = f"seed {plain(origin.seed)}" if origin.seed else ""
    rows = [_joined(plain(origin.task), plain(origin.method), seed), _joined(*more)]
    figure.text(0.15 / width, 1 - 0.35 / height, title, size=14, weight="bold")
    used = 0.35
    for row in filter(None, rows):
        used += 0.24
        figure.text(0.15 / width, 1 - used / height, row, color=GREY)
    return used + 0.08


def headed(figure: Figure, origin: Origin, title: str, *more: str) -> None:
    """A heading, and the rest of the figure to whatever axes it has."""
    used = heading(figure, origin, title, *more) / figure.get_size_inches()[1]
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - used))


def _joined(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)


def number(value: float) -> str:
    """A score with about three digits, as it stands beside a dot."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
