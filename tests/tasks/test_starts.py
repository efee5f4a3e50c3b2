import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role
from wannsearch.tasks.starts import published_seeds, sample_published_normal, small_seeds


def test_released_numbers_are_the_first_of_randomstate():
    seeds = np.array([0, 1, 999, 2**32 - 1], np.uint64)
    expected = [np.random.RandomState(int(seed)).normal(size=4) for seed in seeds]
    assert sample_published_normal(seeds, 4).tolist() == np.array(expected).tolist()


def test_released_numbers_leave_numpys_global_generator_alone():
    np.random.seed(3)
    expected = np.random.RandomState(3).rand()
    sample_published_normal(np.array([5], np.uint64), 4)
    assert np.random.rand() == expected


def test_released_seeds_of_a_search_depend_on_seed_role_and_generation():
    def first(seed, role, generation):
        return [int(published_seeds(seed, role, generation + i, 1)[0]) for i in range(20)]

    assert first(0, Role.EPISODES, 1) == first(0, Role.EPISODES, 1)
    assert first(0, Role.EPISODES, 1) != first(1, Role.EPISODES, 1)
    assert first(0, Role.EPISODES, 1) != first(0, Role.RETEST, 1)
    assert first(0, Role.EPISODES, 1) != first(0, Role.EPISODES, 2)
    assert first(0, Role.EPISODES, 1)[1:] == first(0, Role.EPISODES, 2)[:-1]


def test_small_seeds_of_a_final_test_are_0_1_2_and_searches_draw_from_above_in_blocks_of_their_own():
    assert small_seeds(5, Role.HELD_OUT, 0, 4).tolist() == [0, 1, 2, 3]
    drawn = {role: small_seeds(5, role, 1, 4) for role in Role if role not in (Role.HELD_OUT, Role.START)}
    for role, seeds in drawn.items():
        assert seeds.tolist() == list(range(int(seeds[0]), int(seeds[0]) + 4))
        assert seeds[0] >= 2**28 * role
        assert seeds[-1] < min(2**28 * (role + 1), 2**31)  # the seeds that every environment accepts
    assert small_seeds(5, Role.EPISODES, 1, 4).tolist() == drawn[Role.EPISODES].tolist()
    keys = [(seed, generation) for seed in range(3) for generation in range(40)]
    assert len({int(small_seeds(seed, Role.EPISODES, generation, 4)[0]) for seed, generation in keys}) == 120
    with pytest.raises(ConfigError, match=r"a test has 268435457 episodes; .* at most 268435456"):
        small_seeds(0, Role.HELD_OUT, 0, 2**28 + 1)
