"""Registered environments: equal to our own cartpole, functions of their seed, refused in one line."""

from __future__ import annotations

import copy
import re
import sys
from contextlib import suppress
from dataclasses import replace

import fixed_start_cartpole
import gymnasium
import numpy as np
import pytest
import stub_environments
from gymnasium_settings import SETTINGS, make_task
from random_populations import population

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.errors import ConfigError, EvaluationFailed
from wannsearch.core.streams import Role
from wannsearch.core.trajectory import select_lane
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.evaluators.reference import Reference
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.gymnasium import Gymnasium

assert fixed_start_cartpole
SEEDS = np.arange(4, dtype=np.uint64)
CLASSIC = ["CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1"]


def environment(env_id, horizon=None, **kwargs):
    return make_task(env_id, horizon=horizon, env_kwargs=kwargs)


def test_cartpole_scores_as_our_own_on_the_same_start_states():
    ours = CartPole(episodes=4, horizon=500, start_range=0.05, activations=CONTROL_ACTIVATIONS)
    theirs = environment("PlacedCartPole-v0")
    assert theirs.horizon == 500
    networks = population(np.random.default_rng(0), ours.ports, 15)
    trials = Trials(shared_weights=SIX_WEIGHTS, episodes=4)
    expected = Reference().evaluate(networks, ours, trials, SEEDS)[0]
    scores = Reference().evaluate(networks, theirs, trials, SEEDS)[0]
    assert scores.returns.tobytes() == expected.returns.tobytes()
    assert scores.steps.tobytes() == expected.steps.tobytes()
    assert np.unique(scores.steps).size > 20


def test_ports_have_the_known_names_or_those_that_a_setting_gives():
    known = environment("Pendulum-v1")
    assert known.ports.input_names == ("cos θ", "sin θ", "angular velocity")
    assert known.ports.output_names == ("torque",)
    named = replace(known, input_names=["a", "b", "c"], output_names=[])
    assert (named.ports.input_names, named.ports.output_names) == (("a", "b", "c"), ())
    assert environment("PlacedCartPole-v0").ports.input_names == ()  # nobody knows it
    with pytest.raises(ConfigError, match=r"task\.output_names has 2 names; Pendulum-v1 has 1 outputs\."):
        replace(known, output_names=["a", "b"])


def played_alone(env_id, seed, steps):
    """Observations, rewards and ends of one episode of a new environment, actions drawn from the seed."""
    env = gymnasium.make(env_id, disable_env_checker=True, max_episode_steps=-1)
    rng, seen = np.random.default_rng(seed), [env.reset(seed=seed)[0]]
    space, told = env.action_space, []
    for _ in range(steps):
        action = (
            int(rng.integers(space.n))
            if hasattr(space, "n")
            else rng.uniform(-1, 1, space.shape).astype("f4")
        )
        observation, reward, over, _, _ = env.step(action)
        seen.append(observation)
        told.append((float(reward), over))
        if over:
            break
    env.close()
    return np.array(seen, float), told


def played_by_task(task, env_id, seed, steps):
    """The same through the task."""
    rng, state = np.random.default_rng(seed), task.reset(np.array([seed], np.uint64))
    seen, told = [task.observe(state)[0, 0]], []
    discrete = hasattr(gymnasium.make(env_id).action_space, "n")
    for _ in range(steps):
        count = task.ports.outputs
        outputs = np.eye(count)[rng.integers(count)] if discrete else rng.uniform(-1, 1, count)
        state, reward, done = task.step(state, outputs[None, None, :])
        seen.append(task.observe(state)[0, 0])
        told.append((float(reward[0]), bool(done[0])))
        if done[0]:
            break
    return np.array(seen), told


BOX2D = [pytest.param(env_id, marks=pytest.mark.long) for env_id in ("BipedalWalker-v3", "LunarLander-v3")]


@pytest.mark.parametrize("env_id", [*CLASSIC, *BOX2D])
def test_60_episodes_in_both_orders_are_those_of_new_environments(env_id):
    if "v3" in env_id:
        pytest.importorskip("Box2D")
    steps, seeds = 60, list(range(60))
    task = environment(env_id, horizon=steps + 1)
    fresh = {seed: played_alone(env_id, seed, steps) for seed in seeds}
    for order in (seeds, seeds[::-1]):
        for seed in order:
            seen, told = played_by_task(task, env_id, seed, steps)
            assert seen.tobytes() == fresh[seed][0].tobytes()
            assert told == fresh[seed][1]


