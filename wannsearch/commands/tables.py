"""wannsearch-tables: one table over many runs, as CSV, Markdown and LaTeX, with plots and provenance.

The command owns the folder of its table (`table_folder`). A folder with files of anything else is refused.
Nothing is written into the run folders.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.commands.activity import set_activity, set_activity_detail
from wannsearch.commands.entry import run_composed_command
from wannsearch.commands.hydra.build import build, build_dataclass
from wannsearch.commands.running.outcome import Outcome
from wannsearch.commands.running.terminal import escape_unprintable
from wannsearch.core.errors import ConfigError, MissingData
from wannsearch.core.settings import convert_fields

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.reporting.tables.groups import RunGroups
    from wannsearch.reporting.tables.score_levels import ScoreLevels


@dataclass(frozen=True, kw_only=True)
class TablesSettings:
    """One field per top-level key of `conf/tables.yaml`, which describes the keys."""

    table: Any
    runs: Any  # a folder or a glob pattern, or a list of them
    reference: str
    floor: float | None
    floors: Any  # task -> its lowest possible score, or a list of scores by settings
    plugins: Any

    def __post_init__(self) -> None:
        convert_fields(self)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    `arguments` replace those of the process, `sys.argv[1:]`.
    """
    return run_composed_command("tables", run_tables_job, arguments)


def run_tables_job(request: Request) -> Outcome:
    """Find the runs, build the table, write its files and print it, as Markdown where it is piped.

    Raises MissingData if no run is done or failed, and ConfigError for settings that do not fit the runs or a
    folder with other files. Jobs of a sweep print no table.
    """
    from wannsearch.commands.document_display import show_document
    from wannsearch.commands.table_folder import write_table
    from wannsearch.reporting.tables.collect import collect_runs
    from wannsearch.reporting.tables.groups import group_runs
    from wannsearch.reporting.tables.markup import to_markdown
    from wannsearch.reporting.tables.provenance import build_provenance
    from wannsearch.reporting.tables.table import TableInput

    config = build_dataclass(TablesSettings, "", request.config)
    table, floors = build("table", config.table), _parse_floors(config)
    set_activity("reading the runs")
    collection = collect_runs(
        _parse_patterns(config.runs), lambda number, total: set_activity_detail(f"{number} of {total}")
    )
    request.print_warnings()
    for line in collection.skipped:
        print(f"wannsearch-tables: skipped {escape_unprintable(line)}", file=sys.stderr)
    grouping = group_runs(
        collection.runs,
        lambda run: (
            floors.level_for(run.task_module, run.settings, run.score_name)
            if config.floor is None
            else config.floor
        ),
    )
    for run, why in grouping.excluded:
        print(f"wannsearch-tables: left out {escape_unprintable(f'{run.folder}: {why}')}", file=sys.stderr)
    if not grouping.groups:
        raise MissingData(
            f"no finished run in {', '.join(_parse_patterns(config.runs))[:200]}; there is no table."
        )
    _check_floors(grouping, config.floor, floors)
    set_activity("computing the table and drawing its pictures")
    document = table.build(TableInput(grouping, collection.tunings, Path(config.reference)))
    sources = build_provenance(request.config, grouping, collection.tunings, collection.skipped)
    write_table(request.folder, document, sources | document.extra_provenance)
    if not request.is_sweep:
        if sys.stdout.isatty():
            show_document(document, str(request.folder))
        else:
            print(to_markdown(document), end="")
        print(f"\n{escape_unprintable(str(request.folder))}", flush=True)
    return Outcome(0, document.title, request.folder)


def _parse_patterns(value: Any) -> list[str]:
    patterns = value if isinstance(value, list) else [value]
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        invalid_pattern = next((pattern for pattern in patterns if not isinstance(pattern, str)), value)
        raise ConfigError(
            f"runs is {str(invalid_pattern)[:100]}; it must be a folder, a pattern, or a list of texts."
        )
    return patterns


def _parse_floors(config: TablesSettings) -> ScoreLevels:
    from wannsearch.reporting.tables.score_levels import parse_levels, parse_score

    if config.floor is not None:
        parse_score("floor", config.floor)
    return parse_levels("floors", config.floors)


def _check_floors(grouping: RunGroups, floor: float | None, floors: ScoreLevels) -> None:
    from wannsearch.reporting.tables.score_levels import ScoreLevels

    tasks = {group.task_module for group in grouping.groups if group.num_failed}
    floor_levels = floors if floor is None else ScoreLevels({task: (({}, floor),) for task in tasks})
    floor_levels.refuse_mixed_units(
        "floors",
        (
            (group.task_module, group.settings, group.score_name)
            for group in grouping.groups
            if group.task_module in tasks
        ),
    )
    for group in grouping.groups:
        if group.num_failed and group.floor is None:
            raise ConfigError(
                f"{group.num_failed} runs of {group.task_label} failed, and what that task pays at worst is "
                f"not known; give floor=NUMBER or +floors.{group.task_module}=NUMBER."
            )
