"""Figure 3 of NEAT's paper, and who shares a number."""

import numpy as np
import pytest
from variation.gene_lists import BEFORE, PORTS, drawn, genes_of

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.add_connection import add_connection
from wannsearch.variation.add_node import add_node
from wannsearch.variation.innovations import assign_connection_innovations_in_place, assign_node_ids_in_place

RNG = make_stream(0, Role.TELL)


def connected(genomes, first, seed=0, rows=None, width=1.0):
    rows = np.arange(len(genomes)) if rows is None else rows
    after = add_connection(genomes, rows, PORTS, first, True, make_stream(seed, Role.TELL))
    return after, assign_connection_innovations_in_place(
        after, rows, first, width, make_stream(seed, Role.TELL).for_purpose(1)
    )


def split(genomes, first_node, first, seed=0):
    rows = np.arange(len(genomes))
    after = add_node(genomes, rows, PORTS, first_node, first, make_stream(seed, Role.TELL))
    return after, assign_node_ids_in_place(after, rows, first_node, first)


def test_figure_3_a_new_connection_gets_number_7_and_a_split_behind_it_8_and_9():
    genomes, named = connected(drawn(BEFORE), 7)  # 3 -> 5 is the only pair that is free
    assert named == 1
    assert set(genes_of(genomes, 0)) == {1, 2, 3, 4, 5, 6, 7}
    assert genes_of(genomes, 0)[7][:2] == (3, 5)
    seen = set()
    for seed in range(60):
        after, named = split(genomes, 6, 8, seed)
        genes = genes_of(after, 0)
        assert (named, set(genes)) == (1, set(range(1, 10)))
        (gone,) = [n for n in range(1, 8) if genes_of(genomes, 0)[n][3] and not genes[n][3]]
        begin, end, weight, _ = genes[gone]
        assert genes[8] == (begin, 6, 1.0, True)
        assert genes[9] == (6, end, weight, True)
        seen.add(gone)
    assert seen == {1, 3, 4, 5, 6, 7}  # as in the figure, 3 among them; never the disabled 2


def test_the_same_connection_made_twice_in_a_generation_gets_one_number_but_its_own_weight():
    genomes, named = connected(drawn(BEFORE, BEFORE, BEFORE), 7)
    assert named == 1
    weights = [genes_of(genomes, row)[7][2] for row in range(3)]
    assert len(set(weights)) == 3
    assert all(-1 <= weight <= 1 for weight in weights)


def test_the_same_split_in_a_generation_gets_one_node_and_one_pair_of_numbers_and_others_the_next():
    genomes = drawn(*[BEFORE] * 40)
    after, named = split(genomes, 6, 8)
    by_gene = {}
    for row in range(40):
        genes = genes_of(after, row)
        (gone,) = [n for n in range(1, 7) if genes_of(genomes, row)[n][3] and not genes[n][3]]
        new = sorted(set(genes) - set(range(1, 7)))
        assert by_gene.setdefault(gone, (new, genes[new[0]][1])) == (new, genes[new[0]][1])
    assert named == len(by_gene) == 5
    numbers = [new for new, _ in by_gene.values()]
    assert numbers == [[8 + 2 * i, 9 + 2 * i] for i in range(5)]  # in the order of rows
    assert [node for _, node in by_gene.values()] == [6, 7, 8, 9, 10]


def test_a_split_of_the_same_two_nodes_connection_with_another_number_is_another_mutation():
    other = [(number + 20 * (number == 3), *rest) for number, *rest in BEFORE]
    genomes = drawn(*[BEFORE, other] * 40)
    after, _ = split(genomes, 6, 30)
    nodes = {}
    for row in range(80):
        genes = genes_of(after, row)
        gone = {n for n, gene in genes.items() if not gene[3]} - {2}
        if gone & {3, 23}:
            nodes.setdefault(gone.pop(), set()).add(max(end for _, end, _, _ in genes.values()))
    assert len(nodes[3]) == len(nodes[23]) == 1
    assert nodes[3] != nodes[23]


def test_a_generation_later_the_same_mutation_gets_a_new_number():
    first, named = connected(drawn(BEFORE), 7)
    later, _ = connected(drawn(BEFORE), 7 + named)
    assert set(genes_of(first, 0)) ^ set(genes_of(later, 0)) == {7, 8}


def test_rows_that_could_not_mutate_take_no_number():
    full = [*BEFORE, (7, 3, 5)]
    genomes, named = connected(drawn(full, BEFORE, full), 8)
    assert named == 1
    assert set(genes_of(genomes, 1)) == {1, 2, 3, 4, 5, 6, 8}
    assert set(genes_of(genomes, 0)) == set(genes_of(genomes, 2)) == set(range(1, 8))


@pytest.mark.parametrize("width", [0.0, 0.5, 2.0])
def test_a_new_connections_weight_is_uniform_within_its_width(width):
    genomes, _ = connected(drawn(*[BEFORE] * 400), 7, width=width)
    weights = np.array([genes_of(genomes, row)[7][2] for row in range(400)])
    assert np.abs(weights).max() <= width
    assert weights.std() == pytest.approx(width / np.sqrt(3), rel=0.1)
    assert np.abs(weights.mean()) <= width / 8


def test_what_the_operators_have_named_before_keeps_its_name():
    ports = Ports(2, 1, ("tanh",))
    genomes = drawn(BEFORE)
    after = add_node(genomes, np.array([0]), ports, 6, 8, RNG)
    assert assign_node_ids_in_place(after, np.array([], int), 6, 8) == 0
    assert set(range(1, 7)) < set(genes_of(after, 0))
