"""The recorded episode of the best network: every step as CSV, and eight frames as shapes in JSON.

`best/trajectory.csv` has one row a state: the state, and the observation, the outputs of the network and the
reward of the step that follows. No step follows the last state, so these cells are empty in the last row. A
task that describes endings has the word for this one there, in a column of its own.
`best/frames.json` has states at even distances, as the task's `describe_scene` describes them, and the origin
of the episode. A picture or a film needs neither the task nor the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.arrays import Array, FloatArray
from wannsearch.core.errors import ConfigError, DamagedFile, describe_error
from wannsearch.core.ports import Ports
from wannsearch.core.settings import format_value, make_settings
from wannsearch.core.tasks.scene import Circle, Line, Scene, Shape, Text
from wannsearch.core.trajectory import Trajectory, holds_numbers
from wannsearch.core.untrusted import damaged_file_error, is_finite_number, is_integer, short_repr
from wannsearch.records import layout
from wannsearch.records.csv_files import format_line
from wannsearch.records.files import encode_json, finite_or_none
from wannsearch.records.reader import RunFolder

FRAMES_FORMAT = 1
"""The `format` in `best/frames.json`; a file with another number is refused."""
NUM_FRAMES = 8
"""The number of frames of an episode; an episode with fewer states has one frame a state."""
_MAX_FRAME_BYTES = 2**20  # eight of them, indented, stay below what `RunFolder` reads
_SHAPE_TYPES: dict[str, type[Line] | type[Circle] | type[Text]] = {
    "line": Line,
    "circle": Circle,
    "text": Text,
}
_TYPE_NAMES = {shape_type: name for name, shape_type in _SHAPE_TYPES.items()}


@dataclass(frozen=True)
class Frame:
    """One state of the episode: the number of steps before it, and its scene."""

    step: int
    scene: Scene


@dataclass(frozen=True)
class RecordedFrames:
    """The frames of an episode in order of time, with the weight and the return that a picture names."""

    frames: tuple[Frame, ...]
    weight: str  # a shared weight, or `own`
    steps: int  # of the episode, or of its recorded beginning
    whole_episode: bool
    episode_return: float  # sum of the recorded rewards; NaN where the episode failed
    evaluator_return: float  # of the whole episode, by the evaluator of the search; NaN where it failed
    score_name: str


def format_trajectory(trajectory: Trajectory, ports: Ports, ending: str | None = None) -> str:
    """Return `best/trajectory.csv`; parts of the state that are no numbers are left out.

    With `ending`, how the episode ended, the last column holds it in the last row.
    """
    num_steps = trajectory.num_steps
    observations = trajectory.observations.reshape(num_steps, -1)
    outputs = trajectory.outputs.reshape(num_steps, -1)
    states = _flatten_states(trajectory.states, num_steps + 1)
    columns = [
        "step",
        *_name_columns("observation", observations, ports.input_names),
        *_name_columns("output", outputs, ports.output_names),
        "reward",
        *_name_columns("state", states, ()),
    ]
    steps = np.column_stack([observations, outputs, trajectory.rewards])
    rows = zip([*steps.tolist(), [""] * steps.shape[1]], states.tolist(), strict=True)
    cells = [[number, *step, *state] for number, (step, state) in enumerate(rows)]
    if ending is not None:
        columns.append("ending")
        cells = [[*row, ending if row is cells[-1] else ""] for row in cells]
    return "".join(format_line(row) for row in [columns, *cells])


def _flatten_states(states: tuple[Array, ...], num_states: int) -> FloatArray:
    """Return the numbers of each state, (T + 1, n) float64."""
    parts = [part.reshape(num_states, -1) for part in states if holds_numbers(part)]
    return np.column_stack([np.zeros((num_states, 0)), *parts]).astype(np.float64)


def _name_columns(prefix: str, values: FloatArray, names: Sequence[str]) -> list[str]:
    """Return such names as `output[push]`, or `output[0]` where no names fit the values and a header."""
    is_usable = len(names) == values.shape[1] == len(set(names)) and all(map(_fits_header, names))
    return [f"{prefix}[{name}]" for name in (names if is_usable else range(values.shape[1]))]


def _fits_header(name: str) -> bool:
    return name.isprintable() and not set(name) & set(',"')


def format_frames(
    trajectory: Trajectory,
    describe_scene: Callable[[tuple[Any, ...], int], Scene],
    evaluator_return: float,
    **origin: Any,
) -> bytes:
    """Return `best/frames.json`; the keys of `origin` are copied, `weight` and `score_name` among them.

    `evaluator_return` is the return of the whole episode by the evaluator of the search. Raise ConfigError as
    `describe_frame`.
    """
    steps = np.unique(np.linspace(0, trajectory.num_steps, NUM_FRAMES).round().astype(np.int64)).tolist()
    frames = [describe_frame(describe_scene, trajectory.state_at(step), step) for step in steps]
    document = {
        "format": FRAMES_FORMAT,
        **origin,
        "return": finite_or_none(trajectory.episode_return),
        "evaluator_return": finite_or_none(evaluator_return),
        "steps": trajectory.num_steps,
        "whole_episode": trajectory.has_ended,
        "frames": frames,
    }
    return encode_json(document)


def describe_frame(
    describe_scene: Callable[[tuple[Any, ...], int], Scene], state: tuple[Any, ...], step: int
) -> dict[str, Any]:
    """Return a state as a frame of `best/frames.json`, which `read_frames` accepts.

    Raise ConfigError, which names the step, whatever `describe_scene` raises, and where it returns no scene,
    or one that the file cannot hold.
    """
    try:
        scene = describe_scene(state, step)
        if not isinstance(scene, Scene):
            raise ConfigError(f"it returned {format_value(scene)}; it must return a Scene.")
        frame = _frame_to_json(step, scene)
        num_bytes = len(encode_json(frame))
        if num_bytes > _MAX_FRAME_BYTES:
            raise ConfigError(f"its Scene has {num_bytes:,} bytes in JSON; allowed: {_MAX_FRAME_BYTES:,}.")
    except (Exception, SystemExit) as error:  # the code is a user's, and may raise anything
        raise ConfigError(f"describe_scene failed at step {step}, {describe_error(error)}") from error
    return frame


def _frame_to_json(step: int, scene: Scene) -> dict[str, Any]:
    """Return the JSON object of a frame, without shapes whose coordinates are not finite."""
    shapes = [
        {"shape": _TYPE_NAMES[type(shape)], **vars(shape)}
        for shape in scene.shapes
        if np.isfinite(shape.numbers).all()
    ]
    ranges = {"x_range": scene.x_range, "y_range": scene.y_range}
    return {"step": step, "time_s": scene.time_s, **ranges, "shapes": shapes}


def read_frames(folder: Path) -> RecordedFrames | None:
    """Return the frames of a run, or None for a run without them, such as one on a task without scenes.

    Raise DamagedFile where the file has another format number, lacks a value or has a wrong one.
    """
    path = folder / layout.FRAMES
    if not path.exists() and not path.is_symlink():
        return None
    document = RunFolder(folder).read_frames()
    number = document.get("format")
    if not is_integer(number) or number != FRAMES_FORMAT:
        raise damaged_file_error(
            path, f"it has format {short_repr(number)}", f"this wannsearch reads format {FRAMES_FORMAT}"
        )
    checks = [
        ("frames", lambda value: isinstance(value, list) and 0 < len(value) <= NUM_FRAMES),
        ("weight", lambda value: value == "own" or is_finite_number(value)),
        ("steps", is_integer),
        ("whole_episode", lambda value: isinstance(value, bool)),
        ("return", _is_number_or_none),
        ("evaluator_return", _is_number_or_none),
        ("score_name", lambda value: isinstance(value, str)),
    ]
    for key, is_valid in checks:
        _check_item(path, document, key, is_valid)
    weight = document["weight"]
    return RecordedFrames(
        tuple(_read_frame(path, frame) for frame in document["frames"]),
        weight if isinstance(weight, str) else f"{weight:g}",
        document["steps"],
        document["whole_episode"],
        _to_float(document["return"]),
        _to_float(document["evaluator_return"]),
        document["score_name"],
    )


def _is_number_or_none(value: Any) -> bool:
    return value is None or is_finite_number(value)


def _to_float(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _check_item(path: Path, document: dict[str, Any], key: str, is_valid: Callable[[Any], bool]) -> None:
    if key not in document:
        raise DamagedFile(f"{path} lacks {key!r}.")
    if not is_valid(document[key]):
        raise DamagedFile(f"{path} has a wrong {key!r}: {short_repr(document[key])}.")


def _read_frame(path: Path, frame: Any) -> Frame:
    if not isinstance(frame, dict):
        raise DamagedFile(f"{path} has something else than objects in 'frames'.")
    _check_item(path, frame, "step", is_integer)
    _check_item(path, frame, "shapes", lambda value: isinstance(value, list))
    for key in ("x_range", "y_range", "time_s"):
        _check_item(path, frame, key, lambda value: True)
    shapes = tuple(_read_shape(path, shape) for shape in frame["shapes"])
    try:
        scene = Scene(shapes, frame["x_range"], frame["y_range"], frame["time_s"])
    except ConfigError as error:
        raise DamagedFile(f"{path}: {error}") from None
    return Frame(frame["step"], scene)


def _read_shape(path: Path, value: Any) -> Shape:
    name = value.get("shape") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in _SHAPE_TYPES:
        allowed = f"a shape is {', '.join(_SHAPE_TYPES)}"
        raise damaged_file_error(path, f"it has {short_repr(name)} among its shapes", allowed)
    fields = {key: item for key, item in value.items() if key != "shape"}
    try:
        shape: Shape = make_settings(_SHAPE_TYPES[name], name, fields)
    except ConfigError as error:
        raise DamagedFile(f"{path}: {error}") from None
    if not np.isfinite(shape.numbers).all():
        raise damaged_file_error(path, f"a {name} has a number that is not finite", "all are finite")
    return shape
