"""The base of all evaluators of topologies: a final test is one more evaluation, and a NaN has a cause.

What these evaluators share beyond that is the rule for weights: where one is not finite, the network fails
with it, whatever the rest of the network makes of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from wannsearch.core.arrays import BoolArray, UInt64Array
from wannsearch.core.measurement import Measurement, TestProtocol, to_measurement
from wannsearch.core.protocols import Task
from wannsearch.core.scores import Scores
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials


class TopologyEvaluator(ABC):
    """Evaluates populations; a subclass says how."""

    candidate_type: ClassVar[type[Population]] = Population

    @abstractmethod
    def evaluate(
        self,
        candidates: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = True,
    ) -> tuple[Scores, Population]:
        """Return scores (P, K, R) for every individual, weight and seed (R,), and the same candidates."""

    def measure(self, network: Population, task: Task, protocol: TestProtocol) -> Measurement:
        """Return the final test of one network: returns and steps (K, R) for seeds (R,)."""
        trials = Trials(shared_weights=protocol.shared_weights, episodes=len(protocol.seeds))
        return to_measurement(self.evaluate(network, task, trials, protocol.seeds, learn=False)[0], trials)

    def explain(self, network: Population, task: Task, trials: Trials, seeds: UInt64Array) -> str:
        """Return a phrase that names the first number that was not finite, found in float64 with plain NumPy.

        The arguments hold one network, one weight and one seed (1,). Where all is finite in float64, the
        phrase says so.
        """
        from wannsearch.evaluators.not_finite import explain_not_finite

        return explain_not_finite(network, task, trials, seeds)


def mark_finite_weights(candidates: Population, trials: Trials, dtype: Any = np.float64) -> BoolArray:
    """Return (P, K) bool: True where every weight that is evaluated is finite in this number format.

    With own weights (K = 1) these are the weights of all edges of a network, also of one that leads nowhere.
    """
    with np.errstate(over="ignore"):  # too large for the format: infinite there
        if trials.shared_weights is None:
            is_finite = np.isfinite(np.asarray(candidates.weight, dtype)) | ~candidates.edge_mask()
            valid = np.asarray(is_finite.all(axis=1))[:, None]
        else:
            valid = np.isfinite(np.asarray(trials.weights(), dtype))[None]
    return np.broadcast_to(valid, (len(candidates), trials.num_weights))
