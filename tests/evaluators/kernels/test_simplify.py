"""What is left out, computed once or shared changes no bit of a score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_populations import population

from wannsearch.core.activations import ACTIVATION_IDS, CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.evaluators.kernels.simplify import simplify_population, topology_ids
from wannsearch.evaluators.reference import forward
from wannsearch.formats import one_network
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp
from wannsearch.tasks.starts import StartStates

SWING_UP = CartPoleSwingUp(
    episodes=2, horizon=120, start_states=StartStates.PHILOX, activations=CONTROL_ACTIVATIONS
)
PORTS = Ports(2, 1, CONTROL_ACTIVATIONS)
OWN = Trials(shared_weights=None, episodes=2)
SIX = Trials(shared_weights=SIX_WEIGHTS, episodes=2)
LINEAR, TANH = ACTIVATION_IDS["linear"], ACTIVATION_IDS["tanh"]
SEEDS = np.arange(2, dtype=np.uint64)


def network(activation: list[int], edges: list[tuple[int, int]], weight: float = 1.0) -> Population:
    source, target = zip(*edges, strict=True)
    return one_network.from_arrays(activation, source, target, [weight] * len(edges))


def compiled(simplify: bool) -> Compiled:
    return Compiled(
        precision=LanePrecision.FLOAT64,
        threads=1,
        chunk=None,
        max_memory=None,
        vector_bits=None,
        simplify=simplify,
    )


@pytest.mark.parametrize("trials", [OWN, SIX], ids=["own", "shared"])
def test_scores_are_equal_to_the_bit(trials: Trials) -> None:
    networks = population(np.random.default_rng(3), SWING_UP.ports, 60, most_hidden=12)
    networks = networks.take(np.r_[np.arange(60), np.arange(0, 60, 7)])
    plain = compiled(False).evaluate(networks, SWING_UP, trials, SEEDS)[0]
    simple = compiled(True).evaluate(networks, SWING_UP, trials, SEEDS)[0]
    assert simple.returns.tobytes() == plain.returns.tobytes()
    assert np.array_equal(simple.steps, plain.steps)
    assert plain.num_played == 69
    assert simple.num_played is not None
    assert simple.num_played <= 60


def test_nodes_that_reach_no_output_are_left_out() -> None:
    # slots: bias, two inputs, hidden 3 and 4, output 5; hidden 4 leads nowhere
    deep = network([LINEAR] * 3 + [TANH, TANH, LINEAR], [(1, 3), (3, 4), (3, 5)])
    kept = simplify_population(deep, PORTS, own_weights=False).population
    assert kept.nodes.tolist() == [5]
    assert list(zip(kept.source[0], kept.target[0], strict=True)) == [(1, 3), (3, 4)]
    kept.check(PORTS)


def test_nodes_that_no_input_reaches_come_first_and_are_not_varying() -> None:
    # hidden 3 sees input 1, hidden 4 only the bias
    mixed = network([LINEAR] * 3 + [TANH, ACTIVATION_IDS["cosine"], LINEAR], [(1, 3), (0, 4), (3, 5), (4, 5)])
    work = simplify_population(mixed, PORTS, own_weights=False)
    assert work.first_varying.tolist() == [4]
    assert work.population.activation[0, 3] == ACTIVATION_IDS["cosine"]
    assert work.population.activation[0, 4] == TANH


def test_networks_that_differ_only_in_what_reaches_no_output_are_played_once() -> None:
    short = network([LINEAR] * 3 + [TANH, LINEAR], [(1, 3), (3, 4)])
    long = network([LINEAR] * 3 + [TANH, TANH, LINEAR], [(1, 3), (2, 4), (3, 5)])
    work = simplify_population(Population.concatenate([short, long, short]), PORTS, own_weights=False)
    assert len(work.population) == 1
    assert work.representative.tolist() == [0, 0, 0]


def test_the_order_of_equal_layers_does_not_hide_that_networks_are_equal() -> None:
    one = network([LINEAR] * 3 + [TANH, LINEAR, LINEAR], [(1, 3), (2, 4), (3, 5), (4, 5)])
    swapped = network([LINEAR] * 3 + [LINEAR, TANH, LINEAR], [(2, 3), (1, 4), (3, 5), (4, 5)])
    assert (
        len(simplify_population(Population.concatenate([one, one]), PORTS, own_weights=False).population) == 1
    )
    # The sum at the output runs in another order, and so may round otherwise: not equal to the bit.
    assert (
        len(simplify_population(Population.concatenate([one, swapped]), PORTS, own_weights=False).population)
        == 2
    )


def test_weights_tell_networks_apart_only_where_they_are_played() -> None:
    pair = Population.concatenate([network([LINEAR] * 4, [(1, 3)], weight) for weight in (0.5, 0.7)])
    assert len(simplify_population(pair, PORTS, own_weights=False).population) == 1
    assert len(simplify_population(pair, PORTS, own_weights=True).population) == 2


def test_an_input_and_a_node_behind_another_do_not_change_places() -> None:
    one = network([LINEAR] * 5, [(1, 3), (0, 4), (3, 4)])
    other = network([LINEAR] * 5, [(0, 3), (1, 4), (3, 4)])
    assert (
        len(simplify_population(Population.concatenate([one, other]), PORTS, own_weights=False).population)
        == 2
    )


def test_small_networks_of_one_formula_are_shared_only_where_they_are_equal() -> None:
    networks = population(np.random.default_rng(11), PORTS, 400, most_hidden=2)
    networks = replace(networks, activation=np.full_like(networks.activation, LINEAR))
    work = simplify_population(networks, PORTS, own_weights=False)
    assert len(work.population) < 400
    inputs = np.random.default_rng(0).normal(size=(50, 2))
    for row, stands_for in enumerate(work.representative):
        one = forward(networks, row, inputs, 1, np.array(0.7))
        other = forward(work.population, int(stands_for), inputs, 1, np.array(0.7))
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("changed", ["activation", "source", "edges"])
def test_networks_that_differ_in_anything_that_counts_are_not_shared(changed: str) -> None:
    one = network([LINEAR] * 3 + [TANH, LINEAR], [(0, 3), (1, 3), (3, 4)])
    others = {
        "activation": network([LINEAR] * 3 + [ACTIVATION_IDS["sin"], LINEAR], [(0, 3), (1, 3), (3, 4)]),
        "source": network([LINEAR] * 3 + [TANH, LINEAR], [(0, 3), (2, 3), (3, 4)]),
        "edges": network([LINEAR] * 3 + [TANH, LINEAR], [(1, 3), (3, 4)]),
    }
    assert (
        len(
            simplify_population(
                Population.concatenate([one, others[changed]]), PORTS, own_weights=False
            ).population
        )
        == 2
    )


def test_a_weight_that_is_not_finite_fails_also_where_it_reaches_no_output() -> None:
    dead = network([LINEAR] * 6 + [TANH, LINEAR], [(1, 6), (2, 7)])
    dead = replace(dead, weight=np.array([[np.nan, 1.0]]))
    for simplify in (False, True):
        assert compiled(simplify).evaluate(dead, SWING_UP, OWN, SEEDS)[0].failed_mask.all()


def test_what_is_given_is_left_as_it_is_and_what_comes_is_valid() -> None:
    networks = population(np.random.default_rng(5), SWING_UP.ports, 40, most_hidden=15)
    before = {name: array.copy() for name, array in networks.to_arrays().items()}
    work = simplify_population(networks, SWING_UP.ports, own_weights=True)
    assert all(np.array_equal(getattr(networks, name), value) for name, value in before.items())
    work.population.check(SWING_UP.ports)
    again = simplify_population(work.population, SWING_UP.ports, own_weights=True)
    assert len(again.population) == len(work.population)


def test_nobody_is_nothing_to_play() -> None:
    networks = population(np.random.default_rng(5), PORTS, 3)
    assert len(simplify_population(networks.take([]), PORTS, own_weights=False).population) == 0


def rewritten(networks: Population, seed: int) -> Population:
    """The same topologies with other weights, and anything in the padding."""
    rng = np.random.default_rng(seed)
    parts = {name: array.copy() for name, array in networks.to_arrays().items()}
    unused = ~networks.edge_mask()
    beyond = np.arange(networks.activation.shape[1]) >= networks.nodes[:, None]
    parts["weight"] = rng.normal(size=unused.shape)
    parts["activation"][beyond] = rng.integers(1, 11, beyond.sum())
    for name in ("source", "target"):
        parts[name][unused] = rng.integers(0, 9, unused.sum())
    return Population(**parts)


def topology(networks: Population, row: int) -> tuple[bytes, ...]:
    one = one_network.extract_network(networks, row)
    return tuple(part.tobytes() for part in (one.nodes, one.activation, one.edges, one.source, one.target))


@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(0, 3))
@settings(deadline=None)
def test_networks_are_laid_out_alike_where_all_but_weights_and_padding_is_equal(
    seed: int, count: int, most_hidden: int
) -> None:
    drawn = population(np.random.default_rng(seed), Ports(1, 1, CONTROL_ACTIVATIONS), count, most_hidden)
    plain = replace(drawn, activation=np.full_like(drawn.activation, TANH))  # makes equal ones likely
    networks = Population.concatenate([drawn, plain, rewritten(plain, seed), rewritten(drawn, seed + 1)])
    alike, order = topology_ids(networks), np.random.default_rng(seed).permutation(4 * count)
    keys = [topology(networks, row) for row in range(4 * count)]
    assert alike.shape == (4 * count,)
    assert np.array_equal(alike[:, None] == alike, [[one == other for other in keys] for one in keys])
    again = topology_ids(networks.take(order))
    assert np.array_equal(again[:, None] == again, alike[order][:, None] == alike[order])


@pytest.mark.parametrize("changed", ["nodes", "activation", "source", "target", "edges", "order"])
def test_a_difference_in_any_part_of_the_topology_is_seen(changed: str) -> None:
    kinds = [LINEAR] * 3 + [TANH, TANH, LINEAR]
    one = network(kinds, [(0, 3), (1, 3), (3, 5)])
    others = {
        "nodes": network([*kinds, LINEAR], [(0, 3), (1, 3), (3, 5)]),
        "activation": network([LINEAR] * 3 + [TANH, ACTIVATION_IDS["sin"], LINEAR], [(0, 3), (1, 3), (3, 5)]),
        "source": network(kinds, [(0, 3), (2, 3), (3, 5)]),
        "target": network(kinds, [(0, 3), (1, 3), (3, 4)]),
        "edges": network(kinds, [(0, 3), (1, 3), (3, 5), (4, 5)]),
        "order": network(kinds, [(1, 3), (0, 3), (3, 5)]),
    }
    apart, _, same = topology_ids(Population.concatenate([others[changed], one, one])).tolist()
    assert apart != same
    assert topology_ids(Population.concatenate([one, replace(one, weight=one.weight + 1)])).tolist() == [
        0,
        0,
    ]
