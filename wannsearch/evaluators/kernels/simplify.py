"""Never work twice: what a population really has to play.

Three things change no bit of a score. A node that reaches no output is left out. A node that no
input reaches is the same in every step, so it is computed once an episode: such nodes are moved
behind the inputs, and `varying` says where the others begin. And networks whose outputs are the same
expression are played once. Two networks are equal when their outputs have the same canonical form,
a hash over activation and ordered sources (and weights, where they are played), node by node from
the inputs; the edges of a node keep their order, so that even the rounding is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Int, Population

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True)
class Simplified:
    """The networks to play, and which of them stands for each that was asked."""

    population: Population  # of U
    varying: Int  # (U,) first slot that is computed in every step
    stands_for: npt.NDArray[np.int64]  # (P,) row of `population` for each row that was asked


@kernel
def _scrambled(value: np.uint64) -> np.uint64:
    """SplitMix64's finaliser (Steele et al. 2014)."""
    z = value + _MIX[0]
    z = (z ^ (z >> np.uint64(30))) * _MIX[1]
    z = (z ^ (z >> np.uint64(27))) * _MIX[2]
    scrambled: np.uint64 = z ^ (z >> np.uint64(31))
    return scrambled


@kernel
def _mixed(state: np.uint64, value: np.uint64) -> np.uint64:
    """A running state with one more value; state and value do not commute."""
    mixed: np.uint64 = _scrambled(_scrambled(state) + value)
    return mixed


@kernel
def _order(
    nodes: int, first_hidden: int, outputs: int, edges: int, source: Any, target: Any, place: Any
) -> tuple[int, int]:
    """Fill `place` with each slot's new slot, -1 for what is left out; gives nodes kept and first varying."""
    needed = np.zeros(nodes, np.bool_)
    needed[nodes - outputs : nodes] = True
    for edge in range(edges - 1, -1, -1):
        if needed[target[edge]]:
            needed[source[edge]] = True
    moved = np.zeros(nodes, np.bool_)
    moved[1:first_hidden] = True
    for edge in range(edges):
        if moved[source[edge]]:
            moved[target[edge]] = True
    last_hidden = nodes - outputs
    for slot in range(first_hidden):
        place[slot] = slot
    kept = first_hidden
    for constant in (True, False):
        for slot in range(first_hidden, last_hidden):
            if needed[slot] and moved[slot] != constant:
                place[slot] = kept
                kept += 1
        if constant:
            varying = kept
    for slot in range(first_hidden, last_hidden):
        if not needed[slot]:
            place[slot] = -1
    for slot in range(last_hidden, nodes):
        place[slot] = kept
        kept += 1
    return kept, varying


@kernel
def _simplify(
    nodes: Any,
    activation: Any,
    edges: Any,
    source: Any,
    target: Any,
    weight: Any,
    first_hidden: int,
    outputs: int,
    own: bool,
    varying: Any,
    forms: Any,
) -> None:
    """Rewrite every row in place, and give it its canonical form (2,)."""
    place = np.empty(activation.shape[1], np.int32)
    start = np.empty(activation.shape[1] + 1, np.int32)
    form = np.empty((2, activation.shape[1]), np.uint64)
    for row in range(len(nodes)):
        before, columns = nodes[row], edges[row]
        kept, first = _order(before, first_hidden, outputs, columns, source[row], target[row], place)
        start[: kept + 1] = 0
        for edge in range(columns):
            if place[target[row, edge]] >= 0:
                start[place[target[row, edge]] + 1] += 1
        for slot in range(kept):
            start[slot + 1] += start[slot]
        total = start[kept]
        old_source, old_target = source[row, :columns].copy(), target[row, :columns].copy()
        old_weight, old_activation = weight[row, :columns].copy(), activation[row, :before].copy()
        for edge in range(columns):
            to = place[old_target[edge]]
            if to >= 0:
                column = start[to]
                start[to] += 1
                source[row, column], target[row, column] = place[old_source[edge]], to
                weight[row, column] = old_weight[edge]
        for slot in range(before):
            if place[slot] >= 0:
                activation[row, place[slot]] = old_activation[slot]
        nodes[row], edges[row], varying[row] = kept, total, first
        _canonical(
            kept, activation[row], total, source[row], target[row], weight[row], first_hidden, outputs, own,
            form, forms[row],
        )  # fmt: skip


@kernel
def _canonical(
    nodes: int,
    activation: Any,
    edges: int,
    source: Any,
    target: Any,
    weight: Any,
    first_hidden: int,
    outputs: int,
    own: bool,
    form: Any,
    result: Any,
) -> None:
    """Two independent hashes of what the outputs compute, into `result` (2,)."""
    bits = weight.view(np.uint64)
    for half in range(2):
        value = form[half]
        for slot in range(first_hidden):
            value[slot] = _mixed(np.uint64(half + 1), np.uint64(slot))
        for slot in range(first_hidden, nodes):
            value[slot] = _mixed(np.uint64(half + 77), np.uint64(activation[slot]))
        for edge in range(edges):
            into = target[edge]
            value[into] = _mixed(value[into], value[source[edge]])
            if own:
                value[into] = _mixed(value[into], bits[edge])
        whole = np.uint64(half)
        for slot in range(nodes - outputs, nodes):
            whole = _mixed(whole, value[slot])
        result[half] = whole


@kernel
def _layout(nodes: Any, activation: Any, edges: Any, source: Any, target: Any, forms: Any) -> None:
    """Two independent hashes of each row's topology, slot by slot, into `forms` (P, 2)."""
    for row in range(len(nodes)):
        for half in range(2):
            value = _mixed(np.uint64(half + 1), np.uint64(nodes[row]))
            for slot in range(nodes[row]):
                value = _mixed(value, np.uint64(activation[row, slot]))
            for edge in range(edges[row]):
                value = _mixed(value, np.uint64(source[row, edge]))
                value = _mixed(value, np.uint64(target[row, edge]))
            forms[row, half] = value


def laid_out_alike(population: Population) -> npt.NDArray[np.int64]:
    """(P,) a number for each topology: networks have the same where they differ in weights alone."""
    forms = np.empty((len(population), 2), np.uint64)
    _layout(
        population.nodes, population.activation, population.edges, population.source, population.target, forms
    )
    _, alike = _distinct(forms)
    return alike


def _distinct(forms: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first row of each form (P, 2), and which of them each row equals."""
    pairs = forms.view([("a", "u8"), ("b", "u8")])[:, 0]
    _, first, equals = np.unique(pairs, return_index=True, return_inverse=True)
    return first, equals.reshape(-1).astype(np.int64)


def simplified(population: Population, ports: Ports, own_weights: bool) -> Simplified:
    """What has to be played; the population that was given is left as it is."""
    if not len(population):
        return Simplified(population, population.nodes, np.zeros(0, np.int64))
    nodes, edges = population.nodes.copy(), population.edges.copy()
    activation, weight = population.activation.copy(), population.weight.copy()
    source, target = population.source.copy(), population.target.copy()
    varying = np.empty(len(population), np.int32)
    forms = np.empty((len(population), 2), np.uint64)
    _simplify(
        nodes, activation, edges, source, target, weight,
        ports.first_hidden, ports.outputs, own_weights, varying, forms,
    )  # fmt: skip
    first, stands_for = _distinct(forms)
    slots, columns = int(nodes[first].max()), max(1, int(edges[first].max()))
    played = Population(
        nodes[first],
        activation[first, :slots],
        edges[first],
        source[first, :columns],
        target[first, :columns],
        weight[first, :columns],
    )
    return Simplified(played, varying[first], stands_for)
