"""One population of sub-networks without a search: the controls of Weedout and its rivals.

Random masks are proposed once, from draws that no search uses, on the initial weights of a search with
the same seed; the mask rule may then change them. With the rule `random_sparse` they are the paper's
control. Every candidate is trained in full and tested, not only the best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.methods.subnetwork_sampling import SamplerState, SubnetworkSampler, advance

_MASKS_PURPOSE = 3  # purpose of the stream; no search draws masks from it


@dataclass(frozen=True, kw_only=True)
class OneShot(SubnetworkSampler):
    """One-shot proposes a single population of random sub-networks, all of which are trained in full."""

    max_generations: ClassVar[int] = 1
    trains_every_candidate: ClassVar[bool] = True

    def start(self, ports: Ports, rng: Stream) -> SamplerState:
        """Return the state before the only generation; ConfigError if the settings do not fit the ports."""
        return self.initial_state(ports, rng)

    def ask(self, state: SamplerState) -> Subnetworks:
        """Return P candidates: random masks, and the seeds of their initial weights."""
        return self.sample(state, _MASKS_PURPOSE)

    def tell(self, state: SamplerState, candidates: Subnetworks, scores: Scores, rng: Stream) -> SamplerState:
        """Rank the candidates by mean score, then by few live parameters; failed ones come last."""
        return advance(state, candidates, scores, rng)
