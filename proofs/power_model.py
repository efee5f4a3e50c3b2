"""What a disk may hold after the power went: a model of files and folders with what is not yet durable.

Bytes are durable once their file was synced; names (made, renamed, taken away) once their folder was.
Until then each may be there or not, in any combination: a rename without the bytes, zeros for bytes, a
later name without an earlier one. This is harsher than common file systems are.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Entry:
    """One call of the log."""

    kind: str
    path: str
    target: str
    length: int
    content: bytes


def entries(log: Path) -> list[Entry]:
    """The calls of a log, in order."""
    found = []
    for line in log.read_text(encoding="utf-8").splitlines():
        kind, path, target, length, content = json.loads(line)
        found.append(Entry(kind, path, target, length, bytes.fromhex(content)))
    return found


@dataclass
class _File:
    durable: bytes = b""
    pending: list[bytes | int] = field(default_factory=list)  # bytes appended, or a length it was cut to

    def after(self, changes: list[bytes | int], zeros: bool = False) -> bytes:
        content = self.durable
        for change in changes:
            if isinstance(change, int):
                content = content[:change].ljust(change, b"\0")
            else:
                content += bytes(len(change)) if zeros else change
        return content


@dataclass
class _Folder:
    durable: dict[str, object] = field(default_factory=dict)
    pending: list[tuple[str, str, object]] = field(default_factory=list)  # (gone, come, what)

    def after(self, changes: list[tuple[str, str, object]]) -> dict[str, object]:
        names = dict(self.durable)
        for gone, come, what in changes:
            names.pop(gone, None)
            if come:
                names[come] = what
        return names


class Disk:
    """The run folder as the system shows it, and as the disk may hold it."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.folder = _Folder()
        self.completed = 0  # the newest checkpoint whose name is durable: the generation to ask next
        self._newest = 0

    def apply(self, entry: Entry) -> None:
        """One more call."""
        if entry.path == self.root:
            if entry.kind == "fsync":
                self._sync(self.folder)
            return
        folder, name = self._place(entry.path)
        there = folder.after(folder.pending).get(name)
        if entry.kind in ("open", "append", "mkdir"):
            if there is None:
                folder.pending.append(("", name, _Folder() if entry.kind == "mkdir" else _File()))
            elif entry.length and isinstance(there, _File):
                there.pending.append(0)
        elif entry.kind == "unlink":
            folder.pending.append((name, "", None))
        elif entry.kind == "replace":
            target = entry.target.rpartition("/")[2]
            folder.pending.append((name, target, there))
            if target.endswith(".state"):
                self._newest = int(target.split("-")[1].split(".")[0])
        elif isinstance(there, _Folder):
            self._sync(there)
            if name == "checkpoint":
                self.completed = self._newest
        elif isinstance(there, _File):
            if entry.kind == "fsync":
                there.durable, there.pending = there.after(there.pending), []
            else:
                there.pending.append(entry.content if entry.kind == "write" else entry.length)

    def _place(self, path: str) -> tuple[_Folder, str]:
        *way, name = path[len(self.root) + 1 :].split("/")
        folder = self.folder
        for step in way:
            inner = folder.after(folder.pending)[step]
            assert isinstance(inner, _Folder)
            folder = inner
        return folder, name

    @staticmethod
    def _sync(folder: _Folder) -> None:
        folder.durable, folder.pending = folder.after(folder.pending), []

    def lost(self, names: str, content: str, rng: random.Random) -> dict[str, bytes | None]:
        """Path -> bytes, None for a folder: what is there after the cut.

        `names` is none, all or some of what is pending; `content` none, all, some or zeros.
        """
        found: dict[str, bytes | None] = {}

        def walk(folder: _Folder, prefix: str) -> None:
            kept = {"none": [], "all": folder.pending}.get(names)
            if kept is None:
                kept = [change for change in folder.pending if rng.random() < 0.5]
            for name, what in folder.after(kept).items():
                if isinstance(what, _Folder):
                    found[prefix + name] = None
                    walk(what, f"{prefix}{name}/")
                elif isinstance(what, _File):
                    found[prefix + name] = _bytes_of(what, content, rng)

        walk(self.folder, "")
        return found


def _bytes_of(file: _File, content: str, rng: random.Random) -> bytes:
    if content == "none":
        return file.durable
    if content in ("all", "zeros"):
        return file.after(file.pending, zeros=content == "zeros")
    whole = file.after(file.pending[: rng.randint(0, len(file.pending))], zeros=rng.random() < 0.3)
    shorter = rng.randint(min(len(file.durable), len(whole)), len(whole))
    return whole[:shorter]
