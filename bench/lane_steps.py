"""Lane-steps per second: one forward pass and one swing-up step of one (network, weight, episode).

    python bench/lane_steps.py [--threads 1] [--repeats 7]

Work of a row: 192 networks x 24 lanes (6 shared weights x 4 episodes) x at most 1000 steps, through
`Compiled.evaluate` on a `Population`, packing included. Counted are steps of living lanes. The bound
of the champion, one thread, float64: 52 additions from the first cache, 23 activations and one step
are about 13 ns a lane, 75 million a second. Where the yardstick (`bench/limit.py` beside the
reference files, hand-written vectors) is there, both alternate in this process and the ratio is what
counts; elsewhere its column is empty.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from wannsearch.core.activations import CONTROL
from wannsearch.core.population import Population
from wannsearch.core.streams import Role
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.evaluators.compiled import Compiled, Precision
from wannsearch.formats import networks
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp
from wannsearch.tasks.starts import StartStates

POPULATION, EPISODES, STEPS = 192, 4, 1000
SIZES = {"minimal": (0, 3), "random_50n_80c": (43, 80), "random_106n_245c": (99, 245)}
REFERENCE = Path(__file__).resolve().parents[1] / os.environ.get(
    "WANNSEARCH_REFERENCE", "../shared/reference"
)


def yardstick() -> ModuleType | None:
    """The hand-written kernel's module, where it is and can run."""
    path = REFERENCE.parent / "bench" / "limit.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("limit", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        module.library()
    except (RuntimeError, OSError) as error:
        print(f"yardstick not measurable: {error}")
        return None
    return module


def random_network(rng: np.random.Generator, hidden: int, connections: int) -> Population:
    """A network of this size with connections anywhere they climb."""
    nodes = 7 + hidden
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < connections:
        source, target = int(rng.integers(0, nodes - 1)), int(rng.integers(6, nodes))
        if source < target:
            pairs.add((target, source))
    edges = np.array(sorted(pairs), np.int32)
    activation = np.r_[np.ones(6), rng.integers(1, 11, hidden), 1].astype(np.int8)
    return Population(
        np.array([nodes], np.int32),
        activation[None],
        np.array([connections], np.int32),
        edges[None, :, 1].copy(),
        edges[None, :, 0].copy(),
        np.ones((1, connections)),
    )


def population(kind: str, task: CartPoleSwingUp) -> Population | None:
    """192 networks: copies of the published champion, or random ones of one size."""
    if kind == "champion":
        path = REFERENCE / "wann" / "swing.out"
        return networks.read(path, task.ports).take(np.zeros(POPULATION, int)) if path.is_file() else None
    rng = np.random.default_rng(0)
    made = [random_network(rng, *SIZES[kind]) for _ in range(POPULATION)]
    return Population(
        *(np.concatenate([getattr(one, name) for one in made]) for name in Population.__dataclass_fields__)
    )


def measured(kind: str, precision: Precision, threads: int, repeats: int, limit: ModuleType | None) -> None:
    """Print a row."""
    task = CartPoleSwingUp(
        episodes=EPISODES, horizon=STEPS, start_states=StartStates.KEYED, activations=CONTROL
    )
    networks_played = population(kind, task)
    if networks_played is None:
        print(f"{kind:18s} {precision.value}  not measurable: no published network at {REFERENCE}")
        return
    evaluator = Compiled(
        precision=precision, threads=threads, chunk=None, max_memory=None, vector_bits=None, simplify=False
    )
    trials = Trials(shared_weights=SIX_WEIGHTS, episodes=EPISODES)
    seeds = task.episode_seeds(0, Role.EPISODES, 1, EPISODES)
    ours, limits, busy = [], [], []
    for repeat in range(repeats + 1):  # the first warms up
        begin, cpu = time.perf_counter(), time.process_time()
        steps = evaluator.evaluate(networks_played, task, trials, seeds).steps.sum()
        wall = time.perf_counter() - begin
        rate, share = steps / wall, (time.process_time() - cpu) / wall
        beside = limit.swingup_rate(kind, precision.value, threads=threads) if limit else float("nan")
        if repeat:
            ours.append(rate)
            busy.append(share)
            limits.append(beside)
    ratio = statistics.median(a / b for a, b in zip(ours, limits, strict=True))
    print(
        f"{kind:18s} {precision.value}  {statistics.median(ours) / 1e6:7.1f} M "
        f"({min(ours) / 1e6:.1f}..{max(ours) / 1e6:.1f})   "
        f"yardstick {statistics.median(limits) / 1e6:7.1f} M   ratio {ratio:.2f}   "
        f"CPU / wall {statistics.median(busy):.2f}"
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    limit = yardstick()
    print(f"lane-steps a second, {options.threads} thread(s), median (range) of {options.repeats}")
    for kind in ("minimal", "champion", "random_50n_80c", "random_106n_245c"):
        for precision in Precision:
            measured(kind, precision, options.threads, options.repeats, limit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
