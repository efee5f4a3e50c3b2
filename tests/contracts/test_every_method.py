"""What every method of `conf/` owes, with its own defaults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conf_files import built, files

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.records.state_arrays import state_from_arrays, state_to_arrays

PORTS = Ports(4, 2, ("tanh", "sin", "relu", "step"), image_shape=(1, 2, 2))
"""Of an image, which methods of sub-networks need, and to others inputs like any."""


@pytest.fixture(scope="module", params=files("method"), ids=lambda file: file.stem)
def method(request: pytest.FixtureRequest) -> Any:
    return replace(built("method", request.param), population_size=24)


def _scores(generation: int, fails: bool = False) -> Scores:
    rng = np.random.default_rng(generation)
    returns = rng.normal(size=(24, 2, 3)) + 5.0
    if fails:
        returns[rng.random(24) < 0.3] = np.nan
    return Scores(returns, np.ones((24, 2, 3), np.int64))


def _played(method: Any, state: Any, first: int, last: int, fails: bool = False) -> Any:
    for generation in range(first, last + 1):
        candidates = method.ask(state)
        state = method.tell(
            state, candidates, _scores(generation, fails), make_stream(1, Role.TELL, generation)
        )
    return state


def _check(candidates: Any) -> None:
    if isinstance(candidates, Subnetworks):
        candidates.check()
        assert candidates.init_seeds.dtype == np.uint64
        return
    candidates.check(PORTS)
    assert np.isfinite(candidates.weight[candidates.edge_mask()]).all()


def _same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("fails", [False, True], ids=["sound", "some fail"])
def test_it_proposes_sound_networks_generation_after_generation(method: Any, fails: bool) -> None:
    state = method.start(PORTS, make_stream(1, Role.START))
    for generation in range(1, 25):
        candidates = method.ask(state)
        _check(candidates)
        assert type(candidates) is type(method).candidate_type
        assert len(candidates) == 24
        assert (state.ids // 24 <= generation).all()
        assert len(set(state.ids.tolist())) == 24
        state = _played(method, state, generation, generation, fails)
        assert sorted(state.rank.tolist()) == list(range(24))
        method.check(state, PORTS)


def test_asking_changes_nothing_and_gives_the_same_networks_again(method: Any) -> None:
    state = _played(method, method.start(PORTS, make_stream(1, Role.START)), 1, 5)
    before = {name: array.copy() for name, array in state_to_arrays(state).items()}
    first, second = method.ask(state), method.ask(state)
    assert _same(before, state_to_arrays(state))
    assert _same(state_to_arrays(first), state_to_arrays(second))


def test_telling_leaves_the_state_it_was_told_about_as_it_was(method: Any) -> None:
    state = _played(method, method.start(PORTS, make_stream(1, Role.START)), 1, 5)
    before = {name: array.copy() for name, array in state_to_arrays(state).items()}
    _played(method, state, 6, 6)
    assert _same(before, state_to_arrays(state))


def test_the_same_seed_gives_the_same_state_and_another_seed_another(method: Any) -> None:
    states = [
        state_to_arrays(_played(method, method.start(PORTS, make_stream(seed, Role.START)), 1, 3))
        for seed in (1, 1, 2)
    ]
    assert _same(states[0], states[1])
    first = [
        state_to_arrays(method.ask(method.start(PORTS, make_stream(seed, Role.START)))) for seed in (1, 2)
    ]
    assert not _same(*first) or not _same(states[1], states[2])


def test_a_state_put_aside_and_taken_up_again_goes_on_the_same(method: Any, tmp_path: Path) -> None:
    opening = method.start(PORTS, make_stream(1, Role.START))
    state = _played(method, opening, 1, 6)
    again = state_from_arrays(opening, state_to_arrays(state), str(tmp_path))
    assert _same(state_to_arrays(_played(method, state, 7, 9)), state_to_arrays(_played(method, again, 7, 9)))


def test_who_failed_is_ranked_behind_who_did_not(method: Any) -> None:
    state = method.start(PORTS, make_stream(1, Role.START))
    scores = _scores(3, fails=True)
    after = method.tell(state, method.ask(state), scores, make_stream(1, Role.TELL, 1))
    assert after.rank[scores.failed_mask].min() > after.rank[~scores.failed_mask].max()


def test_a_generation_of_nothing_but_failures_is_survived(method: Any) -> None:
    state = method.start(PORTS, make_stream(1, Role.START))
    scores = Scores(np.full((24, 2, 3), np.nan), np.ones((24, 2, 3), np.int64))
    with np.errstate(all="raise"):
        after = method.tell(state, method.ask(state), scores, make_stream(1, Role.TELL, 1))
    _check(method.ask(after))


def test_a_state_of_another_population_is_refused_in_one_line(method: Any) -> None:
    state = _played(method, method.start(PORTS, make_stream(1, Role.START)), 1, 3)
    with pytest.raises(ConfigError) as caught:
        replace(method, population_size=23).check(state, PORTS)
    assert "\n" not in str(caught.value)
