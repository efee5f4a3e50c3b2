"""Edge-popup: weights keep their initial values, and training learns which of them are used.

Ramanujan et al. (2020, arXiv 1911.13299). Each weight has a score s; the forward pass uses those with
the highest |s| of each layer, and the gradient with respect to a mask passes straight through to it:

    m = 1 where |s| is among the highest, else 0;  dL/ds = dL/dm sign(s)

(the sign as in the published code, which ranks |s|). Scores start at Kaiming's uniform with a = sqrt(5),
U(-1, 1) / sqrt(fan-in), and are trained by SGD of their own. Weights are sign(w) sqrt(2 / fan-in),
the signed constant, or normal with that deviation. All this and the rates in the YAML are published;
the number of kept weights is the candidate's. Ours: the cosine falls step by step, not epoch by epoch;
layers that are not maskable (of a residual network stem, shortcuts, classifier) are used whole; masks
over nodes, with a score each and the fan-in of the node.

Biases stay at 0, and scales and shifts of normalisations at 1 and 0, as if there were none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

import torch
from torch import Tensor

from wannsearch.core.errors import check_between
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.parent_network import ParameterKind
from wannsearch.core.subnetworks.subnetworks import Granularity, MaskSpace
from wannsearch.sparsity.rule import Gradients, MaskRule, RuleContext
from wannsearch.sparsity.top_k import Scope, top_k_masks

_SCORES_PURPOSE = 0  # purpose of the stream


class FrozenWeights(str, Enum):
    """The weights, which are never trained, have one magnitude in each layer or their initial values."""

    SIGNED_CONSTANT = "signed_constant"
    NORMAL = "normal"


@dataclass
class _EdgePopupState:
    context: RuleContext
    scores: Tensor  # (P, M)
    velocity: Tensor  # (P, M)


@dataclass(frozen=True, kw_only=True)
class EdgePopup(MaskRule):
    """Edge-popup trains a score for each maskable weight, or node, by SGD with these hyperparameters."""

    trains_weights: ClassVar[bool] = False
    needs_mask_gradients: ClassVar[bool] = True
    weights: FrozenWeights
    learning_rate: float
    momentum: float
    weight_decay: float  # on scores
    _state: list[_EdgePopupState] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        check_between("method.mask_rule.learning_rate", self.learning_rate, 0)
        check_between("method.mask_rule.momentum", self.momentum, 0, 1)
        check_between("method.mask_rule.weight_decay", self.weight_decay, 0)

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Draw the scores, and return the masks (P, M) that keep the highest |s| of each layer.

        With `signed_constant`, the weights in `context` are replaced in place.
        """
        if self.weights is FrozenWeights.SIGNED_CONSTANT:
            for parameter, weight in zip(context.mask_space.layout.parameters, context.weights, strict=True):
                if parameter.kind is ParameterKind.WEIGHT:
                    weight.sign_().mul_(math.sqrt(2.0 / parameter.fan_in))
        scores = (
            context.uniform(_SCORES_PURPOSE, context.proposed).mul(2.0).sub(1.0).to(context.weights[0].dtype)
        )
        for layer, fan_in in zip(context.mask_space.layers, layer_fan_ins(context.mask_space), strict=True):
            scores[:, layer] /= math.sqrt(fan_in)
        self._state[:] = [_EdgePopupState(context, scores, torch.zeros_like(scores))]
        return self._select_masks()

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """Train the scores by one step of SGD, and return the masks (P, M) that keep the highest |s|.

        The gradients must hold those of the masks (AssertionError).
        """
        assert gradients.masks is not None
        state = self._state[0]
        rate = self.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (step - 1) / state.context.steps))
        gradient = gradients.masks * state.scores.sign() + self.weight_decay * state.scores
        state.velocity = self.momentum * state.velocity + gradient
        state.scores = state.scores - rate * state.velocity
        return self._select_masks()

    def _select_masks(self) -> Tensor:
        state = self._state[0]
        context = state.context
        return top_k_masks(state.scores.abs(), context.mask_space, context.keep_count_by_layer(), Scope.LAYER)


def layer_fan_ins(mask_space: MaskSpace) -> list[int]:
    """Return the fan-in of each maskable layer: of its nodes, or of the nodes that its weights lead to."""
    parameters = mask_space.layout.parameters
    if mask_space.granularity is Granularity.WEIGHTS:
        return [parameters[parameter_id].fan_in for parameter_id in mask_space.parameter_ids]
    fan_in_by_layer = {
        parameter.out_layer: parameter.fan_in
        for parameter in parameters
        if parameter.kind is ParameterKind.WEIGHT
    }
    return [fan_in_by_layer[layer] for layer in range(len(mask_space.sizes))]
