"""The pictures of a film: all tiles at one step, captions that stay, ended tiles that wait."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_films import make_film, make_image, make_tile
from PIL import Image

from wannsearch.reporting.films.canvas import (
    HOLD_S,
    FilmCanvas,
    choose_tile_size,
    describe_tile,
    sample_evenly,
    shrink_image,
)
from wannsearch.reporting.plots import style

BODY = (0x00, 0x72, 0xB2)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image)


def body_columns(image: Image.Image) -> np.ndarray:
    return np.flatnonzero((pixels(image) == BODY).all(axis=2).any(axis=0))


def test_every_frame_has_one_even_size_and_nothing_moves_but_the_frames_and_the_step() -> None:
    canvas = FilmCanvas(make_film(make_tile(10)), "my task")
    frames = [canvas.draw(number) for number in range(canvas.num_frames)]
    assert canvas.num_frames == 6
    assert {frame.size for frame in frames} == {frames[0].size}
    assert frames[0].width % 2 == frames[0].height % 2 == 0
    lefts = [body_columns(frame)[0] for frame in frames]
    assert lefts == sorted(set(lefts))
    captions = [pixels(frame)[-36:] for frame in frames]
    assert all((caption == captions[0]).all() for caption in captions)
    assert len(np.unique(captions[0])) > 2
    assert canvas.frame_durations_s == [0.05] * 5 + [HOLD_S]


def test_a_tile_that_has_ended_keeps_its_last_frame_and_is_faint_while_others_go_on() -> None:
    canvas = FilmCanvas(make_film(make_tile(4), make_tile(10)), "my task")
    both, late, last = canvas.draw(2), canvas.draw(4), canvas.draw(5)
    middle = both.height // 2  # one tile stands above the other

    def has_body(image: Image.Image) -> tuple[bool, bool]:
        is_body = (pixels(image) == BODY).all(axis=2).any(axis=1)
        return bool(is_body[:middle].any()), bool(is_body[middle:].any())

    assert has_body(both) == (True, True)
    assert has_body(late) == has_body(last) == (False, True)
    waits = [pixels(image)[30:middle] for image in (late, last)]
    assert (waits[0] == waits[1]).all()
    assert (waits[0] != pixels(both)[30:middle]).any()


def test_the_network_stands_beside_or_above_the_tiles_and_is_never_cut() -> None:
    drawing = Image.new("RGB", (1200, 300), style.PAPER)
    drawing.paste((200, 0, 200), (100, 50, 1100, 250))
    buffer = __import__("io").BytesIO()
    drawing.save(buffer, "PNG")
    film = make_film(make_tile(4), make_tile(4), make_tile(4))
    without, beside = FilmCanvas(film, "t").draw(0), FilmCanvas(film, "t", buffer.getvalue()).draw(0)
    is_purple = (pixels(beside) == (200, 0, 200)).all(axis=2)
    rows, columns = np.flatnonzero(is_purple.any(axis=1)), np.flatnonzero(is_purple.any(axis=0))
    assert is_purple[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean() > 0.97
    assert len(columns) / len(rows) == pytest.approx(5.0, rel=0.05)
    assert beside.width * beside.height > without.width * without.height


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, ("weight \N{MINUS SIGN}1.5", "return 3.33, 10 steps")),
        ({"weight": "own", "evaluator_return": 3.2}, ("own weights", "return 3.33 (scored 3.2), 10 steps")),
        ({"evaluator_return": 3.3333333}, ("weight \N{MINUS SIGN}1.5", "return 3.33, 10 steps")),
        (
            {"has_ended": False, "evaluator_return": 99.0},
            ("weight \N{MINUS SIGN}1.5", "return 99, first 10 steps"),
        ),
        (
            {"episode_return": float("nan"), "evaluator_return": float("nan")},
            ("weight \N{MINUS SIGN}1.5", "return failed, 10 steps"),
        ),
    ],
)  # fmt: skip
def test_a_caption_names_weight_and_return(changes: dict[str, object], lines: tuple[str, str]) -> None:
    tile = make_tile(10, **changes)
    assert describe_tile(tile, make_film(tile)) == lines


def test_episodes_are_numbered_where_there_are_several() -> None:
    tiles = make_tile(4), make_tile(4, episode=1)
    assert describe_tile(tiles[1], make_film(*tiles))[0] == "weight \N{MINUS SIGN}1.5, episode 2"


def test_the_title_names_the_speed_unless_it_is_that_of_life() -> None:
    film = make_film(make_tile(10))
    fast = replace(film, pace=replace(film.pace, speed=4.0))
    titles = [pixels(FilmCanvas(each, "my task").draw(0))[:24] for each in (film, fast)]
    assert (titles[0] != titles[1]).any()


@pytest.mark.parametrize("aspect", [0.01, 0.5, 1.0, 3.5, 40.0])
@pytest.mark.parametrize("num_tiles", [1, 2, 3, 6, 64])
def test_more_tiles_are_smaller_ones(num_tiles: int, aspect: float) -> None:
    width, height = choose_tile_size(num_tiles, aspect)
    assert num_tiles * width * height <= 540_000
    assert 1 / 5.2 <= width / height <= 5.2


def test_images_of_an_environment_are_scaled_down_to_their_tile_and_not_up() -> None:
    shrunk = shrink_image(make_image(600, 400, (10, 20, 30)), 3)
    assert shrunk.shape[:2] == choose_tile_size(3, 1.5)[::-1]
    assert (shrunk == (10, 20, 30)).all()
    small = make_image(20, 20, (10, 20, 30))
    assert shrink_image(small, 3) is small
    frames = (make_image(20, 20, (10, 20, 30)), make_image(20, 20, (200, 20, 30)))
    canvas = FilmCanvas(make_film(make_tile(2, frames=frames)), "t")
    first, last = (pixels(canvas.draw(number)) for number in (0, 1))
    assert ((first == (10, 20, 30)).all(axis=2)).sum() == 400
    assert ((last == (200, 20, 30)).all(axis=2)).sum() == 400


def test_samples_reach_from_the_first_frame_to_the_last() -> None:
    assert sample_evenly(1, 5) == [0]
    assert sample_evenly(3, 5) == [0, 1, 2]
    assert sample_evenly(101, 5) == [0, 25, 50, 75, 100]
