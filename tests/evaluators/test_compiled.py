from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from networks_at_random import population
from paying_tasks import OneNumber, as_seeds

from wannsearch.core.activations import CONTROL
from wannsearch.core.errors import ConfigError
from wannsearch.core.lanes import LaneTask
from wannsearch.core.population import stacked
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, stream
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.evaluators.compiled import Compiled, Precision
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network, published_out, zoo
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp
from wannsearch.tasks.logic import Gate, Logic, Reward
from wannsearch.tasks.starts import StartStates

OWN = Trials(shared_weights=None, episodes=1)
SIX = Trials(shared_weights=SIX_WEIGHTS, episodes=1)
SWING_UP = CartPoleSwingUp(episodes=3, horizon=1000, start_states=StartStates.RELEASED, activations=CONTROL)
SHORT = replace(SWING_UP, horizon=50)
HUNDRED = np.arange(100, dtype=np.uint64)


def compiled(precision=Precision.FLOAT64, threads=1, chunk=None, bits=None, memory=None):
    return Compiled(
        precision=precision,
        threads=threads,
        chunk=chunk,
        max_memory=memory,
        vector_bits=bits,
        simplify=False,
    )


def same_bits(one, other):
    return one.returns.tobytes() == other.returns.tobytes() and one.steps.tobytes() == other.steps.tobytes()


@pytest.fixture(scope="module")
def networks():
    return population(np.random.default_rng(0), SHORT.ports, 23)


@pytest.fixture(scope="module")
def swing(reference):
    return published_out.read(reference / "wann" / "swing.out", SWING_UP.ports)


# How the work is split


@pytest.mark.parametrize("precision", Precision)
@pytest.mark.parametrize("trials", [OWN, SIX], ids=["own", "shared"])
def test_scores_depend_neither_on_the_chunk_nor_on_threads(networks, precision, trials):
    whole = compiled(precision, chunk=len(networks)).evaluate(networks, SHORT, trials, HUNDRED[:3])
    for threads in (1, 2, 3, 8):
        for chunk in (1, 2, 7, len(networks), None):
            evaluator = compiled(precision, threads, chunk)
            assert same_bits(evaluator.evaluate(networks, SHORT, trials, HUNDRED[:3]), whole)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("chunk", [1, 2, 7, 23, 100])
def test_no_kernel_call_takes_more_individuals_than_the_chunk(networks, threads, chunk):
    evaluator = compiled(threads=threads, chunk=chunk)
    evaluator.evaluate(networks, SHORT, SIX, HUNDRED[:1])
    full, rest = divmod(23, chunk)
    assert sorted(evaluator.calls) == sorted([chunk] * full + [rest] * (rest > 0))
    evaluator.evaluate(networks.take([0, 1, 2]), SHORT, SIX, HUNDRED[:1])
    assert sum(evaluator.calls) == 3  # of the last evaluation only


@pytest.mark.parametrize("lanes", [1, 2, 3, 5, 8, 13, 24, 31, 40, 101])
def test_an_episodes_score_does_not_depend_on_how_many_lanes_fill_a_vector(networks, lanes):
    trials = Trials(shared_weights=(0.5,), episodes=1)
    seeds = np.arange(101, dtype=np.uint64)
    evaluator = compiled()
    everything = evaluator.evaluate(networks, SHORT, trials, seeds)
    some = evaluator.evaluate(networks, SHORT, trials, seeds[:lanes])
    assert some.returns.tobytes() == everything.returns[:, :, :lanes].tobytes()


@pytest.mark.parametrize(("setting", "value"), [("threads", 0), ("chunk", 0), ("threads", -2)])
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(setting, value):
    with pytest.raises(ConfigError, match=f"evaluator.{setting} is {value}") as caught:
        compiled(**{setting: value})
    assert "\n" not in str(caught.value)


# What it plays


class NotLanes:
    """A task that keeps its step to itself."""

    ports = Ports(1, 1, ("tanh",))
    horizon = 2
    episodes = 1

    def episode_seeds(self, seed, role, generation, episodes):
        return stream(seed, role, generation).words(episodes, 1)[:, 0]

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
    scores = Reference().evaluate(network, NotLanes(), trials, np.array([0, 5], np.uint64))
    assert scores.returns[0].tolist() == [[1, 11], [-2, -22]]
    assert np.all(scores.steps == 2)


@dataclass(frozen=True)
class Sampled(LaneTask):
    """Three rows of data an episode; a row pays its distance from the output, for `horizon` steps."""

    horizon: int = 1
    episodes: int = 1
    samples: int = 3

    @property
    def ports(self):
        return Ports(1, 1, CONTROL)

    @property
    def start_numbers(self):
        return 1

    def starts(self, seeds):
        return (seeds[:, None] + np.arange(self.samples) ** 2).astype(float)[..., None]

    def lane_state(self, m, start):
        return start

    def lane_observe(self, m, state):
        return state

    def lane_step(self, m, state, outputs):
        return (state[0] + 1.0,), -m.abs(outputs[0] - 4.0), False


