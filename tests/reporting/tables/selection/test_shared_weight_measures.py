"""What one run measured beyond its held-out mean, read from its folder."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rule_runs import make_rule_run
from synthetic_table_runs import make_run, write

from wannsearch.core.errors import DamagedFile
from wannsearch.reporting.tables.run import read_run
from wannsearch.reporting.tables.selection.measures import SharedWeightMeasures, read_measures


def measures(folder: Path) -> SharedWeightMeasures:
    result = read_measures(read_run(folder))
    assert result is not None
    return result


def test_seconds_are_all_parts_of_all_generations(tmp_path: Path) -> None:
    assert measures(make_rule_run(tmp_path, "lexicase", 0, 600.0, seconds=8.0)).seconds == 8.0
    assert math.isnan(measures(make_run(tmp_path / "a")).seconds)


def test_the_best_weight_of_a_sweep_is_the_first_of_equal_ones(tmp_path: Path) -> None:
    found = measures(make_rule_run(tmp_path, "lexicase", 0, 600.0, sweep=[1.0, 5.0, 5.0] + [2.0] * 78))
    assert (found.best_sweep_mean, found.best_sweep_weight) == (5.0, pytest.approx(-1.95))
    assert found.sweep_mean == pytest.approx((1 + 10 + 156) / 81)


def test_a_weight_that_failed_spoils_the_mean_and_not_the_best(tmp_path: Path) -> None:
    found = measures(make_rule_run(tmp_path, "lexicase", 0, 600.0, sweep=[None, 9.0] + [2.0] * 79))
    assert found.sweep_mean != found.sweep_mean
    assert (found.best_sweep_mean, found.best_sweep_weight) == (9.0, pytest.approx(-1.95))
    failed = measures(make_rule_run(tmp_path, "lexicase", 1, 600.0, sweep=[None] * 81))
    assert np.isnan(failed.best_sweep_mean)  # type: ignore[call-overload]  # it is a number
    assert failed.best_sweep_weight is None


def test_a_run_without_a_sweep_has_none_and_an_unfinished_run_no_measures(tmp_path: Path) -> None:
    found = measures(make_run(tmp_path / "a"))
    assert (found.sweep_mean, found.best_sweep_mean, found.best_sweep_weight) == (None, None, None)
    assert read_measures(read_run(make_run(tmp_path / "b", state="failed"))) is None


def test_nothing_is_solved_or_unsolved_where_no_score_says_so(tmp_path: Path) -> None:
    found = measures(make_rule_run(tmp_path, "lexicase", 0, 600.0, means=[5.0, None]))
    assert found.solves(None) is None
    assert found.solves(1.0) is False


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ({"weights": [1.0], "mean": ["a"]}, "mean is no list of numbers"),
        ({"weights": 3, "mean": []}, "weights is no list of numbers"),
        ({"weights": [1.0], "mean": [1.0, 2.0]}, "its sweep has means without weights"),
        ({"weights": [1.0], "mean": [1e200]}, "mean is too large"),
    ],
)
def test_a_sweep_that_cannot_be_read_is_one_line_with_the_file(
    tmp_path: Path, sweep: dict[str, Any], message: str
) -> None:
    folder = make_rule_run(tmp_path, "lexicase", 0, 600.0)
    write(folder / "best/evaluation.json", {"sweep": sweep})
    with pytest.raises(DamagedFile, match=message) as refused:
        measures(folder)
    assert str(folder / "best/evaluation.json") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_means_by_weight_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    folder = make_rule_run(tmp_path, "lexicase", 0, 600.0)
    summary = json.loads((folder / "summary.json").read_text())
    summary["held_out"]["mean"] = "good"
    write(folder / "summary.json", summary)
    with pytest.raises(DamagedFile, match=r"summary\.json: mean is no list of numbers"):
        measures(folder)
