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
from typing import ClassVar

from wannsearch.methods.subnetwork_sampling import SubnetworkSampler


@dataclass(frozen=True, kw_only=True)
class Weedout(SubnetworkSampler):
    """Weedout draws P new random sub-networks in each generation, whatever the scores of the last one."""

    masks_purpose: ClassVar[int] = 1  # controls use others
