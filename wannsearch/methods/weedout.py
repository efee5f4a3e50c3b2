"""Weedout: random search for sparse sub-networks (Farahani 2024, arXiv 2403.08265).

Of an over-parameterised parent with initial weights, generation after generation of random masks is
drawn, each candidate is trained for an early budget, and the best by validation accuracy of all
generations is kept: its masks and its initial weights, not what it was trained to. Then it is trained
in full. Nothing is learnt from one candidate to the next; that is the point of it.

How nodes are drawn, the budget and the defaults are this project's, where the paper's could not be
read: docs/weedout.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.methods.subnetwork_sampling import SamplerState, SubnetworkSampler, advance

_MASKS_PURPOSE = 1  # purpose; controls draw others


@dataclass(frozen=True, kw_only=True)
class Weedout(SubnetworkSampler):
    """How many candidates a generation, and of what kind."""

    def start(self, ports: Ports, rng: Stream) -> SamplerState:
        """The first generation."""
        return self.initial_state(ports, rng)

    def ask(self, state: SamplerState) -> Subnetworks:
        """Random masks on their initial weights."""
        return self.sample(state, _MASKS_PURPOSE)

    def tell(self, state: SamplerState, candidates: Subnetworks, scores: Scores, rng: Stream) -> SamplerState:
        """Order what was asked; draw others."""
        return advance(state, candidates, scores, rng)
