"""The speed of evaluator=environments against a plain loop over the same environments with the same actions.

The bound is the environment's own step: nothing that plays it can be faster than a loop which calls
`environment.step` with actions that are known beforehand. A pass of such a loop (`gymnasium.make(…,
disable_env_checker=True)`, one environment at a time, the same makes, resets and actions) and a pass of the
evaluator alternate in one process; a pair gives one ratio of times, loop ÷ evaluator.

    python bench/environments.py [--pairs 10] [--in-process] [ENV_ID …]     also without a worker process
    python bench/environments.py --scaling [ENV_ID …]     two workers ÷ one, beside two plain loops ÷ one

Two processors may share a core, so what two plain loops reach is the bound of what two workers can.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import yaml

from wannsearch.core.activations import ACTIVATION_IDS, CONTROL_ACTIVATIONS
from wannsearch.core.arrays import FloatArray, UInt64Array
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.environment_lanes import EnvironmentLanes
from wannsearch.evaluators.environments import Environments
from wannsearch.evaluators.workers.worker_evaluator import OnFailure
from wannsearch.formats import one_network
from wannsearch.tasks.gymnasium import Gymnasium

WEIGHTS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Workload:
    """Networks of one size that play one environment."""

    env_id: str
    horizon: int
    hidden: int  # nodes
    connections: int
    networks: int = 64
    episodes: int = 1


WORKLOADS = (
    Workload("BipedalWalker-v3", 200, hidden=44, connections=210),  # the size of the paper's champion
    Workload("Pendulum-v1", 200, hidden=12, connections=30),
    Workload("CartPole-v1", 500, hidden=12, connections=30, episodes=4),
)


@dataclass
class Recorder:
    """The seed and the actions of every episode that a task has played."""

    episodes: list[tuple[int, list[Any]]] = field(default_factory=list)


class RecordedEpisode:
    """An episode that writes down its actions."""

    def __init__(self, episode: Any, actions: list[Any]) -> None:
        self.episode, self.actions, self.close = episode, actions, episode.close

    def step(self, action: Any, observation: FloatArray) -> tuple[float, bool, bool]:
        """Write the action down and take it."""
        self.actions.append(action)
        result: tuple[float, bool, bool] = self.episode.step(action, observation)
        return result


class RecordedTask(Gymnasium):
    """A task whose episodes are written down."""

    def start_episode(self, seed: int, observation: FloatArray) -> Any:
        """Start an episode that is written down."""
        actions: list[Any] = []
        RECORDER.episodes.append((seed % 2**31, actions))
        return RecordedEpisode(super().start_episode(seed, observation), actions)


RECORDER = Recorder()
REUSED = ("CartPole-v1", "Pendulum-v1")
"""The environments of which one object plays all episodes, here and in the plain loop."""


def make_task(task_type: type[Gymnasium], workload: Workload) -> Gymnasium:
    """Make the task of a workload."""
    settings = yaml.safe_load((Path(__file__).parents[1] / "conf/task/gymnasium.yaml").read_text("utf-8"))
    settings = {key: value for key, value in settings.items() if key not in ("_target_", "defaults")}
    return task_type(**settings | {"env_id": workload.env_id, "horizon": workload.horizon})


def make_networks(task: Gymnasium, workload: Workload) -> Population:
    """Draw networks with so many hidden nodes and connections."""
    rng, ports = np.random.default_rng(0), task.ports
    nodes = ports.first_hidden + workload.hidden + ports.outputs
    possible = np.array(
        [(s, t) for t in range(ports.first_hidden, nodes) for s in range(min(t, nodes - ports.outputs))]
    )
    identifiers = [ACTIVATION_IDS[name] for name in CONTROL_ACTIVATIONS]

    def make_network() -> Population:
        edges = possible[np.sort(rng.choice(len(possible), workload.connections, replace=False))]
        return one_network.from_arrays(
            rng.choice(identifiers, nodes), edges[:, 0], edges[:, 1], rng.uniform(-2, 2, len(edges))
        )

    return Population.concatenate([make_network() for _ in range(workload.networks)])


def play_raw_loop(env_id: str, episodes: list[tuple[int, list[Any]]], is_reusable: bool) -> float:
    """Step through all episodes with their actions; return the seconds."""
    started = time.perf_counter()
    environment: Any = None
    for seed, actions in episodes:
        if environment is None or not is_reusable:
            environment = gymnasium.make(env_id, disable_env_checker=True)
        environment.reset(seed=seed)
        for action in actions:
            _, _, terminated, truncated, _ = environment.step(action)
            if terminated or truncated:
                break
        if not is_reusable:
            environment.close()
    return time.perf_counter() - started


def record_episodes(workload: Workload) -> tuple[Population, Trials, UInt64Array]:
    """Play a workload once, so that `RECORDER` has its episodes; return networks, trials and seeds."""
    seeds: UInt64Array = np.arange(workload.episodes, dtype=np.uint64) + np.uint64(7)
    trials = Trials(shared_weights=WEIGHTS, episodes=workload.episodes)
    recorded_task = make_task(RecordedTask, workload)
    networks = make_networks(recorded_task, workload)
    RECORDER.episodes.clear()
    EnvironmentLanes(in_flight=8).evaluate(networks, recorded_task, trials, seeds)
    return networks, trials, seeds


def make_supervised(workers: int) -> Environments:
    """Make the evaluator with so many worker processes."""
    return Environments(
        workers=workers,
        in_flight=8,
        time_limit_s=None,
        on_failure=OnFailure.WORST,
        simplify=False,
        chunk=None,
    )


def time_plain_loops(workload: Workload, episodes: list[tuple[int, list[Any]]], processes: int) -> float:
    """Return the seconds in which so many processes play their parts of the episodes."""
    started = time.perf_counter()
    children = [
        multiprocessing.get_context("fork").Process(
            target=play_raw_loop,
            args=(workload.env_id, episodes[part::processes], workload.env_id in REUSED),
        )
        for part in range(processes)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return time.perf_counter() - started


def measure_scaling(workload: Workload, pairs: int) -> dict[str, list[float]]:
    """Return the speed of two processes ÷ that of one, for workers and for plain loops."""
    networks, trials, seeds = record_episodes(workload)
    episodes = list(RECORDER.episodes)
    task, evaluators = make_task(Gymnasium, workload), {n: make_supervised(n) for n in (1, 2)}
    for evaluator in evaluators.values():
        evaluator.evaluate(networks, task, trials, seeds)
    ratios: dict[str, list[float]] = {"workers": [], "plain loops": []}
    for _ in range(pairs):
        seconds = {}
        for number, evaluator in evaluators.items():
            started = time.perf_counter()
            evaluator.evaluate(networks, task, trials, seeds)
            seconds[number] = time.perf_counter() - started
        ratios["workers"].append(seconds[1] / seconds[2])
        ratios["plain loops"].append(
            time_plain_loops(workload, episodes, 1) / time_plain_loops(workload, episodes, 2)
        )
    for evaluator in evaluators.values():
        evaluator.close()
    return ratios


def measure_workload(workload: Workload, pairs: int, is_in_process: bool) -> dict[str, Any]:
    """Return steps, seconds and the ratios of all pairs for one workload."""
    networks, trials, seeds = record_episodes(workload)
    episodes = list(RECORDER.episodes)
    num_steps = sum(len(actions) for _, actions in episodes)
    is_reusable = workload.env_id in REUSED
    task = make_task(Gymnasium, workload)
    supervised = make_supervised(1)
    evaluators: dict[str, Any] = {"one worker": supervised}
    if is_in_process:
        evaluators["in one process"] = EnvironmentLanes(in_flight=8)
    ratios: dict[str, list[float]] = {name: [] for name in evaluators}
    for evaluator in evaluators.values():
        evaluator.evaluate(networks, task, trials, seeds)
    raw_seconds = []
    for pair in range(pairs):
        for name, evaluator in evaluators.items():
            seconds = {}
            for part in ("raw", "ours") if pair % 2 else ("ours", "raw"):
                if part == "raw":
                    seconds[part] = play_raw_loop(workload.env_id, episodes, is_reusable)
                else:
                    started = time.perf_counter()
                    evaluator.evaluate(networks, task, trials, seeds)
                    seconds[part] = time.perf_counter() - started
            raw_seconds.append(seconds["raw"])
            ratios[name].append(seconds["raw"] / seconds["ours"])
    supervised.close()
    return {"steps": num_steps, "raw_s": statistics.median(raw_seconds), "ratios": ratios}


def describe(ratios: list[float]) -> str:
    """Return the median of the ratios and their range."""
    middle, low, high = statistics.median(ratios), min(ratios), max(ratios)
    return f"{middle:.3f}, {low:.3f} to {high:.3f} in {len(ratios)} pairs"


def main() -> None:
    """Print one line for each environment and evaluator."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("env_ids", nargs="*", default=[w.env_id for w in WORKLOADS])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument("--in-process", action="store_true")
    arguments = parser.parse_args()
    for workload in WORKLOADS:
        if workload.env_id not in arguments.env_ids:
            continue
        if arguments.scaling:
            for name, ratios in measure_scaling(workload, arguments.pairs).items():
                print(f"{workload.env_id}: two {name} ÷ one: {describe(ratios)}", flush=True)
            continue
        result = measure_workload(workload, arguments.pairs, arguments.in_process)
        rate = result["steps"] / result["raw_s"]
        print(f"{workload.env_id}: {result['steps']:,} steps, plain loop {rate:,.0f} steps/s")
        for name, ratios in result["ratios"].items():
            print(f"  {name} ÷ plain loop: {describe(ratios)}", flush=True)


if __name__ == "__main__":
    main()
