"""One population, no search."""

from __future__ import annotations

from small_subnetwork_methods import SETTINGS, generations

from wannsearch.methods.one_shot import OneShot
from wannsearch.methods.weedout import Weedout


def test_it_proposes_once_and_has_all_of_them_trained() -> None:
    method = OneShot(**SETTINGS)
    assert method.max_generations == 1
    assert method.trains_every_candidate
    assert not hasattr(Weedout(**SETTINGS), "max_generations")


def test_more_candidates_begin_with_the_same_ones() -> None:
    few, many = (generations(OneShot(**SETTINGS | {"population_size": size}), 1)[0] for size in (3, 20))
    assert few.masks.tolist() == many.masks[:3].tolist()
    assert few.init_seeds.tolist() == many.init_seeds[:3].tolist()


def test_another_seed_draws_other_masks() -> None:
    one, other = (generations(OneShot(**SETTINGS), 1, seed)[0] for seed in (1, 2))
    assert one.masks.tolist() != other.masks.tolist()
