"""Spaces as arrays: inputs are those of Gymnasium's own `flatten`, actions are inside their space."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from gymnasium import spaces

from wannsearch.core.errors import ConfigError
from wannsearch.tasks.spaces import VectorEncoder, make_action_decoder, make_observation_encoder

NESTED = spaces.Dict(
    {
        "z": spaces.Box(-1, 1, (2, 3), np.float32),
        "a": spaces.Tuple((spaces.Discrete(3, start=-1), spaces.Dict({"b": spaces.MultiBinary([2, 2])}))),
        "m": spaces.MultiDiscrete([[2, 3], [4, 5]], start=[[1, 0], [-2, 7]]),
        "one": spaces.Box(0, 1, (), np.float64),
    }
)
SPACES = [
    spaces.Box(-np.inf, np.inf, (4,), np.float32),
    spaces.Box(0, 255, (4, 4, 3), np.uint8),
    spaces.Box(-2, 2, (), np.float32),
    spaces.Box(-5, 4, (2,), np.int64),
    spaces.Box(np.zeros(2, bool), np.ones(2, bool), dtype=np.bool_),
    spaces.Discrete(5),
    spaces.Discrete(4, start=10),
    spaces.MultiDiscrete([2, 5, 1]),
    spaces.MultiDiscrete([[2, 3], [4, 5]], start=[[1, 0], [-2, 7]]),
    spaces.MultiBinary(3),
    spaces.MultiBinary([2, 3]),
    spaces.Tuple((spaces.Discrete(2), spaces.Box(0, 1, (2,), np.float32))),
    NESTED,
]
"""Everything that is supported, alone and in one another."""


def encode(encoder, observation):
    inputs = np.full(encoder.num_inputs, np.nan)
    encoder.encode(observation, inputs)
    return inputs


@pytest.mark.parametrize("space", SPACES, ids=lambda space: str(space)[:30])
def test_inputs_are_those_of_gymnasiums_flatten(space):
    encoder = pickle.loads(pickle.dumps(make_observation_encoder(space, "X-v0")))
    space.seed(1)
    for _ in range(20):
        observation = space.sample()
        flat = spaces.flatten(space, observation)
        assert encode(encoder, observation).tolist() == flat.astype(np.float64).tolist()
    assert encoder.num_inputs == spaces.flatdim(space)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: str(space)[:30])
def test_every_action_is_one_of_the_space(space, recwarn):
    decoder = pickle.loads(pickle.dumps(make_action_decoder(space, "X-v0")))
    outputs = np.random.default_rng(0).normal(0, 5, (50, decoder.num_outputs))
    outputs[0], outputs[1] = 1e300, -1e300
    actions, flags = decoder.decode(outputs)
    is_bounded = [bool(np.isfinite(space.low).all()) if isinstance(space, spaces.Box) else True] * 2
    assert flags == [*is_bounded, *[True] * 48]
    assert all(space.contains(action) for action, flag in zip(actions, flags, strict=True) if flag)
    assert not recwarn.list  # as Gymnasium warns of an action that it has to convert


@pytest.mark.parametrize("space", SPACES, ids=lambda space: str(space)[:30])
def test_an_action_with_a_nan_output_is_invalid_wherever_that_stands(space):
    decoder = make_action_decoder(space, "X-v0")
    outputs = np.zeros((decoder.num_outputs + 1, decoder.num_outputs))
    np.fill_diagonal(outputs, np.nan)
    assert decoder.decode(outputs)[1] == [False] * decoder.num_outputs + [True]


def test_each_part_of_an_action_has_outputs_of_its_own():
    space = spaces.Dict(
        {
            "gear": spaces.Discrete(3, start=-1),
            "lamps": spaces.MultiBinary(3),
            "push": spaces.Box(-2, 2, (), np.float32),
            "turn": spaces.Tuple((spaces.MultiDiscrete([2, 3]), spaces.Box(0, 4, (1,), np.int64))),
        }
    )
    outputs = [0.0, 0.5, 0.5, -1.0, 0.0, 1e-9, 7.0, 0.0, 1.0, 3.0, 2.0, 1.0, 2.5]
    (action,), flags = make_action_decoder(space, "X-v0").decode(np.array([outputs]))
    assert flags == [True]
    assert (action["gear"], action["lamps"].tolist(), action["push"].item()) == (0, [0, 0, 1], 2.0)
    assert (action["turn"][0].tolist(), action["turn"][1].tolist()) == ([1, 0], [2])


def test_whole_numbers_are_rounded_and_clipped_in_all_digits():
    huge = spaces.Box(-(2**63), 2**63 - 1, (1,), np.int64)
    actions, flags = make_action_decoder(huge, "X-v0").decode(np.array([[np.inf], [-np.inf], [2.5], [3.5]]))
    assert flags == [True] * 4
    assert [action.item() for action in actions] == [2**63 - 1024, -(2**63), 2, 4]


def test_the_common_vector_has_an_encoder_without_branches():
    assert make_observation_encoder(spaces.Box(-1, 1, (4,), np.float32), "X-v0") == VectorEncoder(
        (4,), np.dtype(np.float32)
    )
    unbounded = spaces.Box(-np.inf, np.inf, (4,), np.float32)
    assert make_observation_encoder(unbounded, "X-v0", is_scaled=True) == VectorEncoder(
        (4,), np.dtype(np.float32)
    )


@pytest.mark.parametrize(
    ("low", "high", "value", "expected"),
    [
        (0.0, 4.0, 0.0, -1.0),
        (0.0, 4.0, 3.0, 0.5),
        (0.0, 4.0, 8.0, 3.0),  # outside stays outside
        (-np.inf, 4.0, 3.0, 3.0),
        (0.0, np.inf, 3.0, 3.0),
        (-1e6, 1e6, 3.0, 3.0),
        (-999_999.0, 999_999.0, 999_999.0, 1.0),
        (2.0, 2.0, 2.0, 2.0),
    ],
)
def test_finite_bounds_become_minus_1_and_1_and_others_change_nothing(low, high, value, expected):
    box = spaces.Box(np.array([low, -1.0]), np.array([high, 1.0]), dtype=np.float64)
    encoder = make_observation_encoder(box, "X-v0", is_scaled=True)
    assert encode(encoder, np.array([value, 0.25])).tolist() == [expected, 0.25]


def test_boxes_are_scaled_inside_other_spaces_and_nothing_else_is():
    space = spaces.Dict({"n": spaces.Discrete(2), "picture": spaces.Box(0, 255, (1, 2), np.uint8)})
    encoder = make_observation_encoder(space, "X-v0", is_scaled=True)
    observation = {"n": 1, "picture": np.array([[0, 255]], np.uint8)}
    assert encode(encoder, observation).tolist() == [0.0, 1.0, -1.0, 1.0]


@pytest.mark.parametrize(
    ("space", "observation", "said"),
    [
        (
            SPACES[0],
            np.zeros(3),
            r"has shape \(3,\) and type float64; the observation space has shape \(4,\)",
        ),
        (SPACES[0], {"a": 1}, "holds numbers"),
        (SPACES[2], "much", "holds numbers"),
        (SPACES[5], 5, "is 5; the space has 0 to 4"),
        (SPACES[5], 1.5, "is 1.5; the space has 0 to 4"),
        (SPACES[6], 9, "is 9; the space has 10 to 13"),
        (SPACES[7], [1, -1, 0], "number 1 of an observation is -1; the space has 0 to 4"),
        (SPACES[7], [1, np.nan, 0], "number 1 of an observation is nan"),
        (SPACES[9], [1, 0], r"the observation space has shape \(3,\)"),
        (SPACES[11], 3, "is of type int; the space holds tuples"),
        (SPACES[11], (1,), "has 1 parts; the space has 0, 1"),
        (SPACES[11], (1, np.zeros(3)), r"in part 1, an observation has shape \(3,\)"),
        (NESTED, {"z": 1, "a": 2, "m": 3, "two": 4}, "lacks 'one'|in part"),
        (NESTED, [1, 2, 3, 4], "is of type list; the space holds mappings"),
    ],
)
def test_an_observation_that_is_not_of_the_space_is_refused(space, observation, said):
    encoder = make_observation_encoder(space, "X-v0")
    with pytest.raises(ValueError, match=said) as caught:
        encode(encoder, observation)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "space",
    [
        spaces.Text(4),
        spaces.Sequence(spaces.Discrete(2)),
        spaces.Graph(spaces.Discrete(2), None),
        spaces.OneOf([spaces.Discrete(2), spaces.Discrete(3)]),
    ],
    ids=lambda space: type(space).__name__,
)
def test_other_spaces_are_refused_in_one_line_that_names_the_place(space):
    nested = spaces.Dict({"x": spaces.Tuple((spaces.Discrete(2), space))})
    for make, noun in ((make_observation_encoder, "observations"), (make_action_decoder, "actions")):
        with pytest.raises(
            ConfigError, match=f"'X-v0'; its {noun} in 'x' in 1 are {type(space).__name__}"
        ) as caught:
            make(nested, "X-v0")
        assert "allowed: Box, Discrete, MultiDiscrete and MultiBinary, and Dict and Tuple of these" in str(
            caught.value
        )
        assert "\n" not in str(caught.value)
