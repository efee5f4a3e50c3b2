"""Weedout learns nothing: every generation is drawn anew, whatever the last one scored."""

from __future__ import annotations

import numpy as np
from small_subnetwork_methods import PORTS, SETTINGS, generations, scored

from wannsearch.core.streams import Role, make_stream
from wannsearch.methods.weedout import Weedout

METHOD = Weedout(**SETTINGS)


def test_every_generation_has_masks_of_its_own() -> None:
    masks = np.concatenate([candidates.masks for candidates in generations(METHOD, 6)])
    assert len(np.unique(masks, axis=0)) == len(masks)


def test_what_is_proposed_next_does_not_depend_on_scores() -> None:
    state = METHOD.start(PORTS, make_stream(1, Role.START))
    candidates, rng = METHOD.ask(state), make_stream(1, Role.TELL, 1)
    up, down = (
        METHOD.ask(METHOD.tell(state, candidates, scored(means), rng))
        for means in (range(8), range(8, 0, -1))
    )
    assert np.array_equal(up.masks, down.masks)
    assert np.array_equal(up.init_seeds, down.init_seeds)


def test_nobody_has_parents_and_ids_count_on() -> None:
    state = METHOD.start(PORTS, make_stream(1, Role.START))
    told = METHOD.tell(state, METHOD.ask(state), scored(range(8)), make_stream(1, Role.TELL, 1))
    assert state.ids.tolist() == list(range(8, 16))
    assert told.ids.tolist() == list(range(16, 24))
    assert (told.parent_ids == -1).all()


def test_nodes_are_kept_equally_often_over_many_generations() -> None:
    masks = np.concatenate([candidates.masks for candidates in generations(METHOD, 120)])
    for layer in METHOD.build_design(PORTS).mask_space.layers:
        counts = masks[:, layer].sum(axis=0)
        share = masks[0, layer].mean()
        deviation = np.sqrt(len(masks) * share * (1 - share))
        assert np.abs(counts - len(masks) * share).max() < 4.5 * deviation
