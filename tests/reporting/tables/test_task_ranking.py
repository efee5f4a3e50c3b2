"""Settings by search score, in sentences."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_table_runs import make_run
from table_settings import material, table

from wannsearch.reporting.tables.task_ranking import TaskRanking, format_rows, rank_settings

NOISE = np.array([-9.0, -3.0, 3.0, 9.0, -5.0, 5.0])


def make_sweep(
    root: Path, score: Callable[[int, int], float], runs: int = 4, held_out: float = 500.0
) -> None:
    """Two keys, `a` of three values and `b` of two, with a search score of each pair."""
    for a in range(3):
        for b in range(2):
            for seed in range(runs):
                search = float(score(a, b) + NOISE[seed])
                config: dict[str, Any] = {"method.a": a, "method.b": b}
                make_run(
                    root / f"{a}{b}{seed}", held_out, seed=seed, best_so_far=[1.0, search], config=config
                )


def rank(root: Path) -> TaskRanking:
    (ranking,) = rank_settings(material(root).run_groups.groups)
    return ranking


def test_rows_are_ordered_by_the_search_score_and_never_by_the_held_out_one(tmp_path: Path) -> None:
    for place, (search, held_out) in enumerate([(5.0, 900.0), (7.0, 100.0), (6.0, 500.0)]):
        make_run(tmp_path / str(place), held_out, best_so_far=[1.0, search], config={"method.x": place})
    ranking = rank(tmp_path)
    assert [ranking.keys[0].texts[row] for row in range(3)] == ["1", "2", "0"]
    assert [sample.scores.tolist() for sample in ranking.samples] == [[7.0], [6.0], [5.0]]


def test_the_sentences_name_the_best_what_is_not_distinguishable_from_it_and_the_key_that_matters(
    tmp_path: Path,
) -> None:
    make_sweep(tmp_path, lambda a, b: 100 * a + 3 * b)
    document = table("summary").build(material(tmp_path))
    best, subset, keys = document.findings
    assert best == "Best of 6 settings by search score: a=2, b=1 (mean 203; held-out IQM 500)."
    assert subset == "Not distinguishable from it: 1 of 5 others (row 2); worse: 4 (rows 3-6)."
    assert keys.startswith(
        "a matters most. Largest differences between the means of their values: a 200 (p = 0."
    )
    assert "b 3 (p = " in keys
    section = document.sections[0]
    assert section.titles[:4] == ["#", "vs best", "a", "b"]
    assert [row[1] for row in section.rows] == ["best", "maybe best", *["worse"] * 4]
    assert [(row["method.a"], row["method.b"]) for row in section.csv_records[:2]] == [(2, 1), (2, 0)]


def test_where_nothing_is_distinguishable_the_gap_that_would_be_is_told(tmp_path: Path) -> None:
    make_sweep(tmp_path, lambda a, b: float(a + b))
    _, subset, keys = table("summary").build(material(tmp_path)).findings
    assert subset.startswith(
        "Not distinguishable from it: all 5 others. With 4 runs, a setting must lie about 2."
    )
    assert keys.startswith("No key has an effect that is distinguishable from chance.")


def test_two_keys_that_matter_about_as_much_are_not_ordered(tmp_path: Path) -> None:
    make_sweep(tmp_path, lambda a, b: 50.0 * a + 98.0 * b)
    keys = table("summary").build(material(tmp_path)).findings[2]
    assert keys.startswith("a seems to matter most; whether more than b is not decided (by 2 [-")


@pytest.mark.parametrize("runs", [1, 3])
def test_too_few_runs_judge_nothing_and_that_is_said(tmp_path: Path, runs: int) -> None:
    make_sweep(tmp_path, lambda a, b: 100.0 * a, runs)
    document = table("summary").build(material(tmp_path))
    assert document.findings[1].startswith(f"No setting is judged against it: {runs} run")
    assert "at least 4 are needed" in document.findings[1]
    assert {row[1] for row in document.sections[0].rows} == {"best", "not judged"}


def test_a_failed_run_counts_at_the_floor_in_the_search_score_too(tmp_path: Path) -> None:
    make_run(tmp_path / "a", best_so_far=[8.0])
    make_run(tmp_path / "b", seed=1, state="failed", best_so_far=[9.0])
    ranking = rank(tmp_path)
    assert ranking.samples[0].scores.tolist() == [0.0, 8.0]
    assert ranking.subset is None
    assert ranking.describe_findings([]) == []


def test_a_setting_whose_runs_left_no_search_score_comes_last_and_is_not_compared(tmp_path: Path) -> None:
    for x in range(3):
        make_run(tmp_path / str(x), 500.0 + x, best_so_far=[1.0, 10.0 + x], config={"method.x": x})
    (tmp_path / "2/history.csv").unlink()
    ranking = rank(tmp_path)
    assert [ranking.keys[0].texts[row] for row in range(3)] == ["1", "0", "2"]
    assert [ranking.verdict(row) for row in range(3)] == ["best", "not judged", None]
    rows = table("summary").build(material(tmp_path)).sections[0].rows
    assert rows[2][1:4] == ["-", "2", "-"]


def test_trained_networks_are_ordered_by_their_validation_accuracy(tmp_path: Path) -> None:
    for x, accuracy in enumerate((0.25, 0.75)):
        run = make_run(tmp_path / str(x), 1.0 - accuracy, best_so_far=[float(-x)], config={"method.x": x})
        trained = [{"validation_accuracy": [0.1, accuracy]}, {"validation_accuracy": [None]}]
        (run / "best/evaluation.json").write_text(json.dumps({"trained": trained}))
    ranking = rank(tmp_path)
    assert [sample.scores.tolist() for sample in ranking.samples] == [[0.75], [0.25]]
    assert ranking.name == "cartpole_swingup · wann (validation accuracy, return)"


def test_rows_are_listed_as_spans() -> None:
    assert format_rows([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8"
