"""Rivals of the search: does any of them beat random masks, and does it beat random search?

A rival's figure in a repeat is the mean over its networks. It passes the bar where the interval of its
difference to the search's found network, repeat by repeat, lies above 0. p-values are corrected (Holm)
over the rivals at a sparsity, for each of the two it is held against. What each was shown stands beside
it: a gain that costs more training is another finding.
"""

from __future__ import annotations

from collections.abc import Sequence

from wannsearch.reporting.statistics.comparison import holm_correction
from wannsearch.reporting.tables.document import NOT_RUN, Record, Section, interval_record
from wannsearch.reporting.tables.weedout.arms import Arm, ArmRole, Arms
from wannsearch.reporting.tables.weedout.comparison import compare_arms, final_accuracy, mean_over_repeats
from wannsearch.reporting.tables.weedout.experiments import Experiment
from wannsearch.reporting.tables.weedout.number_format import (
    format_accuracy,
    format_difference,
    format_p_value,
    format_win_counts,
)
from wannsearch.reporting.tables.weedout.paired_differences import PairedDifferences

_OPPONENTS = (ArmRole.RANDOM, ArmRole.FOUND)
_COLUMN_TITLES = {ArmRole.RANDOM: "beats random", ArmRole.FOUND: "passes the bar"}


def build_rival_section(experiment: Experiment, arms: Arms, sparsities: Sequence[float]) -> Section:
    """A row for each rival at each sparsity; rivals, and sparsities of theirs, never run have none."""
    started_rivals = [
        arm
        for arm in arms.rivals
        if any(experiment.get_cell(arm, sparsity).num_started for sparsity in sparsities)
    ]
    sparsities = [
        sparsity
        for sparsity in sparsities
        if any(experiment.get_cell(arm, sparsity).num_started for arm in started_rivals)
    ]
    rows, records = [], []
    for sparsity in sparsities:
        differences = {
            role: {
                arm.label: compare_arms(experiment, arm, arms.by_role(role), sparsity)
                for arm in started_rivals
            }
            for role in _OPPONENTS
        }
        adjusted = {role: _adjust_p_values(differences[role]) for role in _OPPONENTS}
        for arm in started_rivals:
            row, record = _describe_rival(experiment, arm, sparsity)
            for role in _OPPONENTS:
                pair = differences[role][arm.label]
                p_holm = adjusted[role].get(arm.label)
                row += [
                    format_difference(pair),
                    format_win_counts(pair),
                    format_p_value(p_holm),
                    _format_verdict(pair),
                ]
                record |= pair.to_record(f"over_{role.value}") if pair else {}
                record |= {
                    f"over_{role.value}_p_holm": p_holm,
                    _COLUMN_TITLES[role].replace(" ", "_"): _is_better(pair),
                }
            rows.append(row)
            records.append(record)
    columns = ["sparsity", "rival", "test accuracy, %", "images, a network"]
    for role in _OPPONENTS:
        opponent_label = arms.by_role(role).label
        columns += [f"over {opponent_label}, points", "won/tied/lost", "p (Holm)", _COLUMN_TITLES[role]]
    return Section("rivals", f"Rivals: {experiment.label}", columns, rows, records)


def _describe_rival(experiment: Experiment, arm: Arm, sparsity: float) -> tuple[list[str], Record]:
    cell = experiment.get_cell(arm, sparsity)
    mean_accuracy = mean_over_repeats(cell, final_accuracy)
    images_per_network, images_per_repeat = (
        mean_over_repeats(cell, lambda repeat: repeat.images_per_network),
        mean_over_repeats(cell, lambda repeat: float(repeat.num_images)),
    )
    row = [
        f"{sparsity:g}",
        arm.label,
        format_accuracy(cell),
        "-" if images_per_network is None else f"{images_per_network.estimate:,.0f}",
    ]
    record: Record = {
        "block": experiment.label,
        "sparsity": sparsity,
        "rival": arm.label,
        "n": len(cell.repeats),
    }
    record |= {"state": "run" if cell.num_started else NOT_RUN}
    record |= interval_record(mean_accuracy, "accuracy") if mean_accuracy else {}
    record |= {
        "images_a_network": images_per_network and images_per_network.estimate,
        "images": images_per_repeat and images_per_repeat.estimate,
    }
    return row, record


def _adjust_p_values(differences: dict[str, PairedDifferences | None]) -> dict[str, float]:
    p_values = {label: pair.p_value for label, pair in differences.items() if pair is not None}
    return dict(zip(p_values, holm_correction(list(p_values.values())).tolist(), strict=True))


def _is_better(pair: PairedDifferences | None) -> bool | None:
    return None if pair is None or pair.mean.low is None else pair.is_above


def _format_verdict(pair: PairedDifferences | None) -> str:
    is_better = _is_better(pair)
    if pair is None or is_better is None:
        return "not judged"
    return ("yes" if is_better else "no") + (", exploratory" if pair.mean.is_exploratory else "")
