"""What tasks may and may not do where they are compiled."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from compiled_settings import HUNDRED, OWN, SHORT, SIX, compiled, same_bits
from one_input import OneInput
from paying_tasks import OneNumber, as_seeds
from random_populations import population

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.streams import make_stream
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.tasks.logic import Gate, Logic, LogicReward


@pytest.fixture(scope="module")
def networks():
    return population(np.random.default_rng(0), SHORT.ports, 23)


class NotLanes:
    """A task that keeps its step to itself."""

    ports = Ports(1, 1, ("tanh",))
    horizon = 2
    episodes = 1

    def episode_seeds(self, seed, role, generation, episodes):
        return make_stream(seed, role, generation).random_words(episodes, 1)[:, 0]

    def reset(self, seeds):
        return (seeds.astype(float),)

    def observe(self, state):
        return state[0][:, None, None]

    def step(self, state, outputs):
        return (state[0] + 1,), outputs[:, 0, 0], np.zeros(len(outputs), bool)


def test_a_task_without_lanes_is_refused_in_one_line_that_names_the_reference():
    with pytest.raises(ConfigError, match=r"NotLanes.*reference") as caught:
        compiled().evaluate(one_network.from_arrays([1, 1, 1], [1], [2], [1.0]), NotLanes(), OWN, HUNDRED[:1])
    assert "\n" not in str(caught.value)


def test_the_reference_plays_a_task_without_lanes():
    network = one_network.from_arrays([1, 1, 1], [1], [2], [3.0])
    trials = Trials(shared_weights=(1.0, -2.0), episodes=1)
    scores = Reference().evaluate(network, NotLanes(), trials, np.array([0, 5], np.uint64))[0]
    assert scores.returns[0].tolist() == [[1, 11], [-2, -22]]
    assert np.all(scores.steps == 2)


@dataclass(frozen=True)
class Sampled(OneInput):
    """Starts an episode from several rows, as only labelled data may."""

    samples: int = 3

    def start_values(self, seeds):
        return np.ones((len(seeds), self.samples, 1))


@pytest.mark.parametrize("evaluator", [Reference(), compiled()], ids=["reference", "compiled"])
@pytest.mark.parametrize(("samples", "horizon"), [(3, 1), (2, 4), (0, 1)])
def test_several_rows_are_refused_where_they_would_be_simulated(evaluator, samples, horizon):
    network = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    with pytest.raises(ConfigError, match=f"{samples} rows; only a LabelledTask has several") as caught:
        evaluator.evaluate(network, Sampled(samples=samples, horizon=horizon), OWN, HUNDRED[:5])
    assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class EndsWhenEqual(OneNumber):
    """Counts down from the number and ends when exactly 2 is left."""

    horizon: int = 9

    def lane_step(self, m, state, outputs):
        left = state[0] - 1.0
        return (left,), 1.0, left == 2.0


def test_lanes_may_end_where_a_number_is_equal():
    network, seeds = one_network.from_arrays([1, 1, 1], [1], [2], [1.0]), as_seeds([3.0, 6.0, 1.0])
    for evaluator in (Reference(), compiled()):
        scores = evaluator.evaluate(network, EndsWhenEqual(), OWN, seeds)[0]
        assert scores.returns.ravel().tolist() == [1, 4, 9]


@dataclass(frozen=True)
class ConstantSight(OneNumber):
    """Shows a constant beside the number."""

    @property
    def ports(self):
        return Ports(2, 1, CONTROL_ACTIVATIONS)

    def lane_observe(self, m, state):
        return state[0], 1.0


def test_lanes_may_observe_a_constant():
    network = one_network.from_arrays([1, 1, 1, 1], [1, 2], [3, 3], [1.0, 5.0])
    for evaluator in (Reference(), compiled()):
        assert evaluator.evaluate(network, ConstantSight(), OWN, as_seeds([2.0]))[0].returns.item() == 7


@dataclass(frozen=True)
class EndsAtOnce(OneNumber):
    """Every episode is over after its first step."""

    horizon: int = 9

    def lane_step(self, m, state, outputs):
        return state, 1.0, True


def test_lanes_may_end_without_a_condition():
    network = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    for evaluator in (Reference(), compiled()):
        scores = evaluator.evaluate(network, EndsAtOnce(), OWN, as_seeds([2.0]))[0]
        assert (scores.returns.item(), scores.steps.item()) == (1, 1)


@dataclass(frozen=True)
class WithData(OneNumber):
    """Carries its data in an array, as a labelled data set does; frozen, but without a hash."""

    shift: np.ndarray = field(default_factory=lambda: np.array([0.5]))

    def start_values(self, seeds):
        return super().start_values(seeds) + self.shift


def test_a_task_may_carry_its_data_in_an_array():
    network = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    for evaluator in (Reference(), compiled()):
        assert evaluator.evaluate(network, WithData(), OWN, as_seeds([2.0]))[0].returns.item() == 2.5


def test_tasks_that_differ_in_a_setting_are_not_taken_for_one_another(networks):
    evaluator = compiled()
    for task in (SHORT, replace(SHORT, horizon=20), SHORT):
        again = compiled().evaluate(networks, task, SIX, HUNDRED[:2])[0]
        assert same_bits(evaluator.evaluate(networks, task, SIX, HUNDRED[:2])[0], again)
    settings = {"bits": 2, "reward": LogicReward.CLOSENESS, "episodes": 1, "activations": CONTROL_ACTIVATIONS}
    silent = one_network.from_arrays([1] * 4, [], [], [])
    paid = [
        evaluator.evaluate(silent, Logic(gate=gate, **settings), OWN, HUNDRED[:1])[0].returns.item()
        for gate in (Gate.AND, Gate.OR, Gate.XOR, Gate.NAND)
    ]
    assert paid == [0.75, 0.25, 0.5, 0.25]


def _branching(how):
    class Branches(OneNumber):
        def lane_step(self, m, state, outputs):
            return state, how(m, state[0], outputs[0]), True

    return Branches()


@pytest.mark.parametrize(
    "how",
    [
        lambda m, x, y: 1.0 if x > 0 else 0.0,
        lambda m, x, y: max(y, 0.0),
        lambda m, x, y: m.where(-1.0 < x < 1.0, 1.0, 0.0),
        lambda m, x, y: y if x else x,
    ],
    ids=["if", "max", "chained", "truth"],
)
def test_a_task_that_branches_on_values_is_refused_and_not_played_wrong(how):
    network = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    with pytest.raises(ConfigError, match=r"use m\.where"):
        compiled().evaluate(network, _branching(how), OWN, HUNDRED[:2])


@pytest.mark.parametrize("evaluator", [Reference(), compiled()], ids=["reference", "compiled"])
def test_an_observation_that_the_ports_do_not_announce_is_refused(evaluator):
    class ShowsTwo(OneNumber):
        def lane_observe(self, m, state):
            return state[0], state[0]

    network = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    with pytest.raises(ConfigError, match="shows 2 values"):
        evaluator.evaluate(network, ShowsTwo(), OWN, HUNDRED[:2])
