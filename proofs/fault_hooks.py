"""Faults at the k-th system call of a run, asked for by environment variables alone.

    WANNSEARCH_FAULT         kill@7/checkpoint   kill, just before the 7th call
                             killafter@7/any     kill, just after it
                             tear@7/checkpoint   half of a write, then kill
                             fail@7:ENOSPC/any   the call raises this error, and so does every later one
                             failonce@7:EIO/any  the call raises this error, later ones work
                             short/any           every write takes half of what it is given
                             slow@3/any          every call takes 3 ms longer
    WANNSEARCH_FAULT_ROOT    the run folder; calls elsewhere are not seen
    WANNSEARCH_FAULT_REPORT  a file descriptor that is told where the run stands (`Told`)
    WANNSEARCH_FAULT_LOG     a file that gets every call that succeeded, for `power_model`
    WANNSEARCH_FAULT_PICTURES=plain  no pictures are drawn, a line of text stands for them

Scopes: `checkpoint` is the checkpoint protocol, from the sync of the history to the last old file taken
away; `any` is every call on a file of the folder. The product knows nothing of all this.
"""

from __future__ import annotations

import errno
import json
import os
import pathlib
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REAL = {name: getattr(os, name) for name in "open write fsync replace unlink mkdir ftruncate".split()}
_SPEC = re.compile(r"(kill|killafter|tear|fail|failonce|short|slow)(?:@(\d+))?(?::(\w+))?/(any|checkpoint)")


@dataclass
class Call:
    """One call on a file of the run folder."""

    kind: str  # open | write | fsync | replace | unlink | mkdir | ftruncate | append
    path: str
    content: bytes = b""  # of a write
    handle: int = -1
    target: str = ""  # of a replace
    length: int = 0  # of an ftruncate; of an open 1 where it empties the file


@dataclass
class Told:
    """Tells the parent: R5 row 5 is written, C and c the checkpoint protocol, F final test, P pictures.

    Xwrite: a write was made to fail.
    """

    handle: int = -1
    protocol: bool = False

    def tell(self, word: str) -> None:
        if self.handle >= 0:
            REAL["write"](self.handle, f"{word};".encode())


TOLD = Told()
WATCHERS: list[Callable[[Call, Any], None]] = []
"""Called after each call that succeeded, with its result."""


