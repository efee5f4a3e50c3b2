"""Figure 4 of NEAT's paper, the chances of what is inherited, and no cycle ever."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from variation.gene_lists import FIRST, PORTS, SECOND, drawn, genes_of, same_genome
from variation.plain_genes import assert_sound, grown

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.crossover import CrossoverSettings, EqualFitness, cross_parents

FIGURE_4 = drawn(FIRST, SECOND, weights=[[-g[0] for g in FIRST], [g[0] for g in SECOND]])


def how(average=0.0, keep_disabled_probability=0.75, equal_fitness="random", unmutated=0.0):
    return CrossoverSettings(average, keep_disabled_probability, EqualFitness(equal_fitness), unmutated)


def children(genomes, measure, count=400, seed=0, crossover=None, ports=PORTS, first=0, second=1):
    """So many children of the first two rows."""
    one, two = np.full(count, first), np.full(count, second)
    rng = make_stream(seed, Role.TELL)
    return cross_parents(genomes, one, two, np.array(measure, float), ports, crossover or how(), rng)


def test_figure_4_matching_disjoint_and_excess_genes_of_the_fitter_are_inherited():
    for measure, numbers, fitter in (([2, 1], {1, 2, 3, 4, 5, 8}, 0), ([1, 2], {*range(1, 8), 9, 10}, 1)):
        born, parents = children(FIGURE_4, measure)
        assert (parents == [fitter, 1 - fitter]).all()
        for row in range(400):
            assert set(genes_of(born, row)) == numbers
            for number, gene in genes_of(born, row).items():
                assert gene[:2] == genes_of(FIGURE_4, fitter)[number][:2]


def test_figure_4_of_equally_fit_parents_every_unmatched_gene_is_inherited_by_half():
    born, _ = children(FIGURE_4, [1, 1], count=2000)
    counted = Counter(number for row in range(2000) for number in genes_of(born, row))
    assert all(counted[number] == 2000 for number in (1, 2, 3, 4, 5))
    for number in (6, 7, 8, 9, 10):
        assert abs(counted[number] - 1000) < 4.5 * np.sqrt(500)
    whole = {row for row in range(2000) if len(genes_of(born, row)) == 10}
    assert whole  # the child that the figure shows
    assert {int(born.nodes[row]) for row in whole} == {6}


def test_a_matching_weight_is_either_parents_and_each_as_often():
    born, _ = children(FIGURE_4, [2, 1], count=2000)
    for number in (1, 2, 3, 4, 5):
        signs = np.array([genes_of(born, row)[number][2] for row in range(2000)])
        assert set(np.abs(signs)) == {number}
        assert abs((signs > 0).sum() - 1000) < 4.5 * np.sqrt(500)
    assert {genes_of(born, row)[8][2] for row in range(2000)} == {-8.0}


def test_an_averaging_crossover_takes_the_mean_of_matching_weights_all_or_none():
    genomes = drawn(FIRST, SECOND, weights=[[1.0] * 6, [4.0] * 9])
    born, _ = children(genomes, [2, 1], count=1000, crossover=how(average=0.4))
    averaged = 0
    for row in range(1000):
        weights = {genes_of(born, row)[number][2] for number in (1, 2, 3, 4, 5)}
        assert weights == {2.5} or weights <= {1.0, 4.0}
        averaged += weights == {2.5}
    assert abs(averaged - 400) < 4.5 * np.sqrt(240)


def test_three_in_four_of_ten_thousand_matching_genes_disabled_in_a_parent_stay_disabled():
    born, _ = children(FIGURE_4, [2, 1], count=5000)  # gene 2 is off in both, gene 5 in one
    off = np.array([[not genes_of(born, row)[number][3] for number in (2, 5)] for row in range(5000)])
    assert off.mean() == pytest.approx(0.75, abs=0.02)
    assert off.mean(axis=0) == pytest.approx([0.75, 0.75], abs=0.03)
    assert all(genes_of(born, row)[number][3] for row in range(5000) for number in (1, 3, 4))


def test_an_unmatched_gene_keeps_its_flag():
    genomes = drawn(FIRST, [(*gene[:3], gene[0] != 9) for gene in SECOND])
    born, _ = children(genomes, [1, 2])
    assert not any(genes_of(born, row)[9][3] for row in range(400))


def test_flags_are_those_of_the_fitter_parent_where_no_chance_is_given():
    born, _ = children(FIGURE_4, [1, 2], crossover=how(keep_disabled_probability=None))
    for row in range(400):
        flags = {number: gene[3] for number, gene in genes_of(born, row).items()}
        assert flags == {number: gene[3] for number, gene in genes_of(FIGURE_4, 1).items()}


def test_equally_fit_parents_may_give_the_structure_of_the_smaller_or_of_the_first():
    for rule, first, numbers in (
        ("smaller", 0, set(genes_of(FIGURE_4, 0))),
        ("smaller", 1, set(genes_of(FIGURE_4, 0))),
        ("first", 0, set(genes_of(FIGURE_4, 0))),
        ("first", 1, set(genes_of(FIGURE_4, 1))),
    ):
        born, _ = children(FIGURE_4, [1, 1], crossover=how(equal_fitness=rule), first=first, second=1 - first)
        assert all(set(genes_of(born, row)) == numbers for row in range(400))


def test_of_equal_sizes_the_smaller_is_the_second_as_in_the_released_code():
    other = [(number + 10 * (number == 8), *rest) for number, *rest in FIRST]
    born, parents = children(drawn(FIRST, other), [1, 1], crossover=how(equal_fitness="smaller"))
    assert (parents == [1, 0]).all()
    assert all(18 in genes_of(born, row) for row in range(400))


def test_a_gene_that_would_close_a_cycle_or_double_a_connection_is_left_out():
    one = [(1, 1, 4), (2, 1, 5), (3, 1, 6), (4, 5, 6), (5, 6, 4)]
    two = [(1, 1, 4), (2, 1, 5), (3, 1, 6), (14, 5, 6), (5, 6, 4)]
    born, _ = children(drawn(one, two), [1, 1])
    seen = {frozenset(genes_of(born, row)) for row in range(400)}
    assert seen == {frozenset({1, 2, 3, 5} | more) for more in (set(), {4}, {14})}
    # 6 -> 5 against 5 -> 6: node names follow layers, so the second parent's are swapped by hand
    back = drawn(one)
    back.node_id[0, 3:5] = [6, 5]
    back.innovation[0, back.innovation[0] == 4] = 24
    genomes = drawn(one).concatenate(back)
    born, _ = children(genomes, [1, 1])
    born.check(PORTS)
    for row in range(400):
        assert not {4, 24} <= set(genes_of(born, row))
    assert {4 in genes_of(born, row) for row in range(400)} == {True, False}
    assert any(24 in genes_of(born, row) for row in range(400))


def test_a_hidden_node_that_no_inherited_gene_touches_is_gone():
    one = [(1, 1, 4), (2, 2, 4), (3, 3, 4)]
    two = [*one, (4, 2, 5), (5, 5, 4)]
    born, _ = children(drawn(one, two), [1, 1])
    for row in range(400):
        new = set(genes_of(born, row)) & {4, 5}
        assert int(born.nodes[row]) == (5 if new else 4)
        assert born.node_id[row, : born.nodes[row]].tolist() == ([1, 2, 3, 5, 4] if new else [1, 2, 3, 4])


def test_a_child_of_one_parent_alone_is_its_copy():
    born, parents = cross_parents(
        FIGURE_4,
        np.array([1, 0, 1]),
        np.array([-1, -1, 1]),
        np.array([1.0, 1.0]),
        PORTS,
        how(keep_disabled_probability=None),
        make_stream(0, Role.TELL),
    )
    assert parents.tolist() == [[1, -1], [0, -1], [1, 1]]
    for row, parent in enumerate((1, 0, 1)):
        assert same_genome(born, row, FIGURE_4, parent)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.builds(Ports, st.integers(1, 4), st.integers(1, 3), st.just(("tanh", "relu"))),
    st.integers(0, 2**32),
    st.integers(0, 150),
    st.sampled_from(list(EqualFitness)),
    st.booleans(),
)
def test_children_of_any_parents_are_sound_acyclic_and_inherit_only(ports, seed, steps, rule, tied):
    parents = grown(ports, 6, steps, seed)
    random = np.random.default_rng(seed)
    first, second = random.integers(0, 6, 20), random.integers(-1, 6, 20)
    measure = np.zeros(6) if tied else random.normal(size=6)
    born, named = cross_parents(
        parents, first, second, measure, ports, how(equal_fitness=rule.value), make_stream(seed, Role.TELL)
    )
    born.check(ports)
    assert_sound(born, ports)
    for row, (one, two) in enumerate(named):
        mine = set(genes_of(born, row))
        both = set(genes_of(parents, one)) | (set(genes_of(parents, two)) if two >= 0 else set())
        assert mine <= both
        if two >= 0 and not tied:
            assert measure[one] >= measure[two]
        if two < 0 or rule is not EqualFitness.RANDOM or measure[one] != measure[two]:
            assert mine == set(genes_of(parents, one))
        else:
            assert mine >= set(genes_of(parents, one)) & set(genes_of(parents, two))


def test_a_child_does_not_depend_on_its_neighbours():
    parents = grown(Ports(3, 2, ("tanh",)), 6, 80, 1)
    measure, ports = np.array([1.0, 1.0, 2.0, 3.0, 1.0, 0.0]), Ports(3, 2, ("tanh",))
    first, second = np.array([0, 1, 2, 3]), np.array([1, 4, 5, 0])
    together, _ = cross_parents(parents, first, second, measure, ports, how(), make_stream(1, Role.TELL))
    alone, _ = cross_parents(parents, first[:1], second[:1], measure, ports, how(), make_stream(1, Role.TELL))
    assert same_genome(alone, 0, together, 0)


@pytest.mark.parametrize(
    "name", ["average_probability", "keep_disabled_probability", "skip_mutation_probability"]
)
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_chance_outside_of_0_and_1_is_refused(name, value):
    with pytest.raises(ConfigError, match=f"crossover.{name}"):
        replace(how(), **{name: value})
