"""How kernels are compiled, and where the compiled code is kept.

The cache folder's name is a hash of the kernels' sources, of the library versions and of the processor,
so that no edit and no update can meet old machine code (a cached kernel would not notice that a
function inlined from another file changed). Files in it are believed only as they were written
(`sealed_files`). Without a writable place everything is compiled anew, after one line of warning.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from llvmlite import binding as llvm

from wannsearch.core.kernels.kernel_cache import KernelCache
from wannsearch.core.sealed_files import report_unkept

_ROOMS = ("core", "evaluators", "ranking", "variation")
"""Where numba kernels, and what they inline, live. Lane kernels are kept under a hash of their own code."""

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def cache_root() -> Path | None:
    """The user's cache: $WANNSEARCH_CACHE, else the platform's habit; None for a user without a home."""
    named = os.environ.get("WANNSEARCH_CACHE")
    if named:
        return Path(named).absolute()
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "wannsearch"
    except RuntimeError:
        return None


def compute_fingerprint(package: Path) -> str:
    """A hash of all that decides what machine code comes of the kernels in this package."""
    digest = hashlib.sha256()
    sources = [source for room in _ROOMS for source in (package / room).rglob("*.py")]
    for source in sorted(sources):
        digest.update(source.relative_to(package).as_posix().encode() + b"\0" + source.read_bytes())
    for library in ("numba", "llvmlite", "numpy"):
        digest.update(version(library).encode() + b"\0")
    digest.update(f"{sys.version_info[:2]} {llvm.get_host_cpu_name()}".encode())
    digest.update(llvm.get_host_cpu_features().flatten().encode())
    return digest.hexdigest()[:20]


@cache
def cache_folder() -> Path | None:
    """The folder for this source, these libraries and this processor; None if nothing can be kept."""
    root = cache_root()
    if root is None:
        report_unkept("", "no home folder is known, and WANNSEARCH_CACHE names none")
        return None
    folder = root / f"kernels-{compute_fingerprint(Path(__file__).resolve().parents[1])}"
    try:
        fresh = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        report_unkept(f" in {folder}", error.strerror or str(error))
        return None
    if fresh:
        _NEW.append(folder)
    return folder


_NEW: list[Path] = []
"""The folder, if nothing was kept in it when this process began."""


def say_what_takes_long() -> None:
    """One line before the first start of a version compiles."""
    if _NEW:
        print(f"wannsearch: compiling once, some seconds; kept in {_NEW.pop()}", file=sys.stderr)


def kernel(function: Kernel) -> Kernel:
    """Compile a module-level function with numba: no fast-math flags, IEEE division, cached."""
    compiled: Any = numba.njit(error_model="numpy", nogil=True)(function)
    folder = cache_folder()
    if folder is not None:
        compiled._cache = KernelCache(function, folder)
    return cast(Kernel, compiled)
