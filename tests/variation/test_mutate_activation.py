from dataclasses import replace

import numpy as np
from scipy.stats import chisquare
from variation.plain_genes import grown, ids, in_use, plain, repeated

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.mutate_activation import mutate_activation

PORTS = Ports(3, 2, CONTROL_ACTIVATIONS)
RNG = make_stream(14, Role.TELL)


def changed(genomes, ports=PORTS):
    return mutate_activation(genomes, np.arange(len(genomes)), ports, RNG)


def test_exactly_one_hidden_node_gets_a_different_activation_from_the_list():
    before = grown(PORTS, 30, 20, 3)
    after = changed(before)
    for row in range(30):
        old, new = plain(before, row, PORTS), plain(after, row, PORTS)
        moved = [node for node in old.activation if old.activation[node] != new.activation[node]]
        assert len(moved) == 1
        assert old.is_hidden(moved[0])
        assert new.activation[moved[0]] in ids(PORTS)
        assert new.genes == old.genes


def test_nodes_and_different_activations_are_all_as_likely():
    genome = grown(PORTS, 1, 15, 5)
    old = plain(genome, 0, PORTS)
    after = changed(repeated(genome, 0, 6000))
    moves = []
    for row in range(6000):
        new = plain(after, row, PORTS).activation
        moves += [(node, new[node]) for node in old.hidden if new[node] != old.activation[node]]
    possible = [
        (node, formula) for node in old.hidden for formula in set(ids(PORTS)) - {old.activation[node]}
    ]
    assert len(old.hidden) > 2
    assert chisquare([moves.count(move) for move in possible]).pvalue > 1e-4


def test_an_activation_outside_the_list_can_be_left_but_not_entered():
    genomes = grown(PORTS, 1, 20, 3)
    hidden = slice(PORTS.first_hidden, int(genomes.nodes[0]) - PORTS.outputs)
    genomes.activation[0, hidden] = 2
    ports = replace(PORTS, activations=("tanh", "relu"))
    after = changed(repeated(genomes, 0, 200), ports)
    assert set(np.unique(after.activation[:, hidden])) == {2, 5, 9}


def test_a_list_of_one_leaves_nothing_to_change():
    ports = replace(PORTS, activations=("tanh",))
    before = grown(ports, 4, 20, 3)
    after = changed(before, ports)
    assert [in_use(after, row) for row in range(4)] == [in_use(before, row) for row in range(4)]
