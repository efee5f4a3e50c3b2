"""Lane-steps per second: one forward pass and one swing-up step of one (network, weight, episode).

Ours is `Compiled.evaluate` on a `Population`, packing included, float64 and float32, one thread, nothing
simplified. Beside it stands the yardstick, hand-written C++ vectors on the same networks, which has no
packing in its time and runs every lane to the horizon. Each kind and precision has two rows: with
episodes that end, where only steps of active lanes count as ours, and with episodes that never end,
the same work for both.

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
import workload
from samples import Pace, Sampler, cite, compare, sample_in_turns, summarize
from table import BenchmarkRow, Target

from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp

MILLIONTH = 1e-6
LANE_STEPS = workload.POPULATION * workload.EPISODES * len(SIX_WEIGHTS) * workload.STEPS
TARGETS = {
    ("champion", LanePrecision.FLOAT64): 0.75,
    ("champion", LanePrecision.FLOAT32): 0.70,
    ("minimal", LanePrecision.FLOAT64): 0.65,
    ("random_106n_245c", LanePrecision.FLOAT64): 0.65,
    ("random_50n_80c", LanePrecision.FLOAT64): 0.60,
}
PUBLISHED_RATE = 13.9e3  # lane-steps/s of the published code, champion; measured on another host
PUBLISHED_TARGET = 3500


def load_yardstick() -> ModuleType | str:
    """Return the module of the hand-written kernel, built, or the reason why it cannot run."""
    path = workload.REFERENCE.parent / "bench" / "limit.py"
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


def measure_agreement(
    yardstick_module: ModuleType, kind: str, networks: Population, steps: int = 20
) -> float:
    """Return the share of returns, after `steps` steps in float64, that are within 1e-6 of the yardstick's.

    It is short of 1 in random networks, where a step function at zero or a weight of 2 amplifies a last bit.
    """
    task = workload.make_swingup(horizon=steps)
    seeds = workload.make_seeds(task)
    returns = workload.make_compiled().evaluate(networks, task, workload.make_trials(), seeds)[0].returns
    num_networks, *arrays = yardstick_module.packed(yardstick_module.networks(kind))
    num_lanes = len(SIX_WEIGHTS) * workload.EPISODES
    weights = np.tile(np.array(SIX_WEIGHTS), workload.EPISODES)
    start = np.repeat(task.start_values(seeds)[:, 0], len(SIX_WEIGHTS), 0)
    yardstick_returns = np.empty((num_networks, num_lanes))

    def as_pointer(array: Any) -> Any:
        return array.ctypes.data_as(ctypes.c_void_p)

    yardstick_module.library().eval_swing(
        num_networks, *map(as_pointer, arrays), as_pointer(weights), as_pointer(start),
        num_lanes, num_lanes, steps, 0, 0, 1, 1,
        as_pointer(yardstick_returns),
    )  # fmt: skip
    by_weight = yardstick_returns.reshape(num_networks, workload.EPISODES, len(SIX_WEIGHTS)).swapaxes(1, 2)
    return float((np.abs(by_weight - returns) < 1e-6).mean())


def make_rate_sampler(evaluator: Compiled, networks: Population, task: CartPoleSwingUp) -> Sampler:
    """Return a sampler of steps of active lanes a second."""
    trials, seeds = workload.make_trials(), workload.make_seeds(task)

    def sample() -> float:
        start_s = time.perf_counter()
        steps = evaluator.evaluate(networks, task, trials, seeds)[0].steps.sum()
        return float(steps) / (time.perf_counter() - start_s)

    return sample


def measure_beside_yardstick(
    kind: str, precision: LanePrecision, task: CartPoleSwingUp, yardstick_module: ModuleType | str, pace: Pace
) -> BenchmarkRow:
    """Return the row of one kind and precision, with episodes that end or never end, as the task has them.

    The row says so where the networks or the yardstick are missing.
    """
    endless = isinstance(task, workload.EndlessSwingUp)
    name = f"{kind} {precision.value}" + (", equal work" if endless else "")
    work = "no lane ends before the horizon, ours neither" if endless else "living lanes only, real deaths"
    target = TARGETS.get((kind, precision))
    fields: dict[str, Any] = {"name": name, "work": work, "unit": "M/s", "peer": "yardstick"}
    if target and not endless:
        fields["target"] = Target(">=", target)
    networks = workload.load_population(kind)
    if networks is None:
        return BenchmarkRow(
            **fields, result=None, note="not measurable: the published network is not at hand"
        )
    evaluator = workload.make_compiled(precision)
    live_share = (
        evaluator.evaluate(networks, task, workload.make_trials(), workload.make_seeds(task))[0].steps.sum()
        / LANE_STEPS
    )
    assert not endless or live_share == 1.0
    fields["work"] += "" if endless else f": {live_share:.0%} of all lane-steps"
    sampler = make_rate_sampler(evaluator, networks, task)
    if isinstance(yardstick_module, str):
        return BenchmarkRow(
            **fields,
            result=summarize(sample_in_turns([sampler], pace)[0]).scale(MILLIONTH),
            note=f"not measurable: {yardstick_module}",
        )
    rates = compare(sampler, lambda: yardstick_module.swingup_rate(kind, precision.value), pace)
    return BenchmarkRow(
        **fields, result=rates[0].scale(MILLIONTH), peer_result=rates[1].scale(MILLIONTH), ratio=rates[2]
    )


def measure_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return the rows of every kind in both precisions, and the champion beside the published code.

    AssertionError where 1 % of the yardstick's returns differ.
    """
    yardstick_module = load_yardstick()
    results = []
    for kind in workload.KINDS:
        networks = workload.load_population(kind)
        if not isinstance(yardstick_module, str) and networks is not None:
            agreeing_share = measure_agreement(yardstick_module, kind, networks)
            assert agreeing_share > 0.99, (
                f"{kind}: only {agreeing_share:.1%} of the yardstick's returns are ours"
            )
        for precision in LanePrecision:
            for task in (workload.make_swingup(CartPoleSwingUp), workload.make_swingup()):
                results.append(measure_beside_yardstick(kind, precision, task, yardstick_module, pace))
    return [*results, *make_published_rows(results)]


