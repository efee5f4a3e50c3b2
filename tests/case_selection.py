"""The cases of a test, of which `make test` plays some and `make test-all` the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def mark_others_long(cases: Iterable[Any], quick: Collection[Any]) -> list[Any]:
    """Return the cases as parameters, with the mark `long` on all that are not among the quick ones."""
    cases = list(cases)
    absent = [case for case in quick if case not in cases]
    assert not absent, f"no cases of this test: {absent}"
    return [case if case in quick else _make_long(case) for case in cases]


def _make_long(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.long)
