"""Records become text cells and CSV records; numbers and intervals are formatted for people."""

from __future__ import annotations

import numpy as np
import pytest

from wannsearch.reporting.statistics.episodes import estimate_by_episodes
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.document import (
    Column,
    MaybeInfinite,
    Section,
    TextOnly,
    describe_coverage,
    drop_none,
    estimate_column,
    expand_record,
    format_number,
    format_with_bounds,
    format_with_interval,
    interval_column,
    judge_inside,
    number_column,
    value_column,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (515.3, "515.3"),
        (131072, "131,072"),
        (0.12345, "0.1235"),
        (-1.5, "-1.5"),
        (None, "-"),
        (float("nan"), "-"),
        (float("inf"), "∞"),
        (-float("inf"), "-∞"),
    ],
)
def test_numbers_have_about_four_digits(value: float | None, shown: str) -> None:
    assert format_number(value) == shown


def test_few_runs_are_exploratory_and_one_has_no_interval() -> None:
    one, few, ten, many = (bootstrap_interval(build_sample(np.arange(float(n)))) for n in (1, 3, 10, 40))
    assert describe_coverage(one) == "one run, no interval"
    assert format_with_interval(one) == "0"
    assert describe_coverage(few) == "75 / 70 %, exploratory"
    assert describe_coverage(ten) == "97 / 96 %"
    assert describe_coverage(many) == "95 %"


def test_what_has_no_spread_is_not_judged_and_shows_no_interval() -> None:
    same = bootstrap_interval(build_sample([18.51] * 5))
    assert (describe_coverage(same), format_with_interval(same)) == (
        "no spread between runs, no interval",
        "18.51",
    )
    assert judge_inside(same, 21.0) == "no spread between runs: no verdict"
    assert judge_inside(bootstrap_interval(build_sample([18.51])), 21.0) == "one run: no verdict"
    found = bootstrap_interval(build_sample(np.arange(10.0)))
    assert (judge_inside(found, 4.5), judge_inside(found, 40.0)) == ("inside", "outside")
    episodes = estimate_by_episodes(18.51, 43.0, 100)
    assert judge_inside(episodes, 21.0) == "inside"
    assert describe_coverage(episodes) == "over 100 episodes of one network"


def test_a_row_is_one_record_and_a_column_shows_one_value_of_it() -> None:
    ten = bootstrap_interval(build_sample(np.arange(10.0)))
    columns = (
        value_column("setting", "setting"),
        interval_column("IQM [95 %]", "iqm"),
        estimate_column("IQM", "iqm"),
        number_column("cost", "evaluations"),
        Column("n", "n", lambda record: f"{record['n']}, {record['n_over']}"),
    )
    records = [
        {"setting": "a", "iqm": ten, "evaluations": 12_345, "n": 1, "n_over": 2},
        {"setting": "b", "evaluations": None, "n": 3, "n_over": 4},
    ]
    section = Section("table", "", columns, records)
    assert section.titles == ["setting", "IQM [95 %]", "IQM", "cost", "n"]
    first, second = section.rows
    assert first == ["a", format_with_bounds(ten.estimate, ten.low, ten.high), "4.5", "12,345", "1, 2"]
    assert second == ["b", "-", "-", "-", "3, 4"]


def test_a_row_may_show_several_records_side_by_side() -> None:
    columns = (value_column("arm", "arm"), *(value_column(f"{place}", "n", str, place) for place in (0, 1)))
    records = [{"arm": arm, "n": 10 * place + row} for row, arm in enumerate("xy") for place in (1, 2)]
    section = Section("table", "", columns, records, records_per_row=2)
    assert section.rows == [["x", "10", "20"], ["y", "11", "21"]]
    assert len(section.csv_records) == 4


def test_an_interval_stands_under_five_keys_and_text_under_none() -> None:
    ten = bootstrap_interval(build_sample(np.arange(10.0)))
    record = {"iqm": ten, "note": TextOnly("read by people"), "median": MaybeInfinite(float("inf")), "n": 10}
    assert list(expand_record(record)) == [
        "iqm", "iqm_low", "iqm_high", "iqm_coverage_normal", "iqm_coverage_solve_or_fail", "median", "n",
    ]  # fmt: skip
    assert expand_record(record)["median"] is None
    assert expand_record({"median": MaybeInfinite(2.0)}) == {"median": 2.0}


def test_a_record_for_people_alone_is_a_row_and_no_csv_record() -> None:
    section = Section("table", "", (value_column("runs of", "name"),), [{"name": TextOnly("not run")}])
    assert section.rows == [["not run"]]
    assert section.csv_records == []


def test_keys_without_a_value_can_be_dropped() -> None:
    assert drop_none({"a": None, "b": 0, "c": ""}) == {"b": 0, "c": ""}
