"""Ours beside other programs that evaluate the same networks: swing-up, lanes and weights.

A peer whose returns after 20 steps are not ours to 1e-6 is refused before anything is timed: two
programs that compute different things have no ratio. Episodes never end (`workload.EndlessSwingUp`), so
that a lane-step is the same work for all; only gymnasium's CartPole may end. A peer runs as few
steps as a stable figure needs, ours 1000.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import lane_steps
import numpy as np
import peers
import workload
from samples import Pace, Sampler, compare
from table import BenchmarkRow, Target

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.formats import one_network
from wannsearch.tasks.cartpole import CartPole

CHECKED_STEPS = 20
BATCH = 40  # networks x 24 lanes = 960 lanes, where batched NumPy is at its fastest
NUMPY_TARGET = 15  # counts where the yardstick cannot be measured


def lane_inputs(task: LaneTask, episodes: int = workload.EPISODES) -> tuple[Any, Any]:
    """Return weights (L,) and starts (n, L) of one network's lanes, weight by weight."""
    starts = task.start_values(workload.make_seeds(task, episodes))[:, 0].T
    return np.repeat(np.array(SIX_WEIGHTS), episodes), np.tile(starts, (1, len(SIX_WEIGHTS)))


def compiled_returns(networks: Population, task: LaneTask) -> Any:
    """Return the returns (P, L) of the compiled evaluator, lanes weight by weight."""
    scores = workload.make_compiled().evaluate(
        networks, task, workload.make_trials(), workload.make_seeds(task)
    )[0]
    return scores.returns.reshape(len(networks), -1)


def check_agreement(name: str, peer_returns: Any, returns: Any) -> None:
    """Raise AssertionError where the results of a peer are not within 1e-6 of ours."""
    difference = float(np.abs(np.asarray(peer_returns) - returns).max())
    if not difference < 1e-6:
        raise AssertionError(f"{name}: returns differ from ours by {difference:.3g}")


def make_rate_sampler(num_lane_steps: int, play: Callable[[], object]) -> Sampler:
    """Return a sampler of lane-steps a second; one call of `play` is that many lane-steps."""

    def sample() -> float:
        start_s = time.perf_counter()
        play()
        return num_lane_steps / (time.perf_counter() - start_s)

    return sample


def measure_numpy(kind: str, networks: Population, has_target: bool, pace: Pace) -> BenchmarkRow:
    """Return the row of batched NumPy on 960 lanes of one network, ours on copies of it."""
    network, short_task, steps = networks.take([0]), workload.make_swingup(horizon=CHECKED_STEPS), 100
    weights, starts = lane_inputs(short_task)
    check_agreement(
        "NumPy",
        peers.compute_numpy_returns(network, short_task, weights, starts, CHECKED_STEPS),
        compiled_returns(network, short_task),
    )
    copies = networks.take([0] * workload.POPULATION)
    batch = np.tile(weights, BATCH), np.tile(starts, (1, BATCH))
    sampler = lane_steps.make_rate_sampler(workload.make_compiled(), copies, workload.make_swingup())
    peer_sampler = make_rate_sampler(
        len(batch[0]) * steps, lambda: peers.compute_numpy_returns(network, short_task, *batch, steps)
    )
    rates = compare(sampler, peer_sampler, pace)
    return BenchmarkRow(
        name=f"{kind}, batched NumPy",
        work=f"one topology; NumPy {len(batch[0])} lanes at once, {steps} steps",
        unit="M/s",
        peer="NumPy",
        result=rates[0].scale(1e-6),
        peer_result=rates[1].scale(1e-6),
        ratio=rates[2],
        target=Target(">=", NUMPY_TARGET) if has_target else None,
    )


def measure_torch(kind: str, networks: Population, pace: Pace) -> BenchmarkRow:
    """Return the row of torch, on one thread, with matrices padded to one size."""
    import torch

    torch.set_num_threads(1)
    short_task, steps = workload.make_swingup(horizon=CHECKED_STEPS), 5
    player, lanes = peers.TorchPlayer(networks, short_task), lane_inputs(short_task)
    first_networks = networks.take(range(8))
    check_agreement(
        "torch",
        peers.TorchPlayer(first_networks, short_task).compute_returns(*lanes, CHECKED_STEPS),
        compiled_returns(first_networks, short_task),
    )
    sampler = lane_steps.make_rate_sampler(workload.make_compiled(), networks, workload.make_swingup())
    num_lane_steps = len(networks) * len(lanes[0]) * steps
    rates = compare(
        sampler, make_rate_sampler(num_lane_steps, lambda: player.compute_returns(*lanes, steps)), pace
    )
    return BenchmarkRow(
        name=f"{kind}, torch",
        work=f"192 networks, padded matrices, a bmm a depth, 1 thread; torch {steps} steps a sample",
        unit="M/s",
        peer="torch",
        result=rates[0].scale(1e-6),
        peer_result=rates[1].scale(1e-6),
        ratio=rates[2],
    )


