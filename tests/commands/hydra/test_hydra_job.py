"""What a job's end is called."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from wannsearch.commands.hydra.job import run_job
from wannsearch.commands.request import Request
from wannsearch.commands.running.outcome import Outcome


def ended(error: OSError) -> Outcome:
    def work(_: Request) -> Outcome:
        raise error

    request = Request({}, "", [], {}, Path("run"), has_named_folder=True, is_sweep=False)
    return run_job(work, lambda: request, Path("run"))


def test_the_file_that_the_system_names_is_named() -> None:
    outcome = ended(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "elsewhere/file"))
    assert (outcome.code, outcome.line) == (74, "elsewhere/file: No space left on device.")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_the_run_folder_is_not_blamed_for_a_file_that_has_no_name(number: int) -> None:
    outcome = ended(OSError(number, os.strerror(number)))
    said = f"{os.strerror(number)}, of a file that the system does not name; the run folder is run."
    assert (outcome.code, outcome.line) == (74, said)
