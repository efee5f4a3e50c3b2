"""Rules of parent selection task by task, against numbers computed here with NumPy and SciPy."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path
from typing import Any

import hydra
import numpy as np
import pytest
from case_selection import mark_others_long
from omegaconf import OmegaConf
from rule_runs import LOGIC, make_rule_run
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu, norm, t, trim_mean
from synthetic_table_runs import make_run, make_tuning
from table_settings import CONF, material, table

from wannsearch.commands.hydra.config_loader import use_wannsearch_loader
from wannsearch.core.errors import ConfigError, MissingData
from wannsearch.reporting.tables.document import Document
from wannsearch.reporting.tables.markup import to_csv_files, to_latex, to_markdown

PUBLISHED = [487.0, 462.0, 482.0, 481.0, 520.0, 455.0, 601.0, 495.0]
LEXICASE = [724.0, 723.0, 628.0, 688.0, 710.0, 575.0, 776.0, 674.0]
RANDOM = [300.0, 310.0, 290.0, 470.0, 305.0, 295.0, 320.0, 315.0]
SECONDS, CONNECTIONS = [60.0, 80.0, 40.0, 90.0, 30.0, 70.0, 20.0, 10.0], [318, 104, 85, 50, 60, 70, 80, 90]


def build(root: Path, floor: float | None = 0.0, **changed: Any) -> Document:
    document = table("selection", **changed).build(material(root, floor=floor))
    assert isinstance(document, Document)
    return document


def records(document: Document, name: str, **where: Any) -> list[dict[str, Any]]:
    return [
        record
        for section in document.sections
        if section.name == name
        for record in section.csv_records
        if all(record.get(key) == value for key, value in where.items())
    ]


def row(document: Document, rule: str, **where: Any) -> dict[str, Any]:
    (record,) = records(document, "table", rule=rule, **where)
    return record


def fill(root: Path) -> Path:
    for seed in range(8):
        run = make_rule_run(root, "published rule", seed, PUBLISHED[seed])
        make_tuning(root / f"t{seed}", run, [None, None, None, 900.0 + seed])
        run = make_rule_run(
            root, "lexicase", seed, LEXICASE[seed], seconds=SECONDS[seed], connections=CONNECTIONS[seed]
        )
        make_tuning(root / f"tl{seed}", run, [None, None, None, 920.0 + seed])
        if seed < 3:
            full = {"generations": 9000, "episodes": 16}
            make_tuning(root / f"tf{seed}", run, [None, None, None, 940.0 + seed], config=full)
        make_rule_run(root, "random topology", seed, RANDOM[seed])
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("selection"))


@pytest.fixture(scope="module")
def document(root: Path) -> Document:
    return build(root)


def test_a_row_has_the_interquartile_mean_and_the_ends_of_its_runs(document: Document) -> None:
    for rule, scores in (("published rule", PUBLISHED), ("lexicase", LEXICASE), ("random topology", RANDOM)):
        record = row(document, rule)
        assert record["iqm"] == pytest.approx(trim_mean(scores, 0.25))
        assert record["mean"] == pytest.approx(np.mean(scores))
        assert (record["n"], record["min"], record["max"]) == (8, min(scores), max(scores))


def test_the_interval_is_the_expanded_percentile_bootstrap(document: Document) -> None:
    """Computed anew with other draws, it agrees within a tenth of its width."""
    tail = norm.cdf(-np.sqrt(8 / 7) * t.ppf(0.975, 7))
    resampled = np.random.default_rng(1).choice(LEXICASE, (20_000, 8))
    low, high = np.quantile(trim_mean(resampled, 0.25, axis=1), [tail, 1 - tail])
    record = row(document, "lexicase")
    assert record["iqm_low"] == pytest.approx(low, abs=(high - low) / 10)
    assert record["iqm_high"] == pytest.approx(high, abs=(high - low) / 10)


def test_every_rule_is_compared_with_the_first_one(document: Document) -> None:
    for rule, scores in (("lexicase", LEXICASE), ("random topology", RANDOM)):
        record = row(document, rule)
        theta = np.mean([(x > y) + (x == y) / 2 for x, y in product(scores, PUBLISHED)])
        assert record["probability_of_improvement"] == pytest.approx(theta)
        assert record["over"] == "published rule"
        assert record["p_value"] == pytest.approx(mannwhitneyu(scores, PUBLISHED).pvalue)
    assert "probability_of_improvement" not in row(document, "published rule")


def test_the_interval_of_an_improvement_solves_newcombes_equation(document: Document) -> None:
    record = row(document, "random topology")
    estimate = record["probability_of_improvement"]

    def excess(theta: float) -> float:
        factor = 1 + 7 * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return (estimate - theta) ** 2 - norm.ppf(0.975) ** 2 * theta * (1 - theta) * factor / 64

    assert record["improvement_low"] == pytest.approx(brentq(excess, 1e-9, estimate))
    assert record["improvement_high"] == pytest.approx(brentq(excess, estimate, 1 - 1e-9))


def test_p_values_are_corrected_over_all_rows(document: Document) -> None:
    larger, smaller = sorted(
        (row(document, rule) for rule in ("lexicase", "random topology")),
        key=lambda record: -record["p_value"],
    )
    assert smaller["p_holm"] == pytest.approx(min(1, 2 * smaller["p_value"]))
    assert larger["p_holm"] == pytest.approx(max(larger["p_value"], 2 * smaller["p_value"]))


def test_sizes_and_seconds_are_medians_and_sweeps_are_interquartile_means(document: Document) -> None:
    record = row(document, "lexicase")
    assert (record["connections"], record["seconds"]) == (np.median(CONNECTIONS), np.median(SECONDS))
    assert record["sweep_mean"] == pytest.approx(trim_mean(LEXICASE, 0.25) - 100)
    assert record["best_shared_weight"] == pytest.approx(trim_mean(LEXICASE, 0.25))


def test_own_weights_of_two_tunings_stand_apart(document: Document) -> None:
    """The row has those of most runs; the part of own weights has both, and the paper's."""
    record = row(document, "lexicase")
    assert record["own_weights"] == pytest.approx(trim_mean(920.0 + np.arange(8), 0.25))
    assert (record["own_weights_n"], record["tuning"]) == (8, "1500 x 32 x 8, evolve from shared")
    tuned = [(part["n"], part["mean"]) for part in records(document, "own_weights", rule="lexicase")]
    assert tuned == [(8, 923.5), (3, 941.0)]
    (paper,) = records(document, "own_weights", rule="one champion (paper)")
    assert paper["iqm"] == 932.0
    assert len(records(document, "tunings")) == 19


