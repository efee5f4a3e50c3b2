"""A scene as an image: to scale, in the colors of its roles, whatever its numbers."""

from __future__ import annotations

import numpy as np
import pytest
from made_films import make_scene

from wannsearch.core.tasks.scene import Circle, ColorRole, Line, Scene, Text
from wannsearch.reporting.films.scene_image import draw_scene, load_font

BODY, GROUND = (0x00, 0x72, 0xB2), (0x66, 0x66, 0x66)


def find(image, color):
    rows, columns = np.nonzero((np.asarray(image) == color).all(axis=2))
    return rows, columns


def test_shapes_stand_where_the_scene_says_in_the_colors_of_their_roles():
    image = draw_scene(make_scene(8), 220, 80)  # 20 pixels a unit
    rows, columns = find(image, BODY)
    assert columns.mean() == pytest.approx(20 * 5.0, abs=1.5)
    assert rows.mean() == pytest.approx(20 * 2.0, abs=1.5)
    assert np.ptp(columns) == pytest.approx(2 * 20, abs=3)
    rows, _ = find(image, GROUND)
    assert np.median(rows) == pytest.approx(60, abs=2)
    assert (np.asarray(image)[0, -1] == 255).all()


def test_a_scene_of_another_shape_stands_in_the_middle():
    rows, columns = find(draw_scene(make_scene(8), 220, 200), BODY)
    assert rows.mean() == pytest.approx(100, abs=1.5)
    assert columns.mean() == pytest.approx(100, abs=1.5)


def test_what_lies_far_away_or_is_huge_takes_no_harm():
    shapes = (
        Line(((-1e80, 0.5), (1e80, 0.5), (0.5, 1e60)), ColorRole.GROUND, 1e70),
        Circle((0.5, 0.5), 1e75, ColorRole.BODY),
        Text((1e90, -1e90), "x" * 5000),
    )
    image = draw_scene(Scene(shapes, (0, 1), (0, 1)), 50, 50)
    assert (np.asarray(image) == BODY).all()


def test_letters_come_from_matplotlibs_font():
    assert load_font(11).getname()[0] == "DejaVu Sans"
    assert load_font(11, is_bold=True).getname()[1] == "Bold"
