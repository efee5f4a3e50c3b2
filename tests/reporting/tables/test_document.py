"""Numbers as they are read, and what an interval is worth, in words."""

from __future__ import annotations

import numpy as np
import pytest

from wannsearch.reporting.statistics.episodes import estimate_by_episodes
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.document import (
    describe_coverage,
    format_number,
    format_with_interval,
    judge_inside,
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
    assert format_with_interval(one, one.estimate) == "0"
    assert describe_coverage(few) == "75 / 70 %, exploratory"
    assert describe_coverage(ten) == "97 / 96 %"
    assert describe_coverage(many) == "95 %"


def test_what_has_no_spread_is_not_judged_and_shows_no_interval() -> None:
    same = bootstrap_interval(build_sample([18.51] * 5))
    assert (describe_coverage(same), format_with_interval(same, same.estimate)) == (
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