def test_the_papers_champion_stands_beside_the_runs_and_is_compared_with_them(document: Document) -> None:
    paper = row(document, "one champion (paper)")
    assert (paper["iqm"], paper["iqm_low"], paper["connections"]) == (611.8, None, 52)
    assert (paper["sweep_mean"], paper["sweep_mean_std"]) == (515.0, 58.0)
    assert (paper["best_shared_weight"], paper["own_weights"]) == (723.0, 932.0)
    ours, published = f"lexicase ({trim_mean(LEXICASE, 0.25):.4g})", f"({trim_mean(PUBLISHED, 0.25):.4g})"
    assert document.findings == [
        f"swing-up: {ours} is better than published rule {published}; random topology (307.5) is worse "
        f"than published rule {published}.",
        "swing-up: above one champion (paper), 611.8, are 0 of 8 runs of published rule, 7 of 8 runs of "
        "lexicase, 0 of 8 runs of random topology.",
    ]
    assert "515 ± 58" in to_markdown(document)
    assert "Table 1" in " ".join(document.notes)


def test_the_forms_of_the_table_have_the_same_rows(document: Document) -> None:
    latex, text = to_latex(document), to_markdown(document)
    for rule in ("published rule", "lexicase", "random topology", "one champion (paper)"):
        assert rule in latex
        assert rule in text
    assert set(to_csv_files(document)) == {"table.csv", "own_weights.csv", "runs.csv", "tunings.csv"}


