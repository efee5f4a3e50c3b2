"""The folder of the data sets, `data.root`."""

from __future__ import annotations

from pathlib import Path

from wannsearch.core.errors import ConfigError, MissingData


def absolute_root(root: str) -> Path:
    """Return the folder as an absolute path; a relative one starts at the current folder of the command.

    Raise ConfigError for an empty text.
    """
    if not root:
        raise ConfigError("data.root is ''; give a folder, or null.")
    return Path(root).absolute()


def required_root(root: str | None, data_set: str, files: str) -> Path:
    """Return the folder of a data set that has no other source; raise MissingData where none is given."""
    if root is None:
        raise MissingData(f"{data_set} is not here: put {files} and give data.root=FOLDER.")
    return absolute_root(root)
