from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest
from recorded_episodes import change_frames, write_frames

from wannsearch.core.tasks.scene import ColorRole
from wannsearch.records.episode_files import read_frames
from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import filmstrip
from wannsearch.reporting.plots.pictures import draw_run
from wannsearch.reporting.plots.style import Picture

LABEL = RunLabel("my_task", "wann", "3")


def drawn(run: Path) -> Picture:
    picture = filmstrip.draw_filmstrip(read_frames(run), LABEL)
    assert picture is not None
    return picture


def texts(picture: Picture) -> list[str]:
    return [
        node.text or "" for node in ElementTree.fromstring(picture.svg).iter() if node.tag.endswith("text")
    ]


def test_eight_frames_stand_in_one_picture_with_their_texts_and_steps(run: Path) -> None:
    write_frames(run, 21)
    picture = drawn(run)
    steps = [f"step {step}" for step in range(0, 22, 3)]
    assert [text for text in texts(picture) if text.startswith("step")] == steps
    assert [text for text in texts(picture) if text.startswith("number")] == [
        f"number {step}" for step in range(0, 22, 3)
    ]
    assert "held-out episode of 21 steps  ·  shared weight \N{MINUS SIGN}1.5  ·  return 7" in texts(picture)
    assert picture.svg.count(b'<g id="axes_') == 8
    pixels = matplotlib.image.imread(io.BytesIO(picture.png), format="png")
    is_body = ((pixels[:, :, :3] * 255).round() == (0x00, 0x72, 0xB2)).all(axis=2)
    assert filmstrip.ROLE_COLORS[ColorRole.BODY] == "#0072B2"
    columns, rows = (np.flatnonzero(np.diff(is_body.any(axis=axis).astype(int)) == 1) for axis in (0, 1))
    assert len(rows) == 4  # two balls beside one another in each of four rows
    assert len(columns) >= 2


def test_equal_frames_give_equal_bytes_and_other_ones_do_not(run: Path) -> None:
    write_frames(run)
    first = drawn(run)
    assert drawn(run) == first
    change_frames(run, lambda d: d["frames"][4]["shapes"][1].update(radius=0.3))
    assert drawn(run).png != first.png


EXTENT = "held-out episode of 21 steps"
BEGINNING = "first 21 steps of a held-out episode"


@pytest.mark.parametrize(
    ("settings", "remarks"),
    [
        ({"weight": -1.5}, (EXTENT, "shared weight -1.5", "return 7")),
        ({"weight": "own", "score_name": "steps"}, (EXTENT, "own weights", "steps 7")),
        (
            {"evaluator_return": 6.5},
            (EXTENT, "shared weight -1.5", "return 7 (6.5 by the evaluator of the search)"),
        ),
        (
            {"has_ended": False, "evaluator_return": 5000.0},
            (BEGINNING, "shared weight -1.5", "return 7 so far, 5,000 in all"),
        ),
    ],
)
def test_the_header_names_weight_and_return(run: Path, settings: dict, remarks: tuple[str, ...]) -> None:
    write_frames(run, **settings)
    recorded = read_frames(run)
    assert recorded is not None
    assert filmstrip.list_remarks(recorded) == remarks


@pytest.mark.parametrize("steps", [1, 4])
def test_a_short_episode_has_a_frame_for_each_of_its_states(run: Path, steps: int) -> None:
    write_frames(run, steps)
    assert drawn(run).svg.count(b'<g id="axes_') == steps + 1


def test_wide_frames_stand_in_two_columns_and_narrow_ones_in_one_row() -> None:
    assert [filmstrip.choose_columns(8, aspect) for aspect in (3.3, 1.0, 0.3)] == [2, 4, 8]


def test_shapes_far_outside_and_scenes_of_any_shape_are_drawn_without_a_warning(run: Path) -> None:
    write_frames(run)

    def change(document: dict) -> None:
        shapes = document["frames"][0]["shapes"]
        shapes[0]["points"] = [[-1e300, 1e300], [1e300, 3.0]]
        shapes[0]["width"] = shapes[1]["radius"] = 1e300
        shapes[2]["position"] = [1e300, -1e300]
        document["frames"][1] |= {"x_range": [0, 1e-90], "y_range": [0, 1e-91]}
        document["frames"][2] |= {"x_range": [0, 1e90], "y_range": [0, 1e91]}

    change_frames(run, change)
    assert drawn(run).svg.count(b'<g id="axes_') == 8


def test_texts_of_a_scene_stay_text(run: Path) -> None:
    write_frames(run)
    change_frames(
        run, lambda d: d["frames"][0]["shapes"][2].update(text="<script>$\\input{x}$\x1b[31m\n" + "y" * 99)
    )
    picture = drawn(run)
    assert not [node for node in ElementTree.fromstring(picture.svg).iter() if node.tag.endswith("script")]
    assert any(text.startswith("<script>$\\input{x}$ [31m") for text in texts(picture))


def test_a_run_draws_its_filmstrip_among_the_plots(run: Path) -> None:
    write_frames(run)
    files = draw_run(run)
    assert files["plots/filmstrip.png"].startswith(b"\x89PNG")
    assert b"cartpole_swingup" in files["plots/filmstrip.svg"]


def test_a_run_without_frames_has_no_filmstrip(run: Path) -> None:
    assert filmstrip.draw_filmstrip(read_frames(run), LABEL) is None
