"""A champion of sub-networks as arrays, and arrays that are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from few_images import MLP, FewImages, design, make_candidates

from wannsearch.core.champion import Champion, ChampionRecord
from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.subnetworks.subnetworks import Granularity, Subnetworks
from wannsearch.records.champion_arrays import champion_from_arrays, champion_to_arrays

TASK = FewImages()


def _records(like: Subnetworks, count: int) -> tuple[ChampionRecord, ...]:
    return tuple(
        ChampionRecord(
            like.take([row]), id=row + 4, generation=row + 1, score=row / 3, max=row / 2, retested=row == 1
        )
        for row in range(count)
    )


@pytest.mark.parametrize("granularity", list(Granularity), ids=lambda of: of.value)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_champion_comes_back_as_it_was(granularity: Granularity, count: int) -> None:
    like = make_candidates(design(MLP, TASK, granularity), 4)
    champion = Champion(_records(like, count), (5, 6), 2, 30)
    again = champion_from_arrays(champion_to_arrays(champion), TASK.ports, like, "a file")
    assert (again.retested_ids, again.retests, again.retest_env_steps) == ((5, 6), 2, 30)
    assert len(again.history) == count
    for one, other in zip(again.history, champion.history, strict=True):
        assert one.network.masks.tolist() == other.network.masks.tolist()
        assert one.network.init_seeds.tolist() == other.network.init_seeds.tolist()
        assert one.network.design is like.design
        same = ("id", "generation", "score", "max", "retested")
        assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]


DAMAGES: dict[str, Any] = {
    "no masks": lambda arrays: {name: arrays[name] for name in arrays if name != "network.masks"},
    "masks of numbers": lambda arrays: {**arrays, "network.masks": arrays["network.masks"].astype(np.int8)},
    "a mask less": lambda arrays: {**arrays, "network.masks": arrays["network.masks"][1:]},
    "a bit less": lambda arrays: {**arrays, "network.masks": arrays["network.masks"][:, 1:]},
    "a layer less": lambda arrays: {**arrays, "network.proposed": np.zeros_like(arrays["network.proposed"])},
    "no proposals": lambda arrays: {name: arrays[name] for name in arrays if name != "network.proposed"},
    "a proposal less": lambda arrays: {**arrays, "network.proposed": arrays["network.proposed"][1:]},
    "signed init": lambda arrays: {
        **arrays,
        "network.init_seeds": arrays["network.init_seeds"].astype(np.int64),
    },
    "an init less": lambda arrays: {**arrays, "network.init_seeds": arrays["network.init_seeds"][1:]},
    "no id": lambda arrays: {name: arrays[name] for name in arrays if name != "id"},
    "an id more": lambda arrays: {**arrays, "id": np.arange(3)},
}


@pytest.mark.parametrize("what", DAMAGES)
def test_arrays_that_are_no_champion_are_refused_in_one_line(what: str) -> None:
    like = make_candidates(design(MLP, TASK), 4)
    arrays = champion_to_arrays(Champion(_records(like, 2)))
    with pytest.raises((DamagedFile, ConfigError)) as caught:
        champion_from_arrays(DAMAGES[what](arrays), TASK.ports, like, "a file")
    assert "\n" not in str(caught.value)
