"""The compiled evaluator with the settings a test varies, and what it plays most."""

import re
from dataclasses import replace

import numpy as np
import pytest

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.errors import ConfigError
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp
from wannsearch.tasks.starts import StartStates

OWN = Trials(shared_weights=None, episodes=1)
SIX = Trials(shared_weights=SIX_WEIGHTS, episodes=1)
SWING_UP = CartPoleSwingUp(
    episodes=3, horizon=1000, start_states=StartStates.PUBLISHED, activations=CONTROL_ACTIVATIONS
)
SHORT = replace(SWING_UP, horizon=50)
HUNDRED = np.arange(100, dtype=np.uint64)


def compiled(precision=LanePrecision.FLOAT64, threads=1, chunk=None, bits=None, memory=None, simplify=False):
    return Compiled(
        precision=precision,
        threads=threads,
        chunk=chunk,
        max_memory=memory,
        vector_bits=bits,
        simplify=simplify,
    )


def same_bits(one, other):
    return one.returns.tobytes() == other.returns.tobytes() and one.steps.tobytes() == other.steps.tobytes()


def needed(networks, task, trials, seeds):
    """GiB for the smallest piece of this work, as the refusal of less says."""
    with pytest.raises(ConfigError, match=r"evaluator\.max_memory is 1e-09") as caught:
        compiled(memory=1e-9).evaluate(networks, task, trials, seeds)
    return float(re.search(r"about (\S+) GiB", str(caught.value))[1])
