"""Machine code of lanes: kept, believed as it was written, made anew otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from wannsearch.core import sealed_files
from wannsearch.evaluators.kernels.ir import objects


def test_machine_code_that_cannot_be_kept_is_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sealed_files, "_WARNED_LOCATIONS", [])
    monkeypatch.setattr(objects, "prepare_cache_folder", lambda: Path("/proc/nowhere"))
    source = "define void @nothing() {\n  ret void\n}\n"
    assert objects._load_or_compile(source) == objects._load_or_compile(source)
    (line,) = capsys.readouterr().err.splitlines()
    assert "compiled code cannot be kept in /proc/nowhere" in line


def test_machine_code_with_a_changed_bit_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(objects, "prepare_cache_folder", lambda: tmp_path)
    source = "define void @nothing() {\n  ret void\n}\n"
    code = objects._load_or_compile(source)
    (path,) = tmp_path.glob("play-*.o")
    kept = path.read_bytes()
    for damaged in (b"", kept[:100], kept[:64] + bytes([kept[64] ^ 1]) + kept[65:]):
        path.write_bytes(damaged)
        assert objects._load_or_compile(source) == code
        assert path.read_bytes() == kept
