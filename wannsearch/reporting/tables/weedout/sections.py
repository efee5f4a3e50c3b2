"""The parts of the Weedout table that hold the search against random masks, a row a sparsity."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wannsearch.reporting.statistics.interval import Interval
from wannsearch.reporting.tables.document import NOT_RUN, Record, Section, interval_record, refuse_verdict
from wannsearch.reporting.tables.weedout.arms import Arms
from wannsearch.reporting.tables.weedout.comparison import (
    SparsityResult,
    final_accuracy,
    mean_over_repeats,
    standard_error,
    values_by_repeat,
)
from wannsearch.reporting.tables.weedout.experiments import DesignCell, Experiment
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
from wannsearch.reporting.tables.weedout.repeats import Repeat


def build_accuracy_section(
    experiment: Experiment,
    results: Sequence[SparsityResult],
    margin_at: Callable[[float], float],
    alpha: float,
) -> Section:
    """Test accuracy of dense, random and found, and what the search was worth."""
    rows, records = [], []
    for result in results:
        margin_points = margin_at(result.sparsity)
        row = [f"{result.sparsity:g}", str(result.final_difference.n if result.final_difference else 0)]
        row += [format_accuracy(cell) for cell in (result.dense, result.random, result.found)]
        row += [
            format_percent(result.sd_over_masks),
            format_difference(result.final_difference),
            format_win_counts(result.final_difference),
        ]
        row.append(format_p_value(result.final_difference.p_value if result.final_difference else None))
        record: Record = {
            "block": experiment.label,
            "sparsity": result.sparsity,
            "n": result.final_difference.n if result.final_difference else 0,
        }
        for name in ("dense", "random", "found"):
            record |= _make_cell_record(getattr(result, name), name)
        record |= {"sd_over_masks": result.sd_over_masks}
        record |= result.final_difference.to_record("difference") if result.final_difference else {}
        equivalence = (
            result.final_difference.equivalence(margin_points, alpha) if result.final_difference else None
        )
        if equivalence is None:
            row += ["-", "-"]
        elif equivalence.p_value is None:
            row += [refuse_verdict("no spread between repeats"), "-"]
            record |= {"margin": margin_points}
        else:
            interval_text = f"[{format_signed(equivalence.low)}, {format_signed(equivalence.high)}]"
            row.append(
                f"{'yes' if equivalence.is_equivalent else 'not shown'}, {interval_text} in "
                f"±{margin_points:g}, {format_p_in_sentence(equivalence.p_value)}"
            )
            row.append(str(equivalence.min_pairs))
            record |= {
                "margin": margin_points,
                "equal": equivalence.is_equivalent,
                "equal_low": equivalence.low,
                "equal_high": equivalence.high,
            }
            record |= {"equal_p": equivalence.p_value, "repeats_needed": equivalence.min_pairs}
        rows.append(row)
        records.append(record)
    columns = (
        "sparsity", "n", "dense, %", "random, %", "found, %", "sd over masks", "found - random, points",
        "won/tied/lost", "p", f"equal ({100 - 200 * alpha:g} % interval)", "repeats needed",
    )  # fmt: skip
    return Section("table", f"Test accuracy: {experiment.label}", columns, rows, records)


def build_early_section(
    experiment: Experiment, results: Sequence[SparsityResult], threshold: float
) -> Section:
    """What the search saw, how long its lead lasts, and whether it converges faster."""
    lead_epochs = list(results[0].early_differences) if results else []
    rows, records = [], []
    for result in results:
        best_fitness = mean_over_repeats(result.found, lambda repeat: float(repeat.early_fitness[0]))
        mean_fitness = mean_over_repeats(result.found, _early_mean)
        fitness_sd = mean_over_repeats(result.found, _early_sd)
        sd_text = "-" if fitness_sd is None else f"{fitness_sd.estimate:.3f}"
        all_candidates = "-" if mean_fitness is None else f"{mean_fitness.estimate:.3f} ± {sd_text}"
        early_differences = [
            format_signed_interval(pair.mean if pair else None) for pair in result.early_differences.values()
        ]
        mean_epochs = [
            mean_over_repeats(cell, _make_epochs_statistic(threshold))
            for cell in (result.found, result.random)
        ]
        not_reached = (
            f"{result.num_not_reached[0]} of {result.num_not_reached[1]}, "
            f"{result.num_not_reached[2]} of {result.num_not_reached[3]}"
        )
        row = [
            f"{result.sparsity:g}",
            "-" if best_fitness is None else f"{best_fitness.estimate:.3f}",
            all_candidates,
            *early_differences,
        ]
        row += [format_percent(mean.estimate if mean else None) for mean in mean_epochs]
        rows.append([*row, format_difference(result.epochs_difference), not_reached])
        record: Record = {"block": experiment.label, "sparsity": result.sparsity}
        record |= _make_interval_record("early_best", best_fitness) | _make_interval_record(
            "early_all", mean_fitness
        )
        record |= {"early_all_sd": fitness_sd and fitness_sd.estimate}
        for epoch, pair in result.early_differences.items():
            record |= pair.to_record(f"lead_{epoch}") if pair else {}
        record |= _make_interval_record("epochs_found", mean_epochs[0]) | _make_interval_record(
            "epochs_random", mean_epochs[1]
        )
        record |= result.epochs_difference.to_record("epochs_difference") if result.epochs_difference else {}
        names = ("found_never", "found_networks", "random_never", "random_networks")
        records.append(record | dict(zip(names, result.num_not_reached, strict=True)))
    columns = [
        "sparsity", "early fitness, best", "all candidates",
        *(f"lead at epoch {epoch}" for epoch in lead_epochs),
        f"epochs to {threshold:g} %, found", "random", "difference", "never: found, random",
    ]  # fmt: skip
    return Section("early", f"Early lead and speed: {experiment.label}", columns, rows, records)


def build_correlation_section(experiment: Experiment, results: Sequence[SparsityResult]) -> Section:
    """Whether an early look tells good masks from bad ones."""
    rows, records = [], []
    for result in results:
        correlations = result.correlation
        row = [
            f"{result.sparsity:g}",
            format_signed_interval(correlations.within_repeats),
            str(correlations.within_repeats.n if correlations.within_repeats else 0),
        ]
        row += [
            format_signed(correlations.pooled),
            str(correlations.num_masks),
            format_percent(correlations.final_sd),
            str(correlations.num_candidates),
        ]
        rows.append(
            [*row, format_percent(correlations.max_gain), format_signed(correlations.max_correlation)]
        )
        record: Record = {"block": experiment.label, "sparsity": result.sparsity} | _make_interval_record(
            "rho", correlations.within_repeats
        )
        record |= {
            "rho_repeats": correlations.within_repeats.n if correlations.within_repeats else 0,
            "rho_together": correlations.pooled,
        }
        record |= {
            "masks": correlations.num_masks,
            "sd_over_masks": correlations.final_sd,
            "candidates": correlations.num_candidates,
        }
        records.append(
            record | {"gain_at_most": correlations.max_gain, "rho_at_most": correlations.max_correlation}
        )
    columns = (
        "sparsity", "rank correlation in a repeat", "repeats", "over all masks", "masks", "sd over masks",
        "candidates", "gain at most, points", "correlation at most, by found - random",
    )  # fmt: skip
    return Section(
        "correlation", f"Early fitness against test accuracy: {experiment.label}", columns, rows, records
    )


def build_network_section(experiment: Experiment, arms: Arms, sparsities: Sequence[float]) -> Section:
    """What was left of the parent, and what it was shown."""
    rows, records = [], []
    for sparsity in sparsities:
        for arm in arms.members:
            repeats = list(experiment.get_cell(arm, sparsity).repeats.values())
            if not repeats:
                continue
            means = {
                "live_parameters": _mean([repeat.live_parameters for repeat in repeats]),
                "mask_sparsity": _mean([repeat.mask_sparsity for repeat in repeats]),
                "parameter_sparsity": _mean(
                    [1 - repeat.live_parameters / max(repeat.num_parameters, 1) for repeat in repeats]
                ),
                "images_a_network": _mean([repeat.images_per_network for repeat in repeats]),
                "images": _mean([float(repeat.num_images) for repeat in repeats]),
            }
            row = [f"{sparsity:g}", arm.label, f"{means['live_parameters']:,.0f}"]
            row += [f"{means[name]:.3f}" for name in ("mask_sparsity", "parameter_sparsity")]
            rows.append([*row, *(f"{means[name]:,.0f}" for name in ("images_a_network", "images"))])
            first_repeat = repeats[0]
            record: Record = {
                "block": experiment.label,
                "sparsity": sparsity,
                "arm": arm.label,
                "n": len(repeats),
            }
            record |= means | {
                "parameters": first_repeat.num_parameters,
                "images_source": first_repeat.image_source,
            }
            split_sizes = zip(("training", "validation", "test"), first_repeat.split_sizes, strict=True)
            records.append(record | {f"images_{name}": count for name, count in split_sizes})
    granularity = f"{experiment.settings.get('method.granularity', 'node')!s}".removesuffix("s")
    columns = (
        "sparsity", "arm", "live parameters", f"{granularity} sparsity", "parameter sparsity",
        "images shown, a network", "a repeat",
    )  # fmt: skip
    return Section("networks", f"Networks and budgets: {experiment.label}", columns, rows, records)


def build_repeat_section(experiment: Experiment, arms: Arms, sparsities: Sequence[float]) -> Section:
    """How many repeats there are of everything."""
    rows, records = [], []
    for arm in arms.members:
        arm_cells = [experiment.get_cell(arm, sparsity) for sparsity in sparsities]
        rows.append(
            [arm.label, *(format_repeat_counts(cell) if cell.num_started else NOT_RUN for cell in arm_cells)]
        )
        for sparsity, cell in zip(sparsities, arm_cells, strict=True):
            record: Record = {"block": experiment.label, "arm": arm.label, "sparsity": sparsity}
            record |= {"n": len(cell.repeats), "failed": cell.num_failed, "not_finished": cell.num_unfinished}
            record |= {"seeds": " ".join(str(seed) for seed, _ in sorted(cell.repeats, key=str))}
            records.append(record | {"state": "run" if cell.num_started else NOT_RUN})
    columns = ("repeats of", *(f"sparsity {sparsity:g}" for sparsity in sparsities))
    return Section("cells", f"Repeats: {experiment.label}", columns, rows, records)


def _make_cell_record(cell: DesignCell, name: str) -> Record:
    if not values_by_repeat(cell, final_accuracy):
        return {f"{name}_state": format_missing(cell)}
    record: Record = {f"{name}_n": len(cell.repeats), f"{name}_se": standard_error(cell, final_accuracy)}
    return record | _make_interval_record(name, mean_over_repeats(cell, final_accuracy))


def _make_interval_record(name: str, interval: Interval | None) -> Record:
    return {} if interval is None else interval_record(interval, name)


def _early_mean(repeat: Repeat) -> float:
    return repeat.early_mean


def _early_sd(repeat: Repeat) -> float:
    return repeat.early_sd


def _make_epochs_statistic(threshold: float) -> Callable[[Repeat], float]:
    return lambda repeat: float(repeat.epochs_to_accuracy(threshold).mean())


def _mean(values: list[float]) -> float:
    return float(np.mean(sorted(values)))
