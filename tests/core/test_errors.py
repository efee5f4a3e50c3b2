"""Errors of every origin, as the one line that a user reads."""

from __future__ import annotations

import pytest

from wannsearch.core.errors import ConfigError, add_article, check_at_least, describe_error


class NoText(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text either")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ConfigError("seed is -1; it must be at least 0."), "seed is -1; it must be at least 0."),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (ValueError("first line\n  second\tline"), "ValueError: first line second line"),
        (KeyError(), "KeyError"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_an_error_has_one_line_and_a_foreign_one_its_type(error: BaseException, line: str) -> None:
    assert describe_error(error) == line


def test_an_error_whose_text_cannot_be_made_has_its_type() -> None:
    assert "NoText" in describe_error(NoText())


def test_a_long_text_is_cut() -> None:
    assert len(describe_error(ValueError("x" * 10_000))) == 500


@pytest.mark.parametrize("words", ["a task", "an evaluator", "an Evaluator", "a mask_rule"])
def test_a_noun_has_the_article_that_it_is_spoken_with(words: str) -> None:
    assert add_article(words.split()[1]) == words


@pytest.mark.parametrize("value", [0, -1, 0.999, float("-inf"), float("nan")])
def test_a_value_that_is_not_at_least_the_minimum_is_refused_and_nan_never_is(value: float) -> None:
    with pytest.raises(ConfigError, match=f"^seed is {value}; it must be at least 1.$"):
        check_at_least("seed", value, 1)


@pytest.mark.parametrize("value", [1, 1.0, 10**400])
def test_a_value_of_the_minimum_or_more_passes(value: float) -> None:
    check_at_least("seed", value, 1)
