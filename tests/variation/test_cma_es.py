"""CMA-ES: the same as the library's own object, in arrays that can be put aside and taken up again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cmaes import CMA, SepCMA

from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.cma_es import (
    CovarianceType,
    initial_distribution,
    is_valid_distribution,
    sample_weights,
    update_distribution,
)


def _ellipsoid(weights: np.ndarray) -> np.ndarray:
    return (weights**2 * 10.0 ** np.linspace(0, 3, weights.shape[1])).sum(axis=1)


def test_draws_have_the_mean_and_covariance_of_the_distribution() -> None:
    rng = np.random.default_rng(0)
    root = rng.normal(size=(3, 3))
    distribution = initial_distribution(np.array([1.0, -2.0, 3.0]), 0.5, CovarianceType.FULL)
    distribution = type(distribution)(**{**vars(distribution), "covariance": root @ root.T})
    rows = sample_weights(distribution, 40_000, make_stream(1, Role.TELL, 1))
    assert rows.mean(axis=0) == pytest.approx(distribution.mean, abs=0.02)
    assert np.cov(rows.T) == pytest.approx(0.25 * root @ root.T, abs=0.05)


def test_a_row_depends_on_the_stream_and_its_number_alone() -> None:
    distribution = initial_distribution(np.zeros(7), 1.0, CovarianceType.FULL)
    many, few = (sample_weights(distribution, count, make_stream(3, Role.TELL, 2)) for count in (50, 3))
    assert (many[:3] == few).all()
    assert (sample_weights(distribution, 3, make_stream(3, Role.TELL, 3)) != few).any()


@pytest.mark.parametrize(
    ("kind", "covariance"), [(CMA, CovarianceType.FULL), (SepCMA, CovarianceType.DIAGONAL)]
)
def test_putting_the_distribution_aside_every_generation_changes_nothing(
    kind: type, covariance: CovarianceType
) -> None:
    library = kind(mean=np.full(6, 2.0), sigma=0.7, population_size=12)
    ours = initial_distribution(np.full(6, 2.0), 0.7, covariance)
    for generation in range(30):
        weights = sample_weights(ours, 12, make_stream(0, Role.TELL, generation))
        cost = _ellipsoid(weights)
        order = np.argsort(cost, kind="stable")
        library.tell([(weights[row], float(cost[row])) for row in order])
        ours = update_distribution(ours, weights, cost)
        assert ours.mean == pytest.approx(library._mean, rel=1e-9)
        assert ours.sigma == pytest.approx(float(library._sigma), rel=1e-9)
        assert ours.covariance == pytest.approx(library._C, rel=1e-7, abs=1e-12)
    assert ours.num_updates == 30


@pytest.mark.parametrize("covariance", list(CovarianceType))
def test_it_finds_the_bottom_of_a_long_valley(covariance: CovarianceType) -> None:
    distribution = initial_distribution(np.full(6, 3.0), 0.5, covariance)
    for generation in range(200):
        weights = sample_weights(distribution, 20, make_stream(5, Role.TELL, generation))
        distribution = update_distribution(distribution, weights, _ellipsoid(weights))
    assert _ellipsoid(distribution.mean[None])[0] < 1e-10


def test_a_draw_that_failed_counts_as_the_worst() -> None:
    distribution = initial_distribution(np.zeros(4), 1.0, CovarianceType.FULL)
    weights = sample_weights(distribution, 8, make_stream(0, Role.TELL, 1))
    cost = weights[:, 0].copy()
    worst = cost.copy()
    worst[np.argmax(cost)] = np.inf
    a, b = update_distribution(distribution, weights, cost), update_distribution(distribution, weights, worst)
    assert (a.mean == b.mean).all()
    assert (a.covariance == b.covariance).all()


@pytest.mark.parametrize(
    "broken",
    [
        {"sigma": 0.0},
        {"sigma": np.nan},
        {"mean": np.array([np.inf, 0.0])},
        {"covariance": np.eye(3)},
        {"sigma_path": np.zeros(3)},
        {"num_updates": -1},
        {"sigma": 1e10},
        {"mean": np.array([0.0, 1e10])},
    ],
)
def test_what_is_no_distribution_of_so_many_weights_is_known(broken: dict[str, object]) -> None:
    good = initial_distribution(np.zeros(2), 1.0, CovarianceType.FULL)
    assert is_valid_distribution(good, 2, CovarianceType.FULL)
    assert not is_valid_distribution(good, 3, CovarianceType.FULL)
    assert not is_valid_distribution(good, 2, CovarianceType.DIAGONAL)
    assert not is_valid_distribution(type(good)(**{**vars(good), **broken}), 2, CovarianceType.FULL)


@pytest.mark.parametrize("covariance", list(CovarianceType))
def test_a_single_weight_has_a_distribution_too(covariance: CovarianceType) -> None:
    distribution = initial_distribution(np.array([3.0]), 0.5, covariance)
    shape = distribution.covariance.shape
    for generation in range(60):
        weights = sample_weights(distribution, 8, make_stream(5, Role.TELL, generation))
        distribution = update_distribution(distribution, weights, ((weights - 1.0) ** 2).sum(axis=1))
        assert is_valid_distribution(distribution, 1, covariance)
    assert distribution.covariance.shape == shape
    assert distribution.mean[0] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("covariance", list(CovarianceType))
def test_it_diverges_without_a_warning_and_is_not_sound_then(covariance: CovarianceType) -> None:
    squares = np.full(3, 9.9e299)
    wide = squares if covariance is CovarianceType.DIAGONAL else np.diag(squares)
    distribution = replace(initial_distribution(np.zeros(3), 1e-142, covariance), covariance=wide)
    assert is_valid_distribution(distribution, 3, covariance)
    weights = 1e12 * sample_weights(distribution, 6, make_stream(0, Role.TELL, 0))
    after = update_distribution(distribution, weights, np.arange(6.0))  # a warning is an error here
    assert not is_valid_distribution(after, 3, covariance)
