"""Simplification: a population is reduced to the work that its scores depend on.

Three steps change no bit of a score.

    A node that reaches no output is left out.
    A node that no input reaches has one value in all steps, so a simulation computes it before the steps.
    Such hidden nodes are moved behind the inputs, and `first_varying` is the first slot of the others.
    Networks whose outputs are the same expression are evaluated once.

Two networks count as equal when their outputs have the same canonical form. This form is a hash of 128
bits over activation and ordered sources (and weights, where own weights are evaluated), node by node from
the inputs. The edges of a node keep their order, so that even the rounding is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import Int32Array, IntArray, UInt64Array
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population

_MIX_CONSTANTS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True)
class SimplifiedPopulation:
    """The distinct networks to evaluate, and the one that represents each original network."""

    population: Population  # U distinct networks
    first_varying: Int32Array  # (U,) first slot that is computed in every step
    representative: IntArray  # (P,) row of `population` for each original row


@kernel
def _mix_bits(value: np.uint64) -> np.uint64:
    """Return the value after the increment and the finaliser of SplitMix64 (Steele et al. 2014)."""
    z = value + _MIX_CONSTANTS[0]
    z = (z ^ (z >> np.uint64(30))) * _MIX_CONSTANTS[1]
    z = (z ^ (z >> np.uint64(27))) * _MIX_CONSTANTS[2]
    mixed_bits: np.uint64 = z ^ (z >> np.uint64(31))
    return mixed_bits


@kernel
def _update_hash(state: np.uint64, value: np.uint64) -> np.uint64:
    """Return the running hash with one more value; the order of the values counts."""
    next_state: np.uint64 = _mix_bits(_mix_bits(state) + value)
    return next_state


@kernel
def _order_slots(
    nodes: int, first_hidden: int, outputs: int, edges: int, source: Any, target: Any, new_slots: Any
) -> tuple[int, int]:
    """Fill `new_slots` (N,), -1 for removed slots; return the nodes kept and the first varying slot.

    Bias, inputs and outputs are always kept.
    """
    reaches_output = np.zeros(nodes, np.bool_)
    reaches_output[nodes - outputs : nodes] = True
    for edge in range(edges - 1, -1, -1):
        if reaches_output[target[edge]]:
            reaches_output[source[edge]] = True
    depends_on_input = np.zeros(nodes, np.bool_)
    depends_on_input[1:first_hidden] = True
    for edge in range(edges):
        if depends_on_input[source[edge]]:
            depends_on_input[target[edge]] = True
    last_hidden = nodes - outputs
    for slot in range(first_hidden):
        new_slots[slot] = slot
    num_kept = first_hidden
    for constant in (True, False):
        for slot in range(first_hidden, last_hidden):
            if reaches_output[slot] and depends_on_input[slot] != constant:
                new_slots[slot] = num_kept
                num_kept += 1
        if constant:
            first_varying = num_kept
    for slot in range(first_hidden, last_hidden):
        if not reaches_output[slot]:
            new_slots[slot] = -1
    for slot in range(last_hidden, nodes):
        new_slots[slot] = num_kept
        num_kept += 1
    return num_kept, first_varying


@kernel
def _simplify_rows(
    nodes: Any,
    activation: Any,
    edges: Any,
    source: Any,
    target: Any,
    weight: Any,
    first_hidden: int,
    outputs: int,
    has_own_weights: bool,
    first_varying: Any,
    forms: Any,
) -> None:
    """Rewrite every row in place, and write its canonical form (2,) into `forms` (P, 2).

    `first_varying` (P,) is filled too. Columns beyond the new number of edges keep old contents.
    """
    new_slots = np.empty(activation.shape[1], np.int32)
    start = np.empty(activation.shape[1] + 1, np.int32)
    slot_hashes = np.empty((2, activation.shape[1]), np.uint64)
    for row in range(len(nodes)):
        num_nodes, num_edges = nodes[row], edges[row]
        num_kept, row_first_varying = _order_slots(
            num_nodes, first_hidden, outputs, num_edges, source[row], target[row], new_slots
        )
        start[: num_kept + 1] = 0
        for edge in range(num_edges):
            if new_slots[target[row, edge]] >= 0:
                start[new_slots[target[row, edge]] + 1] += 1
        for slot in range(num_kept):
            start[slot + 1] += start[slot]
        num_kept_edges = start[num_kept]
        old_source, old_target = source[row, :num_edges].copy(), target[row, :num_edges].copy()
        old_weight, old_activation = weight[row, :num_edges].copy(), activation[row, :num_nodes].copy()
        for edge in range(num_edges):
            new_target = new_slots[old_target[edge]]
            if new_target >= 0:
                column = start[new_target]
                start[new_target] += 1
                source[row, column], target[row, column] = new_slots[old_source[edge]], new_target
                weight[row, column] = old_weight[edge]
        for slot in range(num_nodes):
            if new_slots[slot] >= 0:
                activation[row, new_slots[slot]] = old_activation[slot]
        nodes[row], edges[row], first_varying[row] = num_kept, num_kept_edges, row_first_varying
        _hash_outputs(
            num_kept, activation[row], num_kept_edges, source[row], target[row], weight[row],
            first_hidden, outputs, has_own_weights,
            slot_hashes, forms[row],
        )  # fmt: skip


@kernel
def _hash_outputs(
    nodes: int,
    activation: Any,
    edges: int,
    source: Any,
    target: Any,
    weight: Any,
    first_hidden: int,
    outputs: int,
    has_own_weights: bool,
    slot_hashes: Any,
    result: Any,
) -> None:
    """Write two hashes of the outputs' expressions, with different seeds, into `result` (2,)."""
    bits = weight.view(np.uint64)
    for half in range(2):
        value = slot_hashes[half]
        for slot in range(first_hidden):
            value[slot] = _update_hash(np.uint64(half + 1), np.uint64(slot))
        for slot in range(first_hidden, nodes):
            value[slot] = _update_hash(np.uint64(half + 77), np.uint64(activation[slot]))
        for edge in range(edges):
            target_slot = target[edge]
            value[target_slot] = _update_hash(value[target_slot], value[source[edge]])
            if has_own_weights:
                value[target_slot] = _update_hash(value[target_slot], bits[edge])
        output_hash = np.uint64(half)
        for slot in range(nodes - outputs, nodes):
            output_hash = _update_hash(output_hash, value[slot])
        result[half] = output_hash


