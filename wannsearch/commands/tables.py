"""wannsearch-tables: one table over many runs, as CSV, Markdown and LaTeX, with a picture and its sources.

The folder of a table belongs to the table: the same command writes it anew. A folder that holds
anything else is refused. Nothing is written into the run folders.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.commands.hydra.build import build, made
from wannsearch.commands.running.outcome import Outcome
from wannsearch.commands.running.terminal import printable
from wannsearch.core.errors import ConfigError, MissingData
from wannsearch.core.settings import convert_fields

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.reporting.tables.document import Document
    from wannsearch.reporting.tables.groups import Grouped
    from wannsearch.reporting.tables.score_levels import Levels

_PARTS = (
    "table", "comparisons", "anytime", "targets", "verdict", "early", "correlation", "rivals", "networks",
    "cells",
)  # fmt: skip
_OURS = re.compile(
    rf"(?:{'|'.join(_PARTS)})\.csv|table\.(?:md|tex)|provenance\.json"
    r"|(?:picture|env_steps|curves|early_final)(?:_[0-9]+)?\.(?:svg|png)"
)
"""Files that a table may have written. Of several experiments each has its pictures, numbered from 2."""


@dataclass(frozen=True, kw_only=True)
class TablesConfig:
    """The top level of `conf/tables.yaml`."""

    table: Any
    runs: Any  # a pattern or a list of them
    reference: str
    floor: float | None
    floors: Any  # task -> the worst score it pays, or a list of them by settings
    plugins: Any

    def __post_init__(self) -> None:
        convert_fields(self)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives the exit code."""
    from wannsearch.commands.hydra.app import run

    return run("tables", tables_job, arguments)


def tables_job(request: Request) -> Outcome:
    """Find runs, make the table, write it, print it."""
    from wannsearch.reporting.tables.collect import collect
    from wannsearch.reporting.tables.groups import grouped
    from wannsearch.reporting.tables.markup import to_markdown
    from wannsearch.reporting.tables.provenance import provenance
    from wannsearch.reporting.tables.table import Material

    config = made(TablesConfig, "", request.config)
    table, floors = build("table", config.table), _floors(config)
    found = collect(_patterns(config.runs))
    for line in found.skipped:
        print(f"wannsearch-tables: skipped {printable(line)}", file=sys.stderr)
    by_setting = grouped(
        found.runs,
        lambda run: (
            floors.of(run.task, run.settings, run.score_name) if config.floor is None else config.floor
        ),
    )
    for run, why in by_setting.left_out:
        print(f"wannsearch-tables: left out {printable(f'{run.folder}: {why}')}", file=sys.stderr)
    if not by_setting.groups:
        raise MissingData(f"no finished run in {', '.join(_patterns(config.runs))[:200]}; there is no table.")
    _check_floors(by_setting, config.floor, floors)
    document = table.made(Material(by_setting, found.tunings, Path(config.reference)))
    sources = provenance(request.config, by_setting, found.tunings, found.skipped)
    _write(request.folder, document, sources | document.more_provenance)
    if not request.sweep:
        print(to_markdown(document), end="")
        print(f"\n{printable(str(request.folder))}", flush=True)
    return Outcome(0, document.title, request.folder)


def _patterns(given: Any) -> list[str]:
    patterns = given if isinstance(given, list) else [given]
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        wrong = next((pattern for pattern in patterns if not isinstance(pattern, str)), given)
        raise ConfigError(f"runs is {str(wrong)[:100]}; it must be a folder, a pattern, or a list of texts.")
    return patterns


def _floors(config: TablesConfig) -> Levels:
    from wannsearch.reporting.tables.score_levels import levels, score

    if config.floor is not None:
        score("floor", config.floor)
    return levels("floors", config.floors)


def _check_floors(found: Grouped, floor: float | None, floors: Levels) -> None:
    from wannsearch.reporting.tables.score_levels import Levels

    tasks = {group.task for group in found.groups if group.failed}
    used = floors if floor is None else Levels({task: (({}, floor),) for task in tasks})
    used.refuse_mixed_units(
        "floors",
        ((group.task, group.settings, group.score_name) for group in found.groups if group.task in tasks),
    )
    for group in found.groups:
        if group.failed and group.floor is None:
            raise ConfigError(
                f"{group.failed} runs of {group.task_label} failed, and what that task pays at worst is not "
                f"known; give floor=NUMBER or +floors.{group.task}=NUMBER."
            )


def _write(folder: Path, document: Document, sources: dict[str, Any]) -> None:
    from wannsearch.records import layout
    from wannsearch.records.claim import open_logs
    from wannsearch.records.files import json_bytes, write_whole
    from wannsearch.reporting.tables.markup import csv_files, to_latex, to_markdown

    if folder.is_dir():
        names = {path.name for path in folder.iterdir()} - open_logs(folder)
        # the log is there if we made a mistake
        others = sorted(name for name in names if not _OURS.fullmatch(name) and name != layout.LOG)
        if others:
            raise ConfigError(f"{folder} holds files of something else ({others[0]}); name another folder.")
    files = {name: text.encode() for name, text in csv_files(document).items()}
    files |= {"table.md": to_markdown(document).encode(), "table.tex": to_latex(document).encode()}
    pictures = {} if document.picture is None else {"picture": document.picture}
    for name, picture in (pictures | dict(document.more_pictures)).items():
        files |= {f"{name}.svg": picture.svg, f"{name}.png": picture.png}
    files |= {"provenance.json": json_bytes(sources)}
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        if path.name not in files and _OURS.fullmatch(path.name):
            path.unlink()  # of a table that stood here before
    for name, content in files.items():
        assert _OURS.fullmatch(name), f"{name} would be taken for somebody else's"
        write_whole(folder / name, content)
