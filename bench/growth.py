"""How the seconds grow with the work: individuals, edges, lanes, generations.

The bound is the work itself: P x L x steps x (edges additions + nodes activations + one step), so each of the
first three curves should have exponent 1 once the overhead of a call is gone. The exponent is
the slope of a straight line through the logarithms of the medians of the four largest sizes; the
lowest samples, which other programs disturbed least, get a line too.
Lanes play `Endless` with simplification off, so that each size is that many times the work. A search
grows by itself: its networks gain connections, so its seconds are shown per connection too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import played
from breeding import method
from samples import Pace, Sample, Spread, exponent, seconds_of, spread
from table import Row, Target, number

from wannsearch.core.champion import Retest, RetestRule
from wannsearch.core.topologies.population import Population
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.search import Generation, Search, searched
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp

STEPS = 250
INDIVIDUALS = (48, 96, 192, 384, 768, 1536)
EDGES = (50, 100, 200, 400, 800, 1600)  # and half as many nodes
LANES = (24, 48, 96, 192, 384, 768, 1536, 3072)
GENERATIONS = (16, 32, 64, 128, 256, 512)
FITTED = 4
LIMIT = 1.05


def evaluation(networks: Population, episodes: int = played.EPISODES) -> Sample:
    """Seconds of one call: these networks, six weights x so many episodes, 250 steps."""
    task, trials = played.swingup(horizon=STEPS), played.trials(episodes)
    evaluator, seeds = played.compiled(), played.seeds(task, episodes)
    return seconds_of(lambda: evaluator.evaluate(networks, task, trials, seeds)[0])


def individuals(size: int) -> Sample:
    """So many networks of 50 nodes and 80 connections, 24 lanes."""
    return evaluation(played.random_networks(size, *played.SIZES["random_50n_80c"]))


def edges(size: int) -> Sample:
    """48 networks of so many connections, 24 lanes."""
    return evaluation(played.random_networks(48, size // 2 - 7, size))


def lanes(size: int) -> Sample:
    """48 networks of 50 nodes and 80 connections, so many lanes."""
    return evaluation(played.random_networks(48, *played.SIZES["random_50n_80c"]), size // 6)


def timed(make: Callable[[int], Sample], sizes: Sequence[int], pace: Pace) -> list[list[float]]:
    """Samples of each size; the sizes in turns, so that a slow minute meets them all."""
    samplers = [make(size) for size in sizes]
    for sample in samplers:
        sample()
    turns = [[sample() for sample in samplers] for _ in range(pace.least)]
    return [list(samples) for samples in zip(*turns, strict=True)]


def one_search(generations: int) -> tuple[list[float], list[float]]:
    """Seconds and mean connections of each generation of a search, nothing written."""
    seconds, connections = [], []

    def record(now: Generation) -> None:
        seconds.append(sum(now.seconds.values()))
        connections.append(float(now.candidates.edges.mean()))

    task = played.swingup(CartPoleSwingUp)
    wann = replace(
        method(64), elite=0.05, effective_tournament_size=8, crowding_scale=CrowdingScale.PUBLISHED
    )
    retest = Retest(repeats=16, rule=RetestRule.AT_SAVES, interval=8, prefer_simpler=False)
    evaluator = played.compiled(simplify=True)
    search = Search(task, wann, evaluator, played.trials(), retest, 0, generations)
    searched(search, search.opening(), record)
    return seconds, connections


def generations(pace: Pace) -> dict[str, Any]:
    """Seconds up to each of these generations, and the mean connections until there."""
    one_search(2)
    runs = [one_search(max(GENERATIONS)) for _ in range(2 if pace.most > 5 else 1)]
    connections = runs[0][1]
    return {
        "sizes": list(GENERATIONS),
        "seconds": [[sum(seconds[:size]) for seconds, _ in runs] for size in GENERATIONS],
        "connections": [float(np.mean(connections[:size])) for size in GENERATIONS],
    }


def row(name: str, work: str, curve: dict[str, Any], judged: bool) -> Row:
    """A curve's exponent; the range is that of each turn's own fit."""
    sizes, seconds = curve["sizes"][-FITTED:], curve["seconds"][-FITTED:]
    medians = [spread(samples).median for samples in seconds]
    turns = [exponent(sizes, turn)[0] for turn in zip(*seconds, strict=True)]
    fit, factor = exponent(sizes, medians)
    curve |= {"exponent": fit, "factor": factor, "fitted": sizes}
    undisturbed = exponent(sizes, [min(samples) for samples in seconds])[0]
    return Row(
        name=name,
        work=f"{work}; fitted over {sizes[0]}..{sizes[-1]}, {number(medians[0])}..{number(medians[-1])} s; "
        f"the lowest samples give {number(undisturbed)}",
        unit="",
        ours=Spread(fit, min(turns), max(turns), len(turns)),
        target=Target("<=", LIMIT, "ours") if judged else None,
    )


def measured(pace: Pace) -> tuple[list[Row], dict[str, Any]]:
    """The rows, and the curves for the picture."""
    curves: dict[str, Any] = {}
    for name, make, sizes in (
        ("individuals", individuals, INDIVIDUALS),
        ("edges", edges, EDGES),
        ("lanes", lanes, LANES),
    ):
        curves[name] = {"sizes": list(sizes), "seconds": timed(make, sizes, pace)}
    curves["generations"] = generations(pace)
    per = curves["generations"]
    curves["generations per connection"] = {
        "sizes": per["sizes"],
        "seconds": [
            [second / mean for second in seconds]
            for seconds, mean in zip(per["seconds"], per["connections"], strict=True)
        ],
    }
    last = per["connections"][-1]
    words = {
        "individuals": f"networks of 50 nodes, 80 connections x 24 lanes x {STEPS} steps",
        "edges": f"48 networks, half as many nodes x 24 lanes x {STEPS} steps",
        "lanes": f"48 networks of 50 nodes, 80 connections x {STEPS} steps",
        "generations": "search of cartpole_swingup, population 64, 24 lanes, simplify=true, seconds so far",
        "generations per connection": f"the same ÷ mean connections so far ({last:.0f} at the end)",
    }
    judged = ("individuals", "edges", "lanes")
    return [row(name, words[name], curve, name in judged) for name, curve in curves.items()], curves
