"""The activation table: ids, names and formulas in plain NumPy.

Ids and formulas are those of the published code (Gaier & Ha 2019); its files carry the ids, this
package's own formats the names. Two things differ from that code in the last bits, on purpose. Sine and
cosine reduce their argument exactly first, so that sin(pi * 1) is 0, not 1.2e-16, and a step behind it
does not fire. The sigmoid is 1 / (1 + exp(-x)), which keeps its relative precision where
(tanh(x / 2) + 1) / 2 cancels. Id 12 is not in that code: the sigmoid of Stanley & Miikkulainen (2002),
steepened so that it is almost linear within its steepest range.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wannsearch.core.arrays import AnyFloatArray


def _reduce_modulo_2(x: AnyFloatArray) -> AnyFloatArray:
    """Return x modulo 2, in [-1, 1], without rounding."""
    remainder: AnyFloatArray = x - 2.0 * np.rint(0.5 * x)
    return remainder


def sin_pi(x: AnyFloatArray) -> AnyFloatArray:
    """Return sin(pi x), exact at every integer and half integer."""
    y = _reduce_modulo_2(x)
    magnitude = np.abs(y)
    return np.copysign(np.sin(np.pi * np.minimum(magnitude, 1.0 - magnitude)), y)


def cos_pi(x: AnyFloatArray) -> AnyFloatArray:
    """Return cos(pi x), exact at every integer and half integer."""
    return np.sin(np.pi * (0.5 - np.abs(_reduce_modulo_2(x))))


def sigmoid(x: AnyFloatArray) -> AnyFloatArray:
    """Return the logistic function 1 / (1 + exp(-x)), elementwise; 0 with a warning where exp overflows."""
    return 1.0 / (1.0 + np.exp(-x))


NEAT_SLOPE = 4.9
"""The slope of NEAT's sigmoid in the paper; the authors' published code has 4.924273."""


def steep_sigmoid(x: AnyFloatArray) -> AnyFloatArray:
    """Return 1 / (1 + exp(-4.9 x)), the sigmoid of the NEAT paper."""
    return sigmoid(NEAT_SLOPE * x)


_ACTIVATIONS: dict[int, tuple[str, Callable[[AnyFloatArray], AnyFloatArray]]] = {
    1: ("linear", lambda x: x),
    2: ("step", lambda x: np.where(np.isnan(x), x, np.where(x > 0, 1.0, 0.0))),
    3: ("sin", sin_pi),
    4: ("gaussian", lambda x: np.exp(-0.5 * (x * x))),
    5: ("tanh", np.tanh),
    6: ("sigmoid", sigmoid),
    7: ("inverse", lambda x: -x),
    8: ("absolute", np.abs),
    9: ("relu", lambda x: np.where(x < 0, 0.0, x)),
    10: ("cosine", cos_pi),
    11: ("squared", lambda x: x * x),
    12: ("steep_sigmoid", steep_sigmoid),
}
ACTIVATION_NAMES: dict[int, str] = {number: name for number, (name, _) in _ACTIVATIONS.items()}
ACTIVATION_IDS: dict[str, int] = {name: number for number, name in ACTIVATION_NAMES.items()}
LINEAR_ID = ACTIVATION_IDS["linear"]

CONTROL_ACTIVATIONS = tuple(ACTIVATION_NAMES[number] for number in range(1, 11))
"""The ten activations of the control tasks in the WANN paper."""


def activate(activation_id: int, x: AnyFloatArray) -> AnyFloatArray:
    """Apply the activation with this id, elementwise; an unknown id raises KeyError.

    NaN stays NaN, and sine and cosine of an infinite number are NaN. No warning is given.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return _ACTIVATIONS[activation_id][1](x)
