"""What has to be said under the Weedout table: what its figures mean, and which runs are not in it."""

from __future__ import annotations

from collections.abc import Sequence

from wannsearch.reporting.tables.document import INTERVAL_NOTE
from wannsearch.reporting.tables.weedout.arms import ArmRole, Arms, format_key
from wannsearch.reporting.tables.weedout.comparison import SparsityResult
from wannsearch.reporting.tables.weedout.experiments import Experiment, GroupedExperiments

_MAX_LISTED = 8


def describe_columns(source: str, arms: Arms, alpha: float, threshold: float) -> list[str]:
    """The words of its columns; `threshold` is a share."""
    found_label, random_label = (arms.by_role(role).label for role in (ArmRole.FOUND, ArmRole.RANDOM))
    confidence = f"{100 - 200 * alpha:g} %"
    return [
        f"Paper: {source}",
        "A repeat is a seed: its own split, parent, search and masks. An arm's figure in a repeat is the "
        f"mean over its networks; {found_label} is one network. Arms are compared repeat by repeat, never "
        "pooled.",
        "Accuracies in %, differences in points: mean over repeats ± its standard error [95 % interval]. "
        "p: Wilcoxon's signed ranks, two-sided.",
        f"equal: two one-sided paired t tests at {100 * alpha:g} %; yes where the {confidence} interval lies "
        "inside the margin. repeats needed: for 80 % power, if there is no difference and the spread is as "
        "here.",
        f"lead: {found_label} - {random_label} in points of validation accuracy, in the full training. "
        "early fitness is "
        "what the search saw; its best is flattered by its choice, so it is no lead.",
        f"epochs to {100 * threshold:g} %: a network that never gets there counts as one epoch more than "
        "were trained.",
        "rank correlation: Spearman's, of early fitness and test accuracy over the random masks; over all "
        "masks, each by its distance from its repeat's means. gain at most: the upper end of the interval x "
        "sd over masks x the expected largest of so many normal values. correlation at most: the same the "
        f"other way, from the upper end of {found_label} - {random_label}.",
        "images shown: early looks and full trainings of a run; a network: that by the networks that were "
        "tested. A network whose training broke counts as 0 %.",
        "Each sparsity is judged on its own at 95 %: of many, one may be off by chance.",
        INTERVAL_NOTE,
    ]


def list_remarks(experiment: Experiment, arms: Arms, results: Sequence[SparsityResult]) -> list[str]:
    """Of one experiment: its images, seeds without a partner, runs that do not count."""
    lines = [line for result in results for line in _remarks_on_sparsity(experiment, arms, result)]
    repeats = [repeat for cell in experiment.cells.values() for repeat in cell.repeats.values()]
    num_broken = sum(repeat.num_broken for repeat in repeats)
    if num_broken:
        lines.append(f"{experiment.label}: the training of {num_broken} networks broke; they count as 0 %.")
    splits = {repeat.key[1] for repeat in repeats}
    if len(splits) == 1 and len({repeat.key[0] for repeat in repeats}) > 1 and splits != {None}:
        lines.append(
            f"{experiment.label}: all repeats have one split, so nothing is said about other splits."
        )
    for source, split_sizes in sorted({(repeat.image_source, repeat.split_sizes) for repeat in repeats}):
        train, validate, test = split_sizes
        lines.append(
            f"{experiment.label}: {source}; {train:,} images to train, {validate:,} to validate, {test:,} "
            "to test."
        )
    if experiment.dense_repeats:
        dense_label = arms.by_role(ArmRole.DENSE).label
        lines.append(
            f"{experiment.label}: {len(experiment.dense_repeats)} runs of {dense_label} were begun at other "
            "sparsities, to the same "
            "accuracy; a seed counts once."
        )
    return [*lines, *first_few(experiment.reasons)]


def _remarks_on_sparsity(experiment: Experiment, arms: Arms, result: SparsityResult) -> list[str]:
    found_arm, random_arm, dense_arm = (
        arms.by_role(role) for role in (ArmRole.FOUND, ArmRole.RANDOM, ArmRole.DENSE)
    )
    heading = f"{experiment.label}, sparsity {result.sparsity:g}"
    lines = []
    arm_pairs = [
        (found_arm, random_arm),
        (found_arm, dense_arm),
        *((rival, found_arm) for rival in arms.rivals),
    ]
    for x, y in [*arm_pairs, *((y, x) for x, y in arm_pairs)]:
        repeats, other_repeats = (
            experiment.get_cell(x, result.sparsity).repeats,
            experiment.get_cell(y, result.sparsity).repeats,
        )
        unpaired = sorted((key for key in repeats if key not in other_repeats), key=str)
        if unpaired and other_repeats:
            seeds = ", ".join(format_key(key) for key in unpaired)
            lines.append(f"{heading}: {x.label} has no partner in {y.label} for {seeds}.")
    candidate_counts = {repeat.num_candidates for repeat in result.found.repeats.values()}
    if len(candidate_counts) > 1:
        lines.append(
            f"{heading}: its searches looked at {min(candidate_counts):,} to {max(candidate_counts):,} "
            "candidates."
        )
    return lines


def first_few(reasons: Sequence[str]) -> list[str]:
    """A few of them, and how many more there are."""
    num_omitted = len(reasons) - _MAX_LISTED
    return [
        *reasons[:_MAX_LISTED],
        *([f"{num_omitted} more are named in provenance.json."] if num_omitted > 0 else []),
    ]


def list_left_out(grouped: GroupedExperiments) -> list[str]:
    """Every run that is in no cell, with its reason."""
    return [
        *(
            line
            for experiment in grouped.experiments
            for line in (*experiment.reasons, *experiment.dense_repeats)
        ),
        *grouped.reasons,
    ]
