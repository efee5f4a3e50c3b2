"""The method as its YAML configures it, told scores that a test makes up, and what its children are."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
from omegaconf import OmegaConf
from variation.plain_genes import plain

from wannsearch.commands.hydra.build import build
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream
from wannsearch.methods.wann import Wann

CONF = Path(__file__).parents[2] / "conf"
PORTS = Ports(3, 2, ("tanh", "relu", "sin"))


def read(path):
    config = OmegaConf.to_container(OmegaConf.load(CONF / path))
    assert isinstance(config, dict)
    return {key: value for key, value in config.items() if key != "defaults"}


DEFAULTS = read("method/wann.yaml")


def wann(**settings) -> Wann:
    """The method as the YAML configures it, but for these settings."""
    return build("method", DEFAULTS | settings)


def rule(**settings) -> dict[str, object]:
    """The group `parent_selection` as the YAML has it, but for these settings."""
    return DEFAULTS["parent_selection"] | settings


def scored(returns) -> Scores:
    """Scores of (P,) returns, the same with every weight, or of all (P, K, R)."""
    returns = np.asarray(returns, float)
    if returns.ndim == 1:
        returns = np.tile(returns[:, None, None], (1, 6, 2))
    return Scores(returns, np.ones(returns.shape, np.int64))


def random_scores(size, seed) -> Scores:
    return scored(np.random.default_rng(seed).normal(100.0, 30.0, (size, 6, 2)))


def told(method, state, scores, seed=0):
    return method.tell(state, method.ask(state), scores, make_stream(seed, Role.TELL, state.generation))


def bred(method, generations, seed=0, ports=PORTS):
    """The state after so many generations of random scores, never ranked by size, so that genomes grow."""
    method = replace(method, complexity_ranking_probability=0.0)
    state = method.start(ports, make_stream(seed, Role.START))
    for number in range(generations):
        state = told(method, state, random_scores(method.population_size, (seed, number)), seed)
    return state


def content(value):
    """Everything in a nest of dataclasses, arrays as bytes."""
    if is_dataclass(value):
        return [content(getattr(value, field.name)) for field in fields(value)]
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


def ranks_of_parents(state, after):
    """(children,) rank in the last order of each child's parent."""
    row = {name: row for row, name in enumerate(state.ids.tolist())}
    born = after.ids >= after.generation * len(state.ids)
    return np.array([after.rank[row[name]] for name in after.parent_ids[born, 0].tolist()])


def differences(parent, child):
    """Which operator made this child of this parent, from names alone."""
    nodes, genes = child.activation.keys() - parent.activation, child.genes.keys() - parent.genes
    assert parent.activation.keys() <= child.activation.keys()
    assert parent.genes.keys() <= child.genes.keys()
    formulas = [n for n in parent.activation if parent.activation[n] != child.activation[n]]
    changed = [parent.genes[name] for name in parent.genes if parent.genes[name] != child.genes[name]]
    flipped = [gene.enabled for gene in changed]
    kinds = {
        (0, 0, 0, ()): "copy",
        (0, 1, 0, ()): "add_connection",
        (1, 2, 0, (True,)): "add_node",
        (0, 0, 0, (False,)): "enable_connection",
        (0, 0, 1, ()): "mutate_activation",
    }
    return kinds[len(nodes), len(genes), len(formulas), tuple(flipped)]


def kinds_of_children(state, after):
    """The operator behind each child, found by comparing it with the parent it names."""
    row = {name: row for row, name in enumerate(state.ids.tolist())}
    for child in np.flatnonzero(after.ids >= after.generation * len(state.ids)):
        mother, none = after.parent_ids[child].tolist()
        assert none == -1
        yield differences(plain(state.genomes, row[mother], PORTS), plain(after.genomes, child, PORTS))
