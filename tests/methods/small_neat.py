"""NEAT as its YAML and the experiments configure it, and a bare search loop."""

from __future__ import annotations

import numpy as np
from omegaconf import OmegaConf
from small_wann import CONF, content, read

from wannsearch.commands.hydra.build import build
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream
from wannsearch.methods.neat import Neat

__all__ = ["CONF", "content", "read"]

PORTS = Ports(3, 2, ("tanh", "relu", "sin"))
DEFAULTS = read("method/neat.yaml")
GROUPS = ("species", "offspring", "parent_selection", "crossover", "weights")


def neat(**settings) -> Neat:
    """The method as the YAML configures it, but for these settings; groups are merged."""
    merged = OmegaConf.to_container(OmegaConf.merge(DEFAULTS, settings))
    return build("method", merged)


def experiment(*names) -> dict:
    """The settings of an experiment that builds on others, first to last."""
    return OmegaConf.to_container(OmegaConf.merge(*(read(f"experiment/{name}.yaml") for name in names)))


SWINGUP = experiment("neat_swingup")["method"]
STRETCHED = {"species": {"threshold": 1.0}, "add_node": 0.3, "add_connection": 0.3}
"""Settings with which structure and species abound."""


def swingup(**settings):
    return neat(**OmegaConf.to_container(OmegaConf.merge(SWINGUP, settings)))


def scored(means) -> Scores:
    """Scores of (P,) mean returns."""
    returns = np.asarray(means, float)[:, None, None]
    return Scores(returns, np.ones(returns.shape, np.int64))


def random_scores(size, seed) -> Scores:
    return scored(np.random.default_rng(seed).gamma(2.0, 30.0, size))


def told(method, state, scores, seed=0):
    return method.tell(state, method.ask(state), scores, make_stream(seed, Role.TELL, state.generation))


def bred(method, generations, seed=0, ports=PORTS):
    """The state after so many generations of random scores."""
    state = method.start(ports, make_stream(seed, Role.START))
    for number in range(generations):
        state = told(method, state, random_scores(method.population_size, (seed, number)), seed)
    return state


def searched(method, task, evaluator, trials, seed, generations, goal):
    """Evaluations until a mean return reaches the goal, its generation and network, or None."""
    state = method.start(task.ports, make_stream(seed, Role.START))
    for number in range(1, generations + 1):
        candidates = method.ask(state)
        seeds = task.episode_seeds(seed, Role.EPISODES, number, trials.episodes)
        scores = evaluator.evaluate(candidates, task, trials, seeds)[0]
        good = np.flatnonzero(scores.mean >= goal)
        if len(good):
            return (number - 1) * len(candidates) + int(good[0]) + 1, number, candidates.take([good[0]])
        state = method.tell(state, candidates, scores, make_stream(seed, Role.TELL, number))
    return None