def test_classic_control_is_reused():
    pole = environment("CartPole-v1", horizon=2)
    for _ in range(3):
        state = pole.reset(SEEDS)
        for _ in range(2):
            state, _, done = pole.step(state, np.zeros((4, 1, 2)))
        assert done.all()
    assert len(pole._environment_pool._idle_environments) == 4


@pytest.mark.long
def test_a_walker_is_never_reused():
    pytest.importorskip("Box2D")
    walker = environment("BipedalWalker-v3", horizon=1)
    walker.step(walker.reset(SEEDS), np.zeros((4, 1, 4)))
    assert walker._environment_pool._idle_environments == []


def test_a_state_far_into_an_episode_can_be_stepped_twice_and_repeated():
    task = environment("Pendulum-v1")
    state, outputs = task.reset(SEEDS), np.random.default_rng(0).normal(size=(30, 4, 1, 1))
    for step in outputs:
        state, _, _ = task.step(state, step)
    (_, seen), reward, _ = task.step(state, outputs[0])
    (_, again), reward_again, _ = task.step(state, outputs[0])
    assert seen.tobytes() == again.tobytes()
    assert reward.tobytes() == reward_again.tobytes()
    doubled = tuple(np.concatenate([part, part]) for part in state)
    (_, both), _, _ = task.step(doubled, np.concatenate([outputs[0], outputs[1]]))
    assert both[:4].tobytes() == seen.tobytes()
    assert not np.array_equal(both[4:], seen)


def test_nothing_happens_behind_an_end():
    task = environment("Counts-v0")
    state = task.reset(SEEDS)
    for _ in range(3):
        state, reward, done = task.step(state, np.eye(4)[[3] * 4][:, None, :])
        assert reward.tolist() == [2.0] * 4
    assert done.all()
    state, reward, done = task.step(state, np.zeros((4, 1, 4)))
    assert reward.tolist() == [0.0] * 4
    assert done.all()


def test_a_copy_has_environments_of_its_own():
    task = environment("CartPole-v1", horizon=1)
    task.step(task.reset(SEEDS), np.zeros((4, 1, 2)))
    other = copy.deepcopy(task)
    assert other == task
    assert len(task._environment_pool._idle_environments) == 4
    assert other._environment_pool._idle_environments == []


def test_a_long_episode_is_forgotten_without_deep_recursion():
    task = environment("Pendulum-v1", horizon=10**9)
    state = task.reset(SEEDS[:1])
    for _ in range(12_000):
        state, _, _ = task.step(state, np.zeros((1, 1, 1)))
    del state


# Spaces


def test_a_discrete_is_seen_as_a_1_at_its_number_and_acted_on_by_the_first_of_the_largest():
    task = environment("Counts-v0")
    assert (task.ports.inputs, task.ports.outputs) == (3, 4)
    state = task.reset(SEEDS[:3])
    assert np.array_equal(task.observe(state)[:, 0], np.eye(3))
    outputs = np.array([[0, 0, 0, 0], [0, 2, 2, 1], [-3, -2, -1, -1.0]])
    assert task.step(state, outputs[:, None, :])[1].tolist() == [-1, 0, 1]


def test_a_box_is_clipped_to_its_bounds():
    task = environment("Pendulum-v1")
    after = [task.step(task.reset(SEEDS[:1]), np.full((1, 1, 1), value)) for value in (2.0, 1e300, np.inf)]
    assert len({(state[1].tobytes(), reward.tobytes()) for state, reward, _ in after}) == 1


@pytest.mark.parametrize(("env_id", "bad"), [("Unbounded-v0", np.inf), ("Unbounded-v0", 1e300)])
def test_an_action_that_no_float_can_hold_fails_its_episode(env_id, bad):
    task = environment(env_id)
    _, reward, done = task.step(task.reset(SEEDS[:2]), np.array([[[bad, 0.0]], [[1.0, 0.5]]]))
    assert np.isnan(reward[0])
    assert reward[1] == 1.5
    assert done.tolist() == [True, False]


