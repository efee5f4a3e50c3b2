"""The table: a part for each task, with a row for each rule, and each rule over the first one.

A row shows the held-out score over runs (the mean over the shared weights of the search), the share of runs
that solve the task at every weight, the mean of the fine sweep and the best shared weight in it, and the own
weights that `wannsearch-tune` found. Published networks stand beside the runs. They are one network each,
where a row is the interquartile mean over many searches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wannsearch.core.errors import ConfigError, MissingData
from wannsearch.core.settings import convert_fields
from wannsearch.reporting.plots.style import one_line
from wannsearch.reporting.statistics.interval import MIN_CONFIRMATORY_RUNS, Interval, bootstrap_interval
from wannsearch.reporting.statistics.sample import Sample
from wannsearch.reporting.statistics.wilson import wilson_interval
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
    format_with_bounds,
    format_with_interval,
    interval_column,
    number_column,
    value_column,
)
from wannsearch.reporting.tables.score_levels import parse_levels
from wannsearch.reporting.tables.selection.blocks import (
    OWN_WEIGHTS_COLUMN,
    PublishedNetwork,
    RuleLine,
    SelectionRuleRow,
    SelectionTask,
    TaskBlock,
    build_blocks,
)
from wannsearch.reporting.tables.selection.comparison import RuleComparison, compare_rules, list_refused
from wannsearch.reporting.tables.selection.picture import draw_blocks
from wannsearch.reporting.tables.swept_keys import find_differing_keys
from wannsearch.reporting.tables.table import TableInput
from wannsearch.reporting.tables.tuning import Tuning, largest_first
from wannsearch.reporting.tables.tuning_choice import list_unused
from wannsearch.reporting.tables.units import explain_units
from wannsearch.reporting.tables.wann_control import PaperScore

_ALPHA = 0.05
_MAX_NAMED = 5
_MAX_VALUE_LENGTH = 40


@dataclass(frozen=True, kw_only=True)
class SelectionTable:
    """The table of rules: its tasks, its rules, and the scores from which tasks count as solved.

    Other rules are compared with the first one. `solved` maps the module of a task's class to a score, in the
    form that `score_levels` reads. Raise ConfigError where it has another form, or there is no rule.
    """

    title: str
    source: str
    rules: tuple[SelectionRuleRow, ...]
    tasks: tuple[SelectionTask, ...]
    solved: Any
    remarks: tuple[str, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        parse_levels("table.solved", self.solved)
        if not self.rules:
            raise ConfigError("table.rules is empty; it must name one rule or more.")

    def build(self, table_input: TableInput) -> Document:
        """Return the document, with the first task's runs as its picture, and one of all tasks.

        Raise MissingData where no task has a run. Raise ConfigError where a network failed and the worst
        score of its task is not known, or a score of `solved` is for scores of two names.
        """
        solved_scores = parse_levels("table.solved", self.solved)
        tunings = largest_first(table_input.tunings)
        blocks = [
            block
            for task in self.tasks
            for block in build_blocks(task, self.rules, table_input.run_groups, tunings, solved_scores)
        ]
        if not blocks:
            raise MissingData(
                f"there is no run of the rules {', '.join(rule.label for rule in self.rules)} on the tasks "
                f"{', '.join(task.name for task in self.tasks)}."
            )
        groups = [line.group for block in blocks for line in block.lines]
        solved_scores.refuse_mixed_units(
            "table.solved", ((group.task_module, group.settings, group.score_name) for group in groups)
        )
        comparisons = compare_rules(blocks, self.rules[0])
        refused = list_refused(blocks, self.rules[0])
        refused_lines = [line for line, _ in refused]
        sections = [self._build_section(block, comparisons, refused_lines) for block in blocks]
        sections += [_build_own_weights(blocks), _build_runs(blocks), _build_tuned_runs(blocks)]
        used = [
            tuning
            for block in blocks
            for line in block.lines
            for tuned in line.tuned
            for tuning in tuned.tunings
            if tuning is not None
        ]
        unused = list_unused(tunings, [run for group in groups for run in group.runs], used)
        notes = [
            *self._explain_columns(blocks),
            *(note for _, note in refused),
            *explain_units(groups),
            *_list_unequal_trials(blocks),
            *_list_omitted_failures(blocks),
            *self._list_missing(blocks),
            *_list_unused_groups(table_input, blocks),
            *_list_unused_tunings(unused),
            *self.remarks,
            INTERVAL_NOTE,
        ]
        pictures = {"picture": draw_blocks(blocks[:1], self.title)}
        if len(blocks) > 1:
            pictures["tasks"] = draw_blocks(blocks, self.title)
        provenance = {
            "tunings_used": sorted(str(tuning.folder) for tuning in used),
            "tunings_not_used": [{"folder": str(tuning.folder), "why": reason} for tuning, reason in unused],
        }
        return Document(
            self.title,
            [section for section in sections if section.records],
            notes,
            pictures,
            provenance,
            [*_describe_comparisons(blocks, comparisons), *_describe_published(blocks)],
        )

    def _build_section(
        self, block: TaskBlock, comparisons: Sequence[RuleComparison], refused: Sequence[RuleLine]
    ) -> Section:
        by_line = {id(comparison.line): comparison for comparison in comparisons}
        records = []
        for line in block.lines:
            record = _build_record(block, line)
            comparison = by_line.get(id(line))
            if comparison is not None:
                improvement = comparison.improvement
                record |= {"over": comparison.reference.label}
                record |= {"probability_of_improvement": improvement.probability}
                record |= {"improvement_low": improvement.low, "improvement_high": improvement.high}
                record |= {"p_value": improvement.p_value, "p_holm": comparison.p_holm}
            elif any(line is other for other in refused):
                record |= {"probability_of_improvement": TextOnly("not compared")}
            records.append(record)
        records += [_build_published_record(block, network) for network in block.published]
        columns = _choose_columns(records, self.rules[0].label)
        return Section("table", f"{block.name} ({block.unit})", columns, records)

    def _explain_columns(self, blocks: Sequence[TaskBlock]) -> list[str]:
        """Return the notes on what the columns mean."""
        notes = [
            "IQM, mean, lowest, highest: over runs, of the held-out mean over the shared weights of the "
            "search. solved: runs whose best solves the task at every one of these weights; for truth "
            "tables, every row is right at every weight.",
            "sweep mean, best shared weight: IQM over runs of the mean over the sweep of the final test, "
            "and of the largest mean in it, chosen on the episodes that it is measured on. connections, "
            "seconds of the search: medians over runs.",
            f"over {self.rules[0].label}: the probability that a run beats a run of it, ties one half "
            "[95 %, Newcombe]; p (Holm): Mann and Whitney's, corrected over all rows of all tasks. Rows are "
            "compared only at the same number of evaluations.",
        ]
        if any(line.tuned for block in blocks for line in block.lines):
            notes.append(
                "own weights: IQM over the runs that were tuned in the same way; of several ways, the one of "
                "most runs. tuning: generations x networks x episodes of the search for own weights."
            )
        if any(block.published for block in blocks):
            notes.append(f"Published networks: {self.source}")
        return notes

    def _list_missing(self, blocks: Sequence[TaskBlock]) -> list[str]:
        """Return a note on the tasks without a run, and one for each rule that has none on other tasks."""
        notes = []
        empty = [task.name for task in self.tasks if not any(block.task is task for block in blocks)]
        if empty:
            notes.append(f"Left out, without a run of these rules: {', '.join(empty)}.")
        for rule in self.rules:
            names = [block.name for block in blocks if not any(line.rule is rule for line in block.lines)]
            if names:
                notes.append(f"Not run, {rule.label}: {', '.join(names)}.")
        return notes


def _build_record(block: TaskBlock, line: RuleLine) -> Record:
    group, sample = line.group, line.group.scores
    record: Record = {"task": block.name, "rule": line.label, "score_name": block.unit}
    record |= {"n": sample.n, "failed": sample.num_failed}
    record |= {center: bootstrap_interval(sample, center) for center in ("iqm", "mean")}
    record |= {"min": float(sample.scores[0]), "max": float(sample.scores[-1])}
    if line.solved is not None:
        num_solved = sum(line.solved)
        low, high = wilson_interval(num_solved, len(line.solved))
        record |= {"solved": num_solved, "solved_share": num_solved / len(line.solved)}
        record |= {"solved_share_low": low, "solved_share_high": high}
    record |= _describe_sample("sweep_mean", line.sweep_mean)
    record |= _describe_sample("best_shared_weight", line.best_shared_weight)
    if line.tuned:
        record |= _describe_sample("own_weights", line.tuned[0].sample)
        record |= {"tuning": line.tuned[0].description}
    record |= drop_none({"connections": line.connections, "seconds": line.seconds})
    if line.evaluations:
        record |= {"evaluations_min": line.evaluations[0], "evaluations_max": line.evaluations[-1]}
    record |= {"config_sha256": group.runs[0].digest}
    record |= {"seeds": " ".join(str(run.seed) for run in group.runs)}
    return record


def _describe_sample(key: str, sample: Sample | None) -> Record:
    return {} if sample is None else {key: bootstrap_interval(sample), f"{key}_n": sample.n}


def _build_published_record(block: TaskBlock, network: PublishedNetwork) -> Record:
    record: Record = {"task": block.name, "rule": network.label, "score_name": network.score_name}
    if network.shared_weights is not None:
        record |= {"iqm": _make_single(network.shared_weights)}
    for key, score in _list_published_scores(network):
        if score is not None:
            record |= {key: _make_single(score.mean), f"{key}_std": score.std}
    return record | drop_none({"connections": network.connections})


def _list_published_scores(network: PublishedNetwork) -> list[tuple[str, PaperScore | None]]:
    return [
        ("sweep_mean", network.sweep_mean),
        ("best_shared_weight", network.best_shared_weight),
        ("own_weights", network.own_weights),
    ]


def _make_single(value: float) -> Interval:
    """Return the value of a single network as an estimate without an interval."""
    return Interval(value, None, None, 1)


def _choose_columns(records: Sequence[Record], first_label: str) -> list[Column]:
    """Return the columns of a task; a column without a value in any row is left out."""
    columns = [
        value_column("rule", "rule"),
        Column("n", "n", _format_run_count),
        interval_column("IQM [95 %]", "iqm"),
        as_detail(Column("coverage", "n", _format_coverage)),
        as_detail(estimate_column("mean", "mean")),
        as_detail(Column("lowest, highest", "min", _format_range)),
        Column("solved", "solved", _format_solved),
        Column("sweep mean", "sweep_mean", lambda record: _format_measure(record, "sweep_mean")),
        Column(
            "best shared weight",
            "best_shared_weight",
            lambda record: _format_measure(record, "best_shared_weight"),
        ),
        Column("own weights", "own_weights", lambda record: _format_measure(record, "own_weights")),
        number_column("connections", "connections"),
        number_column("seconds", "seconds"),
        Column(f"over {first_label} [95 %]", "probability_of_improvement", _format_improvement),
        as_detail(number_column("p (Holm)", "p_holm")),
        as_detail(Column("evaluations", "evaluations_min", _format_evaluations)),
    ]
    return [column for column in columns if any(column.key in record for record in records)]


def _format_run_count(record: Record) -> str:
    if "n" not in record:
        return "-"
    return f"{record['n']} ({record['failed']} failed)" if record["failed"] else str(record["n"])


def _format_coverage(record: Record) -> str:
    return describe_coverage(record["iqm"]) if "n" in record else "-"


def _format_range(record: Record) -> str:
    return f"{format_number(record['min'])}, {format_number(record['max'])}" if "min" in record else "-"


def _format_solved(record: Record) -> str:
    return f"{record['solved']} of {record['n']}" if "solved" in record else "-"


def _format_measure(record: Record, key: str) -> str:
    """Return the interval of runs, `mean ± std` of a published network; n where it is not that of the row."""
    if key not in record:
        return "-"
    if f"{key}_std" in record:
        return f"{format_number(record[key].estimate)} ± {format_number(record[f'{key}_std'])}"
    text = format_with_interval(record[key])
    return text if record[f"{key}_n"] == record["n"] else f"{text}, n = {record[f'{key}_n']}"


def _format_improvement(record: Record) -> str:
    if "improvement_low" not in record:
        return str(record.get("probability_of_improvement", "-"))
    return format_with_bounds(
        record["probability_of_improvement"], record["improvement_low"], record["improvement_high"]
    )


def _format_evaluations(record: Record) -> str:
    if "evaluations_min" not in record:
        return "-"
    ends = dict.fromkeys((record["evaluations_min"], record["evaluations_max"]))
    return " to ".join(format_number(number) for number in ends)


def _build_own_weights(blocks: Sequence[TaskBlock]) -> Section:
    """Return one row for each rule and each way of tuning, and for each published network."""
    records = []
    for block in blocks:
        if not any(line.tuned for line in block.lines):
            continue
        for line in block.lines:
            for tuned in line.tuned:
                record: Record = {"task": block.name, "rule": line.label, "tuning": tuned.description}
                record |= {"n": tuned.sample.n, "iqm": bootstrap_interval(tuned.sample)}
                record |= {"mean": bootstrap_interval(tuned.sample, "mean")}
                scores = tuned.sample.scores
                records.append(record | {"min": float(scores[0]), "max": float(scores[-1])})
        records += [
            {"task": block.name, "rule": network.label, "iqm": _make_single(network.own_weights.mean)}
            for network in block.published
            if network.own_weights is not None
        ]
    columns = [
        value_column("task", "task"),
        value_column("rule", "rule"),
        value_column("tuning", "tuning"),
        value_column("n", "n"),
        interval_column("IQM [95 %]", "iqm"),
        estimate_column("mean", "mean"),
        Column("lowest, highest", "min", _format_range),
    ]
    return Section("own_weights", "Own weights after tuning", columns, records)


def _build_runs(blocks: Sequence[TaskBlock]) -> Section:
    """Return one record for each run, for a CSV file alone; nothing in it depends on where runs lie."""
    records = []
    for block in blocks:
        for line in block.lines:
            for row, run in enumerate(line.group.runs):
                measures = line.measures[row]
                tuning = line.tuned[0].tunings[row] if line.tuned else None
                values: Record = {}
                if measures is not None:
                    values = {
                        "sweep_mean": _number_or_none(measures.sweep_mean),
                        "best_shared_weight_mean": _number_or_none(measures.best_sweep_mean),
                        "best_shared_weight": measures.best_sweep_weight,
                        "seconds": _number_or_none(measures.seconds),
                    }
                records.append(
                    {
                        "task": block.name,
                        "rule": line.label,
                        "seed": run.seed,
                        "state": run.state.value,
                        "score_name": block.unit,
                        "held_out_mean": _number_or_none(run.score),
                        "solved": None if line.solved is None else int(line.solved[row]),
                        "sweep_mean": values.get("sweep_mean"),
                        "best_shared_weight_mean": values.get("best_shared_weight_mean"),
                        "best_shared_weight": values.get("best_shared_weight"),
                        "own_weights": tuning and _number_or_none(tuning.columns[OWN_WEIGHTS_COLUMN].mean),
                        "connections": _number_or_none(run.sizes.get("connections")),
                        "seconds": values.get("seconds"),
                        "evaluations": run.evaluations,
                    }
                )
    return Section("runs", "Runs", [], records, is_csv_only=True)


def _build_tuned_runs(blocks: Sequence[TaskBlock]) -> Section:
    """Return one record for each tuning of each run, for a CSV file alone."""
    records = [
        {
            "task": block.name,
            "rule": line.label,
            "seed": run.seed,
            "tuning": tuned.description,
            "own_weights": _number_or_none(tuning.columns[OWN_WEIGHTS_COLUMN].mean),
            "std": _number_or_none(tuning.columns[OWN_WEIGHTS_COLUMN].std),
        }
        for block in blocks
        for line in block.lines
        for tuned in line.tuned
        for run, tuning in zip(line.group.runs, tuned.tunings, strict=True)
        if tuning is not None
    ]
    return Section("tunings", "Tunings", [], records, is_csv_only=True)


def _number_or_none(value: float | None) -> float | None:
    return None if value is None or value != value else value


def _describe_comparisons(blocks: Sequence[TaskBlock], comparisons: Sequence[RuleComparison]) -> list[str]:
    """Return a sentence for each task: which rules of enough runs are better or worse than the first."""
    sentences = []
    for block in blocks:
        texts = []
        for comparison in comparisons:
            if comparison.block is not block or min(comparison.improvement.n) < MIN_CONFIRMATORY_RUNS:
                continue
            verdict = "not distinguishable from"
            if comparison.p_holm < _ALPHA:
                verdict = "better than" if comparison.improvement.probability > 0.5 else "worse than"
            own, other = (
                f"{line.label} ({format_number(bootstrap_interval(line.group.scores).estimate)})"
                for line in (comparison.line, comparison.reference)
            )
            texts.append(f"{own} is {verdict} {other}")
        if texts:
            sentences.append(f"{block.name}: {'; '.join(texts)}.")
    return sentences


def _describe_published(blocks: Sequence[TaskBlock]) -> list[str]:
    """Return a sentence for each published network: how many runs of each rule lie above its score."""
    sentences = []
    for block in blocks:
        for network in block.published:
            if network.shared_weights is None:
                continue
            counts = [
                f"{int((line.group.scores.scores > network.shared_weights).sum())} of "
                f"{line.group.scores.n} runs of {line.label}"
                for line in block.lines
            ]
            sentences.append(
                f"{block.name}: above {network.label}, {format_number(network.shared_weights)}, are "
                f"{', '.join(counts)}."
            )
    return sentences


def _list_unequal_trials(blocks: Sequence[TaskBlock]) -> list[str]:
    """Return a note for each task and key that makes a search or a final test of one row cost more."""
    notes = []
    for block in blocks:
        settings = [line.group.settings for line in block.lines]
        for key in find_differing_keys(settings):
            is_counted = key == "task.episodes" or key.startswith(("trials.", "held_out."))
            values = dict.fromkeys(str(part.get(key) or "none") for part in settings)
            if is_counted and len(values) > 1:
                texts = [one_line(value, _MAX_VALUE_LENGTH) for value in values]
                notes.append(f"{block.name}: {key} is {' and '.join(texts)} in different rows.")
    return notes


def _list_omitted_failures(blocks: Sequence[TaskBlock]) -> list[str]:
    """Return a note for each row and way of tuning whose own weights leave failed runs out."""
    notes = []
    for block in blocks:
        for line in block.lines:
            for tuned in line.tuned:
                count = tuned.num_omitted_failures
                if count:
                    notes.append(
                        f"{block.name}: own weights of {line.label} ({tuned.description}) leave out "
                        f"{count} failed run{'s' if count > 1 else ''}, since not all other runs were tuned."
                    )
    return notes


def _list_unused_groups(table_input: TableInput, blocks: Sequence[TaskBlock]) -> list[str]:
    """Return notes on the settings that are in no row of the table."""
    used = [line.group for block in blocks for line in block.lines]
    unused = [group for group in table_input.run_groups.groups if not any(group is other for other in used)]
    notes = [
        f"In no row, {group.label}: {len(group.runs)} run{'s' if len(group.runs) > 1 else ''}."
        for group in unused[:_MAX_NAMED]
    ]
    return notes + (
        [f"{len(unused) - _MAX_NAMED} more settings are in no row."] if unused[_MAX_NAMED:] else []
    )


def _list_unused_tunings(unused: Sequence[tuple[Tuning, str]]) -> list[str]:
    notes = [f"Not used, {tuning.folder}: {reason}." for tuning, reason in unused[:_MAX_NAMED]]
    return notes + ([f"{len(unused) - _MAX_NAMED} more tunings are not used."] if unused[_MAX_NAMED:] else [])
