"""How many runs solve a task, and what it takes; after Stanley and Miikkulainen (2002), section 4.

Papers seldom say what "solved" is, so each table states its rule. Evaluations are counted to the
network that solved it: with P networks a generation, the one in row r of generation g is number

    P (g - 1) + r + 1  =  id - P + 1,

since its id is P g + r. Runs that ended unsolved are failures: they are counted in the share and in the
median, and no mean contains them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields
from wannsearch.records.reader import RunLabel
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.statistics.targets import RunTimes, build_run_times
from wannsearch.reporting.tables.bands import AcceptanceBand, AcceptanceCheck, build_acceptance_section
from wannsearch.reporting.tables.document import Document, Record, Section, format_number
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.solved_runs import (
    QUANTITIES,
    SolvedRule,
    SolvedRun,
    collect_values,
    compute_quantities,
    find_solution,
)
from wannsearch.reporting.tables.table import TableInput

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = (
    "runs of", "n", "solved [95 %]", "evaluations, mean ± std [95 %]", "median (quartiles)",
    "generations, mean", "hidden, mean ± std", "one hidden", "connections, mean ± std",
)  # fmt: skip
_COLORS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)


@dataclass(frozen=True, kw_only=True)
class PublishedResult:
    """Others' figures; None where they are not told."""

    label: str
    source: str
    runs: int | None
    solved: float | None  # share
    evaluations: float | None
    evaluations_std: float | None
    median: float | None
    generations: float | None  # mean
    generations_median: float | None  # where only that is told
    hidden: float | None
    hidden_std: float | None
    single_hidden_share: float | None  # share of solutions
    connections: float | None
    connections_std: float | None

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class EvaluationsToSolution:
    """Our runs beside published ones, and whether they are accepted."""

    title: str
    task: str
    match: Any
    method: str  # whose bands are checked
    solved: tuple[SolvedRule, ...]
    published: tuple[PublishedResult, ...]
    bands: tuple[AcceptanceBand, ...]
    bands_source: str

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.match is {str(self.match)[:60]!r}; it must map keys to values.")
        for band in self.bands:
            if not isinstance(band.match, dict):
                raise ConfigError(
                    f"table.bands: match is {str(band.match)[:60]!r}; it must map keys to values."
                )
            if band.quantity not in QUANTITIES:
                allowed = ", ".join(QUANTITIES)
                raise ConfigError(f"table.bands has {band.quantity[:60]!r}; allowed: {allowed}.")

    def build(self, table_input: TableInput) -> Document:
        """Ours first, published ones below."""
        rows, records, notes = [], [], []
        run_times_by_name: dict[str, RunTimes] = {}
        checks: list[AcceptanceCheck] = []
        is_exact = True
        for group in table_input.run_groups.groups:
            if not group.matches(self.task, None, self.match):
                continue
            rule = next(
                (
                    solved_rule
                    for solved_rule in self.solved
                    if group.matches(self.task, None, solved_rule.match)
                ),
                None,
            )
            if rule is None:
                notes.append(f"{group.label}: there is no rule for when it is solved, so it is left out.")
                continue
            name = self._choose_name(group, rule, table_input)
            solved_by_run = [(run, find_solution(run, rule)) for run in group.runs]
            solved_runs = [result for _, result in solved_by_run if result is not None]
            notes += [
                f"{run.folder}: it is left out, since its history does not say whether it solved it."
                for run, result in solved_by_run
                if result is None
            ]
            if not solved_runs:
                continue
            is_exact = is_exact and all(result.is_exact for result in solved_runs)
            quantities = compute_quantities(solved_runs)
            run_times_by_name[name] = build_run_times(result.evaluations for result in solved_runs)
            rows.append(_build_row(name, solved_runs, quantities))
            records.append(_build_record(name, "ours", rule.description, quantities))
            notes.append(f"{name}, solved: {rule.description}")
            if group.method == self.method:
                checks.append(AcceptanceCheck(name, group, quantities, collect_values(solved_runs)))
        if not rows:
            rows.append([f"ours, {self.method}: not run", "0", *["-"] * (len(_COLUMNS) - 2)])
        for result in self.published:
            rows.append(_build_published_row(result))
            records.append(_build_published_record(result))
            notes.append(f"{result.label}: {result.source}")
        notes.append(
            "Evaluations are counted to the network that solved it. Unsolved runs count in the share (with "
            "Wilson's interval) and in the median, and are in no mean. ±: std over runs, ddof 0."
        )
        if not is_exact:
            notes.append(
                "Some histories do not say which network it was: there, its whole generation is counted."
            )
        sections = [Section("table", "", _COLUMNS, rows, records)]
        if checks:
            sections.append(build_acceptance_section(self.task, self.bands, checks))
            notes.append(f"Bands: {self.bands_source}")
        return Document(self.title, sections, notes, self._draw_picture(run_times_by_name))

    def _choose_name(self, group: Group, rule: SolvedRule, table_input: TableInput) -> str:
        """The rule's, where no other setting of this method has the same."""
        matching_groups = [
            other_group
            for other_group in table_input.run_groups.groups
            if other_group.matches(self.task, group.method, self.match | rule.match)
        ]
        return (
            group.label if rule.label is None or len(matching_groups) > 1 else f"{group.method}, {rule.label}"
        )

    def _draw_picture(self, run_times_by_name: dict[str, RunTimes]) -> style.Picture:
        def fill(figure: Figure) -> None:
            axes = figure.subplots()
            last = max(
                (
                    float(run_times.times[np.isfinite(run_times.times)].max(initial=1))
                    for run_times in run_times_by_name.values()
                ),
                default=1,
            )
            for position, (label, run_times) in enumerate(run_times_by_name.items()):
                solved = run_times.times[np.isfinite(run_times.times)]
                name = f"{style.one_line(label, 60)} (n = {run_times.n})"
                steps = np.concatenate([[0], solved, [last * 1.05]])
                shares = np.concatenate([[0], np.arange(1, len(solved) + 1), [len(solved)]]) / run_times.n
                axes.step(steps, shares, where="post", color=_COLORS[position % len(_COLORS)], label=name)
            for position, published in enumerate(self.published):
                if published.evaluations is not None:
                    line = (":", "--", "-.")[position % 3]
                    axes.axvline(
                        published.evaluations, color=style.GRAY, ls=line, label=f"mean, {published.label}"
                    )
            axes.set_ylim(-0.02, 1.02)
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            axes.set_xlabel("evaluations (networks proposed)")
            axes.set_ylabel("share of runs that solved it")
            if axes.get_legend_handles_labels()[0]:
                axes.legend(loc="lower right", fontsize=9)
            style.add_header(figure, RunLabel(), self.title)

        return style.render(fill)