def test_a_file_has_every_run_and_nothing_of_where_it_lies(
    document: Document, root: Path, tmp_path: Path
) -> None:
    runs = records(document, "runs", rule="lexicase")
    assert [(run["seed"], run["held_out_mean"]) for run in runs] == list(enumerate(LEXICASE))
    assert runs[2]["connections"] == 85
    assert (runs[2]["seconds"], runs[2]["evaluations"]) == (40.0, 192)
    assert (runs[2]["best_shared_weight_mean"], runs[2]["best_shared_weight"]) == (628.0, 2.0)
    assert (runs[2]["own_weights"], runs[2]["sweep_mean"]) == (922.0, pytest.approx(528.0))
    for folder in sorted(root.iterdir(), reverse=True):
        shutil.copytree(folder, tmp_path / "elsewhere" / f"z{folder.name[::-1]}")
    assert to_csv_files(build(tmp_path)) == to_csv_files(document)


@pytest.mark.usefixtures("pictures_are_saved")
def test_the_picture_has_every_run_the_numbers_and_the_champion_as_a_line(root: Path) -> None:
    svg = build(root).pictures["picture"].svg.decode()
    assert "one champion (paper): 611.8" in svg
    assert svg.count("stroke-dasharray") >= 1
    for text in (f"{trim_mean(LEXICASE, 0.25):.4g} [", "published rule", "n = 8", "held-out return"):
        assert text in svg


def test_a_rule_with_other_evaluations_is_told_and_not_compared(tmp_path: Path) -> None:
    for seed in range(5):
        make_rule_run(tmp_path, "published rule", seed, PUBLISHED[seed])
        make_rule_run(tmp_path, "lexicase", seed, LEXICASE[seed], population=65)
        early = [1.0] * (3 - seed % 2)
        make_rule_run(
            tmp_path, "random topology", seed, RANDOM[seed], best_so_far=early, config={"generations": 3}
        )
    document = build(tmp_path)
    assert "probability_of_improvement" not in row(document, "lexicase")
    assert [note for note in document.notes if note.startswith("Not compared")] == [
        "Not compared, swing-up, lexicase: its runs have 195 evaluations, those of published rule 192 "
        "evaluations.",
        "Not compared, swing-up, random topology: its runs have 128 to 192 evaluations, those of published "
        "rule 192 evaluations.",
    ]
    assert to_markdown(document).count("not compared") == 2
    assert document.findings == [
        "swing-up: above one champion (paper), 611.8, are 0 of 5 runs of published rule, 5 of 5 runs of "
        "lexicase, 0 of 5 runs of random topology."
    ]


def test_scores_of_two_names_are_two_parts_and_never_meet(tmp_path: Path) -> None:
    for seed in range(5):
        make_rule_run(tmp_path, "published rule", seed, PUBLISHED[seed])
        make_rule_run(tmp_path, "lexicase", seed, LEXICASE[seed], score_name="return without fall")
    document = build(tmp_path)
    names = [section.heading for section in document.sections if section.name == "table"]
    assert names == [
        "swing-up (score_name=return) (return)",
        "swing-up (score_name=return without fall) (return without fall)",
    ]
    assert not [record for record in records(document, "table") if "p_value" in record]
    paper = row(document, "one champion (paper)")
    assert paper["task"] == "swing-up (score_name=return)"
    assert any("Different units are neither compared" in note for note in document.notes)


def test_a_task_without_runs_is_left_out_and_named(document: Document, tmp_path: Path) -> None:
    (note,) = [note for note in document.notes if note.startswith("Left out")]
    assert note.startswith("Left out, without a run of these rules: cart pole, xor, parity of 3 bits,")
    assert "Not run, lexicase, static tolerance: swing-up." in document.notes
    assert {record["task"] for record in records(document, "table")} == {"swing-up"}
    make_run(tmp_path / "n", method="neat")
    with pytest.raises(MissingData, match="there is no run of the rules published rule, lexicase"):
        build(tmp_path)


