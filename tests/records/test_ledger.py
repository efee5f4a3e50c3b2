"""A sweep's ledger."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from wannsearch.core.errors import DamagedFile
from wannsearch.records.ledger import (
    JobState,
    Ledger,
    LedgerEntries,
    SweepJob,
    format_state_counts,
    is_inside,
)

JOBS = tuple(SweepJob((f"seed={n}",), f"job_{n}") for n in range(40))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    entries = LedgerEntries(
        ("wannsearch", "-m"), True, (*JOBS, SweepJob(("a=é",), "", JobState.REFUSED, 2, "no"))
    )
    Ledger(tmp_path).write(entries)
    assert Ledger(tmp_path).read() == entries


def test_jobs_that_end_together_are_all_noted(tmp_path: Path) -> None:
    Ledger(tmp_path).write(LedgerEntries((), False, JOBS))

    def end(jobs: tuple[SweepJob, ...]) -> None:
        for job in jobs:
            Ledger(tmp_path).update_job(job.folder, lambda job, _: replace(job, state=JobState.DONE))

    threads = [threading.Thread(target=end, args=(JOBS[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert format_state_counts([job.state.value for job in Ledger(tmp_path).read().jobs]) == "40 done"


def book(**job: object) -> str:
    """A ledger of one job that is sound but for this."""
    sound = {"overrides": [], "folder": "a", "state": "done", "code": 0, "why": ""}
    return json.dumps({"command": [], "on_error": "stop", "jobs": [sound | job]})


DAMAGED = ["", "[]", "null", "{}", '{"command": [], "on_error": "stop"}']
DAMAGED += ['{"command": 1, "on_error": "", "jobs": []}', '{"command": [], "on_error": "", "jobs": {}}']
DAMAGED += [
    '{"command": [], "on_error": "", "jobs": [1]}',
    book(state="x"),
    book(folder="/a"),
    book(code=1.5),
]
DAMAGED += [book(folder="../a"), book(overrides=[1]), book(why=[]), book(state=[])]


@pytest.mark.parametrize("text", DAMAGED)
def test_what_is_no_ledger_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(DamagedFile):
        Ledger(tmp_path).read()


def test_a_name_leads_inside_or_is_refused() -> None:
    assert [name for name in ("a", "a/b", "a..b", "...") if is_inside(name)] == ["a", "a/b", "a..b", "..."]
    assert [name for name in ("", ".", "/a", "..", "a/../b", "../a", "a\0") if is_inside(name)] == []
