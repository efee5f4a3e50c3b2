"""Shapes accept what a task writes, and refuse in one line what no picture can show."""

import math

import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.tasks.scene import Circle, ColorRole, Line, Scene, Text

DOT = Circle((0.0, 0.0), 1.0, ColorRole.BODY)
RANGE = (-1.0, 1.0)


class Wheel(Circle):
    """No file has a name for it."""


def test_words_whole_numbers_and_numpy_numbers_become_roles_and_floats():
    line = Line([[0, 1], [np.float64(2.5), 3]], "ground", 1)
    assert line == Line(((0.0, 1.0), (2.5, 3.0)), ColorRole.GROUND, 1.0)
    assert [type(number) for number in line.numbers] == [float] * 5
    assert Text((1, 2), "here").color is ColorRole.TEXT
    scene = Scene([DOT], [-1, 1], RANGE, time_s=2)
    assert (scene.shapes, scene.x_range, scene.time_s) == ((DOT,), (-1.0, 1.0), 2.0)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Line(((0, 0), (1, 1)), "red", 1), r"Line\.color is 'red'; allowed: accent, body"),
        (lambda: Line(((0, 0), (1, 1)), "grund", 1), "Did you mean 'ground'"),
        (lambda: Line(((0, 0),), "body", 1), "has 1 points; a line joins at least 2"),
        (lambda: Line(((0, 0), (1, 1, 1)), "body", 1), r"Line\.points holds .*exactly 2 numbers"),
        (lambda: Circle((0,), 1, "body"), r"Circle\.center holds .*exactly 2 numbers"),
        (lambda: Circle((0, 0), "1", "body"), r"Circle\.radius is '1'; it must be a number"),
        (lambda: Text((0, 0, 0), "here"), r"Text\.position holds .*exactly 2 numbers"),
        (lambda: Text((0, 0), 7), r"Text\.text is 7"),
        (lambda: Scene(((0, 0),), RANGE, RANGE), r"Scene\.shapes holds .*allowed: Circle, Line, Text"),
        (lambda: Scene((), (1, 1), RANGE), r"Scene\.x_range is .*ascending"),
        (lambda: Scene((), RANGE, (1, -1)), r"Scene\.y_range is .*ascending"),
        (lambda: Scene((), (0, math.inf), RANGE), r"Scene\.x_range is .*finite"),
        (lambda: Scene((), (math.nan, 1), RANGE), r"Scene\.x_range is .*finite"),
        (lambda: Scene((), (-1e308, 1e308), RANGE), r"Scene\.x_range is .*finite"),
        (lambda: Scene((), (0, 1, 2), RANGE), r"Scene\.x_range holds .*exactly 2 numbers"),
        (lambda: Scene((), (0, 201), RANGE), "Scene is 201 x 2; neither may exceed 100 times"),
        (lambda: Scene((), RANGE, RANGE, "soon"), r"Scene\.time_s is 'soon'"),
        (lambda: Scene((), RANGE, RANGE, math.inf), r"Scene\.time_s is inf; it must be a finite number"),
        (
            lambda: Scene((Wheel((0, 0), 1, "body"),), RANGE, RANGE),
            "holds Wheel.*allowed: Circle, Line",
        ),
    ],
)
def test_what_no_picture_can_show_is_refused_in_one_line(build, message):
    with pytest.raises(ConfigError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)
