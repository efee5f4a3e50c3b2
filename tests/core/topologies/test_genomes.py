from dataclasses import fields

import numpy as np
import pytest

from wannsearch.core.ports import Ports
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes, make_minimal_genomes

PORTS = Ports(1, 1, ("tanh",))
GENES = [  # source, target, enabled; slots: bias 0, input 1, hidden 2 3, output 4
    (1, 2, True),
    (0, 3, True),
    (2, 3, False),  # between hidden nodes
    (0, 4, False),
    (2, 4, False),
    (3, 4, True),
]


def genomes(rows=1):
    """Rows of the genome above, with two columns of padding that claim to be enabled."""
    source, target, enabled = (np.array(part) for part in zip(*GENES, strict=True))

    def padded(values, dtype):
        return np.tile(np.concatenate([np.asarray(values), [1, 1]]).astype(dtype), (rows, 1))

    return Genomes(
        nodes=np.full(rows, 5, np.int32),
        activation=np.tile(np.array([1, 1, 5, 3, 1, 0], np.int8), (rows, 1)),
        node_id=np.tile(np.array([0, 1, 3, 4, 2, 0], np.int32), (rows, 1)),
        edges=np.full(rows, len(GENES), np.int32),
        source=padded(source, np.int32),
        target=padded(target, np.int32),
        weight=padded(np.arange(6) + 0.5, np.float64),
        enabled=padded(enabled, np.bool_),
        innovation=padded(np.arange(6), np.int64),
    )


def edges(population, row=0):
    count = population.edges[row]
    return [
        (int(s), int(t), float(w))
        for s, t, w in zip(
            population.source[row, :count],
            population.target[row, :count],
            population.weight[row, :count],
            strict=True,
        )
    ]


def test_only_enabled_genes_are_expressed_and_padding_never():
    assert edges(genomes().expressed(PORTS)) == [(1, 2, 0.5), (0, 3, 1.5), (3, 4, 5.5)]


def test_keeping_hidden_genes_expresses_disabled_ones_between_hidden_nodes_alone():
    assert [edge[:2] for edge in edges(genomes().expressed(PORTS, keep_hidden=True))] == [
        (1, 2),
        (0, 3),
        (2, 3),
        (3, 4),
    ]


@pytest.mark.parametrize("keep_hidden", [False, True])
def test_what_is_expressed_keeps_the_rules_of_a_population(keep_hidden):
    population = genomes(3).expressed(PORTS, keep_hidden=keep_hidden)
    population.check(PORTS)
    assert population.nodes.tolist() == [5] * 3
    assert np.array_equal(population.activation, genomes(3).activation[:, :5])


def test_rows_are_expressed_apart_from_one_another():
    both = genomes(2)
    both.enabled[1] = False
    both.enabled[1, 4] = True
    population = both.expressed(PORTS)
    assert edges(population, 0) == edges(genomes().expressed(PORTS))
    assert edges(population, 1) == [(2, 4, 4.5)]


def test_a_genome_with_nothing_enabled_is_a_network_without_edges():
    silent = genomes()
    silent.enabled[:] = False
    population = silent.expressed(PORTS)
    population.check(PORTS)
    assert population.edges.tolist() == [0]


def test_expressing_copies_so_that_playing_cannot_spoil_the_genomes():
    inherited = genomes()
    population = inherited.expressed(PORTS)
    for field in fields(population):
        getattr(population, field.name)[:] = 0
    untouched = genomes()
    for field in fields(Genomes):
        assert np.array_equal(getattr(inherited, field.name), getattr(untouched, field.name))


def test_a_minimal_genome_holds_every_gene_from_bias_and_inputs_to_the_outputs():
    ports = Ports(2, 2, ("tanh",))
    enabled = np.array([[True, False, True, False, True, False], [True] * 6])
    first = make_minimal_genomes(ports, enabled, activation_id=1)
    assert first.nodes.tolist() == [5, 5]
    assert first.edges.tolist() == [6, 6]
    genes = sorted(zip(first.source[0].tolist(), first.target[0].tolist(), strict=True))
    assert genes == [(source, target) for source in range(3) for target in (3, 4)]
    assert np.array_equal(first.activation, np.ones((2, 5)))
    assert len(set(first.innovation[0].tolist())) == 6
    assert np.array_equal(first.innovation[0], first.innovation[1])
    population = first.expressed(ports)
    population.check(ports)
    assert population.edges.tolist() == [3, 6]


