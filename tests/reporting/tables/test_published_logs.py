"""Published logs against the figures of the sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wannsearch.core.errors import DamagedFile
from wannsearch.reporting.statistics.curves import value_at
from wannsearch.reporting.statistics.targets import time_to_target
from wannsearch.reporting.tables.published_logs import is_pattern, read_log, read_logs

TANH = {128: (378, 280, 457), 2048: (661, 648, 690), 8192: (769, 752, 776), 131072: (804, 788, 810)}


def test_medians_and_quartiles_are_those_of_the_sheet(reference: Path) -> None:
    curves = read_logs(reference, "prettyneat_swingup/tanh_*_stats.out")
    assert len(curves) == 11
    for evaluations, figures in TANH.items():
        values = [value_at(curve, np.array([float(evaluations)]))[0] for curve in curves]
        assert np.quantile(values, [0.5, 0.25, 0.75]) == pytest.approx(figures, abs=1)


def test_evaluations_to_a_target_are_those_of_the_sheet(reference: Path) -> None:
    curves = read_logs(reference, "prettyneat_swingup/allAct_*_stats.out")
    for target, solved, median in ((500, 11, 640), (700, 11, 6272), (850, 3, np.inf), (900, 2, np.inf)):
        found = time_to_target(curves, target)
        assert (found.num_solved, found.median) == (solved, median)


def test_the_copy_of_the_last_row_is_dropped(tmp_path: Path) -> None:
    row = "{},1.0,2.0,{},7.0,6.0\n"
    (tmp_path / "a.out").write_text(row.format("1.28e+02", 3.0) + row.format("2.56e+02", 4.0) * 2)
    curve = read_log(tmp_path / "a.out")
    assert curve.cost.tolist() == [128, 256]
    assert curve.score.tolist() == [3, 4]


@pytest.mark.parametrize("text", ["", "a,b\n", "1,2,3\n", "1,2,3,4,5,6\n1,2\n", "1,2,3,nan,5,6\n"])
def test_what_is_no_log_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.out").write_text(text)
    with pytest.raises(DamagedFile):
        read_log(tmp_path / "a.out")


def test_a_pattern_stays_below_its_folder(tmp_path: Path) -> None:
    assert is_pattern("a/b_*_c.out")
    assert not any(map(is_pattern, ("../x.out", "/x.out", "a/../b.out", "x.txt", "**/x", "")))
    assert read_logs(tmp_path / "nowhere", "a/*.out") == []