@pytest.mark.parametrize("env_id", CLASSIC)
def test_an_output_that_is_no_number_never_reaches_the_environment(env_id):
    task = environment(env_id)
    state = task.reset(SEEDS[:2])
    outputs = np.zeros((2, 1, task.ports.outputs))
    outputs[0, 0, 0] = np.nan
    _, reward, done = task.step(state, outputs)
    assert np.isnan(reward).tolist() == done.tolist() == [True, False]


# Refusals


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"env_id": "CartPole"}, "no such environment registered. The nearest are CartPole-v"),
        ({"env_id": "os:CartPole-v1"}, "would import code"),
        ({"env_id": "GymV21Environment-v0"}, "loads other code by name"),
        ({"env_id": "phys2d/CartPole-v1"}, "needs a package that is not here"),
        (
            {"env_id": "Words-v0"},
            r"its observations in 'said' are Text\(.*; allowed: Box, Discrete, MultiDiscrete and "
            r"MultiBinary, and Dict and Tuple of these\.",
        ),
        (
            {"env_id": "Unseeded-v0"},
            r"reset of Unseeded takes no 'seed'; Gymnasium's is reset\(self, \*, seed=None, options=None\)",
        ),
        ({"env_id": "Quits-v0"}, "it cannot be made, SystemExit: 0$"),
        ({"env_id": "Spaceless-v0"}, "it has no observation_space, AttributeError: "),
        ({"start_states": "small"}, "allowed: philox, small_seeds. Did you mean 'small_seeds'"),
        ({"env_id": "Endless-v0"}, "has no limit of its own; give task.horizon"),
        ({"horizon": 0}, "task.horizon is 0"),
        ({"env_kwargs": {"gravitty": 1}}, "it cannot be made, TypeError: .*gravitty"),
        ({"env_kwargs": {"render_mode": "human"}}, "'render_mode', which is not"),
        ({"env_kwargs": {"max_episode_steps": 3}}, "'max_episode_steps', which is not"),
        ({"env_kwargs": {"fault": print}}, "only numbers, words and lists"),
        ({"env_kwargs": [1]}, "it must be a group of keys"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_line(settings, said):
    with pytest.raises(ConfigError, match=said) as caught:
        Gymnasium(**SETTINGS | settings)
    assert "\n" not in str(caught.value)


def test_a_reset_that_hides_its_arguments_is_met_in_the_first_episode():
    task = environment("Hidden-v0")
    with pytest.raises(
        EvaluationFailed, match="Hidden-v0 breaks in reset of the episode from seed 1, TypeErr"
    ):
        task.reset(np.ones(1, np.uint64))


def test_an_environment_that_cannot_be_played_is_closed():
    for settings in ({}, {"wrappers": ["ClipAction"]}, {"env_kwargs": {"fault": "close"}}):
        stub_environments.Closes.made = stub_environments.Closes.closed = 0
        with suppress(ConfigError):
            make_task("Closes-v0", **settings)
        assert stub_environments.Closes.made == stub_environments.Closes.closed == 1


def test_a_change_of_spaces_in_mid_life_is_told_in_one_line():
    task = environment("Changes-v0")
    state = task.reset(SEEDS[:1])
    for _ in range(2):
        state, reward, _ = task.step(state, np.zeros((1, 1, 4)))
        assert reward == 1.0
    with pytest.raises(EvaluationFailed) as caught:
        task.step(state, np.zeros((1, 1, 4)))
    assert str(caught.value) == (
        "Changes-v0 breaks in step 3 of the episode from seed 0, ValueError: an observation has shape (3,) "
        "and type float64; the observation space has shape (2,) and holds numbers."
    )


@pytest.mark.parametrize("fault", ["raise", *stub_environments.FAULTS])
def test_an_environment_that_breaks_says_when_and_how(fault):
    task = environment("Broken-v0", fault=fault)
    state = task.reset(SEEDS)
    with pytest.raises(
        EvaluationFailed, match="Broken-v0 breaks in step 1 of the episode from seed 0, "
    ) as caught:
        task.step(state, np.zeros((4, 1, 2)))
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("env_id", "package", "extra"),
    [("LunarLander-v3", "Box2D", "box2d"), ("BipedalWalker-v3", "Box2D", "box2d"),
     ("Hopper-v5", "mujoco", "mujoco"), ("Ant-v5", "mujoco", "mujoco")],
)  # fmt: skip
def test_a_missing_package_is_named_by_the_extra_that_has_it(monkeypatch, env_id, package, extra):
    for name in [name for name in sys.modules if name.startswith(f"gymnasium.envs.{extra}")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)  # its import fails
    with pytest.raises(ConfigError, match=re.escape(f"pip install 'wannsearch[{extra}]'")) as caught:
        environment(env_id)
    assert "\n" not in str(caught.value)