def test_taking_copies():
    inherited = genomes(2)
    for other in (
        inherited.take(np.array([1, 0])),
        inherited.copy(),
        inherited.copy(extra_nodes=1, extra_genes=2),
    ):
        for field in fields(Genomes):
            assert not np.shares_memory(getattr(other, field.name), getattr(inherited, field.name))


def test_rows_are_taken_in_the_order_named_and_as_often():
    inherited = genomes(3)
    inherited.innovation[:] += 100 * np.arange(3)[:, None]
    inherited.node_id[:] += 10 * np.arange(3, dtype=np.int32)[:, None]
    taken = inherited.take(np.array([2, 0, 2]))
    assert np.array_equal(taken.innovation, inherited.innovation[[2, 0, 2], :6])
    assert np.array_equal(taken.node_id, inherited.node_id[[2, 0, 2], :5])
    for field in fields(Genomes):
        assert getattr(taken, field.name).dtype == getattr(inherited, field.name).dtype


def test_what_is_taken_is_as_wide_as_its_widest_needs_and_has_the_room_asked_for():
    inherited = genomes(2)
    inherited.edges[0] = 4
    for other, columns in (
        (inherited.copy(), 6),
        (inherited.take(np.array([0])), 4),
        (inherited.copy(extra_nodes=4, extra_genes=14), 20),
    ):
        assert other.source.shape == other.weight.shape == (len(other), columns)
    assert inherited.copy().activation.shape == (2, 5)
    assert inherited.copy(extra_nodes=4).node_id.shape == (2, 9)
    inherited.edges[:] = 0
    assert inherited.copy().source.shape == (2, 1)


def test_padding_is_not_taken_but_written_with_zeros():
    taken = genomes(2).copy(extra_nodes=2, extra_genes=3)
    for name in ("activation", "node_id"):
        assert (getattr(taken, name)[:, 5:] == 0).all()
    for name in ("source", "target", "weight", "enabled", "innovation"):
        assert (getattr(taken, name)[:, 6:] == 0).all()


def test_taking_changes_nothing_that_is_expressed():
    inherited = genomes(2)
    for other in (inherited.copy(extra_nodes=4, extra_genes=12), inherited.copy()):
        assert edges(other.expressed(PORTS)) == edges(inherited.expressed(PORTS))


def test_room_is_asked_for_of_the_rows_named_alone():
    inherited = genomes(2).copy(extra_nodes=1, extra_genes=2)
    inherited.edges[1] = 8
    inherited.assert_room(np.array([0]), extra_nodes=1, extra_genes=2)
    inherited.assert_room(np.array([], int), extra_nodes=9, extra_genes=9)
    with pytest.raises(AssertionError, match="gene"):
        inherited.assert_room(np.array([0, 1]), extra_genes=1)
    with pytest.raises(AssertionError, match="node"):
        inherited.assert_room(np.array([0]), extra_nodes=2)


def test_columns_by_innovation_rise_by_number_and_leave_padding_out():
    both = genomes(2)
    both.innovation[1, :6] = [70, 3, 50, 2**62, 9, 1]
    columns = both.argsort_by_innovation()
    assert columns[0].tolist() == [0, 1, 2, 3, 4, 5, 0, 0]
    assert columns[1].tolist() == [5, 1, 4, 2, 0, 3, 0, 0]


def test_genomes_followed_by_wider_ones_hold_both_to_the_bit():
    few, many = genomes(2), genomes(3).copy(extra_nodes=4, extra_genes=5)
    many.weight[:] += 1.0
    for first, then in ((few, many), (many, few)):
        both = first.concatenate(then)
        assert len(both) == 5
        for row in range(5):
            part, place = (first, row) if row < len(first) else (then, row - len(first))
            for field in fields(Genomes):
                mine, theirs = getattr(both, field.name)[row], getattr(part, field.name)[place]
                used = 5 if field.name in ("activation", "node_id") else 6
                assert mine.dtype == theirs.dtype
                assert np.array_equal(mine[:used], theirs[:used]) if mine.ndim else mine == theirs


def test_compiled_functions_get_the_arrays_themselves_under_the_same_names():
    given = genomes()
    arrays = given.to_arrays()
    assert GenomeArrays._fields == tuple(field.name for field in fields(Genomes))
    assert all(getattr(arrays, name) is getattr(given, name) for name in arrays._fields)
