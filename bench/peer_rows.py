"""Ours beside other players of the same networks, swing-up, lanes and weights.

A peer whose returns after 20 steps are not ours to 1e-6 is refused before anything is timed: two
programs that compute different things have no ratio. Episodes never end (`played.Endless`), so that
a lane-step is the same work for all. A peer plays as few steps as a stable figure needs, ours 1000.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import lane_steps
import numpy as np
import peers
import played
from samples import Pace, Sample, compared
from table import Row, Target

from wannsearch.core.activations import CONTROL
from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.formats import one_network
from wannsearch.tasks.cartpole import CartPole

CHECKED_STEPS = 20
BATCH = 40  # networks x 24 lanes = 960 lanes, where batched NumPy is at its fastest
NUMPY_TARGET = 15  # counts where the yardstick cannot be measured


def lanes_of(task: LaneTask, episodes: int = played.EPISODES) -> tuple[Any, Any]:
    """Weights (L,) and starts (n, L) of one network's lanes, weight by weight."""
    starts = task.starts(played.seeds(task, episodes))[:, 0].T
    return np.repeat(np.array(SIX_WEIGHTS), episodes), np.tile(starts, (1, len(SIX_WEIGHTS)))


def ours_returns(networks: Population, task: LaneTask) -> Any:
    """(P, L) returns."""
    scores = played.compiled().evaluate(networks, task, played.trials(), played.seeds(task))[0]
    return scores.returns.reshape(len(networks), -1)


def agree(name: str, theirs: Any, ours: Any) -> None:
    """Refuse a peer that computes something else."""
    apart = float(np.abs(np.asarray(theirs) - ours).max())
    if not apart < 1e-6:
        raise AssertionError(f"{name}: returns differ from ours by {apart:.3g}")


def a_rate(lane_steps_played: int, play: Callable[[], object]) -> Sample:
    """A sampler of lane-steps a second."""

    def sample() -> float:
        begin = time.perf_counter()
        play()
        return lane_steps_played / (time.perf_counter() - begin)

    return sample


def numpy_row(kind: str, networks: Population, judged: bool, pace: Pace) -> Row:
    """Batched NumPy on copies of one topology."""
    one, short, steps = networks.take([0]), played.swingup(horizon=CHECKED_STEPS), 100
    weights, starts = lanes_of(short)
    agree("NumPy", peers.numpy_returns(one, short, weights, starts, CHECKED_STEPS), ours_returns(one, short))
    copies = networks.take([0] * played.POPULATION)
    batch = np.tile(weights, BATCH), np.tile(starts, (1, BATCH))
    ours = lane_steps.lived_rate(played.compiled(), copies, played.swingup())
    theirs = a_rate(len(batch[0]) * steps, lambda: peers.numpy_returns(one, short, *batch, steps))
    rates = compared(ours, theirs, pace)
    return Row(
        name=f"{kind}, batched NumPy",
        work=f"one topology; NumPy {len(batch[0])} lanes at once, {steps} steps",
        unit="M/s",
        peer="NumPy",
        ours=rates[0].scaled(1e-6),
        beside=rates[1].scaled(1e-6),
        ratio=rates[2],
        target=Target(">=", NUMPY_TARGET) if judged else None,
    )


def torch_row(kind: str, networks: Population, pace: Pace) -> Row:
    """Padded matrices in torch."""
    import torch

    torch.set_num_threads(1)
    short, steps = played.swingup(horizon=CHECKED_STEPS), 5
    player, lanes = peers.Torch(networks, short), lanes_of(short)
    first = networks.take(range(8))
    agree("torch", peers.Torch(first, short).returns(*lanes, CHECKED_STEPS), ours_returns(first, short))
    ours = lane_steps.lived_rate(played.compiled(), networks, played.swingup())
    count = len(networks) * len(lanes[0]) * steps
    rates = compared(ours, a_rate(count, lambda: player.returns(*lanes, steps)), pace)
    return Row(
        name=f"{kind}, torch",
        work=f"192 networks, padded matrices, a bmm a depth, 1 thread; torch {steps} steps a sample",
        unit="M/s",
        peer="torch",
        ours=rates[0].scaled(1e-6),
        beside=rates[1].scaled(1e-6),
        ratio=rates[2],
    )


