"""Which runs stand together, and that none is dropped without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from synthetic_table_runs import write
from table_settings import material, table
from weedout_runs import make_repeat

from wannsearch.reporting.tables.weedout.arms import check_arms
from wannsearch.reporting.tables.weedout.experiments import GroupedExperiments, group_into_experiments
from wannsearch.reporting.tables.weedout.sections import list_left_out, list_remarks


def found(root: Path) -> tuple[GroupedExperiments, Any]:
    settings = table("weedout")
    arms = check_arms(settings.arms)
    grouped = material(root).run_groups
    runs = [run for group in grouped.groups for run in group.runs]
    return group_into_experiments(runs, grouped.excluded, arms, settings.ignored_keys), arms


def counts(told: GroupedExperiments) -> dict[tuple[str, Any], tuple[int, int, int]]:
    (block,) = told.experiments
    return {
        key: (len(cell.repeats), cell.num_failed, cell.num_unfinished) for key, cell in block.cells.items()
    }


def test_runs_of_one_recipe_are_one_block_whatever_their_seed_sparsity_and_number(tmp_path: Path) -> None:
    for seed in range(2):
        for sparsity in (0.4, 0.8):
            name = f"{seed}_{sparsity}"
            make_repeat(tmp_path / f"f{name}", "found", [0.9], seed=seed, sparsity=sparsity)
            more = {
                "method.population_size": 8,
                "evaluator.candidates_per_batch": 3,
                "evaluator.device": "cuda",
            }
            masks = [0.9] * 3
            make_repeat(tmp_path / f"r{name}", "random", masks, seed=seed, sparsity=sparsity, config=more)
    told, _ = found(tmp_path)
    assert counts(told) == {(arm, s): (2, 0, 0) for arm in ("found", "random") for s in (0.4, 0.8)}
    assert list_left_out(told) == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("evaluator.optimizer.learning_rate", 0.1, "evaluator.optimizer.learning_rate=0.1"),
        ("method.granularity", "weights", "digits · mlp · weights masked"),
        ("method.parent_network.layers", [64], "parent_network.layers=[64]"),
        ("evaluator.early_epochs", 2, "evaluator.early_epochs=2"),
    ],
)
def test_another_recipe_is_another_block_named_by_what_differs(
    tmp_path: Path, key: str, value: Any, words: str
) -> None:
    make_repeat(tmp_path / "a", "found", [0.9])
    make_repeat(tmp_path / "b", "found", [0.9], config={key: value})
    told, _ = found(tmp_path)
    assert len(told.experiments) == 2
    assert sum(words in block.label for block in told.experiments) == 1
    assert sum(len(cell.repeats) for block in told.experiments for cell in block.cells.values()) == 2


def test_the_parents_training_stands_in_every_block_that_differs_only_in_what_masks_it_would_have(
    tmp_path: Path,
) -> None:
    weights = {"method.granularity": "weights"}
    make_repeat(tmp_path / "a", "found", [0.9])
    make_repeat(tmp_path / "b", "found", [0.9], config=weights | {"method.layer_distribution": "erk"})
    make_repeat(tmp_path / "c", "found", [0.9], config={"evaluator.augment": "crop_flip"})
    make_repeat(tmp_path / "d", "dense", [0.95], sparsity=0.5)
    told, _ = found(tmp_path)
    with_dense = [block for block in told.experiments if ("dense", None) in block.cells]
    assert len(told.experiments) == 3
    assert len(with_dense) == 2
    assert all("crop_flip" not in block.label for block in with_dense)


def test_what_does_not_count_is_counted_and_named(tmp_path: Path) -> None:
    make_repeat(tmp_path / "a", "found", [0.9], seed=0)
    make_repeat(tmp_path / "again", "found", [0.8], seed=0, config={"method.population_size": 9})
    make_repeat(tmp_path / "broke", "found", [0.9], seed=1, state="failed")
    make_repeat(tmp_path / "stopped", "found", [0.9], seed=2, state="stopped")
    make_repeat(tmp_path / "damaged", "found", [0.9], seed=3, images_shown=9, trained=[])
    make_repeat(tmp_path / "foreign", "found", [0.9], config={"method.mask_rule.weights": "he_scaled"})
    told, _ = found(tmp_path)
    assert counts(told) == {("found", 0.8): (1, 2, 1)}
    lines = list_left_out(told)
    assert len(lines) == 5
    for name, why in {
        "again": "is there already",
        "broke": "found at sparsity 0.8 failed",
        "stopped": "stopped, not finished",
        "damaged": "names no trained networks",
        "foreign": "matches no arm",
    }.items():
        assert sum(f"/{name}" in line and why in line for line in lines) == 1, name
    assert any("tested at 90.00 %, not 80.00 %" in line for line in lines)


def test_dense_runs_of_other_sparsities_are_one_line_unless_they_differ(tmp_path: Path) -> None:
    for place, accuracy in enumerate((0.9, 0.9, 0.9, 0.91)):
        make_repeat(tmp_path / str(place), "dense", [accuracy], sparsity=place / 10)
    told, arms = found(tmp_path)
    (block,) = told.experiments
    notes = list_remarks(block, arms, [])
    assert sum("2 runs of dense were begun at other sparsities" in note for note in notes) == 1
    assert sum("/3: seed 0 of dense is there already" in note for note in notes) == 1
    assert len(list_left_out(told)) == 3


def test_a_seed_on_another_split_is_no_partner(tmp_path: Path) -> None:
    for seed in (0, 1):
        make_repeat(tmp_path / f"f{seed}", "found", [0.9], seed=seed)
        make_repeat(tmp_path / f"r{seed}", "random", [0.9], seed=seed, config={"task.split_seed": 0})
    document = table("weedout").build(material(tmp_path))
    assert document.sections[0].csv_records[0]["n"] == 1
    notes = [note for note in document.notes if "no partner" in note]
    assert [note.split("has no partner in ")[1] for note in notes] == [
        "random for seed 1.",
        "found for seed 1 on split 0.",
    ]


def test_cells_tell_what_was_not_run(tmp_path: Path) -> None:
    make_repeat(tmp_path / "a", "found", [0.9], sparsity=0.4)
    make_repeat(tmp_path / "b", "random", [0.9], sparsity=0.8)
    make_repeat(tmp_path / "c", "random", [0.9], sparsity=0.4, state="failed")
    document = table("weedout").build(material(tmp_path))
    (cells,) = [section for section in document.sections if section.name == "repeats"]
    shown = {row[0]: list(row[1:]) for row in cells.rows}
    assert shown["found"] == ["1", "not run"]
    assert shown["random"] == ["0 + 1 failed", "1"]
    assert shown["SNIP"] == ["not run", "not run"]
    first = document.sections[0].rows[0]
    assert first[2:5] == ["not run", "not run (0 + 1 failed)", "90.00 ± -"]


def test_a_training_that_broke_counts_as_nothing_and_is_told(tmp_path: Path) -> None:
    curves = [[0.5, 0.9, 0.95], [0.5, None, None]]
    make_repeat(tmp_path / "r", "random", [0.9, None], early=[0.5, None], curves=curves)
    told, arms = found(tmp_path)
    (repeat,) = told.experiments[0].cells["random", 0.8].repeats.values()
    assert repeat.accuracy == pytest.approx(45)
    assert repeat.mean_curve.tolist() == pytest.approx([50, 45, 47.5])
    assert repeat.epochs_to_accuracy(90).tolist() == [2, 4]
    assert any(
        "the training of 1 networks broke" in note for note in list_remarks(told.experiments[0], arms, [])
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"test_accuracy": 97.0}, "not between 0 and 1"),
        ({"validation_accuracy": [0.5]}, "1 evaluations of the validation images, but evaluator.epochs=3"),
        ({"live_parameters": None}, "has no live_parameters"),
    ],
)
def test_files_that_cannot_be_true_are_named_with_what_is_wrong(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    run = make_repeat(tmp_path / "a", "found", [0.9])
    row = {"early": 0.5, "test_accuracy": 0.9, "live_parameters": 200, "mask_sparsity": 0.75}
    row |= {"validation_accuracy": [0.1, 0.2, 0.3]}
    write(run / "best/evaluation.json", {"trained": [row | changed], "images_shown": 1})
    told, _ = found(tmp_path)
    assert counts(told) == {("found", 0.8): (0, 1, 0)}
    assert said in list_left_out(told)[0]
