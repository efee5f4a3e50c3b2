"""Share of runs that solve a task, and their evaluations; after Stanley and Miikkulainen (2002), section 4.

Papers seldom define "solved", so each table states its rule. Evaluations are counted to the network that
solved the task: with P networks a generation, the one in row r of generation g is number

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
from wannsearch.records.plot_data import RunLabel
from wannsearch.records.run_status import RunState
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.statistics.targets import RunTimes, build_run_times
from wannsearch.reporting.tables.bands import AcceptanceBand, AcceptanceCheck, build_acceptance_section
from wannsearch.reporting.tables.document import (
    NOT_RUN,
    Column,
    Document,
    MaybeInfinite,
    Record,
    Section,
    TextOnly,
    format_number,
    value_column,
)
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.run import Run, read_history
from wannsearch.reporting.tables.table import TableInput

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLORS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)
_PICTURE_IN = (style.PLOT_IN[0], style.PLOT_IN[1] + 0.8)  # width, height; the legend may have four rows
_BEST_COLUMNS = ("best_so_far_id", "best_so_far_hidden", "best_so_far_connections")
_MAX_EARLY_GENERATIONS = 100  # generations: the cap for which the share of the published code is known
_QUANTITIES = (
    "solved", "solved_within_100_generations", "evaluations", "hidden", "single_hidden_share", "connections",
    "starts_passed",
)  # fmt: skip
_OUR_SOURCE = "ours"
_PUBLISHED = "published"


@dataclass(frozen=True, kw_only=True)
class SolvedRule:
    """The rule of "solved": a column of a run's history is at least `at_least`."""

    match: Any  # dotted key -> value: the settings that the rule is for
    label: str | None  # of its runs, where they are one setting; None: the label of the group
    column: str
    at_least: float
    starts: int | None  # of a test with score -(failed starts) / (starts + 1), as `double_pole` has it
    description: str

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.solved: match is {str(self.match)[:60]!r}; it must map keys to values.")


@dataclass(frozen=True)
class SolvedRun:
    """The cost and the size of a run's solution.

    Where it has none, evaluations and generation are infinite and the rest NaN.
    """

    evaluations: float
    generation: float
    hidden: float
    connections: float
    starts_passed: float  # starts of the test that the solution passed; NaN where there is no such test
    is_exact: bool = True  # False where the whole generation of the solution is counted


@dataclass(frozen=True, kw_only=True)
class PublishedResult:
    """Published figures of one setting; None where they were not published."""

    label: str
    source: str
    runs: int | None
    solved: float | None  # share
    evaluations: float | None
    evaluations_std: float | None
    median: float | None
    generations: float | None  # mean
    generations_median: float | None  # where only the median was published
    hidden: float | None
    hidden_std: float | None
    single_hidden_share: float | None  # share of solutions
    connections: float | None
    connections_std: float | None

    def __post_init__(self) -> None:
        convert_fields(self)


def _format_mean_std(mean: float | None, std: float | None) -> str:
    text = format_number(mean)
    return text if std is None or std != std else f"{text} ± {format_number(std)}"


def _format_percent(share: float | None) -> str:
    return "-" if share is None or share != share else f"{100 * share:.3g} %"


def _format_name(record: Record) -> str:
    if "not_run" in record:
        text: str = record["not_run"].value
        return text
    return f"{_OUR_SOURCE}, {record['runs_of']}" if record["source"] == _OUR_SOURCE else record["runs_of"]


def _format_run_count(record: Record) -> str:
    if "not_run" in record:
        return "0"
    return "-" if record["n"] is None else str(record["n"])


def _format_solved(record: Record) -> str:
    text = _format_percent(record.get("solved"))
    if record.get("source") != _OUR_SOURCE:
        return text
    return f"{text} [{_format_percent(record['solved_low'])}, {_format_percent(record['solved_high'])}]"


def _format_evaluations(record: Record) -> str:
    text = _format_mean_std(record.get("evaluations"), record.get("evaluations_std"))
    interval: Interval | None = record["mean_interval"].value if "mean_interval" in record else None
    if interval is None or interval.low is None:
        return text
    return f"{text} [{format_number(interval.low)}, {format_number(interval.high)}]"


def _format_median(record: Record) -> str:
    if record.get("source") != _OUR_SOURCE:
        return format_number(record.get("evaluations_median"))
    median, low, high = (
        format_number(record[f"evaluations_{name}"].value) for name in ("median", "quartile_1", "quartile_3")
    )
    return f"{median} ({low}, {high})"


