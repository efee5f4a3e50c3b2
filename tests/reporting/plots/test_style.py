from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest

from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style

MINUS = "\N{MINUS SIGN}"


def shown(text: str) -> style.Picture:
    return style.render(lambda figure: figure.text(0.1, 0.5, style.one_line(text)))


def drawn_texts(picture: style.Picture) -> list[str]:
    return [
        node.text or "" for node in ElementTree.fromstring(picture.svg).iter() if node.tag.endswith("text")
    ]


def test_equal_drawings_give_equal_bytes():
    assert shown("a") == shown("a")
    assert shown("a") != shown("b")


def test_the_user_s_own_look_changes_nothing():
    before = shown("a")
    with matplotlib.rc_context({"font.size": 30, "savefig.dpi": 20, "text.color": "red"}):
        assert shown("a") == before
        assert matplotlib.rcParams["font.size"] == 30


def test_nothing_tells_when_or_with_what_a_picture_was_drawn():
    picture = shown("a")
    assert b"<dc:date>" not in picture.svg
    assert b"Matplotlib" not in picture.svg + picture.png


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", r"$\input{x}$", "a$b", r"\$", "]]>&amp;<!--", "雪", "$\\frac{$"]
)
def test_a_hostile_name_is_shown_as_it_is(name):
    tree = ElementTree.fromstring(shown(name).svg)
    assert "".join(tree.itertext()).strip().endswith(style.one_line(name))
    assert not [node for node in tree.iter() if node.tag.endswith("script")]


def test_control_characters_and_surplus_length_are_dropped():
    assert style.one_line("a\x1b[31mb\nc\x00\u202e") == "a [31mb c"
    assert len(style.one_line("x" * 1000)) == style.MAX_NAME_LENGTH
    ElementTree.fromstring(shown("\x1b[2J\x00\ud800").svg)


def test_a_heading_leaves_out_what_is_not_known():
    def fill(figure):
        style.draw_header(figure, RunLabel(method="wann"), "Title")

    svg = style.render(fill).svg.decode()
    assert "wann" in svg
    assert "seed" not in svg


def test_a_huge_figure_keeps_its_png_bounded():
    png = style.render(lambda figure: None, (400.0, 2.0)).png
    assert int.from_bytes(png[16:20], "big") <= style.PNG_MAX_PX


@pytest.mark.long
def test_a_png_of_many_colours_is_made_small_by_fewer_dots():
    def fill(figure):
        noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), dtype=np.uint8)
        figure.add_axes((0, 0, 1, 1)).imshow(noise, interpolation="nearest")

    png = style.render(fill, (6.0, 6.0)).png
    assert 100_000 < len(png) <= style.PNG_MAX_BYTES


def test_a_negative_number_has_the_minus_sign_of_the_axes_wherever_it_stands():
    def fill(figure):
        axes = figure.subplots()
        axes.plot([-2, 1], [-3, 1], label="rho = -0.41")
        axes.annotate("-2.39", (0, 0))
        axes.set_title("-.5, a -1 (-7)")
        style.add_legend(figure, axes)
        style.add_header(figure, RunLabel("2026-11-27"), "x-1")

    texts = drawn_texts(style.render(fill))
    assert {
        f"rho = {MINUS}0.41",
        f"{MINUS}2.39",
        f"{MINUS}.5, a {MINUS}1 ({MINUS}7)",
        "2026-11-27",
        "x-1",
    } <= set(texts)
    assert any(text.startswith(f"{MINUS}3") for text in texts)
    assert style.format_score(-2.387) == f"{MINUS}2.39"


def test_a_legend_lies_below_the_axes_in_as_many_columns_as_fit(coarse_png):
    def place(*labels):
        def fill(figure):
            axes = figure.subplots()
            for label in labels:
                axes.plot([0, 1], [0, 1], label=label)
            style.add_legend(figure, axes)
            style.add_header(figure, RunLabel(), "Title")
            figure.draw_without_rendering()
            (legend,) = figure.legends
            boxes.append(
                (legend.get_window_extent(), legend.get_texts(), axes.get_window_extent(), figure.bbox)
            )

        boxes = []
        style.render(fill)
        return boxes[0]

    for labels, num_rows in ((["a", "b", "c"], 1), (["w" * 70, "long " * 8, "b"], 3)):
        legend, texts, axes, figure = place(*labels)
        assert legend.y1 <= axes.y0
        assert 0 <= legend.x0 < legend.x1 <= figure.x1
        assert len({round(text.get_window_extent().y0) for text in texts}) == num_rows


def test_a_header_has_the_user_s_title_or_is_left_out():
    def draw(title):
        with style.use_title(title):
            return drawn_texts(
                style.render(lambda figure: style.add_header(figure, RunLabel("task"), "Its title"))
            )

    assert draw(None) == ["Its title", "task"]
    assert draw("Mine") == ["Mine", "task"]
    assert draw("") == []


def test_a_header_wider_than_the_figure_is_written_smaller():
    svg = style.render(lambda figure: style.draw_header(figure, RunLabel(), "T" * 200)).svg.decode()
    (size,) = re.findall(r"font:[^;]*?([\d.]+)px|font-size: ([\d.]+)px", svg)
    assert float("".join(size)) < 7


@pytest.mark.parametrize(("low", "high"), [(10, 2e6), (192, 2400), (1000, 1500), (1, 1), (90, 130)])
def test_a_logarithmic_axis_of_counts_has_plain_numbers(low, high):
    def fill(figure):
        axes = figure.subplots()
        axes.plot([low, high], [0, 1])
        axes.set_yticks([])
        style.use_log_x(axes)

    texts = drawn_texts(style.render(fill))
    assert len(texts) >= (3 if low < high else 1)
    assert all(re.fullmatch(r"[\d,]+", text) for text in texts)


def test_importing_the_room_does_not_import_matplotlib():
    code = (
        "import sys, wannsearch.reporting.plots.pictures, wannsearch.reporting.plots.layered_layout;"
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


DRAW = """
import hashlib
from wannsearch.reporting.plots import style
picture = style.render(lambda figure: figure.text(0.1, 0.5, "a"))
print(hashlib.sha256(picture.svg + picture.png).hexdigest())
"""


def drawn_elsewhere(folder, **variables):
    return subprocess.run(
        [sys.executable, "-c", DRAW], cwd=folder, env=os.environ | variables, capture_output=True, text=True
    )


def test_no_variable_and_no_file_of_the_user_s_changes_a_picture_or_says_anything(tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nbackend: nonsense\nlines.linewidth: 9\n")
    done = drawn_elsewhere(
        tmp_path,
        MPLBACKEND="module://matplotlib_inline.backend_inline",
        MATPLOTLIBRC=str(tmp_path),
        MPLCONFIGDIR="/proc/nowhere",
        SOURCE_DATE_EPOCH="1",
    )
    picture = shown("a")
    assert (done.stdout.strip(), done.stderr) == (hashlib.sha256(picture.svg + picture.png).hexdigest(), "")


def test_a_variable_for_notebooks_is_theirs_again_afterwards(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    shown("a")
    assert os.environ["MPLBACKEND"] == "module://matplotlib_inline.backend_inline"


def test_a_file_that_matplotlib_cannot_read_is_named(tmp_path):
    (tmp_path / "matplotlibrc").write_bytes(b"font.size: \xff\n")
    done = drawn_elsewhere(tmp_path)
    assert f"ConfigError: {tmp_path / 'matplotlibrc'} is no UTF-8" in done.stderr
