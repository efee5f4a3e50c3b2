"""The distance of NEAT's figure 4, and what N may be."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from variation.gene_lists import FIRST, PORTS, SECOND, drawn, genes_of
from variation.plain_genes import grown

from wannsearch.core.ports import Ports
from wannsearch.ranking.distance import GenomeSize, compatibility_distance, sort_genes_by_innovation
from wannsearch.ranking.species import Representative, SpeciesSettings

PAPER = SpeciesSettings(
    excess=1.0,
    disjoint=1.0,
    weight=0.4,
    genome_size=GenomeSize.ONE_BELOW_20,
    threshold=3.0,
    target_count=None,
    threshold_step=0.25,
    threshold_min=2.0,
    representative=Representative.RANDOM,
)


def apart(genomes, formed=PAPER, ports=PORTS, one=0, other=1):
    genes = sort_genes_by_innovation(genomes)
    return compatibility_distance(
        genes, one, other, formed.coefficients, formed.small_genome_size, formed.num_excluded_genes(ports)
    )


def test_the_parents_of_figure_4_are_5_and_the_weighted_mean_difference_apart():
    genomes = drawn(FIRST, SECOND, weights=[[1.0] * 6, [1.5, 1.5, 2.0, 1.0, -1.0, 9.0, 9.0, 9.0, 9.0]])
    mean = (0.5 + 0.5 + 1.0 + 0.0 + 2.0) / 5
    for c3 in (0.0, 0.4, 3.0):
        assert apart(genomes, replace(PAPER, weight=c3)) == pytest.approx(5 + c3 * mean, rel=1e-15)


def test_figure_4_has_three_disjoint_and_two_excess_genes():
    genomes = drawn(FIRST, SECOND)  # equal numbers weigh the same
    assert apart(genomes, replace(PAPER, excess=0.0)) == 3.0
    assert apart(genomes, replace(PAPER, disjoint=0.0)) == 2.0


@pytest.mark.parametrize(
    ("size", "small", "large"),
    [
        (GenomeSize.ONE_BELOW_20, 1, 20),
        (GenomeSize.ONE, 1, 1),
        (GenomeSize.LESS_PORTS, 1 + 9 - 3, 1 + 20 - 3),
    ],
)
def test_what_does_not_match_is_divided_by_n(size, small, large):
    formed = replace(PAPER, genome_size=size, weight=0.0)
    assert apart(drawn(FIRST, SECOND), formed) == 5 / small
    more = [*SECOND, *((20 + i, 1, 10 + i) for i in range(11))]  # 20 genes
    assert apart(drawn(FIRST, more), formed) == 16 / large


def test_genomes_without_a_common_gene_are_apart_by_their_genes_alone():
    assert apart(drawn([(1, 1, 4)], [(2, 1, 4), (3, 2, 4)])) == 3.0


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.integers(0, 120))
def test_a_distance_is_what_sets_of_numbers_give_and_symmetric(seed, steps):
    ports = Ports(3, 1, ("tanh",))
    genomes = grown(ports, 2, steps, seed)
    one, two = genes_of(genomes, 0), genes_of(genomes, 1)
    common, apart_numbers = set(one) & set(two), set(one) ^ set(two)
    reach = min(max(one), max(two))
    excess = sum(number > reach for number in apart_numbers)
    mean = np.mean([abs(one[number][2] - two[number][2]) for number in common])
    size = max(len(one), len(two))
    expected = (2 * excess + 3 * (len(apart_numbers) - excess)) / (size if size >= 20 else 1) + 0.4 * mean
    formed = replace(PAPER, excess=2.0, disjoint=3.0)
    assert apart(genomes, formed, ports) == pytest.approx(expected, rel=1e-12)
    assert apart(genomes, formed, ports, 1, 0) == apart(genomes, formed, ports)
    assert apart(genomes, formed, ports, 1, 1) == 0.0