def _format_generations(record: Record) -> str:
    mean, median = record.get("generations"), record.get("generations_median")
    return format_number(mean) if mean is not None or median is None else f"median {format_number(median)}"


def _mean_std_column(title: str, key: str) -> Column:
    return Column(title, key, lambda record: _format_mean_std(record.get(key), record.get(f"{key}_std")))


_COLUMNS = (
    Column("runs of", "runs_of", _format_name),
    Column("n", "n", _format_run_count),
    Column("solved [95 %]", "solved", _format_solved),
    Column("evaluations, mean ± std [95 %]", "evaluations", _format_evaluations),
    Column("median (quartiles)", "evaluations_median", _format_median),
    Column("generations, mean", "generations", _format_generations),
    _mean_std_column("hidden, mean ± std", "hidden"),
    value_column("single hidden", "single_hidden_share", _format_percent),
    _mean_std_column("connections, mean ± std", "connections"),
)


@dataclass(frozen=True, kw_only=True)
class EvaluationsToSolution:
    """The table: our runs beside published ones, and acceptance bands for ours."""

    title: str
    task: str
    match: Any
    method: str  # whose runs are checked against the bands
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
            if band.quantity not in _QUANTITIES:
                allowed = ", ".join(_QUANTITIES)
                raise ConfigError(f"table.bands has {band.quantity[:60]!r}; allowed: {allowed}.")

    def build(self, table_input: TableInput) -> Document:
        """Return the document, with our settings first and the published ones below.

        A setting without a rule, and a run whose history lacks the rule's column, are left out and named in a
        note. Without a run of ours, the first row is `not run`.
        """
        records: list[Record] = []
        notes: list[str] = []
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
            solved_by_run = [(run, _find_solution(run, rule)) for run in group.runs]
            solved_runs = [solved_run for _, solved_run in solved_by_run if solved_run is not None]
            notes += [
                f"{run.folder}: it is left out, since its history does not say whether it solved it."
                for run, solved_run in solved_by_run
                if solved_run is None
            ]
            if not solved_runs:
                continue
            is_exact = is_exact and all(solved_run.is_exact for solved_run in solved_runs)
            quantities = _compute_quantities(solved_runs)
            run_times_by_name[name] = build_run_times(solved_run.evaluations for solved_run in solved_runs)
            records.append(_build_record(name, rule.description, solved_runs, quantities))
            notes.append(f"{name}, solved: {rule.description}")
            if group.method == self.method:
                checks.append(AcceptanceCheck(name, group, quantities, _collect_values(solved_runs)))
        if not records:
            records.append({"not_run": TextOnly(f"{_OUR_SOURCE}, {self.method}: {NOT_RUN}")})
        for published in self.published:
            records.append(_build_published_record(published))
            notes.append(f"{published.label}: {published.source}")
        notes.append(
            "Evaluations are counted to the network that solved it. Unsolved runs count in the share (with "
            "Wilson's interval) and in the median, and are in no mean. ±: std over runs, ddof 0."
        )
        if not is_exact:
            notes.append(
                "Some histories do not say which network it was: there, its whole generation is counted."
            )
        sections = [Section("table", "", _COLUMNS, records)]
        if checks:
            sections.append(build_acceptance_section(self.task, self.bands, checks))
            notes.append(f"Bands: {self.bands_source}")
        return Document(self.title, sections, notes, {"picture": self._draw_picture(run_times_by_name)})

    def _choose_name(self, group: Group, rule: SolvedRule, table_input: TableInput) -> str:
        """Return `METHOD, LABEL` with the rule's label, or the label of the group.

        The group's stands where the rule has none or other settings of the method match the rule too.
        """
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
            ends = [
                published.evaluations or 1.0 for published in self.published
            ]  # also where no run is solved
            for run_times in run_times_by_name.values():
                ends.append(float(run_times.times[np.isfinite(run_times.times)].max(initial=1)))
            last = max(ends, default=1.0)
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
            axes.set_xlabel("evaluations (candidates proposed)")
            axes.set_ylabel("share of runs that solved it")
            style.add_legend(figure, axes)
            style.add_header(figure, RunLabel(), self.title)

        return style.render(fill, _PICTURE_IN)


