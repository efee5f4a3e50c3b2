import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wannsearch.core.kernels.philox import (
    raw_word,
    sample_first_uniform,
    sample_integer_below,
    sample_uniform,
)
from wannsearch.core.streams import Role, make_stream

ADDRESSES = (st.integers(0, 2**32), st.integers(0, 10**6), st.integers(0, 9), st.integers(0, 40))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(*ADDRESSES)
def test_a_kernel_draws_the_word_that_numpys_philox_draws_at_that_address(seed, row, purpose, draw):
    rng = make_stream(seed, Role.TELL, 3).for_purpose(purpose)
    numpys = np.random.Philox(key=rng.key, counter=[0, row, purpose, 0]).random_raw(draw + 1)
    assert int(raw_word(rng.key[0], rng.key[1], row, purpose, draw)) == int(numpys[-1])
    assert int(rng.random_words(np.array([row]), draw + 1)[0, -1]) == int(numpys[-1])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(*ADDRESSES, st.integers(1, 2**31))
def test_an_integer_is_the_uniform_number_times_the_count(seed, row, purpose, draw, count):
    rng = make_stream(seed, Role.TELL).for_purpose(purpose)
    number = sample_uniform(rng.key[0], rng.key[1], row, purpose, draw)
    assert number == rng.uniform(np.array([row]), draw + 1)[0, -1]
    drawn = sample_integer_below(rng.key[0], rng.key[1], row, purpose, draw, count)
    assert drawn == int(number * count)
    assert 0 <= drawn < count


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.integers(0, 9), st.integers(0, 300))
def test_the_first_draw_of_every_row_is_what_the_stream_gives(seed, purpose, rows):
    rng = make_stream(seed, Role.TELL).for_purpose(purpose)
    assert sample_first_uniform(rows, rng).tolist() == rng.uniform(rows, 1)[:, 0].tolist()
