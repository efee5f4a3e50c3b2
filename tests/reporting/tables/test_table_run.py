"""Reading one run folder for a table."""

from __future__ import annotations

import json
import math
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from synthetic_table_runs import make_run, write

from wannsearch.core.errors import WannsearchError
from wannsearch.records.layout import FORMAT
from wannsearch.records.run_status import RunState
from wannsearch.reporting.tables.run import read_history, read_run


def test_a_run_is_what_its_files_say(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", 512.5, seed=3))
    assert (run.task, run.method, run.seed, run.score) == ("cartpole_swingup", "wann", 3, 512.5)
    assert (run.evaluations, run.env_steps) == (192, 192_000)
    assert run.sizes == {"connections": 7, "hidden": 5}
    assert run.overrides == ("task=cartpole_swingup", "seed=3")
    assert run.packages == {"numpy": "2.0.0"}


def test_the_seed_and_what_changes_nothing_do_not_make_another_setting(tmp_path: Path) -> None:
    a = read_run(make_run(tmp_path / "a", seed=0))
    free = {"display": "rich", "evaluator.threads": 3, "checkpoint.every": 9}
    b = read_run(make_run(tmp_path / "b", seed=1, config=free))
    longer = read_run(make_run(tmp_path / "c", best_so_far=[1.0] * 4))
    other = read_run(make_run(tmp_path / "d", config={"task.episodes": 9}))
    assert a.digest == b.digest
    assert len({a.digest, longer.digest, other.digest}) == 3


def test_a_summary_without_costs_and_sizes_is_completed_from_the_history(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    summary = json.loads((folder / "summary.json").read_text())
    for key in ("evaluations", "env_steps", "environment", "best"):
        del summary[key]
    write(folder / "summary.json", summary)
    run = read_run(folder)
    assert (run.score, run.evaluations) == (500.0, 192)
    assert math.isnan(run.sizes["hidden"])
    assert run.best_id is None


def test_a_failed_run_and_a_failed_test_have_no_score(tmp_path: Path) -> None:
    failed = read_run(make_run(tmp_path / "a", state="failed"))
    assert failed.state is RunState.FAILED
    assert math.isnan(failed.score)
    assert failed.evaluations == 192
    assert math.isnan(read_run(make_run(tmp_path / "b", None)).score)


def test_a_history_may_lack_new_columns_and_have_gaps(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", columns={"best_so_far_id": ["", 3, 4]})
    history = read_history(folder, "best_so_far_id", "best_so_far_hidden")
    assert np.isnan(history["best_so_far_id"][0])
    assert "best_so_far_hidden" not in history
    (folder / "history.csv").unlink()
    assert read_history(folder) == {}


BROKEN = {
    ".hydra/config.yaml": ["", "- 1\n", "seed: x\ntask: {_target_: a.b}\n", "seed: 1\n", "a: &a 1\nb: *a\n"],
    "summary.json": [
        "",
        "[]",
        "{",
        f'{{"format": {FORMAT}}}',
        '{"held_out": {"mean_over_weights": 1}}',
        f'{{"format": {FORMAT}, "held_out": {{"mean_over_weights": 1e300}}}}',
    ],
    "history.csv": [
        "generation,evaluations,best_so_far\n1,8,x\n",
        "generation,evaluations,best_so_far\n2,16,1\n1,8,1\n",
        "generation,evaluations,best_so_far\n1,8\n",
        "generation\n1\n",
        "generation,evaluations,best_so_far\n1,8,1e200\n",
        "generation,evaluations,best_so_far\n1,1e300,1\n",
        "a,a\n1,2\n",
    ],
    "status.json": ["{", "[]", f'{{"format": {FORMAT}, "state": "unheard of"}}'],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BROKEN.items() for text in texts])
def test_damage_is_one_line_that_names_the_file(tmp_path: Path, name: str, text: str) -> None:
    folder = make_run(tmp_path / "run")
    (folder / name).write_text(text)
    with pytest.raises(WannsearchError) as error:
        read_run(folder)
    assert str(folder) in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_run_that_went_on_counts_under_the_budget_that_it_has_now(tmp_path: Path) -> None:
    longer = make_run(tmp_path / "a", best_so_far=[1.0] * 4)
    extended = make_run(tmp_path / "b", best_so_far=[1.0] * 4, config={"generations": 2})
    assert read_run(extended).digest != read_run(longer).digest
    write(extended / "status.json", {"format": FORMAT, "state": "done", "why": None, "generations": 4})
    run = read_run(extended)
    assert (run.generations, run.settings["generations"]) == (4, 4)
    assert run.digest == read_run(longer).digest


def test_a_budget_that_is_no_number_is_none(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", config={"generations": "many"}))
    assert run.generations is None
    assert "generations" not in run.settings


def test_a_new_key_that_is_null_is_the_setting_of_old(tmp_path: Path) -> None:
    old = read_run(make_run(tmp_path / "old"))
    new = read_run(make_run(tmp_path / "new", config={"stop_at": None}))
    used = read_run(make_run(tmp_path / "used", config={"stop_at": 9.0}))
    assert old.digest == new.digest != used.digest


def test_what_a_task_pays_is_its_class_and_settings_and_not_how_often_it_is_played(tmp_path: Path) -> None:
    one = {"task.episodes": 1, "task.activations": ["tanh"], "task.horizon": 50, "task.limit": None}
    run = read_run(make_run(tmp_path / "run", config=one))
    assert run.task_settings == {"task._target_": "wannsearch.tasks.cartpole_swingup.Any", "task.horizon": 50}


def test_a_long_history_costs_a_few_times_its_size(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    rows = 20_000
    more = ",".join("0.123456789" for _ in range(10))
    names = ",".join(f"more{place}" for place in range(10))
    lines = [f"{row},{row * 64},{float(row)},{more}\n" for row in range(1, rows + 1)]
    (folder / "history.csv").write_text(f"generation,evaluations,best_so_far,{names}\n" + "".join(lines))
    size = (folder / "history.csv").stat().st_size
    tracemalloc.start()
    history = read_history(folder, "more3")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert set(history) == {"generation", "evaluations", "best_so_far", "more3"}
    assert len(history["generation"]) == rows
    assert peak < 8 * size


def test_a_history_that_no_search_writes_is_not_read(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    with (folder / "history.csv").open("ab") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(WannsearchError, match="at most 268435456 are read"):
        read_history(folder)
