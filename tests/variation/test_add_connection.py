from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare
from variation.plain_genes import NEW, NEXT_INNOVATION, grown, in_use, plain, repeated, started

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.add_connection import add_connection

PORTS = Ports(3, 2, ("tanh", "relu"))
RNG = make_stream(11, Role.TELL)


def connected(genomes, disabled_blocks=True, rng=RNG):
    return add_connection(genomes, np.arange(len(genomes)), PORTS, NEXT_INNOVATION, disabled_blocks, rng)


def without_gene(genomes, source, target):
    """The one genome, minus the gene between these slots."""
    kept = [
        column
        for column in range(int(genomes.edges[0]))
        if (genomes.source[0, column], genomes.target[0, column]) != (source, target)
    ]
    columns = ("source", "target", "weight", "enabled", "innovation")
    return replace(
        genomes,
        edges=np.array([len(kept)], np.int32),
        **{name: getattr(genomes, name)[:, kept] for name in columns},
    )


def test_the_child_has_one_enabled_gene_of_weight_one_more_and_all_else_unchanged():
    before = grown(PORTS, 20, 40, 5)
    after = connected(before)
    assert (after.edges == before.edges + 1).all()
    assert (after.nodes == before.nodes).all()
    for row in range(20):
        old, new = plain(before, row, PORTS), plain(after, row, PORTS)
        gene = new.genes.pop(NEW)
        assert (gene.weight, gene.enabled) == (1.0, True)
        assert old.layers()[gene.source] < old.layers()[gene.target]
        assert new == old


def test_row_r_names_its_gene_two_r_behind_the_next_innovation():
    after = connected(grown(PORTS, 6, 40, 5))
    assert after.innovation.max(axis=1).tolist() == [NEXT_INNOVATION + 2 * row for row in range(6)]


def test_the_one_missing_gene_is_found():
    for source in range(4):
        for target in (4, 5):
            whole = started(PORTS, 1, 0, 1.0)
            after = connected(without_gene(whole, source, target))
            found = plain(after, 0, PORTS).genes[NEW]
            assert (found.source, found.target) == (source, target)


def test_a_disabled_gene_blocks_its_pair():
    before = started(PORTS, 8, 0, 0.0)
    after = connected(before, disabled_blocks=True)
    assert [in_use(after, row) for row in range(8)] == [in_use(before, row) for row in range(8)]


def test_where_disabled_genes_do_not_block_one_of_them_is_enabled_and_keeps_its_name_and_weight():
    before = grown(PORTS, 1, 0, 0, share=0.0)
    after = connected(repeated(before, 0, 800), disabled_blocks=False)
    assert (after.edges == before.edges[0]).all()
    assert (after.enabled[:, :8].sum(axis=1) == 1).all()
    assert (after.weight[:, :8] == before.weight[0, :8]).all()
    assert (after.innovation[:, :8] == before.innovation[0, :8]).all()
    assert chisquare(after.enabled[:, :8].sum(axis=0)).pvalue > 1e-4


@pytest.mark.parametrize("disabled_blocks", [True, False])
def test_an_enabled_gene_blocks_its_pair_either_way(disabled_blocks):
    before = started(PORTS, 4, 0, 1.0)
    after = connected(before, disabled_blocks)
    assert [in_use(after, row) for row in range(4)] == [in_use(before, row) for row in range(4)]


def test_genes_fill_every_pair_of_later_layers_and_then_stop():
    genomes = grown(PORTS, 1, 12, 4)
    layer = plain(genomes, 0, PORTS).layers()
    pairs = {(a, b) for a in layer for b in layer if layer[a] < layer[b]}
    for step in range(len(pairs) + 3):
        rng = make_stream(0, Role.TELL, step)
        genomes = add_connection(genomes, [0], PORTS, NEXT_INNOVATION + 10 * step, True, rng)
    genes = plain(genomes, 0, PORTS).genes.values()
    assert {(gene.source, gene.target) for gene in genes} >= pairs
    assert genomes.edges[0] == len(pairs)


def test_the_source_is_uniform_over_nodes_with_a_free_place_however_many_places_they_have():
    genome = grown(PORTS, 1, 20, 9)
    old = plain(genome, 0, PORTS)
    after = connected(repeated(genome, 0, 4000))
    layer = old.layers()
    taken = {(gene.source, gene.target) for gene in old.genes.values()}
    places = {a: sum(layer[b] > layer[a] and (a, b) not in taken for b in layer) for a in layer}
    assert len(set(places.values())) > 2
    seen = [plain(after, row, PORTS).genes[NEW].source for row in range(4000)]
    assert chisquare([seen.count(node) for node in places if places[node]]).pvalue > 1e-4
