"""Lane-steps per second: one forward pass and one swing-up step of one (network, weight, episode).

Ours is `Compiled.evaluate` on a `Population`, packing included, float64 and float32, one thread, nothing
simplified. Beside it stands the yardstick, hand-written C++ vectors on the same networks, which has no
packing in its time and plays every lane to the horizon. Two rows a kind: with real deaths, where only
steps of living lanes count as ours, and with episodes that never end, the same work for both.

Bound of the champion, float64: 52 additions from the first cache (1.9 ns), 23 activations (8 ns) and
one step (3.4 ns) are about 13 ns a lane, 75 million a second; memory traffic is nil.
"""

from __future__ import annotations

import ctypes
import importlib.util
import subprocess
import time
from types import ModuleType
from typing import Any

import numpy as np
import played
from samples import Pace, Sample, cited, compared, in_turns, spread
from table import Row, Target

from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS
from wannsearch.evaluators.compiled import Compiled, Precision
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp

M = 1e-6
LANE_STEPS = played.POPULATION * played.EPISODES * len(SIX_WEIGHTS) * played.STEPS
TARGETS = {
    ("champion", Precision.FLOAT64): 0.75,
    ("champion", Precision.FLOAT32): 0.70,
    ("minimal", Precision.FLOAT64): 0.65,
    ("random_106n_245c", Precision.FLOAT64): 0.65,
    ("random_50n_80c", Precision.FLOAT64): 0.60,
}
PUBLISHED_RATE = 13.9e3  # lane-steps/s of the published code, champion; measured on another host
PUBLISHED_TARGET = 3500


def yardstick() -> ModuleType | str:
    """The hand-written kernel's module where it can run, or why not."""
    path = played.REFERENCE.parent / "bench" / "limit.py"
    if not path.is_file():
        return "no yardstick at hand"
    spec = importlib.util.spec_from_file_location("limit", path)
    assert spec is not None
    assert spec.loader is not None
    limit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(limit)
    try:
        limit.library()
    except RuntimeError as error:
        return str(error)
    except (OSError, subprocess.CalledProcessError):
        return "the yardstick does not build here"
    return limit


def agreement(limit: ModuleType, kind: str, networks: Population, steps: int = 20) -> float:
    """The share of returns, after so many steps in float64, that are within 1e-6 of the yardstick's.

    Short of 1 in random networks, where a step function at zero or a weight of 2 blows up a last bit.
    """
    task = played.swingup(horizon=steps)
    seeds = played.seeds(task)
    ours = played.compiled().evaluate(networks, task, played.trials(), seeds)[0].returns
    count, *arrays = limit.packed(limit.networks(kind))
    lanes = len(SIX_WEIGHTS) * played.EPISODES
    weights = np.tile(np.array(SIX_WEIGHTS), played.EPISODES)
    start = np.repeat(task.starts(seeds)[:, 0], len(SIX_WEIGHTS), 0)
    theirs = np.empty((count, lanes))

    def pointer(array: Any) -> Any:
        return array.ctypes.data_as(ctypes.c_void_p)

    limit.library().eval_swing(
        count, *map(pointer, arrays), pointer(weights), pointer(start), lanes, lanes, steps, 0, 0, 1, 1,
        pointer(theirs),
    )  # fmt: skip
    by_weight = theirs.reshape(count, played.EPISODES, len(SIX_WEIGHTS)).swapaxes(1, 2)
    return float((np.abs(by_weight - ours) < 1e-6).mean())


def lived_rate(evaluator: Compiled, networks: Population, task: CartPoleSwingUp) -> Sample:
    """A sampler of steps of living lanes a second."""
    trials, seeds = played.trials(), played.seeds(task)

    def sample() -> float:
        begin = time.perf_counter()
        steps = evaluator.evaluate(networks, task, trials, seeds)[0].steps.sum()
        return float(steps) / (time.perf_counter() - begin)

    return sample


def beside_yardstick(
    kind: str, precision: Precision, task: CartPoleSwingUp, limit: ModuleType | str, pace: Pace
) -> Row:
    """One kind and precision, real deaths or endless."""
    endless = isinstance(task, played.Endless)
    name = f"{kind} {precision.value}" + (", equal work" if endless else "")
    work = "no lane ends before the horizon, ours neither" if endless else "living lanes only, real deaths"
    target = TARGETS.get((kind, precision))
    row: dict[str, Any] = {"name": name, "work": work, "unit": "M/s", "peer": "yardstick"}
    if target and not endless:
        row["target"] = Target(">=", target)
    networks = played.population(kind)
    if networks is None:
        return Row(**row, ours=None, note="not measurable: the published network is not at hand")
    evaluator = played.compiled(precision)
    lived = (
        evaluator.evaluate(networks, task, played.trials(), played.seeds(task))[0].steps.sum() / LANE_STEPS
    )
    assert not endless or lived == 1.0
    row["work"] += "" if endless else f": {lived:.0%} of all lane-steps"
    ours = lived_rate(evaluator, networks, task)
    if isinstance(limit, str):
        return Row(**row, ours=spread(in_turns([ours], pace)[0]).scaled(M), note=f"not measurable: {limit}")
    rates = compared(ours, lambda: limit.swingup_rate(kind, precision.value), pace)
    return Row(**row, ours=rates[0].scaled(M), beside=rates[1].scaled(M), ratio=rates[2])


def rows(pace: Pace) -> list[Row]:
    """Every kind in both precisions, and the champion beside the published code."""
    limit = yardstick()
    made = []
    for kind in played.KINDS:
        networks = played.population(kind)
        if not isinstance(limit, str) and networks is not None:
            same = agreement(limit, kind, networks)
            assert same > 0.99, f"{kind}: only {same:.1%} of the yardstick's returns are ours"
        for precision in Precision:
            for task in (played.swingup(CartPoleSwingUp), played.swingup()):
                made.append(beside_yardstick(kind, precision, task, limit, pace))
    return [*made, *published(made)]


def published(made: list[Row]) -> list[Row]:
    """The champion beside the figure of the published code."""
    ours = next(row.ours for row in made if row.name == "champion float64")
    return [
        Row(
            name="champion float64 ÷ published code",
            work="steps of living lanes; the published code's rate is cited, measured elsewhere",
            unit="M/s",
            ours=ours,
            beside=cited(PUBLISHED_RATE * M),
            peer="published WANN code",
            ratio=ours.scaled(1 / (PUBLISHED_RATE * M)) if ours else None,
            target=Target(">=", PUBLISHED_TARGET),
        )
    ]


def simplified_rows(pace: Pace) -> list[Row]:
    """The same work with simplification: what counts is what would have been played without it."""
    made = []
    for kind in played.KINDS:
        networks = played.population(kind)
        if networks is None:
            continue
        task = played.swingup(CartPoleSwingUp)
        for precision in Precision:
            plain = played.compiled(precision)
            simple = played.compiled(precision, simplify=True)
            scores = simple.evaluate(networks, task, played.trials(), played.seeds(task))[0]
            rates = compared(lived_rate(simple, networks, task), lived_rate(plain, networks, task), pace)
            copies = ", for they are 192 copies of one" if kind == "champion" else ""
            saved = 1 - (scores.played or 0) / len(networks)
            made.append(
                Row(
                    name=f"{kind} {precision.value}",
                    work=f"living lanes as if all were played; {saved:.1%} of the networks saved{copies}",
                    unit="M/s",
                    ours=rates[0].scaled(M),
                    beside=rates[1].scaled(M),
                    peer="ours, simplify=false",
                    ratio=rates[2],
                )
            )
    return made
