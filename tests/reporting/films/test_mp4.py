"""A film as an MP4, where the package for it is installed."""

from __future__ import annotations

import importlib.util

import pytest
from made_films import make_film, make_tile

from wannsearch.core.errors import ConfigError
from wannsearch.reporting.films.canvas import FilmCanvas
from wannsearch.reporting.films.mp4 import encode_mp4


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the reader leaves pipes open
def test_an_mp4_has_the_frames_their_rate_and_the_same_bytes_again(tmp_path):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    canvas = FilmCanvas(make_film(make_tile(20)), "t")
    content = encode_mp4(canvas.draw, canvas.frame_durations_s)
    assert encode_mp4(canvas.draw, canvas.frame_durations_s) == content
    assert content[4:8] == b"ftyp"
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    reader = imageio_ffmpeg.read_frames(str(path))
    meta = next(reader)
    assert (meta["fps"], meta["size"]) == (20.0, canvas.draw(0).size)
    assert len(list(reader)) == 10 + 24


def test_without_the_package_one_line_names_the_extra(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "imageio_ffmpeg" else find_spec(name)
    )
    with pytest.raises(ConfigError, match=r"^an MP4 needs .*: pip install 'wannsearch\[video\]'$"):
        encode_mp4(lambda number: None, [0.05])
