"""Images that environments draw of their own state."""

from __future__ import annotations

import os

import drawing_environments
import numpy as np
import pytest
from gymnasium_settings import make_task

from wannsearch.core.errors import EvaluationFailed
from wannsearch.tasks.rendering import RENDER_MODE, Rendering, read_rendering

assert drawing_environments


def start(task, seed=3):
    observation = np.empty(task.ports.inputs)
    return task.start_episode(seed, observation), observation


def test_a_rendering_copy_plays_the_same_episode_and_draws_each_of_its_states():
    task = make_task("Drawing-v0")
    rendering_task = task.make_rendering_task()
    assert rendering_task.step_s == 1 / 25
    (plain, observation), (drawn, drawn_observation) = start(task), start(rendering_task)
    images = [drawn.render()]
    for _ in range(5):
        action = np.array([0.7])
        assert plain.step(action, observation) == drawn.step(action, drawn_observation)
        assert observation.tobytes() == drawn_observation.tobytes()
        images.append(drawn.render())
    assert {image.shape for image in images} == {(30, 60, 3)}
    columns = [int((image[0] == (200, 0, 0)).all(axis=1).argmax()) for image in images]
    assert columns == sorted(columns)
    assert columns[-1] > columns[0]


def test_an_environment_whose_metadata_name_no_images_has_no_rendering_copy():
    assert make_task("Blind-v0").make_rendering_task() is None


@pytest.mark.parametrize(
    ("metadata", "rendering"),
    [
        ({"render_modes": ("rgb_array",), "render_fps": 50}, Rendering(True, 0.02)),
        ({"render_modes": "rgb_array", "render_fps": 0}, Rendering(False, None)),
        ({"render_modes": ["rgb_array"], "render_fps": "fast"}, Rendering(True, None)),
        (["rgb_array"], Rendering(False, None)),
    ],
)
def test_metadata_may_hold_anything(metadata, rendering):
    class Environment:
        pass

    environment = Environment()
    environment.metadata = metadata
    assert read_rendering(environment) == rendering


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("raise", "OSError: the screen is away"),
        ("none", "an image is NoneType; it must be an array (height, width, 3)"),
        ("flat", "an image is an array (30, 60); it must be an array (height, width, 3)"),
        ("floats", "an image has the type float64; it must be uint8"),
    ],
)
def test_an_image_that_cannot_be_drawn_is_one_line_that_names_the_environment_and_the_step(fault, cause):
    episode, observation = start(make_task("Drawing-v0", env_kwargs={"fault": fault}).make_rendering_task())
    episode.step(np.array([0.5]), observation)
    with pytest.raises(EvaluationFailed) as caught:
        episode.render()
    assert str(caught.value) == (
        f"Drawing-v0 breaks in render after step 1 of the episode from seed 3, RuntimeError: {cause}"
    )


def test_pygame_opens_no_window_and_the_variables_return():
    pytest.importorskip("pygame")
    before = dict(os.environ)
    episode, _ = start(make_task("CartPole-v1").make_rendering_task())
    image = episode.render()
    assert RENDER_MODE == "rgb_array"
    assert image.shape == (400, 600, 3)
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 3
    assert dict(os.environ) == before
    episode.close()


@pytest.mark.long
def test_mujoco_without_a_display_says_in_one_line_what_it_needs(monkeypatch):
    pytest.importorskip("mujoco")
    for name in ("MUJOCO_GL", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    episode, _ = start(make_task("Hopper-v5").make_rendering_task())
    with pytest.raises(EvaluationFailed, match="MUJOCO_GL=egl or MUJOCO_GL=osmesa"):
        episode.render()
