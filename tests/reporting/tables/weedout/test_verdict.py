"""The four conditions, each way they can come out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from table_settings import material, table
from weedout_runs import make_repeat

from wannsearch.reporting.tables.weedout.arms import check_arms
from wannsearch.reporting.tables.weedout.experiments import group_into_experiments
from wannsearch.reporting.tables.weedout.verdict import Condition, judge_conditions, summarize_conditions

WIGGLE = np.array([-2, 1, 2, -1, 0, 1, -2, 2, -1, 0]) / 1000
Runs = Callable[..., tuple[dict[str, Condition], str]]


@pytest.fixture
def verdict(tmp_path: Path) -> Runs:
    """Ten repeats at 80 %, changed as asked: the conditions by number, and the closing sentence."""

    def made(
        repeats: int = 10,
        *,
        gain: float = 0.0,
        loss: float = 0.01,
        lead: float = 0.1,
        slower: int = 0,
        uneven: int = 1,  # epochs by which found and random are slower in turns
        spread: float = 1.0,
        sparsities: tuple[float, ...] = (0.8,),
    ) -> tuple[dict[str, Condition], str]:
        for seed in range(repeats):
            more: dict[str, Any] = {"seed": seed}
            random = 0.96 + seed / 1000
            found = random + gain + spread * float(WIGGLE[seed])
            make_repeat(tmp_path / f"d{seed}", "dense", [random + loss], **more)
            for s in sparsities:
                own = more | {"sparsity": s}
                first = 0.5 + lead * (s > 0) + float(WIGGLE[seed])
                late = slower + uneven * (seed % 2)
                curve = [[first, *[0.8] * late, *[0.95] * (5 - late)]]
                make_repeat(tmp_path / f"f{seed}_{s}", "found", [found], curves=curve, **own)
                late = uneven * (1 - seed % 2)
                curve = [[0.5, *[0.8] * late, *[0.95] * (5 - late)]]
                make_repeat(tmp_path / f"r{seed}_{s}", "random", [random], curves=curve, **own)
        for config in tmp_path.glob("d*/.hydra/config.yaml"):
            config.write_text(config.read_text().replace("epochs: 3", "epochs: 6"))
        for path in tmp_path.glob("d*/best/evaluation.json"):
            path.write_text(path.read_text().replace("0.85, 0.95]", "0.85, 0.95, 0.95, 0.95, 0.95]"))
        settings = table("weedout")
        grouped, arms = material(tmp_path).run_groups, check_arms(settings.arms)
        runs = [run for group in grouped.groups for run in group.runs]
        (block,) = group_into_experiments(runs, [], arms, settings.ignored_keys).experiments
        told = settings.make_verdict_input(block, arms)
        four = judge_conditions(told, settings.paper)
        return {one.name[0]: one for one in four}, summarize_conditions(four, told)

    return made


def holds(found: dict[str, Condition]) -> list[str]:
    return [found[number].verdict.value for number in "1234"]


def test_the_papers_finding_is_reproduced_where_all_four_hold(verdict: Runs) -> None:
    found, closing = verdict()
    assert holds(found) == ["holds"] * 4
    assert closing.startswith("Reproduces the paper's finding")
    assert "at 1 sparsities with at least 10 repeats" in closing
    assert "+1.00 [" in found["1"].evidence


def test_a_search_that_gains_in_the_end_is_another_finding(verdict: Runs) -> None:
    found, closing = verdict(gain=0.01)
    assert holds(found) == ["holds", "holds", "does not hold", "holds"]
    assert "is without 0" in found["3"].evidence
    assert closing.startswith("Does not reproduce")


def test_a_difference_that_is_not_significant_is_not_shown_to_be_none(verdict: Runs) -> None:
    found, closing = verdict(spread=10.0)
    assert found["3"].verdict.value == "not decided"
    needed = np.ceil((2.9 * 1000 * WIGGLE.std(ddof=1) / 0.5) ** 2)
    assert f"it would take about {needed:.0f} repeats, not 10" in found["3"].evidence
    assert closing.startswith("Not decided")


def test_a_search_that_did_nothing_is_no_success(verdict: Runs) -> None:
    assert holds(verdict(lead=-0.1)[0])[1] == "does not hold"


def test_a_lead_that_may_be_none_is_not_decided(verdict: Runs) -> None:
    assert holds(verdict(lead=0.0)[0])[1] == "not decided"


def test_a_found_network_that_is_faster_or_slower_breaks_the_fourth(verdict: Runs) -> None:
    found, _ = verdict(slower=2)
    assert found["4"].verdict.value == "does not hold"
    assert "+2.00 [+1." in found["4"].evidence


@pytest.mark.parametrize("slower", [0, 2])
def test_what_is_the_same_in_every_repeat_has_no_spread_and_judges_nothing(
    verdict: Runs, slower: int
) -> None:
    found, closing = verdict(slower=slower, uneven=0, spread=0.0, gain=0.002)
    assert holds(found) == ["not judged", "holds", "not judged", "not judged"]
    assert f"{'+2.00' if slower else '0.00'} each time, no spread between repeats" in found["4"].evidence
    assert "+0.20 each time, no spread between repeats" in found["3"].evidence
    assert "no spread between repeats at sparsity 0.8" in found["1"].evidence
    assert closing.startswith("Not decided")


def test_accuracy_that_falls_further_than_a_few_points_breaks_the_first(verdict: Runs) -> None:
    assert holds(verdict(loss=0.035)[0])[0] == "does not hold"


def test_a_level_that_was_not_run_is_not_judged(verdict: Runs) -> None:
    found, closing = verdict(sparsities=(0.4,))
    assert found["1"].verdict.value == "not judged"
    assert "at sparsity 0.8" in found["1"].evidence
    assert "Not decided" in closing


def test_sparsity_none_has_no_lead_to_show(verdict: Runs) -> None:
    found, _ = verdict(sparsities=(0.0, 0.8))
    assert holds(found) == ["holds"] * 4
    assert " 0: " not in found["2"].evidence
    assert " 0: " in found["3"].evidence


def test_networks_that_are_the_same_where_nothing_is_masked_leave_no_condition_open(
    tmp_path: Path, verdict: Runs
) -> None:
    for seed in range(10):
        for arm in ("found", "random"):
            curve = [[0.5, *[0.95] * 5]]
            make_repeat(tmp_path / f"{arm}{seed}", arm, [0.97], curves=curve, seed=seed, sparsity=0.0)
    found, _ = verdict()
    assert holds(found) == ["holds"] * 4
    assert "0 (not judged): 0.00 each time" in found["3"].evidence


def test_one_repeat_judges_nothing(verdict: Runs) -> None:
    found, _ = verdict(1)
    assert holds(found) == ["not judged"] * 4
    assert all("fewer than 2 repeats" in found[number].evidence for number in "1234")


def test_few_repeats_say_nothing_about_the_paper(verdict: Runs) -> None:
    _, closing = verdict(6)
    assert "6 repeats, and 10 are the least" in closing
    assert closing.startswith("Not decided")


def test_a_sparsity_at_which_rivals_alone_were_run_decides_nothing(tmp_path: Path, verdict: Runs) -> None:
    make_repeat(tmp_path / "imp", "imp", [0.9], sparsity=0.9, curves=[[0.5, *[0.95] * 5]])
    four, closing = verdict()
    assert closing.startswith("Reproduces the paper's finding: all four conditions hold, at 1 sparsities")
    assert all("0.9 " not in one.evidence for one in four.values())
