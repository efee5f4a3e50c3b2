"""Wilcoxon's test, against counting all signs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from wannsearch.reporting.statistics.paired import signed_rank_p_value


def by_counting(differences: list[float]) -> float:
    """Of untied differences: how many ways to put the signs have a rank sum at least as far off."""
    ranks = np.argsort(np.argsort(np.abs(differences))) + 1
    middle = ranks.sum() / 2
    off = abs(ranks[np.array(differences) > 0].sum() - middle)
    sums = [np.dot(signs, ranks) for signs in product((0, 1), repeat=len(ranks))]
    return float(np.mean([abs(one - middle) >= off for one in sums]))


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_it_is_the_share_of_signs_that_are_as_lopsided(n: int) -> None:
    given = np.random.default_rng(n).normal(0.4, 1, n).tolist()
    assert signed_rank_p_value(given) == pytest.approx(by_counting(given))
    assert signed_rank_p_value([*given[::-1], 0.0, 0.0]) == signed_rank_p_value(given)


def test_differences_that_are_all_none_are_no_sign_of_one() -> None:
    assert signed_rank_p_value([0.0, 0.0]) == 1
    assert signed_rank_p_value([1.0, 1.0, -1.0]) == 1