@pytest.mark.parametrize("trials", [OWN, SIX], ids=["own", "shared"])
def test_the_return_of_several_samples_is_their_mean(trials):
    networks, seeds = population(np.random.default_rng(4), Ports(1, 1, CONTROL), 9), HUNDRED[:5]
    expected = Reference().evaluate(networks, Sampled(), trials, seeds)
    scores = compiled().evaluate(networks, Sampled(), trials, seeds)
    assert np.allclose(scores.returns, expected.returns, rtol=1e-12)
    assert np.array_equal(scores.steps, expected.steps)
    doubled = one_network.from_arrays([1, 1, 1], [1], [2], [2.0])
    paid = compiled().evaluate(doubled, Sampled(), OWN, HUNDRED[1:2]).returns.item()
    assert paid == -(abs(2 - 4) + abs(4 - 4) + abs(10 - 4)) / 3


@pytest.mark.parametrize("evaluator", [Reference(), compiled()], ids=["reference", "compiled"])
def test_an_episode_of_several_samples_and_several_steps_is_refused(evaluator):
    network = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    with pytest.raises(ConfigError, match="3 samples and a horizon of 4"):
        evaluator.evaluate(network, Sampled(horizon=4), OWN, HUNDRED[:5])


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
        scores = evaluator.evaluate(network, EndsWhenEqual(), OWN, seeds)
        assert scores.returns.ravel().tolist() == [1, 4, 9]


@dataclass(frozen=True)
class ConstantSight(OneNumber):
    """Shows a constant beside the number."""

    @property
    def ports(self):
        return Ports(2, 1, CONTROL)

    def lane_observe(self, m, state):
        return state[0], 1.0


def test_lanes_may_observe_a_constant():
    network = one_network.from_arrays([1, 1, 1, 1], [1, 2], [3, 3], [1.0, 5.0])
    for evaluator in (Reference(), compiled()):
        assert evaluator.evaluate(network, ConstantSight(), OWN, as_seeds([2.0])).returns.item() == 7


@dataclass(frozen=True)
class EndsAtOnce(OneNumber):
    """Every episode is over after its first step."""

    horizon: int = 9

    def lane_step(self, m, state, outputs):
        return state, 1.0, True


def test_lanes_may_end_without_a_condition():
    network = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    for evaluator in (Reference(), compiled()):
        scores = evaluator.evaluate(network, EndsAtOnce(), OWN, as_seeds([2.0]))
        assert (scores.returns.item(), scores.steps.item()) == (1, 1)


@dataclass(frozen=True)
class WithData(OneNumber):
    """Carries its data in an array, as a labelled data set does; frozen, but without a hash."""

    shift: np.ndarray = field(default_factory=lambda: np.array([0.5]))

    def starts(self, seeds):
        return super().starts(seeds) + self.shift


def test_a_task_may_carry_its_data_in_an_array():
    network = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    for evaluator in (Reference(), compiled()):
        assert evaluator.evaluate(network, WithData(), OWN, as_seeds([2.0])).returns.item() == 2.5


def test_tasks_that_differ_in_a_setting_are_not_taken_for_one_another(networks):
    evaluator = compiled()
    for task in (SHORT, replace(SHORT, horizon=20), SHORT):
        again = compiled().evaluate(networks, task, SIX, HUNDRED[:2])
        assert same_bits(evaluator.evaluate(networks, task, SIX, HUNDRED[:2]), again)
    settings = {"bits": 2, "reward": Reward.CLOSENESS, "episodes": 1, "activations": CONTROL}
    silent = one_network.from_arrays([1] * 4, [], [], [])
    paid = [
        evaluator.evaluate(silent, Logic(gate=gate, **settings), OWN, HUNDRED[:1]).returns.item()
        for gate in (Gate.AND, Gate.OR, Gate.XOR, Gate.NAND)
    ]
    assert paid == [0.75, 0.25, 0.5, 0.25]


# float32, within the bands of wann.md 11


def test_own_weights_beyond_float32_fail_their_own_network_without_a_warning():
    one = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    networks = stacked([one, replace(one, weight=np.array([[1e300]])), one])
    returns = compiled(Precision.FLOAT32).evaluate(networks, OneNumber(largest=3e38), OWN, as_seeds([2.0]))
    assert returns.returns[[0, 2]].ravel().tolist() == [2, 2]
    assert np.isnan(returns.returns[1]).all() or returns.returns[1].item() == pytest.approx(3e38)


