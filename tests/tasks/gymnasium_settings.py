"""Tasks of Gymnasium's environments with the settings of `conf/task/gymnasium.yaml`, for tests."""

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.tasks.gymnasium import Gymnasium

SETTINGS = {
    "env_id": "CartPole-v1",
    "episodes": 4,
    "horizon": None,
    "env_kwargs": None,
    "wrappers": (),
    "scale_observations": False,
    "start_states": "philox",
    "input_names": None,
    "output_names": None,
    "activations": CONTROL_ACTIVATIONS,
}


def make_task(env_id, **settings):
    return Gymnasium(**SETTINGS | {"env_id": env_id} | settings)
