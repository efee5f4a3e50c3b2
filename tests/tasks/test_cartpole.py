"""Against Gymnasium's CartPole-v1 itself, step for step."""

import gymnasium
import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.tasks.cartpole import CartPole

SETTINGS = {"episodes": 4, "horizon": 500, "start_range": 0.05, "activations": ("tanh",)}
TASK = CartPole(**SETTINGS)
RANDOM_STEPS = 10_000

# Bias 0, inputs 1 .. 4, outputs left 5 and right 6.
BALANCES = one_network.from_arrays([1] * 7, [1, 2, 3, 4], [6, 6, 6, 6], [0.05, 0.3, 1.5, 1.0])
FALLS = one_network.from_arrays([1] * 7, [3, 0], [5, 6], [1.0, -0.001])
WAVERS = one_network.from_arrays(
    [1, 1, 1, 1, 1, 5, 3, 1, 1], [3, 4, 1, 2, 5, 6], [5, 5, 6, 6, 8, 7], [9.0] * 6
)


@pytest.fixture
def gym():
    environment = gymnasium.make("CartPole-v1")
    environment.reset(seed=0)
    yield environment
    environment.close()


def placed(task, numbers):
    """The state of one lane that starts from these four numbers."""
    return task.lane_state(np, tuple(np.array([[float(number)]]) for number in numbers))


def pushed(action):
    """Outputs whose argmax is the action."""
    return np.array([[[1.0, 0.0] if action == 0 else [0.0, 1.0]]])


def test_every_random_step_is_gymnasiums_to_1e_12(gym):
    rng = np.random.default_rng(0)
    state, worst, endings = placed(TASK, gym.unwrapped.state), 0.0, 0
    for _ in range(RANDOM_STEPS):
        action = int(rng.integers(2))
        assert np.array_equal(
            TASK.observe(state)[0, 0], np.array(gym.unwrapped.state, np.float32).astype(float)
        )
        state, reward, done = TASK.step(state, pushed(action))
        _, paid, terminated, truncated, _ = gym.step(action)
        worst = max(worst, *np.abs(np.ravel(state[:4]) - gym.unwrapped.state))
        assert reward.tolist() == [paid]
        assert done.tolist() == [terminated]
        if terminated or truncated:
            gym.reset()
            state, endings = placed(TASK, gym.unwrapped.state), endings + 1
    assert worst < 1e-12
    assert endings > 100


def test_the_network_sees_the_float32_observation(gym):
    seen = TASK.observe(placed(TASK, (0.1, 0.2, 0.03, 1 / 3)))
    assert seen[0, 0].tolist() == [float(np.float32(v)) for v in (0.1, 0.2, 0.03, 1 / 3)]


@pytest.mark.parametrize(
    ("outputs", "action"), [((0.0, 0.0), 0), ((3.0, 3.0), 0), ((-2.0, -1.0), 1), ((1e-300, 0.0), 0)]
)
def test_the_larger_output_is_the_push_and_a_tie_is_action_0(gym, outputs, action):
    state, _, _ = TASK.step(placed(TASK, gym.unwrapped.state), np.array([[outputs]]))
    gym.step(action)
    assert np.allclose(np.ravel(state[:4]), gym.unwrapped.state, rtol=0, atol=1e-12)


@pytest.mark.parametrize("start", [(2.39, 5, 0, 0), (-2.39, -5, 0, 0), (0, 0, 0.2, 3), (0, 0, -0.2, -3)])
def test_an_episode_ends_where_gymnasiums_does_and_still_pays(gym, start):
    gym.unwrapped.state = np.array(start, float)
    state, reward, done = TASK.step(placed(TASK, start), pushed(1))
    _, paid, terminated, _, _ = gym.step(1)
    assert terminated
    assert done.tolist() == [True]
    assert reward.tolist() == [paid] == [1.0]
    assert np.allclose(np.ravel(state[:4]), gym.unwrapped.state, rtol=0, atol=1e-12)


def played_by_gymnasium(gym, policy, start):
    """Return and steps of one episode from this start state."""
    gym.reset(seed=0)
    gym.unwrapped.state = np.array(start, float)
    seen, total, steps, over = np.array(start, np.float32), 0.0, 0, False
    while not over:
        seen, paid, terminated, truncated, _ = gym.step(int(policy(seen.astype(float))))
        total, steps, over = total + paid, steps + 1, terminated or truncated
    return total, steps


POLICIES = {
    "balances": (BALANCES, lambda s: 0.05 * s[0] + 0.3 * s[1] + 1.5 * s[2] + 1.0 * s[3] > 0),
    "falls": (FALLS, lambda s: s[2] < -0.001),
    "wavers": (
        WAVERS,
        lambda s: np.tanh(9 * s[2] + 9 * s[3]) * 9 > 9 * np.sin(np.pi * (9 * s[0] + 9 * s[1])),
    ),
}
EVALUATORS = {
    "reference": Reference(),
    "compiled": Compiled(
        precision=LanePrecision.FLOAT64,
        threads=1,
        chunk=None,
        max_memory=None,
        vector_bits=None,
        simplify=True,
    ),
}


@pytest.mark.parametrize("evaluator", EVALUATORS)
@pytest.mark.parametrize("name", POLICIES)
def test_whole_episodes_are_those_gymnasium_plays_with_the_same_network(gym, evaluator, name):
    network, policy = POLICIES[name]
    seeds = np.arange(12, dtype=np.uint64)
    scores = EVALUATORS[evaluator].evaluate(network, TASK, Trials(shared_weights=None, episodes=12), seeds)[0]
    expected = [played_by_gymnasium(gym, policy, start) for start in TASK.start_values(seeds)[:, 0]]
    assert scores.returns[0, 0].tolist() == [total for total, _ in expected]
    assert scores.steps[0, 0].tolist() == [steps for _, steps in expected]


def test_a_pole_that_is_balanced_pays_500(gym):
    scores = EVALUATORS["compiled"].evaluate(
        BALANCES, TASK, Trials(shared_weights=None, episodes=1), np.arange(20, dtype=np.uint64)
    )[0]
    assert scores.returns.max() == 500


def test_starts_are_uniform_within_the_range():
    starts = TASK.start_values(np.arange(4000, dtype=np.uint64))
    assert starts.shape == (4000, 1, 4)
    assert np.abs(starts).max() <= 0.05
    assert np.allclose(starts.mean((0, 1)), 0, atol=0.002)
    assert np.allclose(starts.std((0, 1)), 0.05 / np.sqrt(3), atol=0.001)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("episodes", 0),
        ("horizon", 0),
        ("start_range", -0.1),
        ("start_range", float("nan")),
        ("activations", ()),
    ],
)
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(setting, value):
    with pytest.raises(ConfigError, match=f"task.{setting}") as caught:
        CartPole(**SETTINGS | {setting: value})
    assert "\n" not in str(caught.value)


def test_the_threshold_is_gymnasiums_and_of_its_horizon_alone():
    assert TASK.solved_score == gymnasium.spec("CartPole-v1").reward_threshold
    assert CartPole(**SETTINGS | {"horizon": 200}).solved_score is None
