"""What has to be said under the Weedout table: what its figures mean, and which runs are not in it."""

from __future__ import annotations

from collections.abc import Sequence

from wannsearch.reporting.tables.document import HOW_INTERVALS_ARE_MADE
from wannsearch.reporting.tables.weedout.arms import Arms, Role, told
from wannsearch.reporting.tables.weedout.comparison import Figures
from wannsearch.reporting.tables.weedout.experiments import Block, Blocks

_MOST_NAMED = 8


def definitions(source: str, arms: Arms, level: float, threshold: float) -> list[str]:
    """The words of its columns; `threshold` is a share."""
    found, random = (arms.the(role).label for role in (Role.FOUND, Role.RANDOM))
    inside = f"{100 - 200 * level:g} %"
    return [
        f"Paper: {source}",
        "A repeat is a seed: its own split, parent, search and masks. An arm's figure in a repeat is the "
        f"mean over its networks; {found} is one network. Arms are compared repeat by repeat, never pooled.",
        "Accuracies in %, differences in points: mean over repeats ± its standard error [95 % interval]. "
        "p: Wilcoxon's signed ranks, two-sided.",
        f"equal: two one-sided paired t tests at {100 * level:g} %; yes where the {inside} interval lies "
        "inside the margin. repeats needed: for 80 % power, if there is no difference and the spread is as "
        "here.",
        f"lead: {found} - {random} in points of validation accuracy, in the full training. early fitness is "
        "what the search saw; its best is flattered by its choice, so it is no lead.",
        f"epochs to {100 * threshold:g} %: a network that never gets there counts as one epoch more than "
        "were trained.",
        "rank correlation: Spearman's, of early fitness and test accuracy over the random masks; over all "
        "masks, each by its distance from its repeat's means. gain at most: the upper end of the interval x "
        "sd over masks x the expected largest of so many normal values. correlation at most: the same the "
        f"other way, from the upper end of {found} - {random}.",
        "images shown: early looks and full trainings of a run; a network: that by the networks that were "
        "tested. A network whose training broke counts as 0 %.",
        "Each sparsity is judged on its own at 95 %: of many, one may be off by chance.",
        HOW_INTERVALS_ARE_MADE,
    ]


def remarks(block: Block, arms: Arms, found: Sequence[Figures]) -> list[str]:
    """Of one experiment: its images, seeds without a partner, runs that do not count."""
    lines = [line for one in found for line in _by_level(block, arms, one)]
    repeats = [repeat for cell in block.cells.values() for repeat in cell.repeats.values()]
    broken = sum(repeat.broken for repeat in repeats)
    if broken:
        lines.append(f"{block.label}: the training of {broken} networks broke; they count as 0 %.")
    splits = {repeat.key[1] for repeat in repeats}
    if len(splits) == 1 and len({repeat.key[0] for repeat in repeats}) > 1 and splits != {None}:
        lines.append(f"{block.label}: all repeats have one split, so nothing is said about other splits.")
    for source, parts in sorted({(repeat.source, repeat.parts) for repeat in repeats}):
        train, validate, test = parts
        lines.append(
            f"{block.label}: {source}; {train:,} images to train, {validate:,} to validate, {test:,} to test."
        )
    if block.again:
        dense = arms.the(Role.DENSE).label
        lines.append(
            f"{block.label}: {len(block.again)} runs of {dense} were begun at other sparsities, to the same "
            "accuracy; a seed counts once."
        )
    return [*lines, *named(block.reasons)]


def _by_level(block: Block, arms: Arms, one: Figures) -> list[str]:
    found, random, dense = (arms.the(role) for role in (Role.FOUND, Role.RANDOM, Role.DENSE))
    where = f"{block.label}, sparsity {one.sparsity:g}"
    lines = []
    pairs = [(found, random), (found, dense), *((rival, found) for rival in arms.rivals)]
    for x, y in [*pairs, *((y, x) for x, y in pairs)]:
        ours, theirs = block.cell(x, one.sparsity).repeats, block.cell(y, one.sparsity).repeats
        alone = sorted((key for key in ours if key not in theirs), key=str)
        if alone and theirs:
            seeds = ", ".join(told(key) for key in alone)
            lines.append(f"{where}: {x.label} has no partner in {y.label} for {seeds}.")
    counts = {repeat.candidates for repeat in one.found.repeats.values()}
    if len(counts) > 1:
        lines.append(f"{where}: its searches looked at {min(counts):,} to {max(counts):,} candidates.")
    return lines


def named(reasons: Sequence[str]) -> list[str]:
    """A few of them, and how many more there are."""
    more = len(reasons) - _MOST_NAMED
    return [*reasons[:_MOST_NAMED], *([f"{more} more are named in provenance.json."] if more > 0 else [])]


def left_out(found: Blocks) -> list[str]:
    """Every run that is in no cell, with its reason."""
    return [*(line for block in found.blocks for line in (*block.reasons, *block.again)), *found.reasons]
