import numpy as np

from wannsearch.core.streams import Role
from wannsearch.tasks.starts import published_seeds, sample_published_normal


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
