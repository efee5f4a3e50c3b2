"""Wrappers by name: those of Gymnasium that forget at a reset, and a user's own."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import stub_environments
from gymnasium_settings import make_task

from wannsearch.core.errors import ConfigError
from wannsearch.core.plugin_files import load_plugin
from wannsearch.tasks.env_wrappers import make_wrappers

assert stub_environments
SEEDS = np.arange(3, dtype=np.uint64)
WRAPPERS = [
    ("Pendulum-v1", "ClipAction", {}),
    ("Pendulum-v1", "ClipReward", {"min_reward": -1.0, "max_reward": -0.5}),
    ("Pendulum-v1", "DelayObservation", {"delay": 2}),
    ("Pendulum-v1", "DiscretizeAction", {"bins": 5}),
    ("Pendulum-v1", "DiscretizeAction", {"bins": [5], "multidiscrete": True}),
    ("Pendulum-v1", "DiscretizeObservation", {"bins": [2, 3, 4]}),
    ("Composite-v0", "FilterObservation", {"filter_keys": ["level", "where"]}),
    ("Composite-v0", "FlattenObservation", {}),
    ("Pendulum-v1", "FrameStackObservation", {"stack_size": 3, "padding_type": "zero"}),
    ("Pendulum-v1", "MaxAndSkipObservation", {"skip": 2}),
    ("Pendulum-v1", "RepeatAction", {"num_repeats": 2}),
    ("Pendulum-v1", "RescaleAction", {"min_action": -1, "max_action": 1}),
    ("Pendulum-v1", "RescaleAction", {"min_action": [-1.0], "max_action": [1.0]}),
    ("Pendulum-v1", "RescaleObservation", {"min_obs": [0, 0, 0], "max_obs": [1, 1, 1]}),
    ("Pendulum-v1", "ReshapeObservation", {"shape": [3, 1]}),
    ("Pendulum-v1", "StickyAction", {"repeat_action_probability": 0.5, "repeat_action_duration": [1, 3]}),
    ("Pendulum-v1", "TimeAwareObservation", {"normalize_time": True}),
]
CASES = pytest.mark.parametrize(("env_id", "name", "arguments"), WRAPPERS, ids=[row[1] for row in WRAPPERS])


def play(task, seed, steps=6):
    """Observations and rewards of the first steps of an episode, outputs drawn from the seed."""
    rng, state = np.random.default_rng(seed), task.reset(np.array([seed], np.uint64))
    numbers = [*task.observe(state).ravel()]
    for _ in range(steps):
        state, reward, _ = task.step(state, rng.normal(size=(1, 1, task.ports.outputs)))
        numbers += [*reward, *task.observe(state).ravel()]
    return numbers


@CASES
def test_an_episode_in_a_wrapper_depends_on_its_seed_alone(env_id, name, arguments):
    task = make_task(env_id, wrappers=[{"name": name, **arguments}], horizon=100)
    forward = [play(task, seed) for seed in (0, 1)]
    copy = pickle.loads(pickle.dumps(task))
    backward = [play(copy, seed) for seed in (1, 0)][::-1]
    assert forward == backward
    assert forward[0] != forward[1]


@CASES
def test_a_wrapper_changes_what_is_played(env_id, name, arguments):
    plain = make_task(env_id, horizon=100)
    wrapped = make_task(env_id, wrappers=[{"name": name, **arguments}], horizon=100)
    changes_nothing_here = {"ClipAction", "FlattenObservation", "ReshapeObservation"}
    assert (play(plain, 0) == play(wrapped, 0)) == (name in changes_nothing_here)


def test_all_allowed_wrappers_are_tested():
    named = {name for _, name, _ in WRAPPERS} | {"GrayscaleObservation", "ResizeObservation"}  # pictures
    with pytest.raises(ConfigError) as caught:
        make_wrappers(("",))
    assert f"allowed: {', '.join([*sorted(named), 'plugin.FILE.CLASS'])}." in str(caught.value)
    assert all(hasattr(gymnasium.wrappers, name) for name in named)


def test_every_wrapper_of_gymnasium_is_allowed_or_refused_with_a_reason_of_its_own():
    """A new one is seen here, and somebody decides."""
    no_wrappers = {
        "vector",
        "ArrayConversion",
        "JaxToNumpy",
        "JaxToTorch",
        "NumpyToTorch",
        "AtariPreprocessing",
    }
    for name in set(gymnasium.wrappers.__all__) - no_wrappers - {name for _, name, _ in WRAPPERS}:
        with pytest.raises(ConfigError, match=r"which is not allowed: |it does not fit|lacks") as caught:
            make_task("CartPole-v1", wrappers=[name])
        assert "\n" not in str(caught.value)


def test_the_first_wrapper_is_the_innermost():
    stack, flat = {"name": "FrameStackObservation", "stack_size": 2}, "TimeAwareObservation"
    assert make_task("CartPole-v1", wrappers=[stack, flat]).ports.inputs == 2 * 4 + 1
    assert make_task("CartPole-v1", wrappers=[flat, stack]).ports.inputs == 2 * (4 + 1)


def test_time_is_a_share_of_the_tasks_horizon():
    time = {"name": "TimeAwareObservation", "normalize_time": True}
    task = make_task("CartPole-v1", wrappers=[time], horizon=8)
    state = task.reset(SEEDS[:1])
    for expected in (0.0, 0.125, 0.25):
        assert task.observe(state)[0, 0, -1] == expected
        state, _, _ = task.step(state, np.zeros((1, 1, 2)))


@pytest.mark.parametrize("is_missing", [False, True])
def test_pictures_become_small_where_opencv_is_here(is_missing, monkeypatch):
    resize = {"name": "ResizeObservation", "shape": [2, 2]}
    if is_missing:
        monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    if is_missing or importlib.util.find_spec("cv2") is None:
        with pytest.raises(
            ConfigError, match=r"task\.wrappers\[1\] is ResizeObservation; it needs a package"
        ):
            make_task("Pictures-v0", wrappers=["GrayscaleObservation", resize])
    else:
        assert make_task("Pictures-v0", wrappers=["GrayscaleObservation", resize]).ports.inputs == 4
    assert make_task("Pictures-v0", wrappers=["GrayscaleObservation"]).ports.inputs == 16


PLUGIN = """
import gymnasium
from gymnasium.wrappers import NormalizeReward, TransformReward

