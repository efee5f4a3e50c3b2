"""Who is of which species, and what is remembered of one."""

from dataclasses import replace

import numpy as np
import pytest
from ranking.test_distance import PAPER, apart
from variation.gene_lists import PORTS, drawn, genes_of, same_genome
from variation.plain_genes import grown

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.ranking.species import Representative, empty_species, select_representatives, speciate

CHAIN = [[(1, 1, 4)], [(1, 1, 4), (2, 2, 4)], [(1, 1, 4), (2, 2, 4), (3, 3, 4)]]
"""Each one gene further from the first."""


def formed(genomes, before=None, fitness=None, threshold=1.5, generation=1, next_name=0, ports=PORTS):
    fitness = np.zeros(len(genomes)) if fitness is None else np.array(fitness, float)
    known = empty_species(genomes) if before is None else before
    return speciate(known, genomes, fitness, PAPER, threshold, generation, next_name, ports)


def test_a_genome_joins_the_first_species_that_is_near_enough_not_the_nearest():
    genomes = drawn(CHAIN[0], CHAIN[2], CHAIN[1])  # the last is 1 from either
    species, number = formed(genomes)
    assert number.tolist() == [0, 1, 0]
    assert species.ids.tolist() == [0, 1]
    _, number = formed(drawn(CHAIN[2], CHAIN[0], CHAIN[1]))
    assert number.tolist() == [0, 1, 0]


def test_near_enough_is_below_the_threshold_not_at_it():
    assert formed(drawn(CHAIN[0], CHAIN[1]), threshold=1.0)[1].tolist() == [0, 1]
    assert formed(drawn(CHAIN[0], CHAIN[1]), threshold=1.0 + 1e-9)[1].tolist() == [0, 0]


def test_members_of_old_species_come_back_to_them_and_empty_ones_are_gone():
    first, _ = formed(drawn(CHAIN[0], CHAIN[2]), fitness=[5.0, 7.0])
    second, number = formed(drawn(CHAIN[2], CHAIN[2]), first, [6.0, 8.0], generation=2, next_name=2)
    assert number.tolist() == [0, 0]
    assert second.ids.tolist() == [1]
    assert second.best_fitness.tolist() == [8.0]
    far = [(n, 1, 4) for n in (7, 8, 9)]
    third, number = formed(drawn(far, CHAIN[2]), second, [1.0, 1.0], generation=3, next_name=2)
    assert third.ids.tolist() == [1, 2]
    assert number.tolist() == [1, 0]


def test_a_species_remembers_its_best_and_when_it_improved():
    species, _ = formed(drawn(CHAIN[0]), fitness=[5.0])
    assert (species.best_fitness.tolist(), species.last_improved.tolist()) == ([5.0], [1])
    for generation, fitness, best, improved in ((2, 5.0, 5.0, 1), (3, 4.0, 5.0, 1), (4, 5.5, 5.5, 4)):
        species, _ = formed(drawn(CHAIN[0]), species, [fitness], generation=generation)
        assert (species.best_fitness.tolist(), species.last_improved.tolist()) == ([best], [improved])
    species, _ = formed(drawn(CHAIN[0]), species, [-np.inf], generation=9)
    assert species.best_fitness.tolist() == [5.5]


def test_everybody_is_nearer_than_the_threshold_to_the_first_that_could_have_them():
    ports = Ports(3, 1, ("tanh",))
    genomes = grown(ports, 30, 12, 5)
    species, number = formed(genomes, threshold=8.0, ports=ports)
    assert 1 < len(species) < 30
    founders = [int(np.flatnonzero(number == each)[0]) for each in range(len(species))]
    for row in range(30):
        near = [
            each
            for each, founder in enumerate(founders)
            if founder <= row and apart(genomes, PAPER, ports, founder, row) < 8.0
        ]
        assert number[row] == min(near)
        assert same_genome(species.representatives, number[row], genomes, founders[number[row]])


def standing(rule, seed=0):
    genomes = drawn(CHAIN[0], CHAIN[0], CHAIN[0], CHAIN[2], CHAIN[2])
    genomes.weight[:, 0] = np.arange(5) / 100
    species, number = formed(genomes)
    best_first = np.array([1, 4, 0, 3, 2])
    stands = select_representatives(
        species, genomes, number, best_first, Representative(rule), make_stream(seed, Role.TELL)
    )
    assert len(stands) == len(species) == 2
    return [round(100 * genes_of(stands, row)[1][2]) for row in range(2)]


def test_who_represents_a_species_is_its_first_its_best_or_any_member():
    assert standing("first") == [0, 3]
    assert standing("champion") == [1, 4]
    seen = [standing("random", seed) for seed in range(90)]
    for species, members in enumerate(([0, 1, 2], [3, 4])):
        counts = [sum(pair[species] == member for pair in seen) for member in members]
        assert sum(counts) == 90
        assert min(counts) > 90 / len(members) / 2


def test_a_threshold_moves_towards_its_target_and_not_below_its_floor():
    moving = replace(PAPER, target_count=4, threshold_step=0.25, threshold_min=2.0)
    assert [moving.adjust_threshold(3.0, count) for count in (3, 4, 5)] == [2.75, 3.0, 3.25]
    assert moving.adjust_threshold(2.1, 1) == 2.0
    assert [PAPER.adjust_threshold(3.0, count) for count in (1, 99)] == [3.0, 3.0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"excess": -1.0}, "species.excess"),
        ({"weight": float("nan")}, "species.weight"),
        ({"threshold": float("inf")}, "species.threshold"),
        ({"target_count": 0}, "species.target_count"),
        ({"threshold_step": -0.1}, "species.threshold_step"),
    ],
)
def test_an_impossible_setting_is_refused(change, said):
    with pytest.raises(ConfigError, match=said):
        replace(PAPER, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"best_fitness": np.zeros(3)},
        {"best_fitness": np.array([0.0, np.nan])},
        {"best_fitness": np.array([0.0, np.inf])},
        {"ids": np.zeros(1, np.int64)},
        {"ids": np.array([0, 2**62])},
        {"last_improved": np.array([1, -1])},
        {"last_improved": np.zeros((2, 1), np.int64)},
    ],
)
def test_arrays_that_are_no_species_are_refused(change):
    species, _ = formed(drawn(CHAIN[0], CHAIN[2]))
    species.check(PORTS)
    with pytest.raises(ConfigError, match="species"):
        replace(species, **change).check(PORTS)
