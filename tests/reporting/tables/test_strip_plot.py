"""A strip shows every run: those that succeeded as dots, those that failed as crosses."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from wannsearch.reporting.tables.strip_plot import Strip, draw_strip


@pytest.mark.parametrize("num_failed", [0, 2, 5])
def test_every_run_is_one_dot_or_if_it_failed_one_cross_at_its_value(num_failed: int) -> None:
    axes = Figure().subplots()
    values = [0.0, 0.0, 3.0, 4.0, 7.5]
    draw_strip(axes, Strip("a", values, num_failed, interval=None), height=2)
    dots, crosses = (np.asarray(collection.get_offsets()) for collection in axes.collections)
    assert dots[:, 0].tolist() == values[num_failed:]
    assert crosses[:, 0].tolist() == values[:num_failed]
    assert (abs(np.concatenate([dots, crosses])[:, 1] - 2) < 0.5).all(), "a dot lies in another strip"
