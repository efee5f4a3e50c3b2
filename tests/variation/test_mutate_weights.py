"""Which weights change, by how much, and what stays."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest
from variation.gene_lists import SECOND, drawn

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.mutate_weights import (
    Noise,
    WeightMutationSettings,
    mutate_weights_in_place,
    randomize_weights_in_place,
)

PAPER = WeightMutationSettings(
    perturb_fraction=0.9,
    replace_fraction=0.1,
    noise=Noise.UNIFORM,
    step=2.5,
    replace_half_width=2.5,
    max_abs=8.0,
)
START = 100.0


def moved(how, weight=START, seed=0, rows=slice(None)):
    """(2000, 9) weights that were all alike before."""
    genomes = drawn(*[SECOND] * 2000)
    genomes.weight[:] = weight
    mutate_weights_in_place(genomes, np.arange(2000)[rows], how, make_stream(seed, Role.TELL))
    return genomes.weight


def test_nine_in_ten_are_perturbed_and_one_in_ten_replaced_uniformly():
    weights = moved(replace(PAPER, max_abs=1000.0)).ravel()
    near = np.abs(weights - START) <= 2.5
    assert near.mean() == pytest.approx(0.9, abs=0.01)
    assert kstest(weights[near] - START, "uniform", (-2.5, 5.0)).pvalue > 1e-4
    assert kstest(weights[~near], "uniform", (-2.5, 5.0)).pvalue > 1e-4


def test_gaussian_noise_is_normal_and_leaves_those_that_no_coin_chose():
    how = WeightMutationSettings(
        perturb_fraction=0.8,
        replace_fraction=0.0,
        noise=Noise.GAUSSIAN,
        step=0.2,
        replace_half_width=2.0,
        max_abs=1e3,
    )
    weights = moved(how).ravel()
    changed = weights != START
    assert changed.mean() == pytest.approx(0.8, abs=0.015)
    assert kstest((weights[changed] - START) / 0.2, "norm").pvalue > 1e-4


def test_no_mutated_weight_lies_beyond_the_cap():
    weights = moved(PAPER, weight=7.5)
    assert weights.max() == 8.0
    assert (moved(PAPER, weight=-7.5).min()) == -8.0


def test_rows_that_are_not_named_keep_their_weights():
    weights = moved(PAPER, rows=slice(0, 2000, 2))
    assert (weights[1::2] == START).all()
    assert np.array_equal(weights[::2], moved(PAPER)[::2])


def test_disabled_genes_mutate_like_others():
    genomes = drawn(*[SECOND] * 200)
    before = genomes.weight.copy()
    mutate_weights_in_place(genomes, np.arange(200), PAPER, make_stream(0, Role.TELL))
    assert (genomes.weight != before)[~genomes.enabled].mean() == 1.0


def test_random_weights_are_uniform_within_their_width():
    genomes = drawn(*[SECOND] * 2000)
    randomize_weights_in_place(genomes, 0.5, make_stream(3, Role.START))
    assert kstest(genomes.weight.ravel(), "uniform", (-0.5, 1.0)).pvalue > 1e-4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"perturb_fraction": 1.5}, "weights.perturb_fraction"),
        ({"replace_fraction": -0.1}, "weights.replace_fraction"),
        ({"perturb_fraction": 0.95}, "at most 1"),
        ({"step": -1.0}, "weights.step"),
        ({"max_abs": float("inf")}, "weights.max_abs"),
        ({"replace_half_width": float("nan")}, "weights.replace_half_width"),
    ],
)
def test_an_impossible_setting_is_refused(change, said):
    with pytest.raises(ConfigError, match=said):
        replace(PAPER, **change)