def measure_neat(kind: str, networks: Population, pace: Pace) -> list[BenchmarkRow]:
    """Return two rows of neat-python with one lane: beside our batch, and beside our one lane."""
    network, short_task, steps = networks.take([0]), workload.make_swingup(horizon=CHECKED_STEPS), 500
    weights, starts = lane_inputs(short_task)
    peer_returns = [
        peers.compute_neat_return(network, short_task, float(w), tuple(map(float, start)), CHECKED_STEPS)
        for w, start in zip(weights, starts.T, strict=True)
    ]
    check_agreement("neat-python", peer_returns, compiled_returns(network, short_task)[0])
    start = tuple(map(float, starts[:, 0]))
    peer_sampler = make_rate_sampler(
        steps, lambda: peers.compute_neat_return(network, short_task, 1.0, start, steps)
    )
    task, single_trial = workload.make_swingup(), Trials(shared_weights=(1.0,), episodes=1)
    evaluator, seeds = workload.make_compiled(), workload.make_seeds(task)[:1]
    single_lane_sampler = make_rate_sampler(
        workload.STEPS, lambda: evaluator.evaluate(network, task, single_trial, seeds)[0]
    )
    batch_sampler = lane_steps.make_rate_sampler(evaluator, networks, task)
    results = []
    for description, sampler in (
        ("ours 192 networks x 24 lanes", batch_sampler),
        ("ours one lane too", single_lane_sampler),
    ):
        rates = compare(sampler, peer_sampler, pace)
        results.append(
            BenchmarkRow(
                name=f"{kind}, neat-python, {description}",
                work="its FeedForwardNetwork and the swing-up step in plain Python, one lane",
                unit="M/s",
                peer="neat-python",
                result=rates[0].scale(1e-6),
                peer_result=rates[1].scale(1e-6),
                ratio=rates[2],
            )
        )
    return results


def balancing_network() -> Population:
    """Return a CartPole network of 2 connections: it pushes to where the pole leans and moves."""
    return one_network.from_arrays([1] * 7, [3, 4], [6, 6], [1.0, 1.0])


def measure_gymnasium(pace: Pace) -> BenchmarkRow:
    """Return the row of one CartPole-v1 with a network in plain Python, beside ours on task=cartpole.

    Both must have the same steps in 64 episodes.
    """
    import gymnasium

    network, env = balancing_network(), gymnasium.make("CartPole-v1").unwrapped
    task = CartPole(episodes=64, horizon=500, start_range=0.05, activations=CONTROL_ACTIVATIONS)
    single_weight_trials = Trials(shared_weights=(1.0,), episodes=64)
    seeds, evaluator = workload.make_seeds(task, 64), workload.make_compiled()
    starts = task.start_values(seeds)[:, 0]
    player = peers.make_neat_network(network, task, 1.0)

    def play_episode(start: Any) -> int:
        env.reset()
        env.state = tuple(start)
        observation, is_over, steps = np.asarray(start, np.float32), False, 0
        while not is_over and steps < task.horizon:
            left, right = player.activate((1.0, *observation.tolist()))
            observation, _, is_over, _, _ = env.step(int(right > left))
            steps += 1
        return steps

    episode_steps = [play_episode(start) for start in starts]
    check_agreement(
        "gymnasium",
        episode_steps,
        evaluator.evaluate(network, task, single_weight_trials, seeds)[0].steps[0, 0],
    )
    copies, six_weight_trials = network.take([0] * workload.POPULATION), workload.make_trials(64)

    def sample_peer_rate() -> float:
        start_s = time.perf_counter()
        steps = sum(map(play_episode, starts[:8]))
        return steps / (time.perf_counter() - start_s)

    def sample_rate() -> float:
        start_s = time.perf_counter()
        steps = evaluator.evaluate(copies, task, six_weight_trials, seeds)[0].steps.sum()
        return float(steps) / (time.perf_counter() - start_s)

    rates = compare(sample_rate, sample_peer_rate, pace)
    return BenchmarkRow(
        name="CartPole-v1, gymnasium",
        work=f"single environment + network of 2 connections in neat-python, {np.mean(episode_steps):.0f} "
        "steps an episode; ours 192 networks x 384 lanes, living lanes only",
        unit="M/s",
        peer="gymnasium",
        result=rates[0].scale(1e-6),
        peer_result=rates[1].scale(1e-6),
        ratio=rates[2],
    )


def measure_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return the rows of every peer on the champion and on networks of 50 nodes, and of gymnasium."""
    has_target = isinstance(lane_steps.load_yardstick(), str)
    results = []
    for kind in ("champion", "random_50n_80c"):
        networks = workload.load_population(kind)
        if networks is None:
            continue
        results += [measure_numpy(kind, networks, has_target, pace), measure_torch(kind, networks, pace)]
        results += measure_neat(kind, networks, pace)
    return [*results, measure_gymnasium(pace)]
