"""The end of a sweep: a table of its jobs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wannsearch.commands.hydra.sweep import report_sweep
from wannsearch.records.layout import FORMAT
from wannsearch.records.ledger import JobState, Ledger, LedgerEntries, SweepJob


def run_with(folder: Path, best_so_far: float) -> None:
    folder.mkdir()
    (folder / "status.json").write_text(json.dumps({"format": FORMAT, "state": "done", "why": None}))
    (folder / "history.csv").write_text(f"generation,evaluations,best_so_far\n1,8,{best_so_far}\n")


def test_the_jobs_of_a_task_stand_by_falling_score_with_a_column_for_each_key_that_was_swept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [
        SweepJob(("task=a", "method.x=1", "seed=0"), "a1", JobState.DONE, 0, "fine"),
        SweepJob(("task=a", "method.x=3", "seed=0"), "", JobState.REFUSED, 2, "no"),
        SweepJob(("task=a", "method.x=2", "seed=0"), "a2", JobState.DONE, 0, "fine"),
        SweepJob(("task=b", "+method.x=1", "seed=0"), "b1", JobState.DONE, 0, "fine"),
    ]
    for name, score in (("a1", 5.0), ("a2", 7.5), ("b1", 900.0)):
        run_with(tmp_path / name, score)
    ledger = Ledger(tmp_path)
    ledger.write(LedgerEntries(("wannsearch", "-m"), False, tuple(jobs)))
    assert report_sweep(ledger) == 1
    header, *rows, counts, hint = capsys.readouterr().out.splitlines()
    assert header.split() == ["task", "x", "state", "best", "so", "far", "why"]
    assert [row.split() for row in rows] == [
        ["a", "2", "done", "7.5"],
        ["a", "1", "done", "5"],
        ["a", "3", "refused", "-", "no"],
        ["b", "1", "done", "900"],
    ]
    assert counts.startswith("4 runs: 3 done, 1 refused; ")
    assert hint.startswith("Which setting is best: wannsearch-tables runs=")


def test_jobs_that_differ_in_nothing_are_named_by_their_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_with(tmp_path / "only", 1.0)
    ledger = Ledger(tmp_path)
    ledger.write(
        LedgerEntries(("wannsearch",), False, (SweepJob(("seed=0",), "only", JobState.DONE, 0, ""),))
    )
    assert report_sweep(ledger) == 0
    header, row, counts = capsys.readouterr().out.splitlines()
    assert (header.split()[0], row.split()[0]) == ("job", "only")
    assert "tables" not in counts
