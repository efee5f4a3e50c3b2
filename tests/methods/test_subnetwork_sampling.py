"""What is proposed at random: settings, initial weights, order, and states that cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from few_images import WRN
from small_subnetwork_methods import PORTS, SETTINGS, generations, scored

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.methods.one_shot import OneShot
from wannsearch.methods.subnetwork_sampling import InitSharing
from wannsearch.methods.weedout import Weedout
from wannsearch.sparsity.static import Static, WeightInit

METHODS = pytest.mark.parametrize("kind", [Weedout, OneShot])

REFUSED = {
    "sparsity is 1;": {"sparsity": 1.0},
    "sparsity is -0.1": {"sparsity": -0.1},
    "sparsity is nan": {"sparsity": float("nan")},
    "layer_sparsity is 1;": {"layer_sparsity": (0.5, 1.0)},
    "layer_sparsity is 2": {"layer_sparsity": (0.5, 2.0)},
    "population_size is 0": {"population_size": 0},
    "layer_sparsity names 3 layers": {"layer_sparsity": (0.5, 0.5, 0.5)},
    "population_size is 10000000": {"population_size": 10**7},
}


@METHODS
@pytest.mark.parametrize("why", REFUSED)
def test_settings_that_cannot_be_are_refused_before_the_first_generation(kind: Any, why: str) -> None:
    with pytest.raises(ConfigError, match=f"method.{why}") as caught:
        kind(**SETTINGS | REFUSED[why]).start(PORTS, make_stream(0, Role.START))
    assert "\n" not in str(caught.value)


@METHODS
def test_a_task_without_images_is_refused_before_the_first_generation(kind: Any) -> None:
    with pytest.raises(ConfigError, match="task=digits"):
        kind(**SETTINGS).start(Ports(3, 2, ("tanh",)), make_stream(0, Role.START))


@METHODS
def test_all_candidates_share_the_parents_initial_weights(kind: Any) -> None:
    assert len(set(generations(kind(**SETTINGS), 1)[0].init_seeds.tolist())) == 1


@METHODS
@pytest.mark.parametrize(
    "changed",
    [{"initial_weights": InitSharing.INDEPENDENT}, {"mask_rule": Static(weights=WeightInit.REDRAWN)}],
    ids=["fresh", "redrawn"],
)
def test_or_each_draws_its_own(kind: Any, changed: dict[str, Any]) -> None:
    assert len(set(generations(kind(**SETTINGS | changed), 1)[0].init_seeds.tolist())) == 8


def test_a_search_and_its_control_have_the_same_parent_and_masks_that_the_other_never_drew() -> None:
    searched, control = Weedout(**SETTINGS), OneShot(**SETTINGS)
    first, second = generations(searched, 1)[0], generations(control, 1)[0]
    assert first.init_seeds.tolist() == second.init_seeds.tolist()
    assert not (first.masks[:, None] == second.masks[None]).all(axis=2).any(axis=1).all()
    assert generations(searched, 1, seed=4)[0].init_seeds[0] != first.init_seeds[0]


def test_fresh_initial_weights_differ_from_generation_to_generation() -> None:
    numbers = [
        candidates.init_seeds
        for candidates in generations(Weedout(**SETTINGS | {"initial_weights": InitSharing.INDEPENDENT}), 4)
    ]
    assert len(set(np.concatenate(numbers).tolist())) == 32


@METHODS
def test_the_order_is_by_the_mean_then_by_few_parameters_then_by_row_and_failures_come_last(
    kind: Any,
) -> None:
    method = kind(**SETTINGS | {"population_size": 5})
    state = method.start(PORTS, make_stream(0, Role.START))
    candidates = method.ask(state)
    masks = candidates.masks.copy()
    masks[3, np.flatnonzero(masks[3])[0]] = False
    candidates = replace(candidates, masks=masks)
    told = method.tell(state, candidates, scored([0.5, np.nan, 0.9, 0.5, 0.5]), make_stream(0, Role.TELL, 1))
    assert told.rank.tolist() == [2, 4, 0, 1, 3]


IMPOSSIBLE = {
    "generation 0": {"generation": 0},
    "ids are not those": {"generation": 3},
    "masks_key": {"masks_key": np.zeros(3, np.uint64)},
    "population is 8": {"rank": np.zeros(7, np.int32)},
    "another task": {"ports": Ports(4, 2, ("tanh",), image_shape=(1, 2, 2))},
}


@METHODS
@pytest.mark.parametrize("why", IMPOSSIBLE)
def test_a_state_that_no_search_comes_to_is_refused_in_one_line(kind: Any, why: str) -> None:
    method = kind(**SETTINGS)
    state = method.start(PORTS, make_stream(0, Role.START))
    method.check(state, PORTS)
    with pytest.raises(ConfigError, match=why) as caught:
        method.check(replace(state, **IMPOSSIBLE[why]), PORTS)
    assert "\n" not in str(caught.value)


@METHODS
def test_a_wide_resnet_is_proposed_too(kind: Any) -> None:
    candidates = generations(kind(**SETTINGS | {"parent_network": WRN}), 1)[0]
    candidates.check()
    assert candidates.design.mask_space.keep_counts(candidates.masks).tolist() == [[8, 16, 32]] * 8
