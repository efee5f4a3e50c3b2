"""Names of the inputs and outputs of well-known environments, from Gymnasium's documentation of their spaces.

The names of a version hold for the others, if the numbers of inputs and outputs fit: arguments of an
environment change both, such as `continuous` of LunarLander. Legs and arms are numbered where the
documentation does not say left or right. A name has at most 20 characters, which is what pictures show of it.

The legs of Ant have the numbers of its model: 1 front left, 2 front right, 3 back left, 4 back right. Its
contact forces have MuJoCo's order, torque before force; its documentation names the force first.
"""

from __future__ import annotations

import re

Names = tuple[str, ...]

_POSITIONS = ("position", "velocity")
_DIRECTIONS = ("left", "down", "right", "up")
_LANDER = (
    "x",
    "y",
    "x velocity",
    "y velocity",
    "angle",
    "angular velocity",
    "leg 1 contact",
    "leg 2 contact",
)
_LANDER_ENGINES = ("nothing", "left engine", "main engine", "right engine")
_LANDER_THROTTLES = ("main engine", "side engines")
_WALKER = (
    "hull angle", "hull angular speed", "x velocity", "y velocity",
    "hip 1 angle", "hip 1 speed", "knee 1 angle", "knee 1 speed", "leg 1 contact",
    "hip 2 angle", "hip 2 speed", "knee 2 angle", "knee 2 speed", "leg 2 contact",
    *(f"lidar {number}" for number in range(1, 11)),
)  # fmt: skip
_WALKER_MOTORS = ("hip 1", "knee 1", "hip 2", "knee 2")
_CHEETAH_JOINTS = ("back thigh", "back shin", "back foot", "front thigh", "front shin", "front foot")
_HOPPER_JOINTS = ("thigh", "leg", "foot")
_WALKER2D_JOINTS = (*_HOPPER_JOINTS, "left thigh", "left leg", "left foot")

_ANT_JOINTS = tuple(f"{joint} {leg}" for leg in range(1, 5) for joint in ("hip", "ankle"))
_ANT_MOTORS = (*_ANT_JOINTS[6:], *_ANT_JOINTS[:6])  # the back right leg comes first
_ANT_BODIES = ("torso", *(f"{part} {leg}" for leg in range(1, 5) for part in ("leg", "aux", "ankle")))
_ANT = (
    "torso height", *(f"torso orientation {axis}" for axis in "wxyz"),
    *(f"{joint} angle" for joint in _ANT_JOINTS),
    *(f"{axis} velocity" for axis in "xyz"), *(f"{axis} angular velocity" for axis in "xyz"),
    *(f"{joint} speed" for joint in _ANT_JOINTS),
    *(f"{body} {kind} {axis}" for body in _ANT_BODIES for kind in ("torque", "force") for axis in "xyz"),
)  # fmt: skip


def _name_body(body: str, joints: Names) -> Names:
    """Return the names of height, angles and velocities of a body in a plane, as MuJoCo orders them."""
    return (
        f"{body} height", f"{body} angle", *(f"{joint} angle" for joint in joints),
        "x velocity", "z velocity", f"{body} speed", *(f"{joint} speed" for joint in joints),
    )  # fmt: skip


_INPUT_NAMES: dict[str, Names] = {
    "Acrobot": ("cos θ1", "sin θ1", "cos θ2", "sin θ2", "θ1 velocity", "θ2 velocity"),
    "CartPole": ("cart position", "cart velocity", "pole angle", "pole angular speed"),
    "MountainCar": _POSITIONS,
    "MountainCarContinuous": _POSITIONS,
    "Pendulum": ("cos θ", "sin θ", "angular velocity"),
    "BipedalWalker": _WALKER,
    "BipedalWalkerHardcore": _WALKER,
    "LunarLander": _LANDER,
    "LunarLanderContinuous": _LANDER,
    "Ant": _ANT,
    "HalfCheetah": _name_body("tip", _CHEETAH_JOINTS),
    "Hopper": _name_body("torso", _HOPPER_JOINTS),
    "Walker2d": _name_body("torso", _WALKER2D_JOINTS),
    "Swimmer": (
        "tip angle", "rotor 1 angle", "rotor 2 angle",
        "x velocity", "y velocity", "tip speed", "rotor 1 speed", "rotor 2 speed",
    ),
    "InvertedPendulum": ("cart position", "pole angle", "cart velocity", "pole angular speed"),
    "InvertedDoublePendulum": (
        "cart position", "sin pole 1", "sin pole 2", "cos pole 1", "cos pole 2",
        "cart velocity", "pole 1 speed", "pole 2 speed", "constraint force",
    ),
    "Reacher": (
        "cos arm 1", "cos arm 2", "sin arm 1", "sin arm 2", "target x", "target y",
        "arm 1 speed", "arm 2 speed", "x to target", "y to target",
    ),
}  # fmt: skip

_OUTPUT_NAMES: dict[str, tuple[Names, ...]] = {
    "Acrobot": (("torque -1", "torque 0", "torque 1"),),
    "CartPole": (("left", "right"),),
    "MountainCar": (("left", "no push", "right"),),
    "MountainCarContinuous": (("force",),),
    "Pendulum": (("torque",),),
    "BipedalWalker": (_WALKER_MOTORS,),
    "BipedalWalkerHardcore": (_WALKER_MOTORS,),
    "CarRacing": (("steering", "gas", "brake"), ("nothing", "right", "left", "gas", "brake")),
    "LunarLander": (_LANDER_ENGINES, _LANDER_THROTTLES),
    "LunarLanderContinuous": (_LANDER_THROTTLES,),
    "CliffWalking": (("up", "right", "down", "left"),),
    "CliffWalkingSlippery": (("up", "right", "down", "left"),),
    "FrozenLake": (_DIRECTIONS,),
    "FrozenLake8x8": (_DIRECTIONS,),
    "Taxi": (("south", "north", "east", "west", "pick up", "drop off"),),
    "Ant": (_ANT_MOTORS,),
    "HalfCheetah": (_CHEETAH_JOINTS,),
    "Hopper": (_HOPPER_JOINTS,),
    "Walker2d": (_WALKER2D_JOINTS,),
    "Swimmer": (("rotor 1", "rotor 2"),),
    "InvertedPendulum": (("force",),),
    "InvertedDoublePendulum": (("force",),),
    "Reacher": (("arm 1", "arm 2"),),
}
"""Environment without its version -> the names of its outputs, for each possible number of them."""


def find_input_names(env_id: str, num_inputs: int) -> Names:
    """Return the names of the inputs of this environment; () where they are not known or do not fit."""
    names = _INPUT_NAMES.get(_strip_version(env_id), ())
    return names if len(names) == num_inputs else ()


def find_output_names(env_id: str, num_outputs: int) -> Names:
    """Return the names of the outputs of this environment; () where they are not known or do not fit."""
    alternatives = _OUTPUT_NAMES.get(_strip_version(env_id), ())
    return next((names for names in alternatives if len(names) == num_outputs), ())


def _strip_version(env_id: str) -> str:
    return re.sub(r"-v\d+$", "", env_id)