def test_a_truth_table_is_solved_where_every_row_is_right_at_every_weight(tmp_path: Path) -> None:
    weights = [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]
    for seed in range(4):
        solved = weights if seed else weights[1:]
        kinds = {"task": "logic", "score_name": "closeness", "config": LOGIC | {"task.horizon": None}}
        make_rule_run(tmp_path, "lexicase", seed, 0.99, solved_at=solved, **kinds)
        make_rule_run(tmp_path, "published rule", seed, 1.0, solved_at=weights[:seed], **kinds)
    document = build(tmp_path)
    record = row(document, "lexicase", task="parity of 3 bits")
    assert (record["solved"], record["solved_share"]) == (3, 0.75)
    assert row(document, "published rule")["solved"] == 0
    assert "3 of 4" in to_markdown(document)


def test_a_task_with_a_solved_score_asks_for_it_at_every_weight(tmp_path: Path) -> None:
    cart = {"task": "cartpole", "config": {"task.horizon": 500}}
    make_rule_run(tmp_path, "lexicase", 0, 480.0, means=[475.0] * 6, **cart)
    make_rule_run(tmp_path, "lexicase", 1, 495.0, means=[500.0] * 5 + [474.9], **cart)
    make_rule_run(tmp_path, "lexicase", 2, None, state="failed", **cart)
    record = row(build(tmp_path), "lexicase")
    assert (record["solved"], record["n"], record["failed"]) == (1, 3, 1)


def test_a_failed_run_counts_as_the_worst_score_and_is_in_the_file(tmp_path: Path) -> None:
    for seed in range(4):
        failed = seed == 3
        state = "failed" if failed else "done"
        make_rule_run(tmp_path, "lexicase", seed, None if failed else 600.0, state=state)
    document = build(tmp_path, floor=-5.0)
    record = row(document, "lexicase")
    assert (record["failed"], record["min"], record["sweep_mean_n"]) == (1, -5.0, 4)
    assert record["iqm"] == pytest.approx(trim_mean([-5.0, 600.0, 600.0, 600.0], 0.25))
    failed_run = records(document, "runs")[3]
    assert (failed_run["state"], failed_run["held_out_mean"], failed_run["seconds"]) == ("failed", None, None)


def test_own_weights_name_the_failed_runs_that_they_leave_out(tmp_path: Path) -> None:
    """A failed run counts as the worst score only where all others are tuned; else a note names it."""
    make_rule_run(tmp_path, "lexicase", 0, None, state="failed")
    runs = [make_rule_run(tmp_path, "lexicase", seed, 600.0) for seed in (1, 2, 3)]
    for number, run in enumerate(runs[:2]):
        make_tuning(tmp_path / f"t{number}", run, [None, None, None, 900.0])
    document = build(tmp_path, floor=-5.0)
    record, notes = row(document, "lexicase"), [note for note in document.notes if "leave out" in note]
    assert (record["own_weights"], record["own_weights_n"]) == (900.0, 2)
    assert notes == [
        "swing-up: own weights of lexicase (1500 x 32 x 8, evolve from shared) leave out 1 failed run, "
        "since not all other runs were tuned."
    ]
    make_tuning(tmp_path / "t2", runs[2], [None, None, None, 900.0])
    document = build(tmp_path, floor=-5.0)
    assert row(document, "lexicase")["own_weights_n"] == 4
    assert not [note for note in document.notes if "leave out" in note]


def test_a_network_that_fails_in_the_sweep_needs_the_worst_score(tmp_path: Path) -> None:
    for seed in range(2):
        make_rule_run(tmp_path, "lexicase", seed, 600.0, sweep=[None] + [500.0] * 80)
    assert row(build(tmp_path, floor=7.0), "lexicase")["sweep_mean"] == 7.0
    with pytest.raises(ConfigError, match=r"failed at a weight.*\+floors.cartpole_swingup=NUMBER"):
        build(tmp_path, floor=None)