def _format_mean_std(mean: float | None, std: float | None) -> str:
    text = format_number(mean)
    return text if std is None or std != std else f"{text} ± {format_number(std)}"


def _format_mean_or_median(mean: float | None, median: float | None) -> str:
    return format_number(mean) if mean is not None or median is None else f"median {format_number(median)}"


def _format_percent(share: float | None) -> str:
    return "-" if share is None or share != share else f"{100 * share:.3g} %"


def _build_row(name: str, solved_runs: list[SolvedRun], quantities: dict[str, float]) -> list[str]:
    evaluations = [
        solved_run.evaluations for solved_run in solved_runs if math.isfinite(solved_run.evaluations)
    ]
    mean = bootstrap_interval(build_sample(evaluations), "mean") if evaluations else None
    interval_text = (
        ""
        if mean is None or mean.low is None
        else f" [{format_number(mean.low)}, {format_number(mean.high)}]"
    )
    return [
        f"ours, {name}",
        str(len(solved_runs)),
        f"{_format_percent(quantities['solved'])} [{_format_percent(quantities['solved_low'])}, "
        f"{_format_percent(quantities['solved_high'])}]",
        _format_mean_std(quantities["evaluations"], quantities["evaluations_std"]) + interval_text,
        f"{format_number(quantities['evaluations_median'])} "
        f"({format_number(quantities['evaluations_quartile_1'])}, "
        f"{format_number(quantities['evaluations_quartile_3'])})",
        format_number(quantities["generations"]),
        _format_mean_std(quantities["hidden"], quantities["hidden_std"]),
        _format_percent(quantities["single_hidden_share"]),
        _format_mean_std(quantities["connections"], quantities["connections_std"]),
    ]


def _build_record(label: str, source: str, rule: str, quantities: dict[str, float]) -> Record:
    finite = {name: value if math.isfinite(value) else None for name, value in quantities.items()}
    return {"runs_of": label, "source": source, "solved_rule": rule, **finite}


def _build_published_row(published: PublishedResult) -> list[str]:
    return [
        published.label,
        "-" if published.runs is None else str(published.runs),
        _format_percent(published.solved),
        _format_mean_std(published.evaluations, published.evaluations_std),
        format_number(published.median),
        _format_mean_or_median(published.generations, published.generations_median),
        _format_mean_std(published.hidden, published.hidden_std),
        _format_percent(published.single_hidden_share),
        _format_mean_std(published.connections, published.connections_std),
    ]


def _build_published_record(published: PublishedResult) -> Record:
    return {
        "runs_of": published.label,
        "source": "published",
        "n": published.runs,
        "solved": published.solved,
        "evaluations": published.evaluations,
        "evaluations_std": published.evaluations_std,
        "evaluations_median": published.median,
        "generations": published.generations,
        "generations_median": published.generations_median,
        "hidden": published.hidden,
        "hidden_std": published.hidden_std,
        "single_hidden_share": published.single_hidden_share,
        "connections": published.connections,
        "connections_std": published.connections_std,
    }
