"""Runs of one setting, and their names."""

from __future__ import annotations

from pathlib import Path

from synthetic_table_runs import make_run

from wannsearch.reporting.tables.groups import RunGroups, group_runs
from wannsearch.reporting.tables.run import read_run


def found(*folders: Path) -> RunGroups:
    return group_runs([read_run(folder) for folder in folders], lambda run: 0.0)


def test_runs_that_differ_in_their_seed_are_one_group_in_any_order(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / f"{seed}", 10.0 * seed, seed=seed) for seed in (4, 1, 2)]
    assert found(*runs) == found(*runs[::-1])
    (group,) = found(*runs).groups
    assert [run.seed for run in group.runs] == [1, 2, 4]
    assert group.label == "cartpole_swingup · wann"


def test_labels_say_in_what_settings_differ(tmp_path: Path) -> None:
    a = make_run(tmp_path / "a", population=64)
    b = make_run(tmp_path / "b", population=192)
    c = make_run(tmp_path / "c", method="neat")
    labels = [group.label for group in found(a, b, c).groups]
    assert sorted(labels) == [
        "cartpole_swingup · neat",
        "cartpole_swingup · wann population_size=192",
        "cartpole_swingup · wann population_size=64",
    ]


def test_environments_are_tasks_by_their_ids_and_known_to_settings_by_their_class_too(tmp_path: Path) -> None:
    ids = ("BipedalWalker-v3", "ALE/Pong-v5")
    runs = [
        make_run(tmp_path / str(n), task="gymnasium", config={"task.env_id": env_id})
        for n, env_id in enumerate(ids)
    ]
    pong, walker = found(*runs).groups
    assert [pong.label, walker.label] == ["ALE/Pong-v5 · wann", "BipedalWalker-v3 · wann"]
    assert [pong.task_label, walker.task_label] == ["ALE/Pong-v5", "BipedalWalker-v3"]
    assert (walker.task, walker.task_module) == ("BipedalWalker-v3", "gymnasium")
    assert walker.matches("gymnasium", "wann", {"task.env_id": "BipedalWalker-v3"})
    assert walker.matches("BipedalWalker-v3", None, {})
    assert not pong.matches("BipedalWalker-v3", None, {})


def test_names_of_ports_make_no_other_task(tmp_path: Path) -> None:
    a = make_run(tmp_path / "a", task="gymnasium", config={"task.env_id": "A-v0"})
    b = make_run(tmp_path / "b", task="gymnasium", config={"task.env_id": "A-v0", "task.input_names": ["x"]})
    first, second = found(a, b).groups
    assert first.task_settings == second.task_settings


def test_many_differences_are_cut_and_labels_stay_different(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / str(n), config={f"method.{letter}": n for letter in "abcdef"}) for n in range(3)
    ]
    labels = [group.label for group in found(*runs).groups]
    assert len(set(labels)) == 3
    assert all("…" in label and "e=" not in label for label in labels)


def test_a_seed_counts_once_and_what_never_ended_is_named(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name, seed=0) for name in ("a", "b")]
    runs += [make_run(tmp_path / state, seed=5, state=state) for state in ("stopped", "running")]
    result = found(*runs)
    assert [len(group.runs) for group in result.groups] == [1]
    reasons = {run.folder.name: why for run, why in result.excluded}
    assert "same config and seed" in reasons["b"]
    assert reasons["stopped"].startswith("stopped")
    assert reasons["running"].startswith("killed")


def test_failed_runs_are_counted_at_the_floor(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / "a", 5.0, seed=0), make_run(tmp_path / "b", seed=1, state="failed")]
    (group,) = found(*runs).groups
    assert (group.num_failed, group.scores.n, group.scores.scores.tolist()) == (1, 2, [0.0, 5.0])


def test_a_run_that_is_done_counts_before_one_that_failed(tmp_path: Path) -> None:
    failed = make_run(tmp_path / "a", seed=0, state="failed")
    done = make_run(tmp_path / "b", 7.0, seed=0)
    result = found(failed, done)
    (group,) = result.groups
    assert [run.folder for run in group.runs] == [done]
    ((left, why),) = result.excluded
    assert left.folder == failed
    assert str(done) in why


def test_a_key_that_is_absent_is_told_from_one_that_is_null(tmp_path: Path) -> None:
    make_run(tmp_path / "absent")
    make_run(tmp_path / "number", config={"stop_at": 9.0})
    make_run(tmp_path / "null", config={"stop_at": None}, method="neat")
    make_run(tmp_path / "other", config={"stop_at": 9.0}, method="neat")
    names = ("absent", "number", "null", "other")
    labels = {group.label for group in found(*(tmp_path / name for name in names)).groups}
    assert labels == {
        "cartpole_swingup · wann stop_at=(absent)",
        "cartpole_swingup · wann stop_at=9.0",
        "cartpole_swingup · neat stop_at=null",
        "cartpole_swingup · neat stop_at=9.0",
    }


def test_a_task_is_named_by_the_settings_in_which_it_differs_from_others_of_its_class(tmp_path: Path) -> None:
    gates = [make_run(tmp_path / gate, task="logic", config={"task.gate": gate}) for gate in ("and", "or")]
    groups = {group.task_label: group for group in found(*gates, make_run(tmp_path / "swing")).groups}
    assert set(groups) == {"cartpole_swingup", "logic gate=and", "logic gate=or"}
    assert groups["logic gate=and"].task_settings != groups["logic gate=or"].task_settings


def test_a_list_in_a_match_is_the_value_itself_or_a_choice_of_values(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", config={"method.rule": "lexicase", "method.hidden": [0, 8]})
    (group,) = found(run).groups
    assert group.matches("cartpole_swingup", "wann", {"method.rule": ["tournament", "lexicase"]})
    assert group.matches("cartpole_swingup", "wann", {"method.hidden": [0, 8], "method.absent": ["a", None]})
    assert not group.matches("cartpole_swingup", "wann", {"method.rule": ["tournament", None]})
    assert not group.matches("cartpole_swingup", "wann", {"method.rule": "lexicase", "method.hidden": [0, 9]})
