import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wannsearch.core.kernels.philox import raw_word, sample_integer_below, sample_uniform
from wannsearch.core.streams import (
    Role,
    Stream,
    derive_key,
    make_stream,
    sample_episode_normal,
    sample_episode_uniform,
    to_uniform,
)

WORD = st.integers(0, 2**64 - 1)
NAME = st.tuples(st.integers(0, 2**63), st.sampled_from(Role), st.integers(0, 10**6))


@given(WORD, WORD, st.lists(WORD, min_size=1, max_size=3), st.integers(0, 2**32 - 1), st.integers(1, 19))
def test_the_words_of_a_row_are_those_of_numpys_philox(key0, key1, rows, purpose, count):
    philox = Stream(np.array([key0, key1], np.uint64)).for_purpose(purpose)
    words = philox.random_words(np.array(rows, np.uint64), count)
    assert words.dtype == np.uint64
    for row, drawn in zip(rows, words, strict=True):
        counter = np.array([0, row, purpose, 0], np.uint64)
        expected = np.random.Philox(key=philox.key, counter=counter).random_raw(count)
        assert drawn.tolist() == expected.tolist()


def test_uniform_numbers_are_those_of_numpys_generator():
    philox = make_stream(5, Role.TELL, 3)
    expected = np.random.Generator(np.random.Philox(key=philox.key, counter=[0, 7, 0, 0])).random(50)
    assert philox.uniform(np.array([7]), 50)[0].tolist() == expected.tolist()


@settings(deadline=None)
@given(WORD, WORD, st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), st.integers(0, 40))
def test_kernels_draw_the_same_words_and_numbers(key0, key1, row, purpose, draw):
    philox = Stream(np.array([key0, key1], np.uint64), purpose)
    expected = philox.random_words(np.array([row]), draw + 1)[0, draw]
    k0, k1 = philox.key
    assert np.uint64(raw_word(k0, k1, row, purpose, draw)) == expected
    assert sample_uniform(k0, k1, row, purpose, draw) == to_uniform(expected)
    assert sample_integer_below(k0, k1, row, purpose, draw, 7) == int(to_uniform(expected) * 7)


def test_a_key_is_that_of_the_seed_sequence_named_by_role_and_generation():
    expected = np.random.SeedSequence(9, spawn_key=(int(Role.RETEST), 4)).generate_state(2, np.uint64)
    assert derive_key(9, Role.RETEST, 4).tolist() == expected.tolist()
    assert make_stream(9, Role.RETEST, 4).key.tolist() == expected.tolist()


@given(NAME, NAME)
def test_streams_of_different_names_have_different_keys(one, other):
    assert (derive_key(*one).tolist() == derive_key(*other).tolist()) == (one == other)


def test_no_key_comes_twice_in_a_long_run():
    keys = {
        tuple(derive_key(seed, role, g).tolist()) for seed in range(3) for role in Role for g in range(300)
    }
    assert len(keys) == 3 * len(Role) * 300


def test_no_word_comes_twice_over_rows_purposes_and_draws():
    words = [make_stream(0, Role.TELL, 1).for_purpose(purpose).random_words(200, 40) for purpose in range(5)]
    assert np.unique(np.concatenate(words)).size == 5 * 200 * 40


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=5), st.integers(1, 9), st.integers(1, 9))
def test_a_draw_depends_neither_on_the_rows_nor_on_the_draws_beside_it(rows, few, many):
    philox = make_stream(1, Role.START)
    together = philox.random_words(np.array(rows), few + many)
    for i, row in enumerate(rows):
        assert philox.random_words(np.array([row]), few)[0].tolist() == together[i, :few].tolist()


def test_a_number_of_rows_means_the_first_ones():
    philox = make_stream(1, Role.START)
    assert np.array_equal(philox.random_words(4, 3), philox.random_words(np.arange(4), 3))


def test_seed_0_is_a_seed():
    zero = make_stream(0, Role.START)
    assert np.array_equal(zero.random_words(3, 5), make_stream(0, Role.START).random_words(3, 5))
    assert not np.isin(zero.random_words(3, 5), make_stream(1, Role.START).random_words(3, 5)).any()


def test_roles_keep_their_numbers_for_they_are_part_of_every_result():
    assert [role.value for role in Role] == list(range(len(Role)))
    names = "START TELL EPISODES RETEST HELD_OUT RANDOM_WEIGHTS SHARED_WEIGHTS".split()
    assert [role.name for role in Role][: len(names)] == names


def test_uniform_numbers_lie_in_0_to_1_without_1():
    extremes = to_uniform(np.array([0, 2**64 - 1], np.uint64))
    assert extremes[0] == 0
    assert 1 - 2**-52 < extremes[1] < 1


@pytest.mark.parametrize("draw", [sample_episode_uniform, sample_episode_normal])
def test_what_an_episode_draws_depends_on_its_seed_alone(draw):
    seeds = np.array([0, 1, 7, 2**64 - 1], np.uint64)
    together = draw(seeds, 5)
    assert together.shape == (4, 5)
    assert len(np.unique(together)) == 20
    for i in range(4):
        assert np.array_equal(draw(seeds[i : i + 1], 5)[0], together[i])
    assert np.array_equal(draw(seeds[::-1], 5), together[::-1])


def test_episode_draws_have_the_moments_of_their_distribution():
    seeds = make_stream(0, Role.EPISODES).random_words(20000, 1)[:, 0]
    uniform, normal = sample_episode_uniform(seeds, 3), sample_episode_normal(seeds, 3)
    assert np.isfinite(normal).all()
    assert np.allclose(uniform.mean(0), 0.5, atol=0.01)
    assert np.allclose(uniform.var(0), 1 / 12, atol=0.003)
    assert np.allclose(normal.mean(0), 0, atol=0.03)
    assert np.allclose(np.cov(normal.T), np.eye(3), atol=0.04)
    assert np.allclose((normal**4).mean(0), 3, atol=0.3)
