"""What all operators owe: sound genomes, one allowed change, only where asked, the same everywhere."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from variation.plain_genes import (
    NEXT_INNOVATION,
    NEXT_NODE,
    OPERATORS,
    all_bytes,
    assert_sound,
    grown,
    in_use,
    littered,
    plain,
    repeated,
    started,
)

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.add_connection import add_connection_in_place
from wannsearch.variation.add_node import add_node_in_place
from wannsearch.variation.enable_connection import enable_connection_in_place
from wannsearch.variation.mutate_activation import mutate_activation_in_place
from wannsearch.variation.remove_connection import remove_connection_in_place

FEW = ("linear", "tanh", "relu")
PORTS = st.builds(Ports, st.integers(1, 4), st.integers(1, 3), st.sampled_from([FEW, ("sin", "step")]))
SEEDS = st.integers(0, 2**32)
IN_PLACE = {
    "add_connection": lambda genomes, rows, ports, rng: add_connection_in_place(
        genomes, rows, ports, NEXT_INNOVATION, True, rng
    ),
    "add_node": lambda genomes, rows, ports, rng: add_node_in_place(
        genomes, rows, ports, NEXT_NODE, NEXT_INNOVATION, rng
    ),
    "enable": lambda genomes, rows, ports, rng: enable_connection_in_place(genomes, rows, rng),
    "set_activation": mutate_activation_in_place,
    "remove_connection": lambda genomes, rows, ports, rng: remove_connection_in_place(
        genomes, rows, ports, False, rng
    ),
}
"""The same operators on a copy of the caller's own."""
EVERY_OPERATOR = pytest.mark.parametrize("operator", OPERATORS.values(), ids=list(OPERATORS))
quick = settings(max_examples=15, deadline=None, derandomize=True)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(PORTS, SEEDS, st.integers(0, 300), st.booleans())
def test_genomes_stay_sound_through_hundreds_of_operators(ports, seed, steps, disabled_blocks):
    genomes = grown(ports, 5, steps, seed, disabled_blocks=disabled_blocks)
    assert_sound(genomes, ports)
    for keep_hidden in (False, True):
        genomes.expressed(ports, keep_hidden).check(ports)


def test_hundreds_of_operators_really_grow_genomes():
    genomes = grown(Ports(3, 2, FEW), 5, 300, 1)
    assert genomes.nodes.min() > 50
    assert genomes.edges.min() > 100
    assert max(max(plain(genomes, row, Ports(3, 2, FEW)).layers().values()) for row in range(5)) > 8


