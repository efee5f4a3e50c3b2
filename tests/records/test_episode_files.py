"""A recorded episode is written in full precision and read back with care."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_episodes import ORIGIN, change_frames, describe_scene, trajectory, write_frames

from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.ports import Ports
from wannsearch.core.run_files import read_columns
from wannsearch.core.tasks.scene import Circle, ColorRole, Scene, Text
from wannsearch.records.episode_files import describe_frame, format_frames, format_trajectory, read_frames

NAMED = Ports(2, 1, ("tanh",), ("x", "ẋ"), ("push",))


def test_a_row_a_state_reads_back_to_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "trajectory.csv"
    path.write_text(format_trajectory(trajectory(5), NAMED), encoding="utf-8")
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header == ["step", "observation[x]", "observation[ẋ]", "output[push]", "reward", "state[0]"]
    columns = read_columns(path, header)
    assert columns["step"].tolist() == [0, 1, 2, 3, 4, 5]
    assert columns["observation[ẋ]"][:5].tolist() == [-0.0, -0.5, -1.0, -1.5, -2.0]
    assert columns["output[push]"][:5].tolist() == [0.1] * 5
    assert columns["reward"][:5].tolist() == [1 / 3] * 5
    assert columns["state[0]"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_the_row_of_the_last_state_has_no_step(tmp_path: Path) -> None:
    path = tmp_path / "trajectory.csv"
    path.write_text(format_trajectory(trajectory(5), NAMED), encoding="utf-8")
    assert path.read_text(encoding="utf-8").splitlines()[-1] == "5,,,,,2.5"
    columns = read_columns(path, ["observation[x]", "observation[ẋ]", "output[push]", "reward"])
    assert all(np.isnan(column[-1]) and not np.isnan(column[:-1]).any() for column in columns.values())


def test_a_state_without_numbers_has_a_last_row_too() -> None:
    opaque = replace(trajectory(2), states=(np.array([object()] * 3),))
    lines = format_trajectory(opaque, NAMED).splitlines()
    assert lines[0] == "step,observation[x],observation[ẋ],output[push],reward"
    assert lines[-1] == "2,,,,"


@pytest.mark.parametrize("names", [(), ("a,b", "c"), ('a"b', "c"), ("a\nb", "c"), ("a", "a")])
def test_ports_without_names_that_fit_a_header_are_numbered(names: tuple[str, ...]) -> None:
    header = format_trajectory(trajectory(1), Ports(2, 1, ("tanh",), names)).splitlines()[0]
    assert header == "step,observation[0],observation[1],output[0],reward,state[0]"


def test_a_failed_step_is_no_number() -> None:
    failed = trajectory(2)
    failed.rewards[1] = np.nan
    assert format_trajectory(failed, NAMED).splitlines()[2].split(",")[4] == "nan"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (70, [0, 10, 20, 30, 40, 50, 60, 70]),
        (8, [0, 1, 2, 3, 5, 6, 7, 8]),
        (7, [0, 1, 2, 3, 4, 5, 6, 7]),
        (2, [0, 1, 2]),
    ],
)
def test_eight_frames_are_spread_evenly_from_the_first_to_the_last_state(
    tmp_path: Path, steps: int, expected: list[int]
) -> None:
    (tmp_path / "best").mkdir()
    write_frames(tmp_path, steps)
    recorded = read_frames(tmp_path)
    assert recorded is not None
    assert [frame.step for frame in recorded.frames] == expected
    for frame in recorded.frames:
        assert frame.scene == describe_scene((frame.step / 2,), frame.step)


def test_weight_return_and_length_are_read_back(tmp_path: Path) -> None:
    (tmp_path / "best").mkdir()
    write_frames(tmp_path, 30, evaluator_return=11.0, score_name="steps", has_ended=False)
    recorded = read_frames(tmp_path)
    assert recorded is not None
    assert (recorded.weight, recorded.steps, recorded.whole_episode) == ("-1.5", 30, False)
    assert (recorded.episode_return, recorded.evaluator_return, recorded.score_name) == (10, 11, "steps")
    write_frames(tmp_path, weight="own", evaluator_return=math.nan)
    recorded = read_frames(tmp_path)
    assert recorded is not None
    assert recorded.weight == "own"
    assert math.isnan(recorded.evaluator_return)


def test_a_shape_that_is_nowhere_is_left_out() -> None:
    def describe_lost_ball(state: tuple[Any, ...], step: int) -> Scene:
        ball = Circle((math.nan, math.inf), 1, ColorRole.BODY)
        return Scene((ball, *describe_scene(state, step).shapes), (-1, 10), (-1, 3))

    content = format_frames(trajectory(9), describe_lost_ball, 3.0, **ORIGIN)
    frame = json.loads(content)["frames"][0]
    assert [shape["shape"] for shape in frame["shapes"]] == ["line", "circle", "text"]
    assert frame["time_s"] is None


class Oops(Exception):
    """An error of a user's own file."""


SCENE = Scene((), (-1, 1), (-1, 1))


def say(text: str) -> Scene:
    return replace(SCENE, shapes=(Text((0, 0), text),))


def fail_with(error: BaseException) -> Scene:
    raise error


