"""Evaluations until a score was reached."""

from __future__ import annotations

import numpy as np

from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.tables.evaluations_to_target import build_targets_section

FAST = Curve(np.array([10.0, 20, 40]), np.array([1.0, 5, 5]))
SHORT = Curve(np.array([10.0, 20]), np.array([1.0, 2]))
BROKEN = Curve(np.empty(0), np.empty(0), has_failed=True)


def test_shares_are_told_up_to_where_the_first_unsolved_run_ended() -> None:
    section = build_targets_section([("ours", [FAST, SHORT, BROKEN])], [5.0, 1.0], [10, 20, 40])
    assert section is not None
    high, low = section.csv_records
    assert (high["n"], high["reached"], high["expected_running_time"]) == (3, 1 / 3, 20 + 20)
    assert [high[f"reached_by_{spent}"] for spent in (10, 20, 40)] == [0, 1 / 3, None]
    assert [low[f"reached_by_{spent}"] for spent in (10, 20, 40)] == [2 / 3, 2 / 3, 2 / 3]
    assert high["median"] is None
    assert section.rows[0][-3:] == ["-", "∞", "40"]


def test_without_runs_there_is_no_such_table() -> None:
    assert build_targets_section([("ours", [])], [5.0], [10]) is None
    assert build_targets_section([("ours", [FAST])], [], [10]) is None
