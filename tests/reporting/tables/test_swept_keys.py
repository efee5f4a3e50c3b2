"""The keys in which settings differ, and texts that stay different."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_table_runs import make_run

from wannsearch.reporting.tables.run import Run, read_run
from wannsearch.reporting.tables.swept_keys import (
    find_swept_keys,
    shorten_distinctly,
    shorten_keys,
    stack_levels,
)


def runs_of(root: Path, *configs: dict[str, Any], typed: str = "", **options: Any) -> list[Run]:
    runs = []
    for place, config in enumerate(configs):
        folder = make_run(root / str(place), config=config, **options)
        (folder / ".hydra/overrides.yaml").write_text(typed)
        runs.append(read_run(folder))
    return runs


def test_a_key_has_its_short_name_its_texts_and_levels_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    runs = runs_of(tmp_path, *({"method.rate": rate, "method.same": 1} for rate in (10.0, 9.0, 100)))
    (key,) = find_swept_keys(runs)
    assert (key.key, key.name, key.texts) == ("method.rate", "rate", ("10.0", "9.0", "100"))
    assert (key.levels, key.level_texts) == ((1, 0, 2), ["9.0", "10.0", "100"])


def test_keys_that_were_typed_stand_for_those_that_change_with_them(tmp_path: Path) -> None:
    configs = [{"method.a": n, "method.b": n // 2, "method.z": -n} for n in range(4)]
    z, b = find_swept_keys(runs_of(tmp_path, *configs, typed="- method.z=0\n- +method.b=1\n"))
    assert (z.name, z.other_keys) == ("z", ("method.a",))
    assert b.levels == (0, 0, 1, 1)
    assert stack_levels([z, b], 4).tolist() == [[3, 0], [2, 0], [1, 1], [0, 1]]


def test_methods_are_a_key_and_what_only_sets_them_apart_is_none(tmp_path: Path) -> None:
    first = runs_of(tmp_path / "a", {"method.own": 3}, {"method.own": 4}, method="wann")
    second = runs_of(tmp_path / "b", {"method.other": 7}, method="neat")
    method, own = find_swept_keys([*first, *second])
    assert (method.name, method.texts) == ("method", ("wann", "wann", "neat"))
    assert (own.name, own.texts) == ("own", ("3", "4", "(absent)"))


def test_a_class_is_named_by_its_module(tmp_path: Path) -> None:
    runs = runs_of(
        tmp_path, *({"mask_rule._target_": f"wannsearch.sparsity.{name}.Any"} for name in ("a", "b"))
    )
    (key,) = find_swept_keys(runs)
    assert (key.name, key.texts) == ("mask_rule", ("a", "b"))


def test_of_two_keys_with_the_same_end_more_is_shown() -> None:
    assert shorten_keys(["method.x", "task.x", "seed"]) == ["method.x", "task.x", "seed"]
    assert shorten_keys(["a.b.x", "c.y"]) == ["x", "y"]


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["abcdefgh", "xbcdefgh"], ["abc…", "xbc…"]),
        (["abcdefg1", "abcdefg2"], ["…fg1", "…fg2"]),
        (["abcdef1h", "abcdef2h", "abcdef1i", "abcxef1h"], ["abcdef1h", "abcdef2h", "abcdef1i", "abcxef1h"]),
        (["same-text", "same-text"], ["sam…", "sam…"]),
    ],
)
def test_texts_are_cut_at_either_end_or_not_at_all(texts: list[str], shown: list[str]) -> None:
    assert shorten_distinctly(texts, 4) == shown


@given(st.lists(st.text("ab ", max_size=12), max_size=6), st.integers(2, 8))
def test_different_texts_are_never_cut_to_the_same_one(texts: list[str], max_length: int) -> None:
    shown = shorten_distinctly(texts, max_length)
    lines = [" ".join(text.split()) for text in texts]
    for i, line in enumerate(lines):
        for j, other in enumerate(lines):
            assert (shown[i] == shown[j]) == (line == other)