@dataclass
class Fault:
    """What happens at which call."""

    action: str
    number: int
    error: int
    scope: str
    seen: int = 0

    def strike(self, call: Call, perform: Callable[[], Any]) -> Any:
        if self.scope == "checkpoint" and not TOLD.protocol:
            return perform()
        self.seen += 1
        if self.action == "slow":
            time.sleep(self.number / 1000)
            return perform()
        if self.action == "short" and call.kind == "write":
            return REAL["write"](call.handle, call.content[: (len(call.content) + 1) // 2])
        if self.action == "short" or self.seen < self.number:
            return perform()
        if self.action == "fail" or (self.action == "failonce" and self.seen == self.number):
            TOLD.tell(f"X{call.kind}")
            raise OSError(self.error, os.strerror(self.error), call.path)
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.action == "tear" and call.kind == "write":
            REAL["write"](call.handle, call.content[: len(call.content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        result = perform()
        if self.action in ("killafter", "tear"):
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def parsed(text: str) -> Fault:
    """The fault that an environment variable asks for."""
    found = _SPEC.fullmatch(text)
    if found is None:
        raise ValueError(f"WANNSEARCH_FAULT is {text!r}; see {__file__}")
    action, number, error, scope = found.groups()
    return Fault(action, int(number or 1), getattr(errno, error or "EIO"), scope)


def install() -> None:
    """Lay the hooks that the environment asks for over this process."""
    root = os.environ.get("WANNSEARCH_FAULT_ROOT", "")
    fault = parsed(os.environ["WANNSEARCH_FAULT"]) if os.environ.get("WANNSEARCH_FAULT") else None
    TOLD.handle = int(os.environ.get("WANNSEARCH_FAULT_REPORT", "-1"))
    if root:
        _watch_calls(os.path.realpath(root), fault)
        _tell_phases()
    log = os.environ.get("WANNSEARCH_FAULT_LOG")
    if log:
        _log_calls(REAL["open"](log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644))
    if os.environ.get("WANNSEARCH_FAULT_PICTURES") == "plain":
        from wannsearch.reporting.plots import pictures, trained_subnetworks

        pictures.draw_run = lambda run, *_: {"plots/rows.svg": (run / "history.csv").read_bytes()}
        trained_subnetworks.draw_trained_networks = pictures.draw_run


def _path_of(handle: int) -> str:
    return str(Path(f"/proc/self/fd/{handle}").readlink()).removesuffix(" (deleted)")


def _watch_calls(root: str, fault: Fault | None) -> None:
    def inside(path: str) -> bool:
        return path == root or path.startswith(root + "/")

    def named(path: Any, folder: int | None = None) -> str:
        base = _path_of(folder) if folder is not None else str(Path.cwd())
        return os.path.normpath(Path(base, path))

    def seen(call: Call, perform: Callable[[], Any]) -> Any:
        if not inside(call.path):
            return perform()
        result = fault.strike(call, perform) if fault else perform()
        if call.kind == "write" and call.path == f"{root}/history.csv" and call.content[:1].isdigit():
            TOLD.tell(f"R{call.content.split(b',')[0].decode()}")
        for watcher in WATCHERS:
            watcher(call, result)
        return result

    def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        def perform() -> Any:
            return REAL["open"](path, flags, mode, dir_fd=dir_fd)

        call = Call("open", named(path, dir_fd), length=int(bool(flags & os.O_TRUNC)))
        return seen(call, perform) if flags & os.O_CREAT else perform()

    def on_handle(kind: str) -> Callable[..., Any]:
        def shim(handle: int, *rest: Any) -> Any:
            call = Call(kind, _path_of(handle), handle=handle)
            if kind == "write":
                call.content = bytes(rest[0])
            elif kind == "ftruncate":
                call.length = rest[0]
            return seen(call, lambda: REAL[kind](handle, *rest))

        return shim

    def unlinked(path: Any, *, dir_fd: int | None = None) -> None:
        seen(Call("unlink", named(path, dir_fd)), lambda: REAL["unlink"](path, dir_fd=dir_fd))

    def replaced(source: Any, target: Any) -> None:
        call = Call("replace", named(source), target=named(target))
        seen(call, lambda: REAL["replace"](source, target))

    def made(path: Any, mode: int = 0o777) -> None:
        seen(Call("mkdir", named(path)), lambda: REAL["mkdir"](path, mode))

    plain_open = Path.open

    def path_open(self: Path, mode: str = "r", *rest: Any, **named_rest: Any) -> Any:
        def perform() -> Any:
            return plain_open(self, mode, *rest, **named_rest)

        return seen(Call("append", named(self)), perform) if "a" in mode else perform()

    shims = {"open": opened, "unlink": unlinked, "replace": replaced, "mkdir": made}
    shims |= {kind: on_handle(kind) for kind in ("write", "fsync", "ftruncate")}
    for name, shim in shims.items():
        setattr(os, name, shim)
    accessor = getattr(pathlib, "_NormalAccessor", None)  # Python 3.10 took the functions at its import
    for name in ("unlink", "replace", "mkdir") if accessor else ():
        setattr(accessor, name, staticmethod(shims[name]))
    Path.open = path_open  # type: ignore[method-assign]


def _log_calls(handle: int) -> None:
    def log(call: Call, _: Any) -> None:
        entry = [call.kind, call.path, call.target, call.length, call.content.hex()]
        REAL["write"](handle, json.dumps(entry).encode() + b"\n")

    WATCHERS.append(log)


def _tell_phases() -> None:
    """Mark where the run stands."""
    from wannsearch.kinds import subnetwork, topology
    from wannsearch.records.writer import RunWriter
    from wannsearch.reporting.plots import pictures, trained_subnetworks

    checkpointed = RunWriter._write_checkpoint

    def checkpoint(self: RunWriter) -> None:
        pending = self.checkpoint_writer._pending
        TOLD.tell("C")
        TOLD.protocol = True
        checkpointed(self)
        TOLD.protocol = False
        TOLD.tell(f"c{pending[0].next_generation}" if pending else "c0")

    def told(word: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **more: Any) -> Any:
            TOLD.tell(word)
            return work(*given, **more)

        return wrapped

    RunWriter._write_checkpoint = checkpoint  # type: ignore[method-assign]
    topology.run_final_test = told("F", topology.run_final_test)  # type: ignore[attr-defined]
    subnetwork.run_final_training = told("F", subnetwork.run_final_training)  # type: ignore[attr-defined]
    pictures.draw_run = told("P", pictures.draw_run)
    trained_subnetworks.draw_trained_networks = told("P", trained_subnetworks.draw_trained_networks)