def make_published_rows(results: list[BenchmarkRow]) -> list[BenchmarkRow]:
    """Return the row of the champion beside the cited rate of the published code."""
    champion_rate = next(row.result for row in results if row.name == "champion float64")
    return [
        BenchmarkRow(
            name="champion float64 ÷ published code",
            work="steps of living lanes; the published code's rate is cited, measured elsewhere",
            unit="M/s",
            result=champion_rate,
            peer_result=cite(PUBLISHED_RATE * MILLIONTH),
            peer="published WANN code",
            ratio=champion_rate.scale(1 / (PUBLISHED_RATE * MILLIONTH)) if champion_rate else None,
            target=Target(">=", PUBLISHED_TARGET),
        )
    ]


def measure_simplified_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return rows of the same work with simplification, beside the work without it.

    Steps count as if all networks were evaluated.
    """
    results = []
    for kind in workload.KINDS:
        networks = workload.load_population(kind)
        if networks is None:
            continue
        task = workload.make_swingup(CartPoleSwingUp)
        for precision in LanePrecision:
            plain_evaluator = workload.make_compiled(precision)
            simplifying_evaluator = workload.make_compiled(precision, simplify=True)
            scores = simplifying_evaluator.evaluate(
                networks, task, workload.make_trials(), workload.make_seeds(task)
            )[0]
            rates = compare(
                make_rate_sampler(simplifying_evaluator, networks, task),
                make_rate_sampler(plain_evaluator, networks, task),
                pace,
            )
            remark = ", for they are 192 copies of one" if kind == "champion" else ""
            deduplicated_share = 1 - (scores.num_played or 0) / len(networks)
            results.append(
                BenchmarkRow(
                    name=f"{kind} {precision.value}",
                    work=(
                        f"living lanes as if all were played; {deduplicated_share:.1%} of the networks "
                        f"saved{remark}"
                    ),
                    unit="M/s",
                    result=rates[0].scale(MILLIONTH),
                    peer_result=rates[1].scale(MILLIONTH),
                    peer="ours, simplify=false",
                    ratio=rates[2],
                )
            )
    return results
