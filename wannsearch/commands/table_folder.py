"""The folder of one table, which holds its files and no other ones.

A table names its CSV files and its pictures itself. `provenance.json` therefore lists the files of its table,
and a later table in the same folder replaces exactly these. The list is written before the files in it, and
after the files of the earlier table are gone: every file that a crash leaves behind is in the list.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.core.errors import ConfigError
from wannsearch.core.run_files import read_object
from wannsearch.core.untrusted import damaged_file_error, short_repr
from wannsearch.records import layout
from wannsearch.records.claim import list_open_logs
from wannsearch.records.files import encode_json, write_atomically

if TYPE_CHECKING:
    from wannsearch.reporting.tables.document import Document

_PROVENANCE = "provenance.json"
_FILES_KEY = "files"
_MAX_PROVENANCE_BYTES = 2**28  # it has the config of every setting, and every run
_PART_NAME = re.compile(r"[A-Za-z0-9_-]+")
_FILE_NAME = re.compile(rf"{_PART_NAME.pattern}\.(?:csv|md|tex|svg|png)|{re.escape(_PROVENANCE)}")


def write_table(folder: Path, document: Document, sources: dict[str, Any]) -> None:
    """Write the files of this table, in place of those of an earlier table in the folder.

    `sources` are the content of `provenance.json`, which gets the list of the files too. Raise ConfigError
    where the folder holds other files, or where the document names a part in a way that no file is named.
    """
    files = _encode_files(document)
    earlier_names = _list_earlier_files(folder)
    if folder.is_dir():
        names = {path.name for path in folder.iterdir()} - list_open_logs(folder)
        # A job that failed by an internal error has left its log here.
        other_names = names - earlier_names - {layout.LOG}
        if other_names:
            raise ConfigError(
                f"{folder} holds files of something else ({min(other_names)}); name another folder."
            )
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(earlier_names - {*files, _PROVENANCE}):
        (folder / name).unlink(missing_ok=True)
    provenance = sources | {_FILES_KEY: sorted([*files, _PROVENANCE])}
    write_atomically(folder / _PROVENANCE, encode_json(provenance))
    for name, content in files.items():
        write_atomically(folder / name, content)


def _encode_files(document: Document) -> dict[str, bytes]:
    from wannsearch.reporting.tables.markup import to_csv_files, to_latex, to_markdown

    names_by_part = {"section": [section.name for section in document.sections], "picture": document.pictures}
    for part, names in names_by_part.items():
        for name in names:
            if not _PART_NAME.fullmatch(name):
                raise ConfigError(
                    f"the table has a {part} with the name {short_repr(name)}, which its files get; "
                    "letters, digits, _ and - are allowed."
                )
    files = {name: text.encode() for name, text in to_csv_files(document).items()}
    files |= {"table.md": to_markdown(document).encode(), "table.tex": to_latex(document).encode()}
    for name, picture in document.pictures.items():
        files |= {f"{name}.svg": picture.svg, f"{name}.png": picture.png}
    return files


def _list_earlier_files(folder: Path) -> set[str]:
    """Return the names in the list of an earlier table here; the empty set where there is no such list.

    The list may come from a stranger. Names that no file of a table has are therefore left out.
    """
    path = folder / _PROVENANCE
    if not path.exists():
        return set()
    names = read_object(path, _MAX_PROVENANCE_BYTES).get(_FILES_KEY, [])
    if not isinstance(names, list):
        raise damaged_file_error(str(path), f"{_FILES_KEY} is {short_repr(names)}", "it is a list of names")
    return {name for name in names if isinstance(name, str) and _FILE_NAME.fullmatch(name)}
