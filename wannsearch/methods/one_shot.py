"""One population of sub-networks without a search: the controls of Weedout and its rivals.

Random masks are proposed once, from draws that no search uses, on the initial weights of a search with
the same seed; the mask rule may then change them. With the rule `random_sparse` they are the paper's
control. Every candidate is trained in full and tested, not only the best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wannsearch.methods.subnetwork_sampling import SubnetworkSampler


@dataclass(frozen=True, kw_only=True)
class OneShot(SubnetworkSampler):
    """One-shot proposes a single population of random sub-networks, all of which are trained in full."""

    masks_purpose: ClassVar[int] = 3  # no search draws masks from it
    max_generations: ClassVar[int] = 1
    trains_every_candidate: ClassVar[bool] = True
