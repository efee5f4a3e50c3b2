"""Initial weights of a parent network, each addressed by a seed, a parameter and an index in it.

Weights are normal with variance 2 / fan-in (He et al. 2015, arXiv 1502.01852, equation 10), scales 1,
biases and shifts 0. Parameter t of the initial weights with seed i is the normal draws of the
stream with the key (i, 0) for the purpose t, so neither grouping nor order can move one.
"""

from __future__ import annotations

import numpy as np

from wannsearch.core.arrays import Float32Array, FloatArray
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.parent_network import ParameterKind, ParameterLayout


def sample_initial_weights(layout: ParameterLayout, init_seed: int | np.uint64) -> list[Float32Array]:
    """Return one float32 array for each parameter of the layout, in its shape."""
    key = np.array([init_seed, 0], np.uint64)
    arrays = []
    for purpose, parameter in enumerate(layout.parameters):
        if parameter.kind is ParameterKind.WEIGHT:
            # He et al. 2015, equation 10
            weights = _sample_normal(Stream(key, purpose), parameter.size) * np.sqrt(2.0 / parameter.fan_in)
            arrays.append(weights.astype(np.float32).reshape(parameter.shape))
        else:
            fill_value = 1.0 if parameter.kind is ParameterKind.SCALE else 0.0
            arrays.append(np.full(parameter.shape, fill_value, np.float32))
    return arrays


def _sample_normal(rng: Stream, count: int) -> FloatArray:
    """Return (count,) standard normal numbers by Box and Muller (1958), both numbers of each pair."""
    num_pairs = -(-count // 2)
    uniform = rng.uniform(1, 2 * num_pairs)[0]
    radius = np.sqrt(-2.0 * np.log1p(-uniform[:num_pairs]))
    angle = 2.0 * np.pi * uniform[num_pairs:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
