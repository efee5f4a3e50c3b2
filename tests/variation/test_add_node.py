from dataclasses import replace

import numpy as np
from scipy.stats import chisquare
from variation.plain_genes import (
    NEW,
    NEW_SECOND,
    NEXT_INNOVATION,
    NEXT_NODE,
    grown,
    ids,
    in_use,
    plain,
    repeated,
    started,
)

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.add_node import add_node, add_node_in_place

PORTS = Ports(3, 2, ("tanh", "relu", "sin"))
RNG = make_stream(12, Role.TELL)


def split(genomes, ports=PORTS, rng=RNG):
    return add_node(genomes, np.arange(len(genomes)), ports, NEXT_NODE, NEXT_INNOVATION, rng)


def split_gene(before, after, row):
    """The name of the gene that the new node replaced."""
    old, new = plain(before, row, PORTS).genes, plain(after, row, PORTS).genes
    (name,) = [name for name in old if old[name] != new[name]]
    return name


def test_a_split_disables_the_gene_and_carries_its_weight_behind_the_new_node():
    before = grown(PORTS, 30, 15, 3)
    after = split(before)
    assert (after.nodes == before.nodes + 1).all()
    assert (after.edges == before.edges + 2).all()
    for row in range(30):
        old, new = plain(before, row, PORTS), plain(after, row, PORTS)
        name = split_gene(before, after, row)
        gene, first, second = old.genes[name], new.genes.pop(NEW), new.genes.pop(NEW_SECOND)
        assert gene.enabled
        assert (first.source, first.target, first.weight, first.enabled) == (gene.source, NEW, 1.0, True)
        assert (second.source, second.target) == (NEW, gene.target)
        assert (second.weight, second.enabled) == (gene.weight, True)
        assert new.genes == old.genes | {name: replace(gene, enabled=False)}
        assert new.activation.pop(NEW) in ids(PORTS)
        assert new.activation == old.activation


def test_row_r_names_its_node_and_genes_from_the_next_names():
    after = split(grown(PORTS, 6, 15, 3))
    assert after.node_id.max(axis=1).tolist() == [NEXT_NODE + row for row in range(6)]
    newest = np.sort(after.innovation, axis=1)[:, -2:]
    assert newest.tolist() == [[NEXT_INNOVATION + 2 * r, NEXT_INNOVATION + 2 * r + 1] for r in range(6)]


def test_a_split_pushes_what_lies_behind_into_later_layers_and_slots():
    ports = Ports(1, 1, ("tanh",))
    genomes = started(ports, 1, 0, 0.0)
    genomes.enabled[0, 1] = True
    for step in range(40):  # a chain grows where every split hits an enabled gene of the one path
        genomes = add_node(genomes, [0], ports, 100 + step, 100 + 2 * step, make_stream(2, Role.TELL, step))
    chain = plain(genomes, 0, ports)
    layer = chain.layers()
    hidden = genomes.node_id[0, 2:42].tolist()
    assert [layer[node] for node in hidden] == list(range(1, 41))
    assert hidden != sorted(hidden)
    path = {gene.source: gene.target for gene in chain.genes.values() if gene.enabled}
    node = 1
    for following in [*hidden, 2]:
        node = path.pop(node)
        assert node == following
    assert not path


def test_the_gene_is_uniform_over_the_enabled_and_the_activation_over_the_list():
    ports = replace(PORTS, activations=CONTROL_ACTIVATIONS)
    genome = grown(ports, 1, 15, 8)
    before = repeated(genome, 0, 4000)
    after = split(before, ports)
    old = plain(genome, 0, ports)
    genes = [split_gene(before, after, row) for row in range(4000)]
    enabled = [name for name, gene in old.genes.items() if gene.enabled]
    assert 5 < len(enabled) < len(old.genes)
    assert chisquare([genes.count(name) for name in enabled]).pvalue > 1e-4
    formulas = [plain(after, row, ports).activation[NEW] for row in range(4000)]
    assert chisquare([formulas.count(formula) for formula in range(1, 11)]).pvalue > 1e-4


