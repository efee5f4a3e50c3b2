"""Edge-popup: weights stay as they were drawn, and which of them are used is learnt.

Ramanujan et al. (2020, arXiv 1911.13299). Each weight has a score s; the forward pass uses those with
the highest |s| of each layer, and the gradient with respect to a mask goes straight through to it:

    m = 1 where |s| is among the highest, else 0;  dL/ds = dL/dm sign(s)

(the sign as in the released code, which ranks |s|). Scores start at Kaiming's uniform with a = sqrt(5),
U(-1, 1) / sqrt(fan-in), and move by gradient descent of their own. Weights are sign(w) sqrt(2 / fan-in),
the signed constant, or normal with that deviation. All this and the rates in the YAML are published,
the number that is kept is the candidate's. Ours: the cosine falls step by step, not epoch by epoch;
layers that are not maskable (of a residual network stem, shortcuts, classifier) are used whole; masks
over nodes, with a score each and the fan-in of the node.

Scales and shifts of normalisations stay at 1 and 0, as if there were none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

import torch
from torch import Tensor

from wannsearch.core.errors import between
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.parent_network import Kind
from wannsearch.core.subnetworks.subnetworks import Granularity, Maskable
from wannsearch.sparsity.rule import Gradients, Ground, MaskRule
from wannsearch.sparsity.top_k import Scope, kept

_SCORES = 0  # purpose


class Frozen(str, Enum):
    """Which weights are chosen from."""

    SIGNED_CONSTANT = "signed_constant"
    NORMAL = "normal"


@dataclass
class _Memory:
    ground: Ground
    scores: Tensor  # (P, M)
    velocity: Tensor  # (P, M)


@dataclass(frozen=True, kw_only=True)
class EdgePopup(MaskRule):
    """The weights, and how scores descend."""

    trains_weights: ClassVar[bool] = False
    needs_mask_gradients: ClassVar[bool] = True
    weights: Frozen
    learning_rate: float
    momentum: float
    weight_decay: float  # of scores
    _memory: list[_Memory] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        between("method.rule.learning_rate", self.learning_rate, 0)
        between("method.rule.momentum", self.momentum, 0, 1)
        between("method.rule.weight_decay", self.weight_decay, 0)

    def start(self, parent: Ground, batch: tuple[Tensor, Tensor]) -> Tensor:
        """What the first scores choose."""
        if self.weights is Frozen.SIGNED_CONSTANT:
            for parameter, weight in zip(parent.maskable.plan.parameters, parent.weights, strict=True):
                if parameter.kind is Kind.WEIGHT:
                    weight.sign_().mul_(math.sqrt(2.0 / parameter.fan_in))
        drawn = parent.draws(_SCORES, parent.proposed).mul(2.0).sub(1.0).to(parent.weights[0].dtype)
        for layer, fan_in in zip(parent.maskable.layers, fans_in(parent.maskable), strict=True):
            drawn[:, layer] /= math.sqrt(fan_in)
        self._memory[:] = [_Memory(parent, drawn, torch.zeros_like(drawn))]
        return self._chosen()

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """One step of the scores, and what they choose."""
        assert gradients.masks is not None
        memory = self._memory[0]
        rate = self.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (step - 1) / memory.ground.steps))
        slope = gradients.masks * memory.scores.sign() + self.weight_decay * memory.scores
        memory.velocity = self.momentum * memory.velocity + slope
        memory.scores = memory.scores - rate * memory.velocity
        return self._chosen()

    def _chosen(self) -> Tensor:
        memory = self._memory[0]
        ground = memory.ground
        return kept(memory.scores.abs(), ground.maskable, ground.layers_wanted(), Scope.LAYER)


def fans_in(maskable: Maskable) -> list[int]:
    """Of the nodes of each maskable layer, or of those that its weights go to."""
    parameters = maskable.plan.parameters
    if maskable.granularity is Granularity.WEIGHTS:
        return [parameters[number].fan_in for number in maskable.parameters]
    making = {made.gives: made.fan_in for made in parameters if made.kind is Kind.WEIGHT}
    return [making[layer] for layer in range(len(maskable.sizes))]
