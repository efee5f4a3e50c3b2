"""Wilson's interval against scipy's."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from wannsearch.reporting.statistics.wilson import wilson_interval


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 100), (97, 100), (100, 100), (13, 20)])
def test_it_is_scipys(k: int, n: int) -> None:
    theirs = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson_interval(k, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_what_is_no_share_is_refused() -> None:
    for k, n in ((2, 1), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match="no share"):
            wilson_interval(k, n)
