"""Learning curves over runs: what is shaded is said, and nothing is said to be shaded that is not."""

from __future__ import annotations

import re

import numpy as np
import pytest

from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.tables.curve_pictures import draw_by_evaluations

CURVE = Curve(np.array([100.0, 200.0, 400.0]), np.array([1.0, 2.0, 3.0]))


@pytest.mark.usefixtures("pictures_are_saved")
@pytest.mark.parametrize(
    ("num_runs", "spread"), [(1, "one run a line"), (2, "median over runs, quartiles shaded")]
)
def test_quartiles_are_named_where_several_runs_have_some(num_runs: int, spread: str) -> None:
    svg = draw_by_evaluations("Title", "return", [], {"NEAT": [CURVE] * num_runs}).svg.decode()
    assert re.findall(r">(one run a line|median[^<]*)<", svg) == [spread]
    assert f"published, NEAT (n = {num_runs})" in svg
