"""Parts of a data set, whatever its labels; and which part an episode's seed shows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from wannsearch.core.streams import Role
from wannsearch.tasks.splits import (
    MAX_SPLIT_SEED,
    Part,
    part_seeds,
    rows_of_episodes,
    split_pooled,
    split_published,
)

SHARES = {Part.TRAINING: 0.6, Part.VALIDATION: 0.2, Part.TEST: 0.2}
SEED = st.integers(0, 2**32 - 1)


@st.composite
def labelled(draw):
    """Labels of 2 to 6 classes of very different sizes, in any order."""
    sizes = draw(st.lists(st.integers(10, 80), min_size=2, max_size=6))
    return np.random.default_rng(draw(SEED)).permutation(np.repeat(np.arange(len(sizes)), sizes))


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)[1]


@pytest.fixture(scope="module")
def parts(digits):
    return split_pooled(digits, 0)


def batches(parts, generations, batch, seed=0, role=Role.EPISODES):
    """Rows shown in the first episode of each generation."""
    return [
        rows_of_episodes(parts, part_seeds(seed, role, generation, 1), batch)[0]
        for generation in range(generations)
    ]


@given(labelled(), SEED)
@settings(deadline=None)
def test_every_row_is_in_exactly_one_part(labels, split_seed):
    parts = split_pooled(labels, split_seed)
    assert set(parts) == set(Part)
    assert np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(len(labels)))


@given(labelled(), SEED)
@settings(deadline=None)
def test_every_class_is_split_60_20_20_to_within_two_rows(labels, split_seed):
    parts = split_pooled(labels, split_seed)
    for part, share in SHARES.items():
        found = np.bincount(labels[parts[part]], minlength=labels.max() + 1)
        assert np.abs(found - share * np.bincount(labels)).max() < 2


def test_every_digit_is_split_60_20_20_to_within_one_image(digits, parts):
    assert sum(map(len, parts.values())) == 1797
    for part, share in SHARES.items():
        found = np.bincount(digits[parts[part]])
        assert np.abs(found - share * np.bincount(digits)).max() <= 1


def test_a_split_depends_on_its_seed_alone(digits, parts):
    for split_seed in (0, 1, MAX_SPLIT_SEED):
        one, again = split_pooled(digits, split_seed), split_pooled(digits, split_seed)
        assert all(np.array_equal(one[part], again[part]) for part in Part)
        same_test = set(one[Part.TEST].tolist()) == set(parts[Part.TEST].tolist())
        assert same_test is (split_seed == 0)


@given(labelled(), labelled(), SEED)
@settings(deadline=None, max_examples=50)
def test_published_test_rows_stay_apart_and_the_others_are_split_75_25(training, test, split_seed):
    parts = split_published(np.concatenate([training, test]), len(training), split_seed)
    kept = [parts[Part.TRAINING], parts[Part.VALIDATION]]
    assert np.array_equal(np.sort(np.concatenate(kept)), np.arange(len(training)))
    assert np.array_equal(parts[Part.TEST], len(training) + np.arange(len(test)))
    for rows, share in zip(kept, (0.75, 0.25), strict=True):
        found = np.bincount(training[rows], minlength=training.max() + 1)
        assert np.abs(found - share * np.bincount(training)).max() < 2


def test_another_split_seed_validates_with_other_rows_of_the_published_training_rows(digits):
    drawn = [split_published(digits, 1000, seed)[Part.VALIDATION].tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) != set(drawn[2])


@given(SEED, st.integers(0, 10_000), st.integers(1, 1078), st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_a_search_meets_batches_of_training_images_without_any_twice(
    parts, seed, generation, batch, episodes
):
    rows = rows_of_episodes(parts, part_seeds(seed, Role.EPISODES, generation, episodes), batch)
    assert rows.shape == (episodes, batch)
    assert np.isin(rows, parts[Part.TRAINING]).all()
    assert all(len(np.unique(row)) == batch for row in rows)


def test_batches_differ_between_generations_episodes_and_seeds(parts):
    drawn = batches(parts, 50, 20) + batches(parts, 50, 20, seed=1)
    drawn += list(rows_of_episodes(parts, part_seeds(2, Role.EPISODES, 0, 50), 20))
    assert len({tuple(row) for row in drawn}) == 150


def test_every_training_image_is_drawn_about_as_often_as_any_other(parts):
    drawn = np.concatenate(batches(parts, 400, 500))
    times = np.bincount(drawn, minlength=1797)[parts[Part.TRAINING]]
    share = 500 / len(parts[Part.TRAINING])
    deviation = np.sqrt(400 * share * (1 - share))
    assert np.abs(times - 400 * share).max() < 5 * deviation
    assert times.std() == pytest.approx(deviation, rel=0.15)


def test_a_batch_of_all_training_images_is_the_training_part(parts):
    everything = len(parts[Part.TRAINING])
    for row in batches(parts, 3, everything):
        assert set(row.tolist()) == set(parts[Part.TRAINING].tolist())


@pytest.mark.parametrize(("role", "part"), [(Role.RETEST, Part.VALIDATION), (Role.HELD_OUT, Part.TEST)])
def test_a_retest_shows_the_validation_part_and_a_final_test_the_test_part(parts, role, part):
    for seed, generation, batch in ((0, 0, 1), (1, 7, 500), (2**32 - 1, 300, 1078)):
        rows = rows_of_episodes(parts, part_seeds(seed, role, generation, 3), batch)
        assert rows.shape == (3, len(parts[part]))
        assert all(np.array_equal(np.sort(row), np.sort(parts[part])) for row in rows)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.RETEST, Role.HELD_OUT}), ids=lambda role: role.name)
def test_no_other_role_ever_meets_an_image_of_the_other_parts(parts, role):
    kept_apart = np.concatenate([parts[Part.VALIDATION], parts[Part.TEST]])
    met = np.unique(np.concatenate(batches(parts, 60, 300, seed=3, role=role)))
    assert len(met) == len(parts[Part.TRAINING])
    assert not np.isin(met, kept_apart).any()


def test_seeds_of_one_role_do_not_depend_on_how_many_are_asked_for():
    for role in Role:
        assert np.array_equal(part_seeds(5, role, 2, 9)[:4], part_seeds(5, role, 2, 4))
