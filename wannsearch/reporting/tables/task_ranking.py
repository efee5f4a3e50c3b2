"""The settings of one task by search score: the best, those not distinguishable from it, and what keys do.

The search score is one that selection may see (`Run.search_score`). Rows are ordered by its mean, and the
best setting is chosen by it. Nothing was chosen by the held-out score of that setting, which therefore is not
too high. Settings with other units of either score are another ranking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wannsearch.reporting.statistics.best_subset import (
    LEVEL,
    MIN_RUNS,
    BestSubset,
    distinguishable_gap,
    select_best_subset,
)
from wannsearch.reporting.statistics.interval import Interval
from wannsearch.reporting.statistics.key_effects import KeyEffect, compare_spreads, estimate_effects
from wannsearch.reporting.statistics.sample import Sample
from wannsearch.reporting.tables.document import format_number, format_with_interval
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.swept_keys import SweptKey, find_swept_keys, stack_levels

BEST, MAYBE_BEST, WORSE, NOT_JUDGED = "best", "maybe best", "worse", "not judged"
DIGITS = 3  # of a score in the text
_MIN_EFFECT_KEYS = 2
"""With fewer keys, the rows of the table are the means of its values already."""


@dataclass(frozen=True)
class TaskRanking:
    """The settings of one task by falling mean search score; those without such a score come last."""

    groups: tuple[Group, ...]
    keys: tuple[SweptKey, ...]  # their texts and levels are in the order of `groups`
    samples: tuple[Sample, ...]  # search scores of the first groups; the other groups have none
    subset: BestSubset | None  # of those groups; None for fewer than two
    effects: tuple[KeyEffect, ...]  # distinguishable ones first, then by falling spread

    @property
    def name(self) -> str:
        """The task, the method if it is one, and the units of the scores."""
        first = self.groups[0]
        methods = {group.method for group in self.groups}
        units = dict.fromkeys((first.search_unit, first.unit))
        task = first.task_label.removesuffix(f", {first.unit}")
        return f"{' · '.join([task, *(methods if len(methods) == 1 else [])])} ({', '.join(units)})"

    @property
    def common_runs(self) -> int | None:
        """The number of runs of each setting; None where settings have different numbers of them."""
        counts = {len(group.runs) for group in self.groups}
        return counts.pop() if len(counts) == 1 else None

    @property
    def heading(self) -> str:
        """The name, and the number of runs of each setting if it is the same."""
        runs = self.common_runs
        if runs is None:
            return self.name
        of_each = " of each setting" if len(self.groups) > 1 else ""
        return f"{self.name}, {runs} {'run' if runs == 1 else 'runs'}{of_each}"

    def verdict(self, row: int) -> str | None:
        """Return what the test says of the setting in this row; None where there is nothing to compare."""
        if self.subset is None or row >= len(self.samples):
            return None
        p_value = self.subset.p_values[row]
        if row == self.subset.best:
            return BEST
        return NOT_JUDGED if p_value is None else MAYBE_BEST if p_value >= LEVEL else WORSE

    def describe_setting(self, row: int) -> str:
        """Return what distinguishes the setting in this row from the others, as `key=value, key=value`."""
        return ", ".join(f"{key.name}={key.texts[row]}" for key in self.keys) or self.groups[row].method

    def describe_findings(self, held_out: Sequence[Interval]) -> list[str]:
        """Return sentences: the best setting, what it is not distinguishable from, which key matters more.

        `held_out` are the intervals of the groups' held-out scores. There are none for a single setting.
        """
        if self.subset is None:
            return []
        best = self.subset.best
        score = format_number(float(self.samples[best].scores.mean()), DIGITS)
        return [
            f"Best of {len(self.groups)} settings by search score: {self.describe_setting(best)} "
            f"(mean {score}; held-out IQM {format_with_interval(held_out[best], DIGITS)}).",
            self._describe_subset(),
            *self._describe_effects(),
        ]

    def _describe_subset(self) -> str:
        verdicts = [self.verdict(row) for row in range(len(self.samples))]
        num_others = len(verdicts) - 1
        rows = {
            verdict: [row + 1 for row, own in enumerate(verdicts) if own == verdict] for verdict in verdicts
        }
        close_rows, worse_rows, open_rows = (
            rows.get(verdict, []) for verdict in (MAYBE_BEST, WORSE, NOT_JUDGED)
        )
        if not close_rows and not worse_rows:
            few_runs = min(sample.n for sample in self.samples)
            reason = (
                f"{few_runs} {'run' if few_runs == 1 else 'runs'} of a setting are too few; at least "
                f"{MIN_RUNS} are needed"
                if few_runs < MIN_RUNS
                else "runs without spread distinguish nothing"
            )
            return f"No setting is judged against it: {reason}."
        if len(close_rows) == num_others:
            return (
                f"Not distinguishable from it: {'all' if num_others > 1 else 'the'} {num_others} "
                f"{'others' if num_others > 1 else 'other'}. {self._describe_power()}"
            )
        parts = [
            f"Not distinguishable from it: {_count_rows(close_rows, num_others)}",
            f"worse: {_count_rows(worse_rows)}",
            *([f"not judged: {_count_rows(open_rows)}"] if open_rows else []),
        ]
        return "; ".join(parts) + "."

    def _describe_power(self) -> str:
        runs = max(MIN_RUNS, min(sample.n for sample in self.samples))
        gap = distinguishable_gap(runs, len(self.samples))
        return (
            f"With {runs} runs, a setting must lie about {gap:.1f} standard deviations below the best to be "
            "distinguished half the time; more seeds decide."
        )

    def _describe_effects(self) -> list[str]:
        if not self.effects:
            return []
        key_texts = [
            f"{self.keys[effect.key].name} {format_number(effect.spread, DIGITS)} "
            f"({_format_p(effect.p_holm)}, best {self.keys[effect.key].level_texts[effect.best_level]})"
            for effect in self.effects
        ]
        first = self.effects[0]
        name = self.keys[first.key].name
        spreads = f"Largest differences between the means of their values: {', '.join(key_texts)}."
        if first.p_holm >= LEVEL:
            return [f"No key has an effect that is distinguishable from chance. {spreads}"]
        if len(self.effects) == 1:
            return [f"{name} matters. {spreads}"]
        second = self.effects[1]
        difference = compare_spreads(first, second, self.samples)
        if difference.low is not None and difference.low > 0:
            return [f"{name} matters most. {spreads}"]
        return [
            f"{name} seems to matter most; whether more than {self.keys[second.key].name} is not decided "
            f"(by {format_with_interval(difference, DIGITS)}). {spreads}"
        ]


def rank_settings(groups: Sequence[Group]) -> list[TaskRanking]:
    """Return a ranking for each task with a unit of search scores, in order of the groups.

    Raise ValueError where a run failed and its group has no floor.
    """
    families: list[list[Group]] = []
    for group in groups:
        family = next(
            (
                members
                for members in families
                if members[0].task_settings == group.task_settings
                and members[0].search_unit == group.search_unit
            ),
            None,
        )
        if family is None:
            families.append([group])
        else:
            family.append(group)
    return [_rank_family(family) for family in families]


def _rank_family(family: Sequence[Group]) -> TaskRanking:
    samples_by_label = [(group, group.search_scores) for group in family]
    scored = [(group, sample) for group, sample in samples_by_label if sample.n]
    scored.sort(key=lambda pair: (-float(pair[1].scores.mean()), pair[0].label))
    unscored = [group for group, sample in samples_by_label if not sample.n]
    groups = (*(group for group, _ in scored), *unscored)
    samples = tuple(sample for _, sample in scored)
    keys = tuple(find_swept_keys([group.runs[0] for group in groups]))
    effects: list[KeyEffect] = []
    if len(keys) >= _MIN_EFFECT_KEYS and len(samples) > 1:
        effects = estimate_effects(stack_levels(keys, len(groups))[: len(samples)], samples)
        effects.sort(key=lambda effect: effect.p_holm >= LEVEL)
    subset = select_best_subset(samples) if len(samples) > 1 else None
    return TaskRanking(groups, keys, samples, subset, tuple(effects))


def _count_rows(rows: Sequence[int], num_others: int | None = None) -> str:
    """Return `4 of 11 others (rows 2-4, 7)`, or `none`; the number of others may be left out."""
    if not rows:
        return "none"
    of_others = "" if num_others is None else f" of {num_others} others"
    return f"{len(rows)}{of_others} ({'row' if len(rows) == 1 else 'rows'} {format_rows(rows)})"


def format_rows(rows: Sequence[int]) -> str:
    """Return rising row numbers as `2-4, 7`."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][-1] + 1:
            spans[-1].append(row)
        else:
            spans.append([row])
    return ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in spans)


def _format_p(p_value: float) -> str:
    return f"p = {p_value:.2g}"
