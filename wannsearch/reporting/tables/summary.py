"""One row per setting: which is best, which may be as good, the held-out scores, and the cost.

Settings of one task are ordered by their search scores, with a column for each key in which they differ
(`task_ranking`). A second part has the mean of each value of each key. CSV files have what reliable reports
of few runs contain: every run counted, interquartile mean, mean and median, the interval and its coverage,
minimum and maximum, and the score of each setting at shares of its evaluations. On demand a further part
compares each two settings of a task.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wannsearch.core.errors import ConfigError, check_between
from wannsearch.core.settings import convert_fields
from wannsearch.reporting.statistics.best_subset import MIN_RUNS, distinguishable_gap
from wannsearch.reporting.statistics.curves import BUDGET_SHARES, anytime_scores
from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.tables.document import (
    INTERVAL_NOTE,
    Column,
    Document,
    Record,
    Section,
    TextOnly,
    as_detail,
    describe_coverage,
    drop_none,
    estimate_column,
    format_number,
    interval_column,
    number_column,
    value_column,
)
from wannsearch.reporting.tables.group_curves import GroupCurves, load_curves
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.pairwise import compare_settings, list_not_compared
from wannsearch.reporting.tables.run import MAX_SCORE
from wannsearch.reporting.tables.summary_picture import MAX_ROWS, draw_rankings
from wannsearch.reporting.tables.table import TableInput
from wannsearch.reporting.tables.task_ranking import DIGITS, TaskRanking, format_rows, rank_settings
from wannsearch.reporting.tables.units import add_units, explain_units, name_steps_column

_SCORING_KEYS = ("trials.", "retest.", "task.episodes")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The table of any runs, one row per setting."""

    title: str
    margin: float | None  # means that differ by less count as equal; None: that is not asked
    comparisons: bool  # of each two settings; a margin asks for them too
    on_the_way: bool  # whether the text shows the scores on the way; the CSV file has them anyway

    def __post_init__(self) -> None:
        convert_fields(self)
        check_between("table.margin", self.margin, 0, MAX_SCORE)
        if self.margin == 0:
            raise ConfigError(f"table.margin is {self.margin}; it must be above 0, or null.")

    def build(self, table_input: TableInput) -> Document:
        """Return the document: a table for each task, means by key, and further parts as they are wanted.

        Every group with a failed run must have a floor.
        """
        groups = [group for group in table_input.run_groups.groups if group.runs]
        rankings = rank_settings(groups)
        size_names = list(dict.fromkeys(name for group in groups for run in group.runs for name in run.sizes))
        has_units = len({group.unit for group in groups}) > 1
        sections, findings, coverage_notes = [], [], []
        for ranking in rankings:
            records = [_build_record(ranking, row, size_names) for row in range(len(ranking.groups))]
            if has_units:
                records = [record | {"score_name": ranking.groups[0].unit} for record in records]
            held_out = [record["iqm"] for record in records]
            columns = _choose_columns(ranking, size_names)
            sections.append(Section("table", ranking.heading, columns, records, max_rows=MAX_ROWS))
            label = f"{ranking.name}: " if len(rankings) > 1 else ""
            findings += [f"{label}{finding}" for finding in ranking.describe_findings(held_out)]
            coverage_notes += [f"{label}{note}" for note in _describe_coverages(held_out)]
        sections += [_build_key_section(ranking) for ranking in rankings if ranking.effects]
        wants_comparisons = self.comparisons or self.margin is not None
        comparison_section = compare_settings(groups, self.margin) if wants_comparisons else None
        if comparison_section is not None:
            sections.append(comparison_section)
        curves_by_group = [load_curves(group) for group in groups]
        anytime_section = _build_anytime_section(groups, curves_by_group, is_csv_only=not self.on_the_way)
        sections.append(add_units(anytime_section, [group.best_unit for group in groups]))
        notes = [
            *_explain_scores(rankings),
            *explain_units(groups),
            *(list_not_compared(groups) if wants_comparisons else ()),
            *(note for group_curves in curves_by_group for note in group_curves.notes()),
            *coverage_notes,
            INTERVAL_NOTE,
            *self._explain_files(rankings),
        ]
        return Document(
            self.title, sections, notes, {"picture": draw_rankings(rankings, self.title)}, findings=findings
        )

    def _explain_files(self, rankings: Sequence[TaskRanking]) -> list[str]:
        """Return notes on what only the CSV files have, and on what can be asked for."""
        lines = [
            "table.csv: mean, median, minimum, maximum and coverage too. anytime.csv: IQM of the best so "
            "far, as each search tested it, after a tenth, a quarter, a half and all of its evaluations."
        ]
        has_pairs = any(len(ranking.groups) > 1 for ranking in rankings)
        if has_pairs and not self.comparisons and self.margin is None:
            lines.append("table.comparisons=true compares each two settings.")
        return lines


