import numpy as np
from scipy.stats import chisquare
from variation.plain_genes import grown, in_use, plain, repeated

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.enable_connection import enable_connection, enable_connections_in_place

PORTS = Ports(3, 2, ("tanh", "relu"))
RNG = make_stream(13, Role.TELL)


def test_exactly_one_disabled_gene_is_enabled_and_nothing_else_changes():
    before = grown(PORTS, 30, 15, 3)
    after = enable_connection(before, np.arange(30), RNG)
    for row in range(30):
        old, new = plain(before, row, PORTS), plain(after, row, PORTS)
        changed = [name for name in old.genes if old.genes[name] != new.genes[name]]
        assert len(changed) == 1
        assert not old.genes[changed[0]].enabled
        assert new.genes[changed[0]].enabled
        assert new.activation == old.activation


def test_every_disabled_gene_is_as_likely_as_the_others():
    genome = grown(PORTS, 1, 25, 4)
    columns = int(genome.edges[0])
    off = ~genome.enabled[0, :columns]
    after = enable_connection(repeated(genome, 0, 3000), np.arange(3000), RNG)
    turned_on = (after.enabled[:, :columns] & off).sum(axis=0)
    assert off.sum() > 4
    assert chisquare(turned_on[off]).pvalue > 1e-4


def test_repeated_often_enough_it_enables_everything_and_then_stops():
    genomes = grown(PORTS, 2, 25, 4)
    for step in range(int(genomes.edges.max())):
        genomes = enable_connection(genomes, [0, 1], make_stream(0, Role.TELL, step))
    assert (genomes.enabled == genomes.gene_mask()).all()
    after = enable_connection(genomes, [0, 1], RNG)
    assert [in_use(after, row) for row in range(2)] == [in_use(genomes, row) for row in range(2)]


def test_each_disabled_gene_may_be_enabled_by_its_own_coin():
    before = repeated(grown(PORTS, 1, 25, 4), 0, 2000)
    after, rows = before.copy(), np.arange(0, 2000, 2)
    enable_connections_in_place(after, rows, 0.3, RNG)
    used = before.gene_mask()
    assert after.enabled[used & before.enabled].all()
    assert np.array_equal(after.enabled[1::2] & used[1::2], before.enabled[1::2] & used[1::2])
    off = (used & ~before.enabled)[0]
    turned_on = after.enabled[::2, off].sum(axis=0)
    assert off.sum() > 4
    assert (np.abs(turned_on - 300) < 4.5 * np.sqrt(210)).all()
