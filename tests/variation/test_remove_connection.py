import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from variation.gene_lists import PORTS as FIGURE_PORTS
from variation.gene_lists import drawn, genes_of
from variation.plain_genes import grown, in_use, plain, removals, repeated

from wannsearch.core.activations import activate
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.evaluators.reference import forward
from wannsearch.variation.remove_connection import remove_connection, remove_connection_in_place

PORTS = Ports(3, 2, ("tanh", "relu", "sin"))
RNG = make_stream(15, Role.TELL)
KEEP_HIDDEN = pytest.mark.parametrize("keep_hidden", [False, True])


def played(genome, keep_hidden, inputs, shared):
    """The outputs of this genome's network, computed on its dictionaries by recursion."""
    into = {node: [] for node in genome.activation}
    for gene in genome.genes.values():
        if genome.is_expressed(gene, keep_hidden):
            into[gene.target].append(gene)
    values = {0: 1.0} | {1 + place: value for place, value in enumerate(inputs)}

    def value(node):
        if node not in values:
            weighted = [value(gene.source) * (shared or gene.weight) for gene in into[node]]
            values[node] = float(activate(genome.activation[node], np.array(sum(weighted))))
        return values[node]

    return [value(1 + genome.inputs + output) for output in range(genome.outputs)]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    steps=st.integers(0, 60),
    keep_hidden=st.booleans(),
    shared=st.sampled_from([None, -1.5, 0.5]),
)
def test_what_is_left_computes_what_the_graph_without_the_connection_computes(
    seed, steps, keep_hidden, shared
):
    before = grown(PORTS, 5, steps, seed)
    after = remove_connection(before, np.arange(5), PORTS, keep_hidden, make_stream(seed, Role.RETEST))
    after.check(PORTS)
    assert (after.edges <= before.edges).all()
    networks = after.expressed(PORTS, keep_hidden)
    inputs = np.random.default_rng(seed).normal(size=3)
    for row in range(5):
        old, new = plain(before, row, PORTS), plain(after, row, PORTS)
        assert all(old.genes[name] == gene for name, gene in new.genes.items())
        (child, *_) = [c for _, c in removals(old, keep_hidden) if c.frozen == new.frozen]
        expected = played(child, keep_hidden, inputs, shared)
        outputs = forward(networks, row, inputs, 2, None if shared is None else np.float64(shared))
        assert outputs == pytest.approx(expected, rel=1e-9, abs=1e-9)


@KEEP_HIDDEN
def test_every_connection_of_the_network_is_as_likely_as_the_others(keep_hidden):
    genome = grown(PORTS, 1, 30, 4)
    old = plain(genome, 0, PORTS)
    after = remove_connection(repeated(genome, 0, 4000), np.arange(4000), PORTS, keep_hidden, RNG)
    # A child that lost one gene alone names it; every such gene has one child.
    alone = [c for _, c in removals(old, keep_hidden) if len(c.genes) == len(old.genes) - 1]
    expected = [next(iter(old.genes.keys() - child.genes)) for child in alone]
    lost = [old.genes.keys() - plain(after, row, PORTS).genes for row in range(4000)]
    single = [next(iter(names)) for names in lost if len(names) == 1]
    num_expressed = int(genome.expressed(PORTS, keep_hidden).edges[0])
    assert set(single) == set(expected)
    assert len(expected) > 8
    assert chisquare([single.count(name) for name in expected]).pvalue > 1e-4
    share = len(expected) / num_expressed
    assert len(single) / 4000 == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / 4000) + 1e-12)


def test_disabled_genes_go_only_between_hidden_nodes_whose_genes_are_kept():
    before = repeated(grown(PORTS, 1, 40, 2), 0, 1500)
    old = plain(before, 0, PORTS)
    off = {name for name, gene in old.genes.items() if not gene.enabled}
    hidden_off = {name for name in off if old.is_expressed(old.genes[name], keep_hidden=True)}
    assert hidden_off
    for keep_hidden, allowed in ((False, set()), (True, hidden_off)):
        after = remove_connection(before, np.arange(1500), PORTS, keep_hidden, RNG)
        lost = [old.genes.keys() - plain(after, row, PORTS).genes for row in range(1500)]
        assert {name for names in lost for name in names if len(names) == 1} & off == allowed


def test_a_chain_goes_whole_and_what_lies_behind_it_comes_into_an_earlier_layer():
    # 2 -> 5 -> 6 -> 4 beside 3 -> 7 -> 4, and a disabled gene from 6 to 7: without the chain 7 is in layer 1.
    chain = [(1, 2, 5), (2, 5, 6), (3, 6, 4), (4, 3, 7), (5, 7, 4), (6, 6, 7, False)]
    before = drawn(*[chain] * 60)
    after = remove_connection(before, np.arange(60), FIGURE_PORTS, False, RNG)
    after.check(FIGURE_PORTS)
    children = {frozenset(genes_of(after, row)) for row in range(60)}
    # Without 6 -> 4 the disabled gene still leaves node 6, so that nothing else goes.
    assert children == {
        frozenset({4, 5}),
        frozenset({1, 2, 4, 5, 6}),
        frozenset({1, 2, 3, 5, 6}),
        frozenset({1, 2, 3}),
    }


def test_the_last_connection_and_the_last_chain_stay():
    cases = [[(1, 1, 4)], [(1, 1, 4), (2, 2, 4, False)], [(1, 2, 5), (2, 5, 4)], [(1, 1, 4, False)]]
    before = drawn(*cases)
    after = remove_connection(before, np.arange(4), FIGURE_PORTS, False, RNG)
    assert [in_use(after, row) for row in range(4)] == [in_use(before, row) for row in range(4)]


@KEEP_HIDDEN
def test_repeated_often_enough_it_leaves_one_path_without_loose_nodes(keep_hidden):
    genomes = grown(PORTS, 6, 60, 7)
    for step in range(int(genomes.edges.max())):
        remove_connection_in_place(genomes, range(6), PORTS, keep_hidden, make_stream(0, Role.TELL, step))
    assert (genomes.expressed(PORTS, keep_hidden).edges >= 1).all()
    stuck = genomes.copy()
    remove_connection_in_place(genomes, range(6), PORTS, keep_hidden, RNG)
    assert [in_use(genomes, row) for row in range(6)] == [in_use(stuck, row) for row in range(6)]
    for row in range(6):
        assert {child.frozen for _, child in removals(plain(genomes, row, PORTS), keep_hidden)} == {
            plain(genomes, row, PORTS).frozen
        }


def test_what_is_removed_leaves_zeros_behind():
    genomes = grown(PORTS, 20, 40, 2).copy()
    remove_connection_in_place(genomes, np.arange(20), PORTS, True, RNG)
    behind = ~genomes.gene_mask()
    assert behind.sum() >= 20
    for name in ("source", "target", "weight", "enabled", "innovation"):
        assert not getattr(genomes, name)[behind].any()
    slots = np.arange(genomes.activation.shape[1]) >= genomes.nodes[:, None]
    assert not genomes.node_id[slots].any()
