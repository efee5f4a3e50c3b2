"""numba's cache of compiled functions, with files that are used only if their seal is intact.

numba unpickles its files unchecked, so an empty index ends a program and a changed byte of machine
code runs. Three more traps are closed here. First, numba numbers data files and writes the index first: a
lost and rebuilt index could refer to the code of another signature. Here the name of a data file
contains a hash of its signature, and the file is written before the index. Second, where its folder is
read-only, numba searches another one, beside the sources; here that code stays uncached. Third, numba
names the files by where the sources lie, so that a second copy of the package, such as a new environment,
compiles everything anew; here a module of the package is named by its place in it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numba.core import config as numba_config
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    UserProvidedCacheLocator,
)

from wannsearch.core.sealed_files import read_sealed_file, warn_cache_unusable, write_sealed_file

_PACKAGE = Path(__file__).resolve().parents[2]


class _Locator(UserProvidedCacheLocator):
    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        source = Path(py_file).resolve()
        if source.is_relative_to(_PACKAGE):
            return "_".join(source.parent.relative_to(_PACKAGE.parent).parts)
        return str(super().get_suitable_cache_subpath(py_file))

    @classmethod
    def from_function(cls, function: Any, file: str) -> _Locator:
        return cls(function, file)


class _Codec(CompileResultCacheImpl):
    _locator_classes = [_Locator]  # noqa: RUF012  # as numba declares it


class _SealedFiles(IndexDataCacheFile):
    def save(self, key: Any, data: Any) -> None:
        signature = hashlib.sha256(repr(key).encode()).hexdigest()[:20]
        name = f"{self._index_name.removesuffix('.nbi')}.{signature}.nbc"
        self._save_data(name, data)
        self._save_index(self._load_index() | {key: name})

    def _load_index(self) -> Any:
        is_intact = read_sealed_file(Path(self._index_path)) is not None
        return super()._load_index() if is_intact else {}

    def _load_data(self, name: str) -> Any:
        if read_sealed_file(Path(self._data_path(name))) is None:
            raise FileNotFoundError(self._data_path(name))  # numba treats this error as a cache miss
        return super()._load_data(name)

    @contextmanager
    def _open_for_write(self, path: str) -> Iterator[io.BytesIO]:
        content = io.BytesIO()
        yield content
        write_sealed_file(Path(path), content.getvalue())


class KernelCache(FunctionCache):
    """This cache keeps the compiled forms of one function in a folder."""

    _impl_class = _Codec

    def __init__(self, function: Any, folder: Path) -> None:
        original_folder = numba_config.CACHE_DIR  # type: ignore[attr-defined]  # numba makes it at import
        numba_config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
        try:
            super().__init__(function)
        finally:
            numba_config.CACHE_DIR = original_folder  # type: ignore[attr-defined]
        self._folder = folder
        self._cache_file = _SealedFiles(
            self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled form for this signature; None if it is missing or unusable."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # other code wrote the file, so this is a cache miss, too
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Save a compiled form; a folder that cannot be written causes one warning."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            warn_cache_unusable(f" in {self._folder}", error.strerror or str(error))
