"""A fixed topology: the dense layered network as a baseline, its weights optimized by CMA-ES.

The rows "fixed topology" of Gaier & Ha (2019), Table 1: 5-10-1 with 71 weights on the swing-up. The
paper trained them by population-based REINFORCE; the published code offers CMA-ES beside it, which this
method uses (`methods.cma_es`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.errors import ConfigError, not_allowed_error
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.dense_network import make_dense_network
from wannsearch.core.topologies.population import Population
from wannsearch.methods.cma_es import CmaEsState, CmaEsWeights, check_weight_count
from wannsearch.variation.cma_es import CovarianceType


@dataclass(frozen=True)
class FixedTopologyState(CmaEsState):
    """The state adds the ports of the task to the state of CMA-ES."""

    ports: Ports


@dataclass(frozen=True, kw_only=True)
class FixedTopology:
    """A fixed topology has these layers, and its weights are optimized by CMA-ES.

    ConfigError for an empty layer, an unknown activation, or settings that `CmaEsWeights` refuses.
    """

    candidate_type: ClassVar[type[Population]] = Population
    population_size: int
    layers: tuple[int, ...]  # nodes of each hidden layer, from inputs to outputs
    hidden_activation: str
    output_activation: str
    initial_sigma: float
    covariance: CovarianceType
    patience: int  # generations without a better best, before a restart

    def __post_init__(self) -> None:
        convert_fields(self)
        if any(num_nodes < 1 for num_nodes in self.layers):
            raise ConfigError(f"method.layers is {list(self.layers)}; every layer has at least one node.")
        for name in ("hidden_activation", "output_activation"):
            if getattr(self, name) not in ACTIVATION_IDS:
                raise not_allowed_error(f"method.{name}", getattr(self, name), ACTIVATION_IDS)
        self._build_cma_es(Ports(1, 1, ("linear",)))  # checks the other settings

    def start(self, ports: Ports, rng: Stream) -> FixedTopologyState:
        """Return the state with weights drawn around zero; ConfigError for too many connections."""
        return self._add_ports(self._build_cma_es(ports).start(ports, rng), ports)

    def ask(self, state: FixedTopologyState) -> Population:
        """Return P copies of the layered network, one for each row of weights."""
        return self._build_cma_es(state.ports).ask(state)

    def tell(
        self, state: FixedTopologyState, candidates: Population, scores: Scores, rng: Stream
    ) -> FixedTopologyState:
        """Rank the rows by mean return, update or restart CMA-ES, and draw new weights."""
        return self._add_ports(
            self._build_cma_es(state.ports).tell(state, candidates, scores, rng), state.ports
        )

    def check(self, state: FixedTopologyState, ports: Ports) -> None:
        """Raise ConfigError for a state that `CmaEsWeights.check` refuses on these ports."""
        self._build_cma_es(ports).check(state, ports)

    def _build_cma_es(self, ports: Ports) -> CmaEsWeights:
        network = make_dense_network(self.layers, ports, self.hidden_activation, self.output_activation)
        check_weight_count(int(network.edges[0]), self.covariance)
        return CmaEsWeights(
            network=network,
            initial_means=np.zeros((1, int(network.edges[0]))),
            initial_sigma=self.initial_sigma,
            covariance=self.covariance,
            patience=self.patience,
            population_size=self.population_size,
        )

    @staticmethod
    def _add_ports(state: CmaEsState, ports: Ports) -> FixedTopologyState:
        return FixedTopologyState(**vars(state), ports=ports)
