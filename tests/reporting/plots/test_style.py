from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib
import pytest

from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style


def shown(text: str) -> style.Picture:
    return style.render(lambda figure: figure.text(0.1, 0.5, style.one_line(text)))


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
