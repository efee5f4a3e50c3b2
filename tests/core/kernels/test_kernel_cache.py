"""numba's files in our cache: whatever is damaged is compiled anew and replaced."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest

from wannsearch.core import sealed_files
from wannsearch.core.kernels import kernel_cache
from wannsearch.core.kernels.kernel_cache import KernelCache


def add_three(value: float) -> float:
    return value + 3


def compiled(folder: Path) -> Any:
    """As a new process would begin."""
    kernel: Any = numba.njit(add_three)
    kernel._cache = KernelCache(add_three, folder)
    return kernel


def found(kernel: Any) -> tuple[int, int]:
    """How many forms were found, how many were compiled."""
    return sum(kernel.stats.cache_hits.values()), sum(kernel.stats.cache_misses.values())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of one function for two types."""
    folder = tmp_path_factory.mktemp("cache")
    kernel = compiled(folder)
    assert (kernel(1), kernel(0.5), found(kernel)) == (4, 3.5, (0, 2))
    return folder


@pytest.fixture
def cache(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "cache"))


def test_a_second_process_finds_an_index_and_a_data_file_for_each_type(cache: Path) -> None:
    assert sorted(path.suffix for path in cache.rglob("*.*")) == [".nbc", ".nbc", ".nbi"]
    kernel = compiled(cache)
    assert (kernel(1), kernel(0.5), found(kernel)) == (4, 3.5, (2, 0))


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "a bit flipped": lambda content: content[:200] + bytes([content[200] ^ 8]) + content[201:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_every_damaged_file_is_a_miss_and_is_replaced(cache: Path, damage: Callable[[bytes], bytes]) -> None:
    for victim in sorted(path for path in cache.rglob("*") if path.is_file()):
        whole = victim.read_bytes()
        victim.write_bytes(damage(whole))
        kernel = compiled(cache)
        assert (kernel(1), kernel(0.5)) == (4, 3.5)
        assert found(kernel)[1] >= 1, f"{victim.name} was believed"
        again = compiled(cache)
        assert (again(1), again(0.5), found(again)) == (4, 3.5, (2, 0))


def test_code_of_another_signature_is_never_taken(cache: Path) -> None:
    """An index that is lost and begun anew must not give old data files to other types."""
    one, other = sorted(cache.rglob("*.nbc"))
    content = one.read_bytes()
    shutil.copy(other, one)
    other.write_bytes(content)
    kernel = compiled(cache)
    assert (kernel(1), kernel(0.5), found(kernel)) == (4, 3.5, (0, 2))


def test_a_cache_that_cannot_be_written_costs_a_line_and_nothing_is_kept_elsewhere(
    cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_files, "_WARNED_LOCATIONS", [])

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    shutil.rmtree(cache)
    monkeypatch.setattr(os, "makedirs", full)
    monkeypatch.setattr(sealed_files.tempfile, "mkstemp", full)
    kernel = compiled(cache)
    assert (kernel(1), kernel(0.5)) == (4, 3.5)
    (line,) = capsys.readouterr().err.splitlines()
    assert f"cannot be kept in {cache} (No space left on device)" in line
    assert not list((Path(__file__).parent / "__pycache__").glob("*add_three*"))


def test_a_second_copy_of_the_package_finds_what_the_first_one_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "def add_three(value):\n    return value + 3\n"
    hits = []
    for copy in ("one", "two"):
        module = tmp_path / copy / "wannsearch" / "core" / "module.py"
        module.parent.mkdir(parents=True)
        module.write_text(source)
        code: dict[str, Any] = {"__name__": "wannsearch.core.module"}
        exec(compile(source, str(module), "exec"), code)
        monkeypatch.setattr(kernel_cache, "_PACKAGE", tmp_path / copy / "wannsearch")
        kernel: Any = numba.njit(code["add_three"])
        kernel._cache = KernelCache(code["add_three"], tmp_path / "cache")
        assert kernel(1) == 4
        hits.append(found(kernel))
    assert hits == [(0, 1), (1, 0)]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["wannsearch_core"]


def test_numbas_own_setting_stays_the_callers(cache: Path) -> None:
    from numba.core import config

    before = config.CACHE_DIR
    compiled(cache)
    assert before == config.CACHE_DIR