def neat_rows(kind: str, networks: Population, pace: Pace) -> list[Row]:
    """neat-python, one lane: beside our batch, and beside ours with one lane too."""
    one, short, steps = networks.take([0]), played.swingup(horizon=CHECKED_STEPS), 500
    weights, starts = lanes_of(short)
    played_alone = [
        peers.neat_return(one, short, float(w), tuple(map(float, start)), CHECKED_STEPS)
        for w, start in zip(weights, starts.T, strict=True)
    ]
    agree("neat-python", played_alone, ours_returns(one, short)[0])
    start = tuple(map(float, starts[:, 0]))
    theirs = a_rate(steps, lambda: peers.neat_return(one, short, 1.0, start, steps))
    task, single = played.swingup(), Trials(shared_weights=(1.0,), episodes=1)
    evaluator, seeds = played.compiled(), played.seeds(task)[:1]
    alone = a_rate(played.STEPS, lambda: evaluator.evaluate(one, task, single, seeds)[0])
    batch = lane_steps.lived_rate(evaluator, networks, task)
    made = []
    for words, ours in (("ours 192 networks x 24 lanes", batch), ("ours one lane too", alone)):
        rates = compared(ours, theirs, pace)
        made.append(
            Row(
                name=f"{kind}, neat-python, {words}",
                work="its FeedForwardNetwork and the swing-up step in plain Python, one lane",
                unit="M/s",
                peer="neat-python",
                ours=rates[0].scaled(1e-6),
                beside=rates[1].scaled(1e-6),
                ratio=rates[2],
            )
        )
    return made


def balancing() -> Population:
    """A CartPole network of 2 connections: push to where the pole leans and moves."""
    return one_network.from_arrays([1] * 7, [3, 4], [6, 6], [1.0, 1.0])


def gymnasium_row(pace: Pace) -> Row:
    """One CartPole-v1 with a network in plain Python, beside ours on task=cartpole."""
    import gymnasium

    network, env = balancing(), gymnasium.make("CartPole-v1").unwrapped
    task = CartPole(episodes=64, horizon=500, start_range=0.05, activations=CONTROL)
    one = Trials(shared_weights=(1.0,), episodes=64)
    seeds, evaluator = played.seeds(task, 64), played.compiled()
    starts = task.starts(seeds)[:, 0]
    player = peers.neat_network(network, task, 1.0)

    def episode(start: Any) -> int:
        env.reset()
        env.state = tuple(start)
        seen, over, steps = np.asarray(start, np.float32), False, 0
        while not over and steps < task.horizon:
            left, right = player.activate((1.0, *seen.tolist()))
            seen, _, over, _, _ = env.step(int(right > left))
            steps += 1
        return steps

    lived = [episode(start) for start in starts]
    agree("gymnasium", lived, evaluator.evaluate(network, task, one, seeds)[0].steps[0, 0])
    copies, six = network.take([0] * played.POPULATION), played.trials(64)

    def theirs() -> float:
        begin = time.perf_counter()
        steps = sum(map(episode, starts[:8]))
        return steps / (time.perf_counter() - begin)

    def ours() -> float:
        begin = time.perf_counter()
        steps = evaluator.evaluate(copies, task, six, seeds)[0].steps.sum()
        return float(steps) / (time.perf_counter() - begin)

    rates = compared(ours, theirs, pace)
    return Row(
        name="CartPole-v1, gymnasium",
        work=f"single environment + network of 2 connections in neat-python, {np.mean(lived):.0f} steps an "
        "episode; ours 192 networks x 384 lanes, living lanes only",
        unit="M/s",
        peer="gymnasium",
        ours=rates[0].scaled(1e-6),
        beside=rates[1].scaled(1e-6),
        ratio=rates[2],
    )


def rows(pace: Pace) -> list[Row]:
    """Every peer on the champion and on networks of 50 nodes."""
    judged = isinstance(lane_steps.yardstick(), str)
    made = []
    for kind in ("champion", "random_50n_80c"):
        networks = played.population(kind)
        if networks is None:
            continue
        made += [numpy_row(kind, networks, judged, pace), torch_row(kind, networks, pace)]
        made += neat_rows(kind, networks, pace)
    return [*made, gymnasium_row(pace)]
