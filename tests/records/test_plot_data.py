from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_runs import build_run, write_json

from wannsearch.core.errors import DamagedFile
from wannsearch.records import plot_data


def changed(run: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((run / name).read_text())
    change(document)
    write_json(run / name, document)


def read_everything(run: Path) -> None:
    plot_data.read_label(run)
    plot_data.read_history(run)
    plot_data.read_ranking(run)
    plot_data.read_evaluation(run)
    plot_data.read_network(run)


FILES = ["history.csv", "ranking.csv", "summary.json", "best/network.json", "best/evaluation.json"]


def test_a_whole_folder_is_read(run):
    read_everything(run)
    assert plot_data.read_label(run) == plot_data.RunLabel("cartpole_swingup", "wann", "3", "return", False)
    assert len(plot_data.read_history(run)["best"]) == 60


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named_in_one_line(run, name):
    (run / name).unlink()
    with pytest.raises(DamagedFile, match=r"^[^\n]*is missing\.$") as caught:
        read_everything(run)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[1]", b"{", b"[" * 100_000, b'"a\nb'])
def test_a_file_that_is_something_else_is_refused_in_one_line(run, name, content):
    (run / name).write_bytes(content)
    with pytest.raises(DamagedFile) as caught:
        read_everything(run)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_column_is_named(run):
    path = run / "history.csv"
    path.write_text(path.read_text().replace("best_so_far", "best_so_fat"))
    with pytest.raises(DamagedFile, match=r"history\.csv lacks the column 'best_so_far'"):
        plot_data.read_history(run)


def test_the_size_of_a_history_is_that_of_its_kind_of_candidates(run):
    path = run / "history.csv"
    sizes = plot_data.read_history(run)["median_connections"]
    path.write_text(path.read_text().replace("median_connections", "median_ones"))
    assert np.array_equal(plot_data.read_history(run)["median_ones"], sizes)
    path.write_text(path.read_text().replace("median_", "middle_"))
    with pytest.raises(DamagedFile, match=r"history\.csv has no column of sizes"):
        plot_data.read_history(run)


def test_a_row_cut_short_is_named_by_its_line(run):
    path = run / "ranking.csv"
    path.write_text(path.read_text()[:-30])
    with pytest.raises(DamagedFile, match="line 193"):
        plot_data.read_ranking(run)


def test_a_cell_that_is_no_number_is_shown(run):
    path = run / "ranking.csv"
    path.write_text(path.read_text().replace("\n1,1,1,1,", "\n1,1,1,1,=cmd()", 1))
    with pytest.raises(DamagedFile, match=r"'mean', has '=cmd\(\)"):
        plot_data.read_ranking(run)


def test_a_history_that_does_not_rise_is_refused(run):
    path = run / "history.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[-1]]))
    with pytest.raises(DamagedFile, match="does not rise"):
        plot_data.read_history(run)


def test_empty_and_infinite_cells_are_gaps(tmp_path):
    (tmp_path / "ranking.csv").write_text("mean,connections\n,3\ninf,4\nnan,5\n1.5,6\n")
    assert np.array_equal(
        plot_data.read_ranking(tmp_path)["mean"], [np.nan, np.nan, np.nan, 1.5], equal_nan=True
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda d: d.pop("nodes"), "lacks 'nodes'"),
        (lambda d: d["nodes"].append(7), "objects in 'nodes'"),
        (lambda d: d["nodes"][-1].update(activation="tahn"), "unknown activation"),
        (lambda d: d["nodes"][-1].update(role="spy"), "unknown role|no output"),
        (lambda d: d["nodes"][-1].update(id=d["nodes"][0]["id"]), "the same id"),
        (lambda d: d["nodes"][0].update(id=True), "'id' of the wrong type"),
        (lambda d: d["edges"][0].update(source=-1), "a node that it lacks"),
        (lambda d: d["edges"][0].update(weight=float("nan")), "must be finite"),
        (lambda d: d["edges"][0].update(weight="1"), "'weight' of the wrong type"),
        (lambda d: d["edges"][0].update(target=d["nodes"][1]["id"]), "into an input"),
        (lambda d: d["edges"][0].update(source=d["nodes"][-1]["id"]), "out of an output"),
        (lambda d: d["edges"][0].update(source=d["nodes"][8]["id"], target=d["nodes"][8]["id"]), "a cycle"),
    ],
)
def test_a_network_that_cannot_be_is_refused(run, change, what):
    changed(run, "best/network.json", change)
    with pytest.raises(DamagedFile, match=what):
        plot_data.read_network(run)


def test_a_curve_of_unequal_columns_is_refused(run):
    changed(run, "best/evaluation.json", lambda d: d["sweep"]["mean"].pop())
    with pytest.raises(DamagedFile, match="different length, or none, in 'sweep'"):
        plot_data.read_evaluation(run)


def test_inputs_are_called_what_the_file_says(run):
    assert plot_data.read_network(run).names[:7] == ("bias", "x1", "x2", "x3", "x4", "x5", "")
    changed(run, "best/network.json", lambda d: d["graph"].update(input_names=list("abcde")))
    assert plot_data.read_network(run).names[:6] == ("bias", *"abcde")


def test_own_weights_have_no_curves(tmp_path):
    run = build_run(tmp_path / "run", own=True)
    assert plot_data.read_evaluation(run) == plot_data.Evaluation(100, None, None)
    assert plot_data.read_label(run).own_weights
