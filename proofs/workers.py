"""Jobs of a proof over a few processes, each result told to the parent as soon as it is there."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

Result = dict[str, Any]  # {"counts": {name: number}, "failures": [text]}


def spread(
    jobs: Sequence[Any],
    prepare: Callable[[], None],
    work: Callable[[Any], Result],
    processes: int,
    took: Callable[[Any, Result], bool],
) -> None:
    """Do the jobs in turn over the processes; `took` gets each result and says whether it is enough."""
    pids: dict[int, int] = {}
    for number in range(min(processes, len(jobs))):
        reads, writes = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reads)
            _work(jobs[number::processes], prepare, work, writes)
        os.close(writes)
        pids[reads] = pid
    text = dict.fromkeys(pids, b"")
    enough = False
    while text and not enough:
        for pipe in select.select(list(text), [], [])[0]:
            more = os.read(pipe, 65536)
            if not more:
                del text[pipe]
                continue
            *lines, text[pipe] = (text[pipe] + more).split(b"\n")
            for line in lines:
                job, result = json.loads(line)
                enough = took(job, result) or enough
    for pid in pids.values():
        if enough:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _work(jobs: Sequence[Any], prepare: Callable[[], None], work: Callable[[Any], Result], pipe: int) -> None:
    code = 1
    try:
        os.setpgid(0, 0)  # so that its children end with it
        prepare()
        for job in jobs:
            try:
                result = work(job)
            except Exception:
                result = {"counts": {}, "failures": [f"{job}: the harness itself: {traceback.format_exc()}"]}
            os.write(pipe, json.dumps([job, result]).encode() + b"\n")
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
