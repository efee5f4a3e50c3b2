"""Each rule over the first one of its task: the probability that a run of it beats a run of that one.

Only settings that evaluated equally many networks in each run are compared. A setting that evaluated another
number, or whose runs ended after different numbers, is told and not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wannsearch.reporting.statistics.comparison import (
    Improvement,
    holm_correction,
    probability_of_improvement,
)
from wannsearch.reporting.tables.document import format_number
from wannsearch.reporting.tables.selection.blocks import RuleLine, SelectionRuleRow, TaskBlock


@dataclass(frozen=True)
class RuleComparison:
    """A line over a line of the first rule, with its p-value corrected over all comparisons of the table."""

    block: TaskBlock
    line: RuleLine
    reference: RuleLine  # a line of the first rule
    improvement: Improvement
    p_holm: float


def compare_rules(blocks: Sequence[TaskBlock], first_rule: SelectionRuleRow) -> list[RuleComparison]:
    """Return a comparison for each line of another rule, where its block has one of the first rule.

    It is over the first line of that rule with the same evaluations; without one, the line has no comparison.
    """
    pairs = []
    for block in blocks:
        for line in block.lines:
            reference = _find_reference(block, line, first_rule)
            if reference is not None:
                pairs.append((block, line, reference))
    improvements = [
        probability_of_improvement(line.group.scores, reference.group.scores) for _, line, reference in pairs
    ]
    corrected = holm_correction([improvement.p_value for improvement in improvements])
    return [
        RuleComparison(block, line, reference, improvement, float(p_value))
        for (block, line, reference), improvement, p_value in zip(pairs, improvements, corrected, strict=True)
    ]


def list_refused(blocks: Sequence[TaskBlock], first_rule: SelectionRuleRow) -> list[tuple[RuleLine, str]]:
    """Return each line of another rule that is not compared, with a note that says why."""
    refused = []
    for block in blocks:
        references = [line for line in block.lines if line.rule is first_rule]
        for line in block.lines:
            if line.rule is first_rule or _find_reference(block, line, first_rule) is not None:
                continue
            reason = f"there is no run of {first_rule.label}"
            if references:
                numbers = " and ".join(dict.fromkeys(map(describe_evaluations, references)))
                reason = f"its runs have {describe_evaluations(line)}, those of {first_rule.label} {numbers}"
            refused.append((line, f"Not compared, {block.name}, {line.label}: {reason}."))
    return refused


def describe_evaluations(line: RuleLine) -> str:
    """Return `196,608 evaluations`, or the least and the largest number where its runs differ."""
    if not line.evaluations:
        return "no evaluations that are known"
    ends = dict.fromkeys((line.evaluations[0], line.evaluations[-1]))
    return f"{' to '.join(format_number(number) for number in ends)} evaluations"


def _find_reference(block: TaskBlock, line: RuleLine, first_rule: SelectionRuleRow) -> RuleLine | None:
    if line.rule is first_rule or len(line.evaluations) != 1:
        return None
    references = (other for other in block.lines if other.rule is first_rule)
    return next((other for other in references if other.evaluations == line.evaluations), None)