FAULTS: dict[str, tuple[Callable[[], Any], str]] = {
    "any error": (lambda: 1 / 0, "ZeroDivisionError: division by zero$"),
    "an error of its own": (lambda: fail_with(Oops("no wheel\nhere")), "Oops: no wheel here$"),
    "an exit": (lambda: fail_with(SystemExit(3)), "SystemExit: 3$"),
    "too little memory": (lambda: fail_with(MemoryError()), "MemoryError$"),
    "a refused shape": (lambda: Text((0, 0), 7), r"Text\.text is 7; it must be text"),  # type: ignore[arg-type]
    "nothing": (lambda: None, "it returned None; it must return a Scene"),
    "a text that is no UTF-8": (lambda: say("\ud800"), "UnicodeEncodeError: .*surrogates not allowed"),
    "too large a scene": (lambda: say("x" * 2**20), r"its Scene has 1,048,\d+ bytes in JSON; allowed: 1,04"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_a_scene_raises_or_returns_instead_is_told_in_one_line_with_its_step(fault: str) -> None:
    build, message = FAULTS[fault]

    def describe(state: tuple[Any, ...], step: int) -> Scene:
        return SCENE if step < 3 else build()

    with pytest.raises(ConfigError, match=f"^describe_scene failed at step 3, .*{message}") as caught:
        format_frames(trajectory(21), describe, 3.0, **ORIGIN)
    assert "\n" not in str(caught.value)


def test_a_signal_that_arrives_in_a_scene_stops_the_run() -> None:
    with pytest.raises(KeyboardInterrupt):
        describe_frame(lambda *_: fail_with(KeyboardInterrupt()), (), 0)


def test_frames_of_the_largest_size_are_read_back(run: Path) -> None:
    big = say("x" * 1_048_000)
    (run / "best/frames.json").write_bytes(format_frames(trajectory(21), lambda *_: big, 3.0, **ORIGIN))
    recorded = read_frames(run)
    assert recorded is not None
    assert recorded.frames[7].scene == big


def test_a_run_without_frames_has_none(run: Path) -> None:
    assert read_frames(run) is None


def frame(document: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = document["frames"][1]
    return value


def shape(document: dict[str, Any], number: int) -> dict[str, Any]:
    value: dict[str, Any] = frame(document)["shapes"][number]
    return value


DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no format": (lambda d: d.pop("format"), "it has format null; this wannsearch reads format 1"),
    "another format": (lambda d: d.update(format=2), "it has format 2; this wannsearch reads format 1"),
    "true as format": (lambda d: d.update(format=True), "it has format true"),
    "no frames": (lambda d: d.pop("frames"), "lacks 'frames'"),
    "empty frames": (lambda d: d["frames"].clear(), "wrong 'frames'"),
    "nine frames": (lambda d: d["frames"].append(d["frames"][0]), "wrong 'frames'"),
    "a frame as text": (lambda d: d["frames"].__setitem__(3, "frame"), "else than objects in 'frames'"),
    "a weight as text": (lambda d: d.update(weight="heavy"), "wrong 'weight': 'heavy'"),
    "a return as text": (lambda d: d.update({"return": "high"}), "wrong 'return': 'high'"),
    "no return of the evaluator": (lambda d: d.pop("evaluator_return"), "lacks 'evaluator_return'"),
    "half a step": (lambda d: d.update(steps=0.5), "wrong 'steps': 0.5"),
    "a score without name": (lambda d: d.update(score_name=None), "wrong 'score_name': null"),
    "perhaps whole": (lambda d: d.update(whole_episode="perhaps"), "wrong 'whole_episode'"),
    "a frame without step": (lambda d: frame(d).pop("step"), "lacks 'step'"),
    "a frame without time": (lambda d: frame(d).pop("time_s"), "lacks 'time_s'"),
    "a range that falls": (lambda d: frame(d).update(x_range=[1, 0]), "x_range is .*ascending"),
    "a range of one": (lambda d: frame(d).update(y_range=[1]), "y_range holds .*exactly 2"),
    "shapes as text": (lambda d: frame(d).update(shapes="many"), "wrong 'shapes'"),
    "a shape as number": (lambda d: frame(d)["shapes"].append(7), "it has null among its shapes"),
    "an unknown shape": (lambda d: shape(d, 0).update(shape="cube"), "'cube' .* line, circle, text"),
    "a list as shape": (lambda d: shape(d, 0).update(shape=["line"]), "a list among"),
    "an unknown color": (lambda d: shape(d, 0).update(color="#FF0000"), "'#FF0000'; allowed: accent"),
    "an unknown key": (lambda d: shape(d, 1).update(href="x"), "there is no key 'circle.href'"),
    "a line without width": (lambda d: shape(d, 0).pop("width"), "line.width is missing"),
    "a point of three": (lambda d: shape(d, 0)["points"][0].append(1), "exactly 2 numbers"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_in_one_line_that_names_it(run: Path, damage: str) -> None:
    write_frames(run)
    change, message = DAMAGES[damage]
    change_frames(run, change)
    with pytest.raises(DamagedFile, match=message) as caught:
        read_frames(run)
    assert "best/frames.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_number_beyond_float64_is_refused(run: Path) -> None:
    path = write_frames(run)
    path.write_text(path.read_text(encoding="utf-8").replace("0.1", "1e999"), encoding="utf-8")
    with pytest.raises(DamagedFile, match="it holds 1e999; numbers must be finite"):
        read_frames(run)


def test_a_link_in_the_place_of_the_file_is_refused(run: Path) -> None:
    path = write_frames(run)
    path.rename(run / "elsewhere")
    path.symlink_to(run / "elsewhere")
    with pytest.raises(DamagedFile, match="symbolic link"):
        read_frames(run)