def _build_record(ranking: TaskRanking, row: int, size_names: Sequence[str]) -> Record:
    group = ranking.groups[row]
    sample = group.scores
    record: Record = {"setting": group.label, "task": group.task_label, "method": group.method}
    record |= {"n": sample.n, "failed": sample.num_failed}
    record |= {center: bootstrap_interval(sample, center) for center in ("iqm", "mean", "median")}
    record |= {
        "min": float(sample.scores[0]),
        "max": float(sample.scores[-1]),
        "evaluations": _median([run.evaluations for run in group.runs]),
        **{name: _median([run.sizes.get(name, math.nan) for run in group.runs]) for name in size_names},
        "config_sha256": group.runs[0].digest,
    }
    record |= {"seeds": " ".join(str(run.seed) for run in group.runs), "rank": row + 1}
    record |= {"verdict": ranking.verdict(row), "p_worse": ranking.subset and _p_value(ranking, row)}
    record |= {"search_score_name": group.search_unit}
    if row < len(ranking.samples):
        record["search_mean"] = bootstrap_interval(ranking.samples[row], "mean")
    record |= {
        key.key: key.texts[row] if key.values[row] is None else key.values[row] for key in ranking.keys
    }
    record |= {_text_key(key.name): TextOnly(key.texts[row]) for key in ranking.keys}
    return record


def _p_value(ranking: TaskRanking, row: int) -> float | None:
    has_value = ranking.subset is not None and row < len(ranking.samples)
    return ranking.subset.p_values[row] if ranking.subset is not None and has_value else None


def _text_key(name: str) -> str:
    """Return the record's key of the text of a swept key, which no other value has."""
    return f"text of {name}"


def _choose_columns(ranking: TaskRanking, size_names: Sequence[str]) -> list[Column]:
    """Return the columns of a task: what differs between its rows comes first, details come last."""
    columns = []
    if len(ranking.groups) > 1:
        columns += [number_column("#", "rank"), value_column("vs best", "verdict")]
    columns += [value_column(key.name, _text_key(key.name)) for key in ranking.keys]
    if not ranking.keys:
        columns.append(value_column("setting", "method"))
    columns += [
        estimate_column("search score", "search_mean", DIGITS),
        interval_column("held-out [95 %]", "iqm", DIGITS),
    ]
    if ranking.common_runs is None:
        columns.append(number_column("runs", "n"))
    if any(group.num_failed for group in ranking.groups):
        columns.append(number_column("failed", "failed"))
    details = [number_column("evaluations", "evaluations")]
    details += [number_column(name.replace("_", " "), name) for name in size_names]
    return [*columns, *map(as_detail, details)]


def _build_key_section(ranking: TaskRanking) -> Section:
    """Return the mean of each value of each key, and the spread and the p-value of the key."""
    records: list[Record] = []
    for effect in ranking.effects:
        key = ranking.keys[effect.key]
        for level, mean in enumerate(effect.means):
            is_first = level == 0
            records.append(
                {
                    "task": ranking.groups[0].task_label,
                    "key": key.key,
                    "value": key.level_texts[level],
                    "mean": mean,
                    "n": mean.n,
                    "settings_of_other_keys": effect.blocks,
                    "spread": effect.spread,
                    "p_value": effect.p_value,
                    "p_holm": effect.p_holm,
                    "name": TextOnly(key.name if is_first else ""),
                    "best": TextOnly("best" if level == effect.best_level else ""),
                    "shown_spread": TextOnly(format_number(effect.spread, DIGITS) if is_first else ""),
                    "shown_p": TextOnly(format_number(effect.p_holm, 2) if is_first else ""),
                }
            )
    columns = [
        value_column("key", "name"),
        value_column("value", "value"),
        interval_column("search score [95 %]", "mean", DIGITS),
        value_column("", "best"),
        number_column("runs", "n"),
        value_column("difference", "shown_spread"),
        value_column("p (Holm)", "shown_p"),
    ]
    return Section("keys", f"Mean of each value: {ranking.name}", columns, records)


