from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from variation.gene_lists import PORTS as FIGURE_PORTS
from variation.gene_lists import drawn, genes_of
from variation.plain_genes import all_bytes, assert_sound, dead_nodes, grown, in_use, littered, plain, without

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.evaluators.reference import forward
from wannsearch.variation.remove_connection import remove_connection_in_place
from wannsearch.variation.remove_dead_nodes import remove_dead_nodes_in_place

EXACT = ("linear", "absolute", "relu", "step")
"""Of small whole numbers these make whole numbers, so that sums in any order are the same."""
SMOOTH = ("tanh", "sin", "gaussian")
STEPS, SEEDS = st.integers(0, 60), st.integers(0, 2**32)
quick = settings(max_examples=40, deadline=None, derandomize=True)


def switched(ports, size, steps, seed):
    """Grown genomes with every gene enabled or disabled at random, which leaves many dead nodes."""
    genomes = grown(ports, size, steps, seed)
    random = np.random.default_rng(seed)
    signs = random.choice([-1.0, 1.0], genomes.weight.shape)
    return replace(genomes, enabled=random.random(genomes.enabled.shape) < 0.5, weight=signs).copy()


def simplified(genomes, rows, ports, keep_hidden):
    after = genomes.copy()
    remove_dead_nodes_in_place(after, rows, ports, keep_hidden)
    return after


@quick
@given(seed=SEEDS, steps=STEPS, keep_hidden=st.booleans())
def test_exactly_the_dead_nodes_leave_and_their_genes_with_them(seed, steps, keep_hidden):
    ports = Ports(3, 2, EXACT)
    before = switched(ports, 5, steps, seed)
    after = simplified(before, np.arange(5), ports, keep_hidden)
    after.check(ports)
    assert_sound(after, ports)
    for row in range(5):
        old = plain(before, row, ports)
        assert plain(after, row, ports).frozen == without(old, dead_nodes(old, keep_hidden)).frozen


@quick
@given(
    seed=SEEDS,
    steps=STEPS,
    keep_hidden=st.booleans(),
    shared=st.sampled_from([None, -1.0, 2.0]),
    names=st.sampled_from([EXACT, SMOOTH]),
)
def test_networks_compute_the_same_outputs_before_and_after(seed, steps, keep_hidden, shared, names):
    ports = Ports(3, 2, names)
    before = switched(ports, 5, steps, seed)
    after = simplified(before, np.arange(5), ports, keep_hidden)
    old, new = before.expressed(ports, keep_hidden), after.expressed(ports, keep_hidden)
    inputs = np.random.default_rng(seed).integers(-3, 4, (7, 3)).astype(float)
    weight = None if shared is None else np.float64(shared)
    for row in range(5):
        outputs, expected = (forward(networks, row, inputs, 2, weight) for networks in (new, old))
        if names == EXACT:
            assert outputs.tolist() == expected.tolist()
        else:
            np.testing.assert_allclose(outputs, expected, rtol=1e-9, atol=1e-9)


@quick
@given(seed=SEEDS, steps=STEPS, rows=st.sets(st.integers(0, 6)), extra=st.integers(0, 4))
def test_only_the_rows_named_change_whatever_the_others_and_the_padding_hold(seed, steps, rows, extra):
    ports = Ports(2, 2, EXACT)
    before = switched(ports, 7, steps, seed)
    untouched, named = all_bytes(before), np.array(sorted(rows), int)
    together = simplified(before, np.arange(7), ports, False)
    after = simplified(before, named, ports, False)
    wide = littered(before, extra, seed)
    remove_dead_nodes_in_place(wide, named, ports, False)
    assert all_bytes(before) == untouched
    for row in range(7):
        expected = in_use(together if row in rows else before, row)
        assert in_use(after, row) == in_use(wide, row) == expected


@quick
@given(seed=SEEDS, steps=STEPS, keep_hidden=st.booleans())
def test_published_operators_leave_no_dead_node_and_a_second_pass_finds_none(seed, steps, keep_hidden):
    ports = Ports(2, 2, EXACT)
    published, mixed = grown(ports, 4, steps, seed), switched(ports, 4, steps, seed)
    for genomes in (published, simplified(mixed, np.arange(4), ports, keep_hidden)):
        after = simplified(genomes, np.arange(4), ports, keep_hidden)
        assert all(in_use(after, row) == in_use(genomes, row) for row in range(4))


def test_a_disabled_gene_keeps_no_node_and_only_leaves_with_its_own():
    # 2 -> 5 -> 4 is split by 6 and cut behind it: 5 is left with the disabled 5 -> 4.
    genomes = drawn([(1, 1, 4), (2, 2, 5), (3, 5, 4, False), (4, 3, 4, False), (5, 3, 5, False)])
    remove_dead_nodes_in_place(genomes, [0], FIGURE_PORTS, True)
    assert set(genes_of(genomes, 0)) == {1, 4}
    assert genomes.nodes.tolist() == [4]


def test_a_network_whose_connections_reach_no_output_has_none_left():
    # 1 -> 5 is enabled and leads nowhere; the disabled 2 -> 4 stays in the genome.
    genomes = drawn([(1, 1, 5), (2, 5, 4, False), (3, 2, 4, False)])
    remove_dead_nodes_in_place(genomes, [0], FIGURE_PORTS, False)
    assert set(genes_of(genomes, 0)) == {3}
    assert genomes.expressed(FIGURE_PORTS).edges.tolist() == [0]


def test_a_removal_can_leave_dead_nodes_which_then_go():
    ports = Ports(3, 2, EXACT)
    genomes, lost = grown(ports, 40, 40, 5).copy(), 0
    for step in range(20):
        remove_connection_in_place(genomes, np.arange(40), ports, False, make_stream(5, Role.TELL, step))
        nodes = genomes.nodes.copy()
        remove_dead_nodes_in_place(genomes, np.arange(40), ports, False)
        lost += int((nodes - genomes.nodes).sum())
        assert_sound(genomes, ports)
    assert lost > 20
