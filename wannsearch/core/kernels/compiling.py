"""Compilation of kernels with numba, and the folder of the compiled code.

The name of the cache folder is a hash of the kernels' sources, of the versions of Python and libraries and
of the processor, so that no edit and no update can load old machine code (numba does not notice that a
function inlined from another file changed). A file is used only if its seal is intact (`sealed_files`).
Without a writable folder everything is compiled anew, after one line of warning.
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
from wannsearch.core.sealed_files import warn_cache_unusable

_KERNEL_PACKAGES = ("core", "evaluators", "ranking", "variation")
"""The rooms of numba kernels and of all that they inline; lane kernels are cached by their own hash."""

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def find_cache_root() -> Path | None:
    """Return $WANNSEARCH_CACHE, else `wannsearch` in $XDG_CACHE_HOME or ~/.cache; None without a home."""
    configured_path = os.environ.get("WANNSEARCH_CACHE")
    if configured_path:
        return Path(configured_path).absolute()
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "wannsearch"
    except RuntimeError:
        return None


def compute_fingerprint(package: Path) -> str:
    """Return 20 hex digits that hash all that determines the machine code of the kernels in this folder.

    These are the sources of `_KERNEL_PACKAGES`, the versions of Python, numba, llvmlite and NumPy, and the
    processor's name and features.
    """
    digest = hashlib.sha256()
    sources = [source for subpackage in _KERNEL_PACKAGES for source in (package / subpackage).rglob("*.py")]
    for source in sorted(sources):
        digest.update(source.relative_to(package).as_posix().encode() + b"\0" + source.read_bytes())
    for library in ("numba", "llvmlite", "numpy"):
        digest.update(version(library).encode() + b"\0")
    digest.update(f"{sys.version_info[:2]} {llvm.get_host_cpu_name()}".encode())
    digest.update(llvm.get_host_cpu_features().flatten().encode())
    return digest.hexdigest()[:20]


@cache
def prepare_cache_folder() -> Path | None:
    """Make and return the folder for these sources, libraries and processor, once per process.

    Return None after a warning if it cannot be written.
    """
    root = find_cache_root()
    if root is None:
        warn_cache_unusable("", "no home folder is known, and WANNSEARCH_CACHE names none")
        return None
    folder = root / f"kernels-{compute_fingerprint(Path(__file__).resolve().parents[2])}"
    try:
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        warn_cache_unusable(f" in {folder}", error.strerror or str(error))
        return None
    if is_new:
        _NEW_FOLDERS.append(folder)
    return folder


_NEW_FOLDERS: list[Path] = []
"""The folder, if this process created it; `announce_compilation` empties the list."""


def announce_compilation() -> None:
    """Print one line to stderr if this process created the cache folder; later calls print nothing."""
    if _NEW_FOLDERS:
        print(f"wannsearch: compiling once, some seconds; kept in {_NEW_FOLDERS.pop()}", file=sys.stderr)


def kernel(function: Kernel) -> Kernel:
    """Return a module-level function that numba compiles at its first call, or loads from the cache.

    It releases the GIL and has no fast-math flags; division by zero gives infinity or NaN, as in NumPy.
    """
    dispatcher: Any = numba.njit(error_model="numpy", nogil=True)(function)
    folder = prepare_cache_folder()
    if folder is not None:
        dispatcher._cache = KernelCache(function, folder)
    return cast(Kernel, dispatcher)