def _explain_scores(rankings: Sequence[TaskRanking]) -> list[str]:
    """Return notes on the scores, on the test against the best, and on the means by key."""
    lines = [
        "search score: mean over runs of the recorded best's score, as its search tested it, or the "
        "validation accuracy after the full training. It orders the rows, and the best is chosen by it.",
        "held-out: interquartile mean (IQM) over runs of the mean over weights, on episodes that selection "
        "never saw. Nothing is chosen by it. Evaluations, and sizes of the best: medians over runs.",
    ]
    if any(group.num_failed for ranking in rankings for group in ranking.groups):
        lines.append("A failed run is counted and has the task's floor as its score.")
    compared = [ranking for ranking in rankings if ranking.subset is not None]
    if compared:
        lines.append(
            "vs best: Welch's one-sided t test of the search scores against those of the best, p times the "
            "number of other settings (Bonferroni). worse: p below 5 %; maybe best: not distinguishable. So "
            "the truly best setting is called worse in about 5 % of such tables at most (docs/tables.md). "
            f"Fewer than {MIN_RUNS} runs are not judged."
        )
        lines += [_explain_power(ranking) for ranking in compared[:1] if _count_min_runs(ranking) >= MIN_RUNS]
    if any(ranking.effects for ranking in rankings):
        lines.append(
            "Mean of each value: over the settings of all other keys that have runs of each value; Student's "
            "interval. difference: the largest mean less the smallest. p: runs exchanged between the values "
            "of a key (permutation test), corrected by Holm. Means hide where the effect of a key depends on "
            "another key."
        )
    for ranking in rankings:
        lines += [
            f"{key.name} changes how a search is scored, so search scores may not mean the same in all rows."
            for key in ranking.keys
            if any(name.startswith(_SCORING_KEYS) for name in (key.key, *key.other_keys))
        ]
        lines += [
            f"{key.name} changes together with {', '.join(key.other_keys)}."
            for key in ranking.keys
            if key.other_keys
        ]
    return lines


def _count_min_runs(ranking: TaskRanking) -> int:
    """Return the number of runs of the setting that has the fewest, of those with a search score."""
    return min((sample.n for sample in ranking.samples), default=0)


def _explain_power(ranking: TaskRanking) -> str:
    runs, number = _count_min_runs(ranking), len(ranking.samples)
    gaps = {count: distinguishable_gap(count, number) for count in sorted({runs, 10, 20})}
    texts = [f"{gap:.1f} with {count} runs" for count, gap in gaps.items()]
    return (
        f"One of {number} settings is called worse half the time where it lies this many standard deviations "
        f"below the best: {', '.join(texts)}."
    )


def _describe_coverages(intervals: Sequence[Interval]) -> list[str]:
    """Return a note on how far the held-out intervals can be trusted, with the rows of each answer."""
    rows: dict[str, list[int]] = {}
    for row, interval in enumerate(intervals):
        rows.setdefault(describe_coverage(interval), []).append(row + 1)
    if len(rows) == 1:
        return [f"Coverage of the held-out intervals: {next(iter(rows))}."]
    texts = [f"{text} (rows {format_rows(numbers)})" for text, numbers in rows.items()]
    return [f"Coverage of the held-out intervals: {'; '.join(texts)}."]


def _median(values: list[float] | list[int]) -> float | None:
    valid = [float(value) for value in values if value == value]
    return float(np.median(valid)) if valid else None


def _build_anytime_section(
    groups: list[Group], curves_by_group: list[GroupCurves], is_csv_only: bool
) -> Section:
    """Return the score of each setting after a tenth, a quarter, a half and all of its evaluations.

    All means the evaluations of its longest run. A share at which some run had no score has no value.
    """
    records = []
    for group, group_curves in zip(groups, curves_by_group, strict=True):
        budget = max(run.evaluations for run in group.runs)
        record: Record = {"setting": group.label, "evaluations": budget}
        record |= {name_steps_column(group.steps_name): _median([run.env_steps for run in group.runs])}
        record |= {"steps_name": TextOnly(group.steps_name)}
        intervals = anytime_scores(group_curves.curves, budget, group.floor)
        record |= drop_none({_share_key(share): interval for share, interval in intervals.items()})
        records.append(record)
    columns = [
        value_column("setting", "setting"),
        number_column("evaluations", "evaluations"),
        *(estimate_column(f"{100 * share:.0f} %", _share_key(share)) for share in BUDGET_SHARES),
        _make_steps_column(sorted({group.steps_name for group in groups})),
    ]
    return Section("anytime", "On the way", columns, records, max_rows=MAX_ROWS, is_csv_only=is_csv_only)


def _share_key(share: float) -> str:
    return f"iqm_at_{100 * share:.0f}_percent"


def _make_steps_column(names: list[str]) -> Column:
    """Return the column of steps; each cell names its steps where the rows count steps of several names."""
    is_mixed = len(names) > 1

    def format_steps(record: Record) -> str:
        name = record["steps_name"].value
        steps = format_number(record[name_steps_column(name)])
        return f"{steps} {name}" if is_mixed else steps

    title = "spent" if is_mixed else name_steps_column(names[0]).replace("_", " ")
    return Column(title, name_steps_column(names[0]), format_steps)
