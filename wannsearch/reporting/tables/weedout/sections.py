"""The parts of the Weedout table, one section each, and the notes under them.

Five parts have a row for each sparsity, or for each arm at each sparsity: test accuracy, early lead and
speed, the correlation of early fitness with test accuracy, rivals of the search, and networks with their
budgets. A sixth counts repeats.

A rival is another way to a sparse network. Its value in a repeat is the mean over its networks, and it beats
the search where the interval of its difference to the found network, repeat by repeat, lies above 0. p-values
are corrected (Holm) over the rivals at a sparsity, once for each of the two arms that rivals are compared
with. The images that a rival was trained on stand beside it, since a gain that costs more training is another
finding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wannsearch.reporting.statistics.comparison import holm_correction
from wannsearch.reporting.tables.document import (
    INTERVAL_NOTE,
    NOT_RUN,
    Column,
    Record,
    Section,
    TextOnly,
    drop_none,
    refuse_verdict,
    value_column,
)
from wannsearch.reporting.tables.weedout.arms import Arm, ArmRole, Arms, format_key
from wannsearch.reporting.tables.weedout.comparison import (
    PairedDifferences,
    SparsityResult,
    compare_arms,
    final_accuracy,
    mean_over_repeats,
    standard_error,
)
from wannsearch.reporting.tables.weedout.experiments import (
    DesignCell,
    Experiment,
    GroupedExperiments,
    Repeat,
)
from wannsearch.reporting.tables.weedout.number_format import (
    format_accuracy,
    format_difference,
    format_missing,
    format_p_in_sentence,
    format_p_value,
    format_percent,
    format_repeat_counts,
    format_signed,
    format_signed_interval,
    format_win_counts,
)

_OPPONENTS = (ArmRole.RANDOM, ArmRole.FOUND)
_MAX_LISTED = 8


def build_accuracy_section(
    experiment: Experiment,
    results: Sequence[SparsityResult],
    margin_at: Callable[[float], float],
    alpha: float,
) -> Section:
    """Return the test accuracy of dense, random and found, and the gain of the search, by sparsity.

    `margin_at` gives the margin of equivalence in points for a sparsity, `alpha` the level of its two tests.
    """
    records = []
    for result in results:
        difference = result.final_difference
        record: Record = {
            "experiment": experiment.label,
            "sparsity": result.sparsity,
            "n": difference.n if difference else 0,
        }
        for name in ("dense", "random", "found"):
            record |= _make_cell_record(getattr(result, name), name)
        record |= {"sd_over_masks": result.sd_over_masks} | drop_none({"difference": difference})
        margin_points = margin_at(result.sparsity)
        equivalence = difference.equivalence(margin_points, alpha) if difference else None
        if equivalence is not None:
            record |= {"margin": margin_points}
            if equivalence.p_value is not None:
                record |= {
                    "equal": equivalence.is_equivalent,
                    "equal_low": equivalence.low,
                    "equal_high": equivalence.high,
                    "equal_p": equivalence.p_value,
                    "repeats_needed": equivalence.min_pairs,
                }
        records.append(record)
    columns = [
        _sparsity_column(),
        value_column("n", "n"),
        *(value_column(f"{name}, %", f"{name}_cell", _format_cell) for name in ("dense", "random", "found")),
        value_column("sd over masks", "sd_over_masks", format_percent),
        value_column("found - random, points", "difference", format_difference),
        value_column("won/tied/lost", "difference", format_win_counts),
        value_column("p", "difference", lambda difference: format_p_value(difference.p_value)),
        Column(f"equal ({100 - 200 * alpha:g} % interval)", "equal", _format_equivalence),
        value_column("repeats needed", "repeats_needed"),
    ]
    return Section("table", f"Test accuracy: {experiment.label}", columns, records)


def build_early_section(
    experiment: Experiment, results: Sequence[SparsityResult], threshold: float
) -> Section:
    """Return early fitness, the lead of found over random, and epochs to a validation accuracy, by sparsity.

    `threshold` is that accuracy in %.
    """
    records = []
    for result in results:
        fitness_sd = mean_over_repeats(result.found, lambda repeat: repeat.early_sd)
        record: Record = {"experiment": experiment.label, "sparsity": result.sparsity}
        record |= drop_none(
            {
                "early_best": mean_over_repeats(result.found, lambda repeat: float(repeat.early_fitness[0])),
                "early_mean": mean_over_repeats(result.found, lambda repeat: repeat.early_mean),
            }
        )
        record |= {"early_sd": fitness_sd and fitness_sd.estimate}
        record |= drop_none({_lead_key(epoch): pair for epoch, pair in result.early_differences.items()})
        record |= drop_none(
            {
                "epochs_found": mean_over_repeats(result.found, _make_epochs_statistic(threshold)),
                "epochs_random": mean_over_repeats(result.random, _make_epochs_statistic(threshold)),
                "epochs_difference": result.epochs_difference,
            }
        )
        names = ("found_not_reached", "found_networks", "random_not_reached", "random_networks")
        records.append(record | dict(zip(names, result.num_not_reached, strict=True)))
    columns = [
        _sparsity_column(),
        value_column("early fitness, best", "early_best", lambda interval: f"{interval.estimate:.3f}"),
        Column("all candidates", "early_mean", _format_early_fitness),
        *(
            value_column(f"lead at epoch {epoch}", _lead_key(epoch), _format_lead)
            for epoch in (results[0].early_differences if results else ())
        ),
        _epochs_column(f"epochs to {threshold:g} %, found", "epochs_found"),
        _epochs_column("random", "epochs_random"),
        value_column("difference", "epochs_difference", format_difference),
        Column("never: found, random", "found_not_reached", _format_not_reached),
    ]
    return Section("early", f"Early lead and speed: {experiment.label}", columns, records)


def build_correlation_section(experiment: Experiment, results: Sequence[SparsityResult]) -> Section:
    """Return the correlation of early fitness with test accuracy, and the bounds it sets, by sparsity."""
    records = []
    for result in results:
        correlations = result.correlation
        record: Record = {"experiment": experiment.label, "sparsity": result.sparsity}
        record |= drop_none({"rho": correlations.within_repeats})
        record |= {
            "rho_repeats": correlations.within_repeats.n if correlations.within_repeats else 0,
            "rho_pooled": correlations.pooled,
            "masks": correlations.num_masks,
            "sd_over_masks": correlations.final_sd,
            "candidates": correlations.num_candidates,
            "gain_at_most": correlations.max_gain,
            "rho_at_most": correlations.max_correlation,
        }
        records.append(record)
    columns = [
        _sparsity_column(),
        value_column("rank correlation in a repeat", "rho", format_signed_interval),
        value_column("repeats", "rho_repeats"),
        value_column("over all masks", "rho_pooled", format_signed),
        value_column("masks", "masks"),
        value_column("sd over masks", "sd_over_masks", format_percent),
        value_column("candidates", "candidates"),
        value_column("gain at most, points", "gain_at_most", format_percent),
        value_column("correlation at most, by found - random", "rho_at_most", format_signed),
    ]
    heading = f"Early fitness against test accuracy: {experiment.label}"
    return Section("correlation", heading, columns, records)


def build_rival_section(experiment: Experiment, arms: Arms, sparsities: Sequence[float]) -> Section:
    """Return a row for each rival at each sparsity, without rivals and sparsities that were never run."""
    started_rivals = [
        arm
        for arm in arms.rivals
        if any(experiment.get_cell(arm, sparsity).num_started for sparsity in sparsities)
    ]
    records = []
    for sparsity in sparsities:
        if not any(experiment.get_cell(arm, sparsity).num_started for arm in started_rivals):
            continue
        differences = {
            role: {
                arm.label: compare_arms(experiment, arm, arms.by_role(role), sparsity)
                for arm in started_rivals
            }
            for role in _OPPONENTS
        }
        adjusted = {role: _adjust_p_values(differences[role]) for role in _OPPONENTS}
        for arm in started_rivals:
            record = _make_rival_record(experiment, arm, sparsity)
            for role in _OPPONENTS:
                difference = differences[role][arm.label]
                record |= drop_none({f"over_{role.value}": difference})
                record |= {
                    f"over_{role.value}_p_holm": adjusted[role].get(arm.label),
                    f"beats_{role.value}": _is_better(difference),
                }
            records.append(record)
    columns = [
        _sparsity_column(),
        value_column("rival", "rival"),
        value_column("test accuracy, %", "accuracy_cell", _format_cell),
        value_column("images, a network", "images_a_network", _format_count),
    ]
    for role in _OPPONENTS:
        columns += _make_opponent_columns(arms.by_role(role))
    return Section("rivals", f"Rivals: {experiment.label}", columns, records)


def build_network_section(experiment: Experiment, arms: Arms, sparsities: Sequence[float]) -> Section:
    """Return the remaining parameters of each arm's networks and the images they were trained on.

    There is a row for each arm with repeats at each sparsity; figures are means over repeats.
    """
    records = []
    for sparsity in sparsities:
        for arm in arms.members:
            repeats = list(experiment.get_cell(arm, sparsity).repeats.values())
            if not repeats:
                continue
            first_repeat = repeats[0]
            record: Record = {
                "experiment": experiment.label,
                "sparsity": sparsity,
                "arm": arm.label,
                "n": len(repeats),
                "live_parameters": _mean([repeat.live_parameters for repeat in repeats]),
                "mask_sparsity": _mean([repeat.mask_sparsity for repeat in repeats]),
                "parameter_sparsity": _mean(
                    [1 - repeat.live_parameters / max(repeat.num_parameters, 1) for repeat in repeats]
                ),
                "images_a_network": _mean([repeat.images_per_network for repeat in repeats]),
                "images": _mean([float(repeat.num_images) for repeat in repeats]),
                "parameters": first_repeat.num_parameters,
                "images_source": first_repeat.image_source,
            }
            split_sizes = zip(("training", "validation", "test"), first_repeat.split_sizes, strict=True)
            records.append(record | {f"images_{name}": count for name, count in split_sizes})
    granularity = f"{experiment.settings.get('method.granularity', 'node')!s}".removesuffix("s")
    columns = [
        _sparsity_column(),
        value_column("arm", "arm"),
        value_column("live parameters", "live_parameters", _format_count),
        value_column(f"{granularity} sparsity", "mask_sparsity", lambda share: f"{share:.3f}"),
        value_column("parameter sparsity", "parameter_sparsity", lambda share: f"{share:.3f}"),
        value_column("images shown, a network", "images_a_network", _format_count),
        value_column("a repeat", "images", _format_count),
    ]
    return Section("networks", f"Networks and budgets: {experiment.label}", columns, records)


def build_repeat_section(experiment: Experiment, arms: Arms, sparsities: Sequence[float]) -> Section:
    """Return the number of repeats of each arm, a row an arm and a column a sparsity.

    There is one record, and so one line of the CSV file, for each arm and sparsity.
    """
    records: list[Record] = []
    for arm in arms.members:
        for sparsity in sparsities:
            cell = experiment.get_cell(arm, sparsity)
            record: Record = {"experiment": experiment.label, "arm": arm.label, "sparsity": sparsity}
            record |= {"n": len(cell.repeats), "failed": cell.num_failed, "not_finished": cell.num_unfinished}
            record |= {"seeds": " ".join(str(seed) for seed, _ in sorted(cell.repeats, key=str))}
            record |= {"state": "run" if cell.num_started else NOT_RUN, "cell": TextOnly(cell)}
            records.append(record)
    columns = [
        value_column("repeats of", "arm"),
        *(
            value_column(f"sparsity {sparsity:g}", "cell", _format_repeats, position)
            for position, sparsity in enumerate(sparsities)
        ),
    ]
    heading = f"Repeats: {experiment.label}"
    return Section("repeats", heading, columns, records, records_per_row=max(len(sparsities), 1))


def _sparsity_column() -> Column:
    return value_column("sparsity", "sparsity", lambda sparsity: f"{sparsity:g}")


def _epochs_column(title: str, key: str) -> Column:
    return value_column(title, key, lambda interval: format_percent(interval.estimate))


def _make_opponent_columns(opponent: Arm) -> list[Column]:
    role = opponent.role.value
    key = f"over_{role}"
    return [
        value_column(f"over {opponent.label}, points", key, format_difference),
        value_column("won/tied/lost", key, format_win_counts),
        value_column("p (Holm)", f"{key}_p_holm", format_p_value),
        Column(f"beats {role}", f"beats_{role}", lambda record: _format_verdict(record.get(key))),
    ]


def _lead_key(epoch: int) -> str:
    return f"early_difference_epoch_{epoch}"


def _make_cell_record(cell: DesignCell, name: str) -> Record:
    record: Record = {f"{name}_cell": TextOnly(cell)}
    mean = mean_over_repeats(cell, final_accuracy)
    if mean is None:
        return record | {f"{name}_state": format_missing(cell)}
    record |= {f"{name}_n": len(cell.repeats), f"{name}_se": standard_error(cell, final_accuracy)}
    return record | {name: mean}


def _make_rival_record(experiment: Experiment, arm: Arm, sparsity: float) -> Record:
    cell = experiment.get_cell(arm, sparsity)
    images_per_network = mean_over_repeats(cell, lambda repeat: repeat.images_per_network)
    images_per_repeat = mean_over_repeats(cell, lambda repeat: float(repeat.num_images))
    record: Record = {
        "experiment": experiment.label,
        "sparsity": sparsity,
        "rival": arm.label,
        "n": len(cell.repeats),
        "state": "run" if cell.num_started else NOT_RUN,
        "accuracy_cell": TextOnly(cell),
    }
    record |= drop_none({"accuracy": mean_over_repeats(cell, final_accuracy)})
    return record | {
        "images_a_network": images_per_network and images_per_network.estimate,
        "images": images_per_repeat and images_per_repeat.estimate,
    }


def _make_epochs_statistic(threshold: float) -> Callable[[Repeat], float]:
    return lambda repeat: float(repeat.epochs_to_accuracy(threshold).mean())


def _mean(values: list[float]) -> float:
    return float(np.mean(sorted(values)))


def _adjust_p_values(differences: dict[str, PairedDifferences | None]) -> dict[str, float]:
    p_values = {label: pair.p_value for label, pair in differences.items() if pair is not None}
    return dict(zip(p_values, holm_correction(list(p_values.values())).tolist(), strict=True))


def _is_better(difference: PairedDifferences | None) -> bool | None:
    return None if difference is None or difference.mean.low is None else difference.is_above


def _format_cell(cell: TextOnly) -> str:
    return format_accuracy(cell.value)


def _format_repeats(cell: TextOnly) -> str:
    return format_repeat_counts(cell.value) if cell.value.num_started else NOT_RUN


def _format_equivalence(record: Record) -> str:
    if "margin" not in record:
        return "-"
    if "equal" not in record:
        return refuse_verdict("no spread between repeats")
    interval_text = f"[{format_signed(record['equal_low'])}, {format_signed(record['equal_high'])}]"
    return (
        f"{'yes' if record['equal'] else 'not shown'}, {interval_text} in ±{record['margin']:g}, "
        f"{format_p_in_sentence(record['equal_p'])}"
    )


def _format_early_fitness(record: Record) -> str:
    if "early_mean" not in record:
        return "-"
    sd = record["early_sd"]
    return f"{record['early_mean'].estimate:.3f} ± {'-' if sd is None else f'{sd:.3f}'}"


def _format_lead(lead: PairedDifferences) -> str:
    return format_signed_interval(lead.mean)


def _format_not_reached(record: Record) -> str:
    return (
        f"{record['found_not_reached']} of {record['found_networks']}, "
        f"{record['random_not_reached']} of {record['random_networks']}"
    )


def _format_count(count: float) -> str:
    return f"{count:,.0f}"


def _format_verdict(difference: PairedDifferences | None) -> str:
    is_better = _is_better(difference)
    if difference is None or is_better is None:
        return "not judged"
    return ("yes" if is_better else "no") + (", exploratory" if difference.mean.is_exploratory else "")


def describe_columns(source: str, arms: Arms, alpha: float, threshold: float) -> list[str]:
    """Return the notes that explain the columns; `threshold` and `alpha` are shares, not percent."""
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
    """Return the notes on one experiment: its images, its unpaired seeds, the runs that do not count."""
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
    """Return the first 8 reasons, and a line with the number of those left out, if any."""
    num_omitted = len(reasons) - _MAX_LISTED
    return [
        *reasons[:_MAX_LISTED],
        *([f"{num_omitted} more are named in provenance.json."] if num_omitted > 0 else []),
    ]


def list_left_out(grouped: GroupedExperiments) -> list[str]:
    """Return a line with the reason for every run of an arm that is not a repeat.

    Runs of the same methods that match no arm have a line each; runs of other methods have one together.
    """
    return [
        *(
            line
            for experiment in grouped.experiments
            for line in (*experiment.reasons, *experiment.dense_repeats)
        ),
        *grouped.reasons,
    ]
