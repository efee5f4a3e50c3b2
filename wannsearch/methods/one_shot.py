"""One population of sub-networks, no search: the controls of Weedout and its rivals.

Random masks are proposed once, from draws that no search makes, on the initial weights that a search
with the same seed has; the mask rule makes of them what it does. With the rule `random_sparse` they are
the paper's control. Every candidate is trained in full and tested, not only the best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.methods.subnetwork_sampling import SamplerState, SubnetworkSampler, advance

_MASKS_PURPOSE = 3  # purpose: none that a search has seen


@dataclass(frozen=True, kw_only=True)
class OneShot(SubnetworkSampler):
    """How many candidates, of what kind."""

    max_generations: ClassVar[int] = 1
    trains_every_candidate: ClassVar[bool] = True

    def start(self, ports: Ports, rng: Stream) -> SamplerState:
        """The only generation."""
        return self.initial_state(ports, rng)

    def ask(self, state: SamplerState) -> Subnetworks:
        """Random masks on their initial weights."""
        return self.sample(state, _MASKS_PURPOSE)

    def tell(self, state: SamplerState, candidates: Subnetworks, scores: Scores, rng: Stream) -> SamplerState:
        """Order what was asked."""
        return advance(state, candidates, scores, rng)
