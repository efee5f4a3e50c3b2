"""The oracle against sums written out by hand; what it shares with the others is in contracts."""

from dataclasses import replace

import numpy as np
import pytest
from compiled_settings import OWN, SHORT, compiled
from paying_tasks import OneNumber, as_seeds
from random_populations import population

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference, forward
from wannsearch.formats import one_network
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.double_pole import DoublePole, DoublePoleReward
from wannsearch.tasks.gymnasium import Gymnasium
from wannsearch.tasks.logic import Gate, Logic, LogicReward

# h3 = tanh, h4 = squared, outputs 5 and 6
NETWORK = one_network.from_arrays(
    [1, 1, 1, 5, 11, 1, 7],
    [0, 1, 3, 2, 4, 3, 0],
    [3, 3, 4, 4, 5, 6, 6],
    [0.5, -1.0, 2.0, 1.0, 3.0, 0.25, 1.5],
)
INPUTS = np.array([[0.3, -0.7], [1.5, 0.0]])


def test_own_weights_are_summed_over_incoming_edges():
    h3 = np.tanh(0.5 - INPUTS[:, 0])
    h4 = (2 * h3 + INPUTS[:, 1]) ** 2
    expected = np.column_stack([3 * h4, -(0.25 * h3 + 1.5)])
    assert np.allclose(forward(NETWORK, 0, INPUTS, 2, None), expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("w", [-2.0, -0.5, 1.0])
def test_a_shared_weight_takes_the_place_of_every_weight(w):
    h3 = np.tanh(w * (1 + INPUTS[:, 0]))
    h4 = (w * (h3 + INPUTS[:, 1])) ** 2
    expected = np.column_stack([w * h4, -w * (h3 + 1)])
    assert np.allclose(forward(NETWORK, 0, INPUTS, 2, np.full(2, w)), expected, rtol=1e-13, atol=0)


def test_each_lane_has_its_own_shared_weight():
    both = forward(NETWORK, 0, INPUTS, 2, np.array([0.5, -1.0]))
    for lane, w in enumerate((0.5, -1.0)):
        assert np.array_equal(both[lane], forward(NETWORK, 0, INPUTS[[lane]], 2, np.array([w]))[0])


def test_a_row_is_played_apart_from_its_neighbours():
    other = one_network.from_arrays([1, 1, 1, 4, 4], [1, 2], [3, 4], [1.0, 1.0])
    whole = Population.concatenate([other, NETWORK, other])
    assert np.array_equal(forward(whole, 1, INPUTS, 2, None), forward(NETWORK, 0, INPUTS, 2, None))
    assert np.array_equal(forward(whole, 2, INPUTS, 2, None), np.exp(-0.5 * INPUTS**2))


# Trajectories

CARTPOLE = CartPole(episodes=4, horizon=60, start_range=0.05, activations=("tanh",))
DOUBLE_POLE = DoublePole(
    observe_velocities=True,
    observe_last_output=False,
    reward=DoublePoleReward.SURVIVED,
    generalization_test=False,
    start_angle=1.0,
    episodes=1,
    horizon=60,
    activations=("tanh",),
)
TASKS = {
    "cartpole": CARTPOLE,
    "swing-up": replace(SHORT, horizon=60),
    "double pole": DOUBLE_POLE,
    "double pole without velocities": replace(DOUBLE_POLE, observe_velocities=False),
}
SHARED = Trials(shared_weights=(-1.5,), episodes=1)
SEED = np.array([3], np.uint64)


@pytest.fixture(params=TASKS)
def task(request):
    return TASKS[request.param]


@pytest.fixture
def networks(task):
    return population(np.random.default_rng(2), task.ports, 4)


@pytest.mark.parametrize("trials", [OWN, SHARED], ids=["own", "shared"])
def test_a_trajectory_has_return_and_steps_of_the_evaluation_to_the_bit(task, networks, trials):
    scores = Reference().evaluate(networks, task, trials, SEED)[0]
    for row in range(len(networks)):
        trajectory = Reference().record_episode(networks.take([row]), task, trials, SEED)
        assert trajectory.episode_return == scores.returns[row, 0, 0]
        assert trajectory.num_steps == len(trajectory.rewards) == scores.steps[row, 0, 0]
        assert trajectory.episode_return == sum(trajectory.rewards.tolist())
        assert trajectory.has_ended


@pytest.mark.parametrize("trials", [OWN, SHARED], ids=["own", "shared"])
def test_a_trajectory_has_the_return_of_the_compiled_evaluator(task, networks, trials):
    scores = compiled().evaluate(networks, task, trials, SEED)[0]
    for row in range(len(networks)):
        trajectory = Reference().record_episode(networks.take([row]), task, trials, SEED)
        assert trajectory.episode_return == pytest.approx(scores.returns[row, 0, 0], rel=1e-9)
        assert trajectory.num_steps == scores.steps[row, 0, 0]


def test_each_step_follows_from_its_state(task, networks):
    trajectory = Reference().record_episode(networks.take([2]), task, SHARED, SEED)
    assert all(len(part) == trajectory.num_steps + 1 for part in trajectory.states)
    for step in range(trajectory.num_steps):
        state, next_state = (tuple(part[s : s + 1] for part in trajectory.states) for s in (step, step + 1))
        observation = task.observe(state)
        outputs = forward(networks, 2, observation, task.ports.outputs, np.array([[-1.5]]))
        computed_state, reward, _ = task.step(state, outputs)
        assert np.array_equal(trajectory.observations[step], observation[0])
        assert np.array_equal(trajectory.outputs[step], outputs[0])
        assert trajectory.rewards[step] == reward[0]
        assert all(map(np.array_equal, computed_state, next_state))


def test_a_recording_that_is_stopped_is_the_beginning_of_the_episode():
    balance = one_network.from_arrays([1] * 7, [1, 2, 3, 4], [6, 6, 6, 6], [0.05, 0.3, 1.5, 1.0])
    whole = Reference().record_episode(balance, CARTPOLE, OWN, SEED)
    beginning = Reference().record_episode(balance, CARTPOLE, OWN, SEED, max_steps=7)
    assert (whole.num_steps, whole.has_ended) == (60, True)
    assert (beginning.num_steps, beginning.has_ended, beginning.episode_return) == (7, False, 7.0)
    assert np.array_equal(beginning.observations, whole.observations[:7])
    assert [len(part) for part in beginning.states] == [8] * 4
    assert Reference().record_episode(balance, CARTPOLE, OWN, SEED, max_steps=99).num_steps == 60


def test_an_episode_that_ends_at_the_last_recorded_step_has_ended():
    falls = one_network.from_arrays([1] * 7, [0], [5], [1.0])  # always to the left
    whole = Reference().record_episode(falls, CARTPOLE, OWN, SEED)
    assert whole.num_steps < 20
    assert whole.has_ended
    assert Reference().record_episode(falls, CARTPOLE, OWN, SEED, max_steps=whole.num_steps).has_ended


def test_an_episode_of_data_is_one_step_with_all_rows():
    task = Logic(
        gate=Gate.XOR, bits=2, reward=LogicReward.CLOSENESS, episodes=1, activations=CONTROL_ACTIVATIONS
    )
    network = one_network.from_arrays([1] * 4, [1, 2], [3, 3], [1.0, 1.0])
    trajectory = Reference().record_episode(network, task, OWN, SEED)
    assert trajectory.observations.shape == (1, 4, 2)
    assert trajectory.outputs.shape == (1, 4, 1)
    assert trajectory.episode_return == Reference().evaluate(network, task, OWN, SEED)[0].returns.item()


def test_a_live_environment_keeps_its_states_closed():
    task = Gymnasium(
        env_id="CartPole-v1", episodes=1, horizon=30, env_kwargs=None, activations=CONTROL_ACTIVATIONS,
        input_names=None, output_names=None, wrappers=(), scale_observations=False, start_states="philox",
    )  # fmt: skip
    network = one_network.from_arrays([1] * 7, [3, 0], [6, 5], [1.0, -0.001])
    trajectory = Reference().record_episode(network, task, OWN, SEED)
    scores = Reference().evaluate(network, task, OWN, SEED)[0]
    assert trajectory.episode_return == scores.returns.item()
    assert trajectory.num_steps == scores.steps.item()
    assert trajectory.states[0].dtype == object
    assert len(trajectory.states[0]) == trajectory.num_steps + 1


def test_a_step_that_fails_has_no_reward_and_fails_the_return():
    network = one_network.from_arrays([1, 1, 1], [1], [2], [1.0])
    trajectory = Reference().record_episode(network, OneNumber(), OWN, as_seeds([np.nan]))
    assert np.isnan(trajectory.rewards).all()
    assert np.isnan(trajectory.episode_return)
