"""Whether and how an environment draws its own state, for films: Gymnasium's render mode `rgb_array`.

No window is opened. MuJoCo draws through OpenGL, and on a machine without a display it needs to be told by
which library: `MUJOCO_GL=egl`, or `MUJOCO_GL=osmesa`.
"""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import UInt8Array

RENDER_MODE = "rgb_array"
_QUIET_VARIABLES = {
    "SDL_VIDEODRIVER": "dummy",  # pygame draws into memory
    "SDL_AUDIODRIVER": "dummy",
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
}
_MUJOCO_HINT = (
    "MuJoCo without a display draws with MUJOCO_GL=egl or MUJOCO_GL=osmesa, where that is installed"
)


@dataclass(frozen=True)
class Rendering:
    """What the metadata of an environment say about its images."""

    has_images: bool
    step_s: float | None  # seconds of real time a step; None where the metadata have no frames a second


def read_rendering(environment: Any) -> Rendering:
    """Read the metadata of an environment, in which a user's own may hold anything."""
    metadata = getattr(environment, "metadata", None)
    if not isinstance(metadata, dict):
        return Rendering(False, None)
    modes, rate = metadata.get("render_modes"), metadata.get("render_fps")
    has_images = isinstance(modes, (list, tuple, set, frozenset)) and RENDER_MODE in modes
    is_rate = isinstance(rate, (int, float, np.number)) and math.isfinite(rate) and rate > 0
    return Rendering(has_images, 1 / float(rate) if is_rate and rate is not None else None)


def render_image(environment: Any) -> UInt8Array:
    """Draw the state of an environment as an image (H, W, 3); raise RuntimeError where that fails."""
    with _draw_into_memory():
        try:
            image = environment.render()
        except Exception as error:
            hint = f"; {_MUJOCO_HINT}" if _is_mujoco(environment) else ""
            raise RuntimeError(f"{type(error).__name__}: {error}{hint}") from error
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        shape = f"an array {image.shape}" if isinstance(image, np.ndarray) else f"{type(image).__name__}"
        raise RuntimeError(f"an image is {shape}; it must be an array (height, width, 3)")
    if image.dtype != np.uint8:
        raise RuntimeError(f"an image has the type {image.dtype}; it must be uint8")
    copied_image: UInt8Array = image.copy()
    return copied_image  # an environment may draw into the same memory again


def _is_mujoco(environment: Any) -> bool:
    classes = type(environment.unwrapped).__mro__
    return "mujoco" in sys.modules and any(".mujoco." in f"{cls.__module__}." for cls in classes)


@contextmanager
def _draw_into_memory() -> Iterator[None]:
    """Set the variables under which pygame opens no window, and drop warnings; restore both after it."""
    previous = {name: os.environ.get(name) for name in _QUIET_VARIABLES}
    os.environ.update(_QUIET_VARIABLES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, value in previous.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