@kernel
def _hash_topologies(nodes: Any, activation: Any, edges: Any, source: Any, target: Any, forms: Any) -> None:
    """Write two hashes of each row's topology, with different seeds, into `forms` (P, 2)."""
    for row in range(len(nodes)):
        for half in range(2):
            value = _update_hash(np.uint64(half + 1), np.uint64(nodes[row]))
            for slot in range(nodes[row]):
                value = _update_hash(value, np.uint64(activation[row, slot]))
            for edge in range(edges[row]):
                value = _update_hash(value, np.uint64(source[row, edge]))
                value = _update_hash(value, np.uint64(target[row, edge]))
            forms[row, half] = value


def topology_ids(population: Population) -> IntArray:
    """Return (P,) topology ids, from 0 without gaps; networks that differ in weights alone have the same id.

    Slots, activations and the order of the edges count.
    """
    forms = np.empty((len(population), 2), np.uint64)
    _hash_topologies(
        population.nodes, population.activation, population.edges, population.source, population.target, forms
    )
    _, ids = _find_distinct(forms)
    return ids


def _find_distinct(forms: UInt64Array) -> tuple[IntArray, IntArray]:
    """Return the first row (U,) of each distinct form, and (P,) indices into them; `forms` is (P, 2)."""
    pairs = forms.view([("a", "u8"), ("b", "u8")])[:, 0]
    _, first_rows, form_index = np.unique(pairs, return_index=True, return_inverse=True)
    return first_rows, form_index.reshape(-1).astype(np.int64)


def simplify_population(population: Population, ports: Ports, own_weights: bool) -> SimplifiedPopulation:
    """Return the distinct networks to evaluate; the arrays of the given population are not changed.

    `own_weights` makes the weights part of the canonical form. An empty population is returned as it is.
    """
    if not len(population):
        return SimplifiedPopulation(population, population.nodes, np.zeros(0, np.int64))
    nodes, edges = population.nodes.copy(), population.edges.copy()
    activation, weight = population.activation.copy(), population.weight.copy()
    source, target = population.source.copy(), population.target.copy()
    first_varying = np.empty(len(population), np.int32)
    forms = np.empty((len(population), 2), np.uint64)
    _simplify_rows(
        nodes, activation, edges, source, target, weight,
        ports.first_hidden, ports.outputs, own_weights, first_varying, forms,
    )  # fmt: skip
    first_rows, representative = _find_distinct(forms)
    slots, columns = int(nodes[first_rows].max()), max(1, int(edges[first_rows].max()))
    distinct_networks = Population(
        nodes[first_rows],
        activation[first_rows, :slots],
        edges[first_rows],
        source[first_rows, :columns],
        target[first_rows, :columns],
        weight[first_rows, :columns],
    )
    return SimplifiedPopulation(distinct_networks, first_varying[first_rows], representative)