def test_an_activation_that_the_task_does_not_list_never_appears():
    ports = replace(PORTS, activations=tuple(name for name in CONTROL_ACTIVATIONS if name != "step"))
    after = split(repeated(started(ports, 1, 0, 1.0), 0, 500), ports)
    assert {plain(after, row, ports).activation[NEW] for row in range(500)} == {1, 3, 4, 5, 6, 7, 8, 9, 10}


def test_a_genome_without_enabled_genes_is_copied():
    before = grown(PORTS, 5, 15, 3)
    before.enabled[:] = False
    after = split(before)
    assert [in_use(after, row) for row in range(5)] == [in_use(before, row) for row in range(5)]


def live(genomes, row, keep_hidden):
    """(source name, target name) of every connection that this genome's network plays."""
    network, names = genomes.expressed(PORTS, keep_hidden), genomes.node_id[row]
    pairs = list(zip(network.source[row], network.target[row], strict=True))[: network.edges[row]]
    return {(int(names[source]), int(names[target])) for source, target in pairs}


def test_a_split_between_hidden_nodes_leaves_a_shortcut_only_where_hidden_genes_are_kept():
    before = grown(PORTS, 60, 25, 6)
    after = split(before)
    kinds = set()
    for row in range(60):
        old = plain(before, row, PORTS)
        gene = old.genes[split_gene(before, after, row)]
        between_hidden = old.is_hidden(gene.source) and old.is_hidden(gene.target)
        kinds.add((old.is_hidden(gene.source), old.is_hidden(gene.target)))
        pair = (gene.source, gene.target)
        assert pair not in live(after, row, keep_hidden=False)
        assert (pair in live(after, row, keep_hidden=True)) == between_hidden
        for keep_hidden in (False, True):
            gained = {(gene.source, NEXT_NODE + row), (NEXT_NODE + row, gene.target)}
            lost = set() if keep_hidden and between_hidden else {pair}
            expected = (live(before, row, keep_hidden) - lost) | gained
            assert live(after, row, keep_hidden) == expected
    assert kinds == {(True, True), (True, False), (False, True), (False, False)}


def test_kept_hidden_genes_are_all_of_those_between_hidden_nodes_and_no_others():
    genomes = grown(PORTS, 20, 40, 2)
    disabled = 0
    for row in range(20):
        genome = plain(genomes, row, PORTS)
        hidden = {
            (gene.source, gene.target)
            for gene in genome.genes.values()
            if genome.is_hidden(gene.source) and genome.is_hidden(gene.target)
        }
        enabled = {(gene.source, gene.target) for gene in genome.genes.values() if gene.enabled}
        assert live(genomes, row, keep_hidden=False) == enabled
        assert live(genomes, row, keep_hidden=True) == enabled | hidden
        disabled += len(hidden - enabled)
    assert disabled > 20


def test_genes_that_start_at_the_bias_are_left_alone_where_that_is_wanted():
    before = repeated(grown(PORTS, 1, 15, 3), 0, 400)
    after, rows = before.copy(extra_nodes=1, extra_genes=2), np.arange(400)
    add_node_in_place(after, rows, PORTS, NEXT_NODE, NEXT_INNOVATION, RNG, allow_bias_split=False)
    parent = plain(before, 0, PORTS).genes
    gone = {split_gene(before, after, row) for row in rows}
    assert gone == {name for name, gene in parent.items() if gene.enabled and gene.source != 0}
    only_bias = started(PORTS, 3, 0, 0.0)
    only_bias.enabled[:, 0] = True
    kept = only_bias.copy(extra_nodes=1, extra_genes=2)
    add_node_in_place(kept, np.arange(3), PORTS, NEXT_NODE, NEXT_INNOVATION, RNG, allow_bias_split=False)
    assert [in_use(kept, row) for row in range(3)] == [in_use(only_bias, row) for row in range(3)]