def test_the_horizon_is_the_environments_own_unless_it_is_given():
    assert environment("CartPole-v1").horizon == 500
    assert environment("Endless-v0", horizon=7).horizon == 7
    assert replace(environment("CartPole-v1"), horizon=20).horizon == 20


# Starts and ends


def test_small_seeds_reset_with_0_1_2_in_the_final_test_whatever_the_seed_of_the_run():
    task = make_task("Counts-v0", start_states="small_seeds")
    for seed in (0, 7):
        held_out = task.episode_seeds(seed, Role.HELD_OUT, 0, 3)
        assert held_out.tolist() == [0, 1, 2]
        assert np.array_equal(task.observe(task.reset(held_out))[:, 0], np.eye(3)[[0, 1, 2]])
    assert task.episode_seeds(0, Role.EPISODES, 1, 3).min() > 1000
    keyed = make_task("Counts-v0")
    assert keyed.episode_seeds(0, Role.HELD_OUT, 0, 3).min() > 1000


@pytest.mark.parametrize(
    ("settings", "ending"),
    [
        ({"env_kwargs": {"terminated": True}}, "terminated"),
        ({"env_kwargs": {"truncated": True}}, "truncated"),
        ({"env_kwargs": {"terminated": True, "truncated": True}}, "terminated"),
        ({"env_kwargs": {"terminated": True}, "horizon": 2}, "terminated"),
        ({"env_kwargs": None, "horizon": 2}, "horizon"),
        ({"env_kwargs": None}, ""),
    ],
)
def test_an_episode_tells_how_it_ends(settings, ending):
    task = make_task("Ends-v0", **settings)
    state = task.reset(SEEDS[:1])
    for _ in range(2):
        assert task.describe_ending(select_lane(state, 0)) == ""
        state, _, done = task.step(state, np.zeros((1, 1, 4)))
    assert task.describe_ending(select_lane(state, 0)) == ending
    assert done.tolist() == [ending != ""]


def test_an_episode_that_fails_by_its_outputs_tells_so():
    task = environment("Counts-v0")
    state, _, _ = task.step(task.reset(SEEDS[:1]), np.full((1, 1, 4), np.nan))
    assert task.describe_ending(select_lane(state, 0)) == "failed"


def test_observations_are_scaled_to_their_bounds_if_wished():
    plain, scaled = make_task("Pendulum-v1"), make_task("Pendulum-v1", scale_observations=True)
    seen = plain.observe(plain.reset(SEEDS))
    assert np.array_equal(scaled.observe(scaled.reset(SEEDS)), seen / [1.0, 1.0, 8.0])


def test_an_environment_is_solved_at_its_registered_threshold_unless_its_settings_are_ones_own():
    assert environment("CartPole-v1").solved_score == 475.0
    assert environment("CartPole-v1", horizon=500).solved_score == 475.0
    assert environment("CartPole-v1", horizon=200).solved_score is None
    assert environment("CartPole-v1", sutton_barto_reward=True).solved_score is None
    assert make_task("CartPole-v1", wrappers=["FlattenObservation"]).solved_score is None
    assert environment("Pendulum-v1").solved_score is None


@pytest.mark.long
def test_mujoco_writes_no_warning_into_the_terminal_or_the_current_folder(tmp_path, monkeypatch, capfd):
    pytest.importorskip("mujoco")
    monkeypatch.chdir(tmp_path)
    environment("HalfCheetah-v5")  # its model has an attribute that MuJoCo 4 warns about
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
