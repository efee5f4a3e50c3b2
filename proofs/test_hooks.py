"""The hooks do what they are asked, or a proof proves nothing."""

from __future__ import annotations

import errno
import random
import re
from pathlib import Path

import pytest
from fault_hooks import parsed
from power_model import Disk, Entry
from report import rewritten


def test_a_fault_is_read_from_its_words() -> None:
    fault = parsed("fail@9:ENOSPC/any")
    assert (fault.action, fault.number, fault.error, fault.scope) == ("fail", 9, errno.ENOSPC, "any")
    with pytest.raises(ValueError, match="explode"):
        parsed("explode@9/any")


def calls(*words: str) -> Disk:
    disk = Disk("/run")
    for word in words:
        kind, _, path = word.partition(" ")
        path, _, target = path.partition(">")
        disk.apply(
            Entry(kind, f"/run/{path}".rstrip("/"), f"/run/{target}", 0, b"abc" if kind == "write" else b"")
        )
    return disk


def after(disk: Disk, names: str, content: str) -> dict[str, bytes | None]:
    return disk.lost(names, content, random.Random(0))


def test_what_was_not_synced_is_lost_or_not() -> None:
    disk = calls("open a", "write a")
    assert after(disk, "none", "all") == {}
    assert after(disk, "all", "none") == {"a": b""}
    assert after(disk, "all", "zeros") == {"a": b"\0\0\0"}
    assert after(disk, "all", "all") == {"a": b"abc"}


def test_a_rename_is_there_once_its_folder_was_synced() -> None:
    disk = calls("open .a", "write .a", "fsync .a", "replace .a>a", "fsync ")
    assert after(disk, "none", "none") == {"a": b"abc"}


def test_a_folder_that_was_made_needs_its_own_folder_synced() -> None:
    within = ["mkdir d", "open d/a", "write d/a", "fsync d/a", "fsync d"]
    assert after(calls(*within), "none", "none") == {}
    assert after(calls(*within, "fsync "), "none", "none") == {"d": None, "d/a": b"abc"}


def test_a_report_changes_nothing_but_its_block() -> None:
    page = "before\n<!-- proofs: written by proofs/report.py -->\nold\n<!-- end of proofs -->\nafter\n"
    changed = rewritten(page, ["new"])
    assert "old" not in changed
    assert rewritten(changed, ["new"]) == changed


def test_the_map_of_this_folder_names_every_module() -> None:
    here = Path(__file__).parent
    named = set(re.findall(r"`(\w+)`", (here / "README.md").read_text(encoding="utf-8")))
    assert {path.stem for path in here.glob("*.py")} <= named
