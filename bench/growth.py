"""How the seconds grow with the work: individuals, edges, lanes, generations.

The bound is the work itself: P x L x steps x (edges additions + nodes activations + one step), so each of
the first three curves should have exponent 1 once the overhead of a call is gone. The exponent is the slope
of a straight line through the logarithms of the medians of the four largest sizes; the lowest samples,
which other programs disturbed least, get a line too. Lanes run `workload.EndlessSwingUp` with simplification
off, so that each size is that many times the work. A search grows by itself: its networks gain connections,
so its seconds are shown per connection too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import workload
from breeding import make_wann
from samples import Pace, Sampler, Spread, fit_power_law, make_seconds_sampler, summarize
from table import BenchmarkRow, Target, format_number

from wannsearch.core.champion import RetestRule, RetestSettings
from wannsearch.core.topologies.population import Population
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.search import Generation, Search, run_search
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp

STEPS = 250
INDIVIDUALS = (48, 96, 192, 384, 768, 1536)
EDGES = (50, 100, 200, 400, 800, 1600)  # and half as many nodes
LANES = (24, 48, 96, 192, 384, 768, 1536, 3072)
GENERATIONS = (16, 32, 64, 128, 256, 512)
NUM_FITTED = 4
MAX_EXPONENT = 1.05


def make_evaluation_sampler(networks: Population, episodes: int = workload.EPISODES) -> Sampler:
    """Return a sampler of the seconds of one call: six weights x `episodes` episodes, 250 steps."""
    task, trials = workload.make_swingup(horizon=STEPS), workload.make_trials(episodes)
    evaluator, seeds = workload.make_compiled(), workload.make_seeds(task, episodes)
    return make_seconds_sampler(lambda: evaluator.evaluate(networks, task, trials, seeds)[0])


def make_individuals_sampler(size: int) -> Sampler:
    """Return a sampler for `size` networks of 50 nodes and 80 connections, 24 lanes."""
    return make_evaluation_sampler(workload.sample_networks(size, *workload.SIZES["random_50n_80c"]))


def make_edges_sampler(size: int) -> Sampler:
    """Return a sampler for 48 networks of `size` connections and half as many nodes, 24 lanes."""
    return make_evaluation_sampler(workload.sample_networks(48, size // 2 - 7, size))


def make_lanes_sampler(size: int) -> Sampler:
    """Return a sampler for 48 networks of 50 nodes and 80 connections, `size` lanes."""
    return make_evaluation_sampler(workload.sample_networks(48, *workload.SIZES["random_50n_80c"]), size // 6)


def sample_sizes(
    make_sampler: Callable[[int], Sampler], sizes: Sequence[int], pace: Pace
) -> list[list[float]]:
    """Return `pace.min_samples` samples of each size.

    The sizes are sampled in turns, so that a slow minute meets them all; a first turn is not counted.
    """
    samplers = [make_sampler(size) for size in sizes]
    for sample in samplers:
        sample()
    turns = [[sample() for sample in samplers] for _ in range(pace.min_samples)]
    return [list(samples) for samples in zip(*turns, strict=True)]


def measure_search(generations: int) -> tuple[list[float], list[float]]:
    """Return seconds and mean connections of each generation of one search, which writes nothing."""
    seconds, connections = [], []

    def record(generation: Generation) -> None:
        seconds.append(sum(generation.seconds.values()))
        connections.append(float(generation.candidates.edges.mean()))

    task = workload.make_swingup(CartPoleSwingUp)
    wann = make_wann(64)
    wann = replace(
        wann,
        elite=0.05,
        parent_selection=replace(wann.parent_selection, tournament_size=8),
        crowding_scale=CrowdingScale.PUBLISHED,
    )
    retest = RetestSettings(repeats=16, rule=RetestRule.PUBLISHED_INTERVAL, interval=8, prefer_simpler=False)
    evaluator = workload.make_compiled(simplify=True)
    search = Search(task, wann, evaluator, workload.make_trials(), retest, 0, generations)
    run_search(search, search.initial_state(), record)
    return seconds, connections


def measure_generations(pace: Pace) -> dict[str, Any]:
    """Return the curve of a search, with the keys `sizes`, `seconds` and `connections`.

    Seconds and mean connections are those of all generations up to each of `sizes`.

    There are two searches, or one at the quick pace; the connections are those of the first.
    """
    measure_search(2)
    searches = [measure_search(max(GENERATIONS)) for _ in range(2 if pace.max_samples > 5 else 1)]
    connections = searches[0][1]
    return {
        "sizes": list(GENERATIONS),
        "seconds": [[sum(seconds[:size]) for seconds, _ in searches] for size in GENERATIONS],
        "connections": [float(np.mean(connections[:size])) for size in GENERATIONS],
    }


def fit_row(name: str, work: str, curve: dict[str, Any], has_target: bool) -> BenchmarkRow:
    """Return the row of a curve's exponent; the range is that of each turn's own fit.

    `curve` gets the keys `exponent`, `factor` and `fitted` (the fitted sizes).
    """
    sizes, seconds = curve["sizes"][-NUM_FITTED:], curve["seconds"][-NUM_FITTED:]
    medians = [summarize(samples).median for samples in seconds]
    turns = [fit_power_law(sizes, turn)[0] for turn in zip(*seconds, strict=True)]
    slope, factor = fit_power_law(sizes, medians)
    curve |= {"exponent": slope, "factor": factor, "fitted": sizes}
    min_slope = fit_power_law(sizes, [min(samples) for samples in seconds])[0]
    return BenchmarkRow(
        name=name,
        work=f"{work}; fitted over {sizes[0]}..{sizes[-1]}, "
        f"{format_number(medians[0])}..{format_number(medians[-1])} s; "
        f"the lowest samples give {format_number(min_slope)}",
        unit="",
        result=Spread(slope, min(turns), max(turns), len(turns)),
        target=Target("<=", MAX_EXPONENT, "result") if has_target else None,
    )


def measure_all(pace: Pace) -> tuple[list[BenchmarkRow], dict[str, Any]]:
    """Return the rows, and the curves by name for `growth_plot`."""
    curves: dict[str, Any] = {}
    for name, make_sampler, sizes in (
        ("individuals", make_individuals_sampler, INDIVIDUALS),
        ("edges", make_edges_sampler, EDGES),
        ("lanes", make_lanes_sampler, LANES),
    ):
        curves[name] = {"sizes": list(sizes), "seconds": sample_sizes(make_sampler, sizes, pace)}
    curves["generations"] = measure_generations(pace)
    per_generation = curves["generations"]
    curves["generations per connection"] = {
        "sizes": per_generation["sizes"],
        "seconds": [
            [second / mean for second in seconds]
            for seconds, mean in zip(per_generation["seconds"], per_generation["connections"], strict=True)
        ],
    }
    last_connections = per_generation["connections"][-1]
    descriptions = {
        "individuals": f"networks of 50 nodes, 80 connections x 24 lanes x {STEPS} steps",
        "edges": f"48 networks, half as many nodes x 24 lanes x {STEPS} steps",
        "lanes": f"48 networks of 50 nodes, 80 connections x {STEPS} steps",
        "generations": "search of cartpole_swingup, population 64, 24 lanes, simplify=true, seconds so far",
        "generations per connection": f"the same ÷ mean connections so far ({last_connections:.0f} at the "
        "end)",
    }
    with_target = ("individuals", "edges", "lanes")
    return [
        fit_row(name, descriptions[name], curve, name in with_target) for name, curve in curves.items()
    ], curves