def _find_solution(run: Run, rule: SolvedRule) -> SolvedRun | None:
    """Return the solution in the first row of the history that fulfils the rule, or an infinite cost.

    None where a run is done and its history lacks the column or has no number in it: that is not the same as
    unsolved.
    """
    history = read_history(run.folder, rule.column, *_BEST_COLUMNS)
    column = history.get(rule.column)
    has_values = column is not None and np.isfinite(column).any()
    if run.state is RunState.DONE and not has_values:
        return None
    solved_rows = np.flatnonzero(column >= rule.at_least) if column is not None else np.empty(0, int)
    if column is None or not len(solved_rows):
        return SolvedRun(math.inf, math.inf, math.nan, math.nan, math.nan)
    row = int(solved_rows[0])
    no_values = np.full(len(history["generation"]), math.nan)
    best_id, hidden, connections = (float(history.get(name, no_values)[row]) for name in _BEST_COLUMNS)
    if best_id == run.best_id:  # an older history has no sizes; the summary has those of the last best
        hidden = run.sizes.get("hidden", math.nan) if hidden != hidden else hidden
        connections = run.sizes.get("connections", math.nan) if connections != connections else connections
    generation = float(history["generation"][row])
    starts_passed = math.nan if rule.starts is None else rule.starts + (rule.starts + 1) * float(column[row])
    population_size = float(history["evaluations"][0] / history["generation"][0])
    if best_id != best_id:
        return SolvedRun(
            float(history["evaluations"][row]), generation, hidden, connections, starts_passed, is_exact=False
        )
    evaluations = best_id - population_size + 1
    return SolvedRun(
        evaluations, math.ceil(evaluations / population_size), hidden, connections, starts_passed
    )


def _collect_values(solved_runs: list[SolvedRun]) -> dict[str, list[float]]:
    """Return quantity -> the values of runs that solved the task, for quantities that are means over runs.

    A run without the value (NaN) is left out.
    """
    solutions = [solved_run for solved_run in solved_runs if math.isfinite(solved_run.evaluations)]
    names = ("evaluations", "hidden", "connections", "starts_passed")
    values_by_name = {name: [float(getattr(solved_run, name)) for solved_run in solutions] for name in names}
    return {name: [value for value in values if value == value] for name, values in values_by_name.items()}


def _compute_quantities(solved_runs: list[SolvedRun]) -> dict[str, float]:
    """Return the quantities of a setting, shares as 0 to 1; NaN or infinite where one does not exist."""
    run_times = build_run_times(solved_run.evaluations for solved_run in solved_runs)
    solutions = [solved_run for solved_run in solved_runs if math.isfinite(solved_run.evaluations)]
    mean, std = run_times.mean_of_solved
    share, low, high = run_times.share
    hidden, connections = (
        [getattr(solved_run, name) for solved_run in solutions] for name in ("hidden", "connections")
    )
    valid = [value for value in hidden if value == value]
    single_hidden_share = float(np.mean([value == 1 for value in valid])) if valid else math.nan
    early_share = float(
        np.mean([solved_run.generation <= _MAX_EARLY_GENERATIONS for solved_run in solved_runs])
    )
    return {
        "n": len(solved_runs),
        "solved": share,
        "solved_low": low,
        "solved_high": high,
        "solved_within_100_generations": early_share,
        "evaluations": mean,
        "evaluations_std": std,
        "evaluations_median": run_times.median,
        "evaluations_quartile_1": run_times.quantile(0.25),
        "evaluations_quartile_3": run_times.quantile(0.75),
        "generations": _mean_std([solved_run.generation for solved_run in solutions])[0],
        "hidden": _mean_std(hidden)[0],
        "hidden_std": _mean_std(hidden)[1],
        "single_hidden_share": single_hidden_share,
        "connections": _mean_std(connections)[0],
        "connections_std": _mean_std(connections)[1],
        "starts_passed": _mean_std([solved_run.starts_passed for solved_run in solutions])[0],
    }


def _mean_std(values: list[float]) -> tuple[float, float]:
    valid = sorted(value for value in values if value == value)
    return (float(np.mean(valid)), float(np.std(valid))) if valid else (math.nan, math.nan)


def _build_record(
    label: str, rule: str, solved_runs: list[SolvedRun], quantities: dict[str, float]
) -> Record:
    record: Record = {"runs_of": label, "source": _OUR_SOURCE, "solved_rule": rule}
    for name, value in quantities.items():
        record[name] = value if math.isfinite(value) else None
    for name in ("evaluations_median", "evaluations_quartile_1", "evaluations_quartile_3"):
        record[name] = MaybeInfinite(quantities[name])
    evaluations = [
        solved_run.evaluations for solved_run in solved_runs if math.isfinite(solved_run.evaluations)
    ]
    if evaluations:
        record["mean_interval"] = TextOnly(bootstrap_interval(build_sample(evaluations), "mean"))
    return record


def _build_published_record(published: PublishedResult) -> Record:
    return {
        "runs_of": published.label,
        "source": _PUBLISHED,
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
