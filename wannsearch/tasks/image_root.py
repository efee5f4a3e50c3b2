"""The folder in which data sets lie, `data.root`."""

from __future__ import annotations

from pathlib import Path

from wannsearch.core.errors import ConfigError, MissingData


def absolute_root(root: str) -> Path:
    """The folder of that name; a relative one begins where the command was started."""
    if not root:
        raise ConfigError("data.root is ''; give a folder, or null.")
    return Path(root).absolute()


def required_root(root: str | None, data_set: str, files: str) -> Path:
    """The folder of a data set that nothing else holds; MissingData where none is given."""
    if root is None:
        raise MissingData(f"{data_set} is not here: put {files} and give data.root=FOLDER.")
    return absolute_root(root)
