"""Weedout: random search for sparse sub-networks (Farahani 2024, arXiv 2403.08265).

On an over-parameterised parent network with initial weights, each generation draws random masks. Every
candidate is trained for an early budget, and the best by validation accuracy (or the trainer's other
`fitness`) over all generations is kept: its masks and its initial weights, not its trained weights. Then
it is trained in full. Nothing is learned from one candidate for the next; that is the idea of the method.

The paper's full text could not be read, so the distribution of masks, the budget and the defaults are
this project's where its abstract leaves them open: docs/weedout.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.methods.subnetwork_sampling import SamplerState, SubnetworkSampler, advance

_MASKS_PURPOSE = 1  # purpose of the stream; controls use others


@dataclass(frozen=True, kw_only=True)
class Weedout(SubnetworkSampler):
    """Weedout draws P new random sub-networks in each generation, whatever the scores of the last one."""

    def start(self, ports: Ports, rng: Stream) -> SamplerState:
        """Return the state before the first generation; ConfigError if the settings do not fit the ports."""
        return self.initial_state(ports, rng)

    def ask(self, state: SamplerState) -> Subnetworks:
        """Return P candidates: random masks, and the seeds of their initial weights."""
        return self.sample(state, _MASKS_PURPOSE)

    def tell(self, state: SamplerState, candidates: Subnetworks, scores: Scores, rng: Stream) -> SamplerState:
        """Rank the candidates by mean score, then by few live parameters, and set the next masks' stream."""
        return advance(state, candidates, scores, rng)
