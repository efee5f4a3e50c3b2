"""The pace of a film: real time where it can, all frames at even distances."""

from __future__ import annotations

import pytest

from wannsearch.core.film_frames import choose_pace, list_frame_steps


@pytest.mark.parametrize(
    ("num_steps", "step_s", "max_seconds", "stride", "speed"),
    [
        (500, 0.02, 10.0, 3, 1.0),
        (1000, 0.01, 8.0, 8, 1.5),
        (1600, 0.02, 8.0, 10, 4.0),
        (100, 1 / 4, 30.0, 1, 1.0),
        (100, None, 8.0, 1, None),
        (2000, None, 8.0, 16, None),
    ],
)
def test_an_episode_plays_in_real_time_or_just_as_fast_as_the_limit_wants(
    num_steps: int, step_s: float | None, max_seconds: float, stride: int, speed: float | None
) -> None:
    pace = choose_pace(num_steps, step_s, max_seconds)
    assert (pace.stride, pace.speed) == (stride, speed)
    assert num_steps / stride * pace.frame_s <= max_seconds
    if speed is not None and step_s is not None:
        assert pace.frame_s == pytest.approx(stride * step_s / speed)


def test_the_last_state_has_a_frame_whatever_the_stride() -> None:
    assert list_frame_steps(6, 3) == [0, 3, 6]
    assert list_frame_steps(7, 3) == [0, 3, 6, 7]
    assert list_frame_steps(0, 3) == [0]