def test_one_step_in_float32_is_that_in_float64_to_1e_5(swing):
    brief = replace(SWING_UP, horizon=1)
    double = compiled().evaluate(swing, brief, SIX, HUNDRED).returns
    single = compiled(Precision.FLOAT32).evaluate(swing, brief, SIX, HUNDRED).returns
    assert np.allclose(single, double, rtol=1e-5, atol=1e-6)
    assert not np.array_equal(single, double)


@pytest.mark.parametrize("precision", Precision)
def test_six_weights_have_the_means_of_the_sheet(swing, precision):
    returns = compiled(precision).evaluate(swing, SWING_UP, SIX, HUNDRED).returns[0]
    expected = (550.0, 687.8, 521.0, 521.6, 701.5, 688.9)  # C3
    bands = (20, 1, 1, 1, 1, 1)  # chaotic at -2
    for mean, published, band in zip(returns.mean(1), expected, bands, strict=True):
        assert abs(mean - published) < band
    assert returns.mean() == pytest.approx(611.8, abs=5)


@pytest.mark.parametrize("precision", Precision)
def test_the_tuned_champion_scores_932(swing, precision, reference):
    tuned = zoo.laid_over(swing, 0, zoo.read(reference / "wann" / "swing_tuned_zoo.json"), -1.5)
    returns = compiled(precision).evaluate(tuned, SWING_UP, OWN, HUNDRED).returns[0, 0]
    assert returns.mean() == pytest.approx(931.96, abs=1)  # C6
    assert returns.std() == pytest.approx(6.28, abs=1)


def test_the_sweep_of_shared_weights_is_the_published_one(swing, reference):
    table = np.loadtxt(reference / "wann" / "swing_shared_weight_sweep.csv", delimiter=",", skiprows=1)
    rows = table[::2]  # -2 to 2 by 0.02
    assert 0.78 in rows[:, 0]
    trials = Trials(shared_weights=tuple(rows[:, 0].tolist()), episodes=100)
    returns = compiled(Precision.FLOAT32, threads=2).evaluate(swing, SWING_UP, trials, HUNDRED).returns[0]
    assert returns.mean() == pytest.approx(515.3, abs=2)  # C4
    assert np.sqrt((returns.std(1) ** 2).mean()) == pytest.approx(58.4, abs=2)
    best = rows[returns.mean(1).argmax(), 0]
    assert abs(best - 0.78) <= 0.02
    assert returns[rows[:, 0] == 0.78].mean() == pytest.approx(723.4, abs=1)  # C5
    assert returns[rows[:, 0] == 0.78].std() == pytest.approx(15.8, abs=2)


def test_held_out_episodes_of_the_run_with_seed_0_are_the_published_test(swing):
    seeds = SWING_UP.episode_seeds(0, Role.HELD_OUT, 0, 100)
    trials = Trials(shared_weights=(0.78,), episodes=100)
    assert compiled().evaluate(swing, SWING_UP, trials, seeds).returns.mean() == pytest.approx(723.4, abs=0.1)


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize("bits", [256, 128])
def test_scores_do_not_depend_on_the_width_of_the_vectors(precision, bits):
    networks = population(np.random.default_rng(9), SHORT.ports, 30, most_hidden=12)
    wide = compiled(precision, bits=512).evaluate(networks, SHORT, SIX, HUNDRED[:3])
    narrow = compiled(precision, bits=bits).evaluate(networks, SHORT, SIX, HUNDRED[:3])
    assert narrow.returns.tobytes() == wide.returns.tobytes()
    assert np.array_equal(narrow.steps, wide.steps)


@pytest.mark.parametrize("bits", [512, 256, 128])
def test_what_is_not_finite_reaches_the_scores_at_every_width(bits):
    networks = population(np.random.default_rng(9), SHORT.ports, 5)
    trials = Trials(shared_weights=(0.5, np.nan, np.inf, 1.0), episodes=1)
    scores = compiled(bits=bits).evaluate(networks, SHORT, trials, HUNDRED[:3])
    assert np.isnan(scores.returns).all(axis=(0, 2)).tolist() == [False, True, True, False]


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


def test_what_would_not_fit_is_refused_before_it_is_allocated():
    networks = population(np.random.default_rng(9), SHORT.ports, 30, most_hidden=12)
    with pytest.raises(
        ConfigError, match=r"30 networks x 600 lanes need about .* GiB; evaluator.max_memory is 0.001"
    ):
        compiled(memory=0.001).evaluate(networks, SHORT, SIX, HUNDRED)
    assert not compiled(memory=1.0).evaluate(networks, SHORT, SIX, HUNDRED).failed.all()
