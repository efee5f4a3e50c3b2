"""The best shared weight: found between the weights of the sweep, confirmed on other episodes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from compiled_settings import HUNDRED, SWING_UP, compiled
from one_input import OneInput

from wannsearch.core.errors import ConfigError
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.streams import Role, sample_episode_uniform
from wannsearch.core.trials import shared_weight_grid
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network, published_out
from wannsearch.tuning.shared_weight import SharedWeightSettings, tune_shared_weight

PLAN = SharedWeightSettings(grid=41, episodes=4, top_k=3, confirm_episodes=200)
STRAIGHT = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])  # input to output: the weight itself


@dataclass(frozen=True, kw_only=True)
class Peak(OneInput):
    """Pays most at one narrow weight, and a little noise by episode."""

    at: float = 0.7371
    noise: float = 0.0

    def start_values(self, seeds):
        return sample_episode_uniform(seeds, 1)[:, None, :]

    def lane_observe(self, m, state):
        return (m.where(state[0] > -1.0, 1.0, 1.0),)

    def lane_step(self, m, state, outputs):
        away = (outputs[0] - self.at) / 0.05
        return state, m.exp(-0.5 * away * away) + self.noise * (state[0] - 0.5), False


def test_a_peak_between_the_weights_of_the_sweep_is_found() -> None:
    found = tune_shared_weight(Reference(), STRAIGHT, Peak(), PLAN, 0)
    assert found.weight == pytest.approx(0.7371, abs=2e-4)
    assert found.sweep.mean.max() < 0.95 < found.mean
    assert found.sweep.returns.shape == (41, 4)


def test_noise_does_not_flatter_the_weight_that_is_chosen() -> None:
    found = tune_shared_weight(Reference(), STRAIGHT, Peak(noise=2.0), PLAN, 0)
    assert found.weight == pytest.approx(0.7371, abs=0.03)
    assert found.mean == pytest.approx(1.0, abs=0.15)


def test_other_peaks_alternate_in_sign_and_keep_apart() -> None:
    peaks = tune_shared_weight(Reference(), STRAIGHT, Peak(), PLAN, 0).peaks
    assert peaks[0] == pytest.approx(0.7371, abs=2e-4)
    assert [peak > 0 for peak in peaks] == [number % 2 == 0 for number in range(len(peaks))]
    assert len(peaks) >= 4
    assert np.diff(np.sort(peaks)).min() >= 0.5


@dataclass(frozen=True, kw_only=True)
class Plateaus(OneInput):
    """Pays 1 at all weights but those near `cliff` and, if it is set, above `end`."""

    cliff: float
    end: float = 9.0

    def lane_observe(self, m, state):
        return (m.where(state[0] > -1.0, 1.0, 1.0),)

    def lane_step(self, m, state, outputs):
        low = (m.abs(outputs[0] - self.cliff) < 0.015) | (outputs[0] > self.end)
        return state, m.where(low, 0.0, 1.0), False


def test_of_equal_weights_the_furthest_from_a_worse_one_is_found_and_begins_the_peaks() -> None:
    found = tune_shared_weight(Reference(), STRAIGHT, Plateaus(cliff=0.0), PLAN, 0)
    assert (found.weight, found.mean) == (-2.0, 1.0)
    assert found.peaks[:2] == (-2.0, 2.0)


def test_of_two_plateaus_the_wider_is_found_and_its_middle() -> None:
    found = tune_shared_weight(Reference(), STRAIGHT, Plateaus(cliff=-1.6, end=1.0), PLAN, 0)
    assert found.weight == pytest.approx(-0.3, abs=0.06)  # -1.6 and 1.1 are known to be worse


def test_every_weight_that_was_played_is_counted() -> None:
    found = tune_shared_weight(
        Reference(),
        STRAIGHT,
        Peak(),
        SharedWeightSettings(grid=2, episodes=1, top_k=1, confirm_episodes=1),
        0,
    )
    # steps 4, .4, .04, .004, .0004 and .00004, each with 11 or 21 weights within -2..2
    assert 2 + 5 * 11 + 1 <= found.evaluations <= 2 + 6 * 21 + 1
    assert found.env_steps >= found.evaluations


def test_the_episodes_of_the_final_test_are_never_played() -> None:
    met: set[int] = set()

    @dataclass(frozen=True, kw_only=True)
    class Watched(Peak):
        def start_values(self, seeds):
            met.update(seeds.tolist())
            return super().start_values(seeds)

    task = Watched()
    tune_shared_weight(Reference(), STRAIGHT, task, PLAN, 3)
    assert len(met) >= 4 + 200
    assert not met & set(task.episode_seeds(3, Role.HELD_OUT, 0, 1000).tolist())


@pytest.mark.long
def test_the_published_champion_peaks_within_a_thousandth_of_078(reference: Path) -> None:
    swing = published_out.read(reference / "wann" / "swing.out", SWING_UP.ports)
    found = tune_shared_weight(
        compiled(),
        swing,
        SWING_UP,
        SharedWeightSettings(grid=401, episodes=20, top_k=5, confirm_episodes=300),
        1,
    )
    assert found.weight == pytest.approx(0.78, abs=1.5e-3)
    others = TestProtocol((found.weight,), np.arange(1000, 2000, dtype=np.uint64))
    assert compiled().measure(swing, SWING_UP, others).mean[0] >= 715
    papers = compiled().measure(
        swing, SWING_UP, TestProtocol(tuple(shared_weight_grid(401).tolist()), HUNDRED)
    )
    best = int(np.argmax(papers.mean))
    assert shared_weight_grid(401)[best] == 0.78
    assert papers.mean[best] == pytest.approx(723.4, abs=0.1)


def test_the_grid_of_401_has_the_decimals_of_the_paper() -> None:
    assert shared_weight_grid(401).tolist() == [round(-2 + 0.01 * step, 2) for step in range(401)]


@pytest.mark.parametrize("changed", ["grid", "episodes", "top_k", "confirm_episodes"])
def test_nothing_to_look_for_is_refused(changed: str) -> None:
    with pytest.raises(ConfigError, match=rf"shared\.{changed} is 0"):
        SharedWeightSettings(**{**vars(PLAN), changed: 0})
