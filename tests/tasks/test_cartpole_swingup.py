"""The fixtures of wann.md 3.1, and the start states of the published episodes."""

import math

import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp
from wannsearch.tasks.starts import StartStates

SETTINGS = {
    "episodes": 3,
    "horizon": 1000,
    "start_states": StartStates.PUBLISHED,
    "activations": ("linear", "tanh"),
}
TASK = CartPoleSwingUp(**SETTINGS)
KEYED = CartPoleSwingUp(**SETTINGS | {"start_states": StartStates.PHILOX})
HANGING = (0.0, 0.0, math.pi, 0.0)


def placed(numbers):
    return TASK.lane_state(np, tuple(np.array([[float(number)]]) for number in numbers))


def pushed(action):
    return np.full((1, 1, 1), float(action))


def driven(start, actions):
    """Start state, then (state, return so far, done) after each action."""
    state, total, path = placed(start), 0.0, []
    for action in actions:
        state, reward, done = TASK.step(state, pushed(action))
        total += reward[0]
        path.append((np.ravel(state[:4]), total, bool(done[0])))
    return path


def test_a_constant_push_from_hanging_follows_the_published_path():
    path = driven(HANGING, [1.0] * 69)
    assert np.allclose(path[0][0], (0, 0.16, math.pi, -0.4), rtol=0, atol=1e-9)
    assert np.allclose(
        path[9][0], (0.071057775331, 1.547600513972, 2.966085621650, -3.744469439227), rtol=0, atol=1e-9
    )
    assert path[9][1] == pytest.approx(0.018894141049, abs=1e-9)
    assert np.allclose(
        path[49][0], (1.356784426689, 4.864116788991, 1.489674022348, 0.069997083351), rtol=0, atol=1e-9
    )
    assert path[49][1] == pytest.approx(9.742533692058, abs=1e-9)


def test_a_constant_push_leaves_the_track_at_step_69_which_is_still_paid():
    path = driven(HANGING, [1.0] * 69)
    assert [done for _, _, done in path] == [False] * 68 + [True]
    assert path[68][1] == pytest.approx(12.752665931872, abs=1e-9)
    assert path[68][1] < path[67][1]


def test_a_varying_push_follows_the_published_path():
    path = driven((0.1, -0.2, 3.0, 0.3), [math.sin(0.1 * t) for t in range(1, 101)])
    assert np.allclose(path[0][0], (0.098, -0.192063547820, 3.003, 0.315002391709), rtol=0, atol=1e-9)
    assert np.allclose(
        path[99][0], (0.840002860378, 1.992639466433, 3.867695132872, -3.735487221052), rtol=0, atol=1e-9
    )
    assert path[99][1] == pytest.approx(10.942173257294, abs=1e-9)


def test_a_push_is_clipped_to_1_either_way():
    for beyond, limit in ((7.0, 1.0), (-1.5, -1.0), (np.inf, 1.0)):
        assert np.array_equal(driven(HANGING, [beyond])[0][0], driven(HANGING, [limit])[0][0])


def test_a_step_is_explicit_euler_with_the_equations_of_the_sheet():
    rng = np.random.default_rng(0)
    for x, v, a, w, action in rng.uniform(-2, 2, (50, 5)):
        s, c, ml, m, g, u = math.sin(a), math.cos(a), 0.3, 0.5, 9.82, 10 * min(max(action, -1), 1)
        x_acc = (-2 * ml * w**2 * s + 3 * m * g * s * c + 4 * u - 4 * 0.1 * v) / (4 - 3 * m * c**2)
        a_acc = (-3 * ml * w**2 * s * c + 6 * g * s + 6 * (u - 0.1 * v) * c) / (4 * 0.6 - 3 * ml * c**2)
        after, reward, done = driven((x, v, a, w), [action])[0]
        expected = np.array([x + 0.01 * v, v + 0.01 * x_acc, a + 0.01 * w, w + 0.01 * a_acc])
        assert np.allclose(after, expected, rtol=1e-12, atol=1e-13)
        paid = (math.cos(expected[2]) + 1) / 2 * math.cos(expected[0] / 2.4 * math.pi / 2)
        assert reward == pytest.approx(paid, rel=1e-12, abs=1e-13)
        assert done is bool(abs(expected[0]) > 2.4)


def test_the_network_sees_position_speed_cosine_sine_and_angular_speed():
    seen = TASK.observe(placed((0.1, -0.2, 3.0, 0.3)))
    assert np.allclose(seen[0, 0], (0.1, -0.2, math.cos(3), math.sin(3), 0.3), rtol=0, atol=1e-15)
    assert TASK.ports.inputs == 5
    assert TASK.ports.outputs == 1


def test_released_start_states_are_those_of_randomstate():
    starts = TASK.start_values(np.arange(3, dtype=np.uint64))[:, 0]
    assert np.allclose(
        starts,
        [
            (0.3528104692, 0.0800314417, 3.3373402504, 0.4481786398),
            (0.3248690727, -0.1223512827, 3.0359583031, -0.2145937244),
            (-0.0833515695, -0.0112533654, 2.7143534345, 0.3280541617),
        ],
        rtol=0,
        atol=1e-10,
    )


def test_a_hundred_released_start_states_are_the_published_ones(reference):
    table = np.loadtxt(reference / "wann" / "swing_seed_rewards.csv", delimiter=",", skiprows=1)
    assert len(table) == 100
    starts = TASK.start_values(table[:, 0].astype(np.uint64))[:, 0]
    assert np.allclose(starts, table[:, 1:5], rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_released_held_out_episodes_are_seeded_from_the_seed_on(seed):
    seeds = TASK.episode_seeds(seed, Role.HELD_OUT, 0, 100)
    assert seeds.tolist() == list(range(seed, seed + 100))


@pytest.mark.parametrize("role", [Role.EPISODES, Role.RETEST])
def test_released_search_seeds_are_consecutive_and_start_at_one_of_a_thousand(role):
    blocks = np.array([TASK.episode_seeds(0, role, generation, 3) for generation in range(2000)])
    assert np.all(np.diff(blocks.astype(np.int64), axis=1) == 1)
    first = blocks[:, 0]
    assert 980 < first.max() - first.min() < 1000
    assert len(np.unique(first)) > 800


def test_released_roles_share_no_start_state():
    roles = (Role.EPISODES, Role.RETEST, Role.HELD_OUT)
    met = [{int(s) for g in range(300) for s in TASK.episode_seeds(7, role, g, 60)} for role in roles]
    assert not met[0] & met[1]
    assert not met[0] & met[2]
    assert not met[1] & met[2]


def test_a_released_seed_that_would_reach_into_the_searches_block_is_refused():
    with pytest.raises(ConfigError, match="seed is 2147483648"):
        TASK.episode_seeds(2**31, Role.HELD_OUT, 0, 1)


def test_keyed_starts_are_normal_around_hanging_with_deviation_a_fifth():
    starts = KEYED.start_values(KEYED.episode_seeds(0, Role.EPISODES, 1, 20000))[:, 0]
    assert np.allclose(starts.mean(0), HANGING, atol=0.01)
    assert np.allclose(starts.std(0), 0.2, atol=0.005)


@pytest.mark.parametrize(("setting", "value"), [("episodes", 0), ("horizon", -1), ("activations", ())])
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(setting, value):
    with pytest.raises(ConfigError, match=f"task.{setting}") as caught:
        CartPoleSwingUp(**SETTINGS | {setting: value})
    assert "\n" not in str(caught.value)