class Shift(gymnasium.Wrapper):
    def __init__(self, env, by=1.0, *, sign=1):
        super().__init__(env)
        self.by = by * sign

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward + self.by, terminated, truncated, info

class Doubles(TransformReward):
    def __init__(self, env):
        super().__init__(env, lambda reward: 2 * reward)

class Nowhere(gymnasium.Wrapper):
    def __init__(self):
        pass

class Statistics(NormalizeReward):
    pass

class Unseeded(gymnasium.Wrapper):
    def reset(self):
        return self.env.reset()

Alias = Shift
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plugins") / "wraps.py"
    path.write_text(PLUGIN)
    load_plugin(path)
    return path


def test_a_wrapper_of_ones_own_is_named_by_its_file_and_class(plugin):
    wrappers = ["plugin.wraps.Doubles", {"name": "plugin.wraps.Shift", "by": 2.5, "sign": -1}]
    task = pickle.loads(pickle.dumps(make_task("CartPole-v1", wrappers=wrappers)))
    _, reward, _ = task.step(task.reset(SEEDS), np.zeros((3, 1, 2)))
    assert reward.tolist() == [2 * 1.0 - 2.5] * 3


def test_an_environment_in_a_wrapper_of_ones_own_is_not_reused(plugin):
    task = make_task("CartPole-v1", wrappers=["plugin.wraps.Shift"], horizon=1)
    task.step(task.reset(SEEDS), np.zeros((3, 1, 2)))
    assert task._environment_pool._idle_environments == []


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (3, r"task\.wrappers\[0\] is 3; it must be a name, or a group \{name: NAME, ARGUMENT: VALUE\}\."),
        ({"stack_size": 4}, r"is \{'stack_size': 4\}; it must be a name"),
        ("FrameStackObservatio", r"task\.wrappers\[0\]\.name is .*Did you mean 'FrameStackObservation'\?"),
        ("NormalizeObservation", "would depend on what was played before; task.scale_observations=true"),
        ("NormalizeReward", "a score would depend on what was played before"),
        ("Autoreset", "it starts another episode inside of one"),
        ("TimeLimit", "task.horizon is the limit of steps"),
        ("RecordVideo", "it renders"),
        ("TransformReward", r"it takes a function; .* load its file with plugins=\[FILE\.py\]"),
        (
            "FrameStackObservation",
            "lacks 'stack_size'; write {name: FrameStackObservation, stack_size: VALUE}",
        ),
        ({"name": "ClipAction", "low": 1}, "has no argument 'low'; allowed: none"),
        (
            {"name": "FrameStackObservation", "stack": 1},
            "has no argument 'stack'; allowed: stack_size, padding_type. Did you mean 'stack_size'?",
        ),
        (
            {"name": "FrameStackObservation", "stack_size": 0},
            "it does not fit CartPoleEnv, ValueError: The",
        ),
        ({"name": "FrameStackObservation", "stack_size": len}, "only numbers, words and lists are passed"),
        ("ClipAction", "it does not fit CartPoleEnv, TypeError: ClipAction requires a Box"),
        ("GrayscaleObservation", "it does not fit CartPoleEnv, ValueError: GrayscaleObservation requires"),
        ("os.Shift", r"only classes of.* a file named by plugins=\[\.\.\.\] are made"),
        ("plugin.nowhere.Shift", r"nowhere\.py is not loaded; add plugins=\[nowhere\.py\]"),
        ("plugin.wraps.Nothing", "there is no such class"),
        ("plugin.wraps.Alias", r"it must name a gymnasium\.Wrapper where it is defined"),
        ("plugin.wraps.PLUGIN", "there is no such class"),
        ({"name": "plugin.wraps.Shift", "bye": 1}, "allowed: by, sign. Did you mean 'by'?"),
        ("plugin.wraps.Statistics", "a NormalizeReward, which is not allowed: it keeps statistics"),
        ("plugin.wraps.Nowhere", "it does not fit CartPoleEnv, TypeError: "),
        ("plugin.wraps.Unseeded", "reset of Unseeded takes no 'seed'"),
    ],
)
def test_other_wrappers_are_refused_in_one_line(item, said, plugin):
    with pytest.raises(ConfigError, match=said) as caught:
        make_task("CartPole-v1", wrappers=[item])
    assert "\n" not in str(caught.value)
