"""A film as a GIF: its colors, its time, its bytes."""

from __future__ import annotations

import io
from itertools import accumulate

import numpy as np
import pytest
from made_films import make_film, make_tile
from PIL import Image

from wannsearch.reporting.films.canvas import FilmCanvas
from wannsearch.reporting.films.gif import encode_gif


def encode(film, title="t"):
    canvas = FilmCanvas(film, title)
    return canvas, encode_gif(canvas.draw, canvas.frame_durations_s)


def read_frames(content):
    with Image.open(io.BytesIO(content)) as gif:
        frames, durations = [], []
        for number in range(gif.n_frames):
            gif.seek(number)
            frames.append(gif.convert("RGB"))
            durations.append(gif.info["duration"])
        return frames, durations, gif.info["loop"]


def test_a_gif_shows_the_frames_with_at_most_64_colors_and_repeats_forever():
    canvas, content = encode(make_film(make_tile(20), make_tile(12)))
    frames, durations, loop = read_frames(content)
    assert loop == 0
    assert len(frames) == canvas.num_frames == 11
    assert sum(durations) == pytest.approx(1000 * sum(canvas.frame_durations_s), abs=10)
    for number, frame in enumerate(frames):
        original = np.asarray(canvas.draw(number)).astype(int)
        assert np.abs(np.asarray(frame) - original).mean() < 1.0
        assert len(frame.getcolors(2**20)) <= 64


def test_plain_colors_are_exact_however_small_the_thing():
    _, content = encode(make_film(make_tile(20)))
    colors = {color for _, color in read_frames(content)[0][0].getcolors(2**20)}
    assert {(255, 255, 255), (0x00, 0x72, 0xB2), (0x66, 0x66, 0x66), (0x22, 0x22, 0x22)} <= colors


def test_equal_films_give_equal_bytes_and_other_ones_do_not():
    film = make_film(make_tile(20))
    assert encode(film)[1] == encode(film)[1]
    assert encode(film)[1] != encode(film, "another title")[1]


def test_the_times_of_frames_do_not_drift():
    images = [Image.new("RGB", (8, 8), (number * 20, 0, 0)) for number in range(10)]
    _, durations, _ = read_frames(encode_gif(images.__getitem__, [1 / 30] * 10))
    ends = list(accumulate(durations))
    assert ends == pytest.approx([1000 * (number + 1) / 30 for number in range(10)], abs=5.1)