@EVERY_OPERATOR
@quick
@given(ports=PORTS, seed=SEEDS, steps=st.integers(0, 60), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_each_child_is_sound_and_one_of_those_that_the_algorithm_allows(operator, ports, seed, steps, share):
    before = grown(ports, 4, steps, seed, share)
    after = operator.apply(before, np.arange(4), ports, make_stream(seed, Role.RETEST))
    assert_sound(after, ports)
    for row in range(4):
        allowed = [child.frozen for _, child in operator.outcomes(plain(before, row, ports), ports)]
        assert plain(after, row, ports).frozen in allowed


@EVERY_OPERATOR
@pytest.mark.parametrize(("steps", "seed"), [(4, 0), (9, 1), (14, 2)])
def test_each_allowed_child_comes_as_often_as_the_algorithm_says(operator, steps, seed):
    ports, times = Ports(2, 2, FEW), 3000
    genome = grown(ports, 1, steps, seed)
    before = repeated(genome, 0, times)
    after = operator.apply(before, np.arange(times), ports, make_stream(seed, Role.RETEST))
    expected: dict[object, float] = defaultdict(float)
    for chance, child in operator.outcomes(plain(genome, 0, ports), ports):
        expected[child.frozen] += chance * times
    seen = Counter(plain(after, row, ports).frozen for row in range(times))
    assert set(seen) <= set(expected)
    if len(expected) > 1:
        assert chisquare([seen[child] for child in expected], list(expected.values())).pvalue > 1e-4


@EVERY_OPERATOR
@quick
@given(ports=PORTS, seed=SEEDS, steps=st.integers(0, 40), rows=st.sets(st.integers(0, 6)))
def test_only_the_rows_named_change_and_the_input_does_not(operator, ports, seed, steps, rows):
    genomes = grown(ports, 7, steps, seed)
    untouched = all_bytes(genomes)
    after = operator.apply(genomes, np.array(sorted(rows), int), ports, make_stream(seed, Role.RETEST))
    assert all_bytes(genomes) == untouched
    for row in set(range(7)) - rows:
        assert in_use(after, row) == in_use(genomes, row)


@EVERY_OPERATOR
@quick
@given(ports=PORTS, seed=SEEDS, steps=st.integers(0, 40), rows=st.sets(st.integers(0, 6), min_size=1))
def test_a_row_does_not_depend_on_the_other_rows_of_the_call(operator, ports, seed, steps, rows):
    genomes, rng = grown(ports, 7, steps, seed), make_stream(seed, Role.RETEST)
    together = operator.apply(genomes, np.arange(7), ports, rng)
    some = operator.apply(genomes, np.array(sorted(rows, reverse=True)), ports, rng)
    fewer = operator.apply(genomes.take(np.arange(max(rows) + 1)), np.array(sorted(rows)), ports, rng)
    for row in rows:
        assert in_use(together, row) == in_use(some, row) == in_use(fewer, row)


@EVERY_OPERATOR
@quick
@given(ports=PORTS, seed=SEEDS, steps=st.integers(0, 40), extra=st.integers(0, 5))
def test_padding_means_nothing(operator, ports, seed, steps, extra):
    genomes, rng = grown(ports, 6, steps, seed), make_stream(seed, Role.RETEST)
    clean = operator.apply(genomes, np.arange(6), ports, rng)
    littered_ones = operator.apply(littered(genomes, extra, seed), np.arange(6), ports, rng)
    assert all(in_use(clean, row) == in_use(littered_ones, row) for row in range(6))
    assert all(in_use(clean, row) == in_use(littered_ones.copy(), row) for row in range(6))


@quick
@given(ports=PORTS, seed=SEEDS, steps=st.integers(0, 40), keep_hidden=st.booleans())
def test_padding_means_nothing_to_the_networks_expressed(ports, seed, steps, keep_hidden):
    genomes = grown(ports, 6, steps, seed)
    clean = genomes.expressed(ports, keep_hidden)
    from_litter = littered(genomes, 3, seed).expressed(ports, keep_hidden)
    assert clean.edges.tolist() == from_litter.edges.tolist()
    for name in ("source", "target", "weight"):
        assert np.array_equal(getattr(clean, name), getattr(from_litter, name))


@EVERY_OPERATOR
def test_the_same_key_row_and_purpose_give_the_same_child_and_any_other_may_not(operator):
    ports = Ports(3, 2, FEW)
    before = repeated(grown(ports, 1, 30, 7), 0, 40)
    rows, rng = np.arange(40), make_stream(3, Role.TELL, 5)

    def children(rng):
        after = operator.apply(before, rows, ports, rng)
        return [plain(after, row, ports).frozen for row in range(40)]

    assert children(rng) == children(make_stream(3, Role.TELL, 5))
    assert children(rng) != children(rng.for_purpose(1))
    assert children(rng) != children(make_stream(4, Role.TELL, 5))
    assert children(rng) != children(make_stream(3, Role.TELL, 6))
    assert children(rng) != children(make_stream(3, Role.START, 5))
    assert len(set(children(rng))) > 10


@pytest.mark.parametrize("name", IN_PLACE)
@quick
@given(ports=PORTS, seed=SEEDS, steps=st.integers(0, 40), rows=st.sets(st.integers(0, 6)))
def test_working_in_place_makes_the_same_children(name, ports, seed, steps, rows):
    genomes, rng = grown(ports, 7, steps, seed), make_stream(seed, Role.RETEST)
    after = OPERATORS[name].apply(genomes, np.array(sorted(rows), int), ports, rng)
    own = genomes.copy(extra_nodes=1, extra_genes=2)
    IN_PLACE[name](own, np.array(sorted(rows), int), ports, rng)
    assert [in_use(own, row) for row in range(7)] == [in_use(after, row) for row in range(7)]
    assert all_bytes(own.copy()) == all_bytes(after.copy())


@pytest.mark.parametrize("name", ["add_connection", "add_node"])
def test_working_in_place_where_there_is_no_room_is_refused(name):
    ports = Ports(2, 1, FEW)
    own = grown(ports, 3, 20, 0)
    with pytest.raises(AssertionError, match="no room"):
        IN_PLACE[name](own, np.arange(3), ports, make_stream(0, Role.TELL))


@EVERY_OPERATOR
def test_no_rows_named_leaves_every_genome_as_it_was(operator):
    ports = Ports(2, 1, FEW)
    before = grown(ports, 3, 20, 0)
    after = operator.apply(before, np.array([], int), ports, make_stream(0, Role.TELL))
    assert [in_use(after, row) for row in range(3)] == [in_use(before, row) for row in range(3)]


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("add_node", 0.0),
        ("enable", 1.0),
        ("set_activation", 0.5),
        ("add_connection", 0.5),
        ("remove_connection", 0.0),
    ],
)
def test_an_operator_with_nothing_to_do_gives_a_plain_copy(name, share):
    ports = Ports(2, 2, FEW)
    before = started(ports, 5, 0, share)
    after = OPERATORS[name].apply(before, np.arange(5), ports, make_stream(0, Role.TELL))
    assert [in_use(after, row) for row in range(5)] == [in_use(before, row) for row in range(5)]
