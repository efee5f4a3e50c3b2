"""Floors and solved scores by task and settings."""

from __future__ import annotations

from typing import Any

import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.reporting.tables.score_levels import parse_levels


def test_one_number_holds_for_every_setting_and_of_a_list_the_first_that_fits() -> None:
    found = parse_levels(
        "floors",
        {
            "cartpole": 3,
            "gymnasium": [
                {"match": {"task.env_id": "A", "task.horizon": 5}, "score": -1.0},
                {"match": {"task.env_id": "A"}, "score": -2.0},
            ],
        },
    )
    assert found.level_for("cartpole", {}) == 3.0
    assert found.level_for("gymnasium", {"task.env_id": "A", "task.horizon": 5}) == -1.0
    assert found.level_for("gymnasium", {"task.env_id": "A"}) == -2.0
    assert found.level_for("gymnasium", {"task.env_id": "B"}) is None
    assert found.level_for("logic", {}) is None


def test_a_level_may_be_for_scores_of_one_name_and_is_never_for_two() -> None:
    found = parse_levels(
        "floors", {"digits": [{"match": {"score_name": "accuracy"}, "score": 0.0}], "logic": 0}
    )
    assert found.level_for("digits", {}, "accuracy") == 0.0
    assert found.level_for("digits", {}, "minus cross-entropy") is None
    found.refuse_mixed_units("floors", [("logic", {}, "accuracy"), ("digits", {}, "a"), ("digits", {}, "b")])
    found.refuse_mixed_units("floors", [("logic", {}, "accuracy"), ("logic", {}, None)])
    mixed = [("logic", {}, "accuracy"), ("logic", {}, "closeness")]
    with pytest.raises(
        ConfigError, match=r"floors.logic is 0 for scores in accuracy, in closeness; give one"
    ):
        found.refuse_mixed_units("floors", mixed)


@pytest.mark.parametrize(
    "value",
    [
        "high", True, None, float("nan"), float("inf"), -1e300, ["x"], [{"match": {}}],
        [{"match": [], "score": 1.0}], [{"match": {}, "score": "x"}],
    ],
)  # fmt: skip
def test_what_is_no_score_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"floors\.logic"):
        parse_levels("floors", {"logic": value})
    with pytest.raises(ConfigError, match="floors is"):
        parse_levels("floors", value)