def test_settings_of_one_rule_are_rows_of_their_own_with_their_difference(tmp_path: Path) -> None:
    """The first rule's setting with the same evaluations is the one that another rule is compared with."""
    for seed in range(2):
        make_rule_run(tmp_path, "published rule", seed, PUBLISHED[seed], population=32)
        make_rule_run(tmp_path, "published rule", seed, PUBLISHED[seed] + 9)
        make_rule_run(tmp_path, "lexicase", seed, LEXICASE[seed])
    document = build(tmp_path)
    rules = [record["rule"] for record in records(document, "table")][:3]
    assert sorted(rules[:2]) == ["published rule (population_size=32)", "published rule (population_size=64)"]
    assert row(document, "lexicase")["over"] == "published rule (population_size=64)"


def test_settings_in_no_row_and_unused_tunings_are_named(tmp_path: Path) -> None:
    run = make_rule_run(tmp_path, "lexicase", 0, 600.0)
    make_tuning(tmp_path / "t", run, [1.0, 1.0, 1.0, 900.0], config={"held_out.episodes": 7})
    make_run(tmp_path / "n", method="neat")
    notes = build(tmp_path).notes
    assert any(note.startswith("In no row, cartpole_swingup · neat: 1 run.") for note in notes)
    assert f"Not used, {tmp_path / 't'}: its run had another held_out.episodes." in notes


def test_rows_that_were_evaluated_or_tested_on_more_are_named(tmp_path: Path) -> None:
    few = {"held_out.sweep_weights": 21, "task.episodes": 3}
    more = {"held_out.sweep_weights": 81, "task.episodes": 3, "trials.extra": 2, "trials.other": 0}
    make_rule_run(tmp_path, "published rule", 0, 500.0, config=few)
    make_rule_run(tmp_path, "lexicase", 0, 600.0, config=more)
    notes = [note for note in build(tmp_path).notes if "different rows" in note]
    assert notes == [
        "swing-up: held_out.sweep_weights is 21 and 81 in different rows.",
        "swing-up: trials.extra is none and 2 in different rows.",
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rules": []}, "table.rules is empty; it must name one rule or more"),
        ({"rules": [{"label": "a", "method": "wann", "match": 3}]}, "match is '3'; it must map keys"),
        ({"tasks": [{"name": "a", "task": "b", "match": [], "published": []}]}, "match is"),
        ({"solved": 3}, "table.solved is '3'; it must map tasks to numbers"),
    ],
)
def test_settings_of_a_wrong_form_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        table("selection", **changed)


def compose(*words: str) -> dict[str, Any]:
    with use_wannsearch_loader(), hydra.initialize_config_dir(str(CONF.parent), version_base="1.3"):
        config = OmegaConf.to_container(hydra.compose("config", list(words)), resolve=True)
    assert isinstance(config, dict)
    return config


COMMANDS = {
    "cart pole": ("control", "task=cartpole"),
    "xor": ("logic",),
    "parity of 3 bits": ("logic", "task.gate=parity", "task.bits=3"),
    "parity of 4 bits": ("logic", "task.gate=parity", "task.bits=4"),
    "double pole": ("double_pole",),
    "acrobot": ("control",),
    "pendulum": ("control", "task=pendulum"),
    "mountain car continuous": ("control", "task=mountain_car_continuous"),
}
PRESETS = {
    "published rule": "wann_{}_quick",
    "lexicase": "wann_{}_quick_lexicase",
    "lexicase, removal": "wann_{}_quick_lexicase_removal",
    "random topology": "random_{}_quick",
}


@pytest.mark.parametrize("name", mark_others_long(COMMANDS, quick=["parity of 3 bits"]))
def test_every_sized_experiment_has_its_row_on_its_task(name: str, tmp_path: Path) -> None:
    """Each of the rules of a task is one command, and their runs meet in one part of the table."""
    study, *words = COMMANDS[name]
    for rule, preset in PRESETS.items():
        config = compose(f"experiment={preset.format(study)}", *words)
        parts = {part: config[part] for part in ("task", "method", "evaluator", "held_out")}
        method = config["method"]["_target_"].split(".")[-2]
        make_run(tmp_path / rule, 0.5, method=method, config=parts)
    document = build(tmp_path)
    assert [(record["task"], record["rule"]) for record in records(document, "table")] == [
        (name, rule) for rule in PRESETS
    ]
