"""Sub-networks: the second kind of candidate, trained instead of played.

A sub-network is a parent, initial weights and a mask. A mask is over nodes (hidden units, channels:
structured) or over single weights (unstructured): all weights on either side of a maskable layer. It
is one row of bits, layer behind layer. Initial weights are named by a number, from which every one of
them follows (`core.initial`), so that a candidate is small and two that share a number share a parent.
A method proposes a mask, and training begins from it; a mask rule may make another of it meanwhile, and
then that one is the network's. Both are kept, and every count is of the network's own.
What a mask leaves of the parent, its live parameters, are those of the physically smaller network.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from wannsearch.core.arrays import Array, BoolArray, FloatArray, IntArray, UInt64Array
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks.parent_network import Parameter, ParameterKind, ParameterLayout, layer_slices

Masks = BoolArray
"""(P, M): one bit a node, or a weight, of each maskable layer."""


class Granularity(str, Enum):
    """What a mask takes away."""

    NODES = "nodes"
    WEIGHTS = "weights"


@dataclass(frozen=True)
class MaskSpace:
    """Where masks are laid on a parent."""

    layout: ParameterLayout
    granularity: Granularity

    @cached_property
    def parameter_ids(self) -> tuple[int, ...]:
        """Of a mask over weights: which parameters its layers are."""
        return tuple(
            parameter_id
            for parameter_id, parameter in enumerate(self.layout.parameters)
            if parameter.kind is ParameterKind.WEIGHT
            and (parameter.out_layer, parameter.in_layer) != (None, None)
        )

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Nodes, or weights, of each layer."""
        if self.granularity is Granularity.NODES:
            return self.layout.layer_widths
        return tuple(self.layout.parameters[parameter_id].size for parameter_id in self.parameter_ids)

    @cached_property
    def layers(self) -> tuple[slice, ...]:
        """Where each layer's bits lie in a mask."""
        return layer_slices(self.sizes)

    @property
    def size(self) -> int:
        """M."""
        return sum(self.sizes)

    def keep_counts(self, masks: Masks) -> IntArray:
        """(P, layers): how many each mask keeps of each layer."""
        return np.stack([masks[:, layer].sum(axis=1) for layer in self.layers], axis=1)

    def live_parameters(
        self, masks: Masks, kinds: Collection[ParameterKind] = tuple(ParameterKind)
    ) -> IntArray:
        """(P,): numbers of the physically smaller network that each mask leaves, of these kinds."""
        keep_counts = self.keep_counts(masks)
        live = np.zeros(len(masks), np.int64)
        is_over_weights = self.granularity is Granularity.WEIGHTS
        layer_of_parameter = {
            parameter_id: layer
            for layer, parameter_id in enumerate(self.parameter_ids if is_over_weights else ())
        }
        for parameter_id, parameter in enumerate(self.layout.parameters):
            if parameter.kind not in kinds:
                continue
            if parameter_id in layer_of_parameter:
                live += keep_counts[:, layer_of_parameter[parameter_id]]
            elif is_over_weights:
                live += parameter.size
            else:
                live += (
                    parameter.size // _masked_axes_size(parameter) * _live_axes_size(parameter, keep_counts)
                )
        return live

    def sparsity(self, masks: Masks) -> FloatArray:
        """(P,): share of the maskable nodes, or weights, that each mask takes away."""
        sparsity: FloatArray = 1.0 - masks.sum(axis=1) / self.size
        return sparsity


def _masked_axes_size(parameter: Parameter) -> int:
    """Numbers of a parameter along the axes that masks thin."""
    num_rows = parameter.shape[0] if parameter.out_layer is not None else 1
    return num_rows * (parameter.shape[1] if parameter.in_layer is not None else 1)


def _live_axes_size(parameter: Parameter, keep_counts: IntArray) -> IntArray:
    """(P,): what is left of them."""
    live_size = np.ones(len(keep_counts), np.int64)
    for layer in (parameter.out_layer, parameter.in_layer):
        if layer is not None:
            live_size = live_size * keep_counts[:, layer]
    return live_size


class MaskRuleProtocol(Protocol):
    """What becomes of masks before and during training; `sparsity/` has one module for each.

    The trainer calls `start` and `update`; `sparsity.rule.MaskRule`, from which every rule derives, has
    their arguments and a default for each trait.
    """

    @property
    def trains_weights(self) -> bool:
        """Whether weights are trained, or masks alone."""

    @property
    def has_fixed_masks(self) -> bool:
        """Whether the masks stay as `start` returned them."""

    @property
    def redraws(self) -> bool:
        """Whether every candidate has initial weights of its own, whatever the method shares."""

    @property
    def num_trainings(self) -> int:
        """Full trainings one after another; the last one counts."""

    @property
    def granularities(self) -> tuple[Granularity, ...]:
        """What its masks can be over."""

    def start(self, context: Any, batch: Any) -> Any:
        """The masks to begin with."""

    def update(self, step: int, weights: Any, gradients: Any, masks: Any) -> Any:
        """The masks after this step."""


@dataclass(frozen=True)
class Design:
    """What all sub-networks of a search share."""

    parent_network: Any  # a core.subnetworks.parent_network.ParentNetwork
    mask_space: MaskSpace
    mask_rule: MaskRuleProtocol

    def live_parameters(self, masks: Masks) -> IntArray:
        """(P,): numbers of each network that can have an effect under this rule.

        A rule that trains no weights leaves biases and shifts at 0 and scales at 1, where they have none.
        """
        kinds = tuple(ParameterKind) if self.mask_rule.trains_weights else (ParameterKind.WEIGHT,)
        return self.mask_space.live_parameters(masks, kinds)


@dataclass(frozen=True)
class Subnetworks:
    """P candidates of one design."""

    design: Design
    proposed: Masks  # (P, M) as the method drew them; every training begins from these
    masks: Masks  # (P, M) of the networks themselves, as the last training left them
    init_seeds: UInt64Array  # (P,) which initial weights

    def __len__(self) -> int:
        return len(self.masks)

    def take(self, rows: Sequence[int] | Array) -> Subnetworks:
        """These rows."""
        return Subnetworks(self.design, self.proposed[rows], self.masks[rows], self.init_seeds[rows])

    @property
    def live_parameters(self) -> IntArray:
        """(P,) numbers of each network that can have an effect."""
        return self.design.live_parameters(self.masks)

    def sizes(self, ports: Ports) -> dict[str, Array]:
        """Column name -> (P,); of two that score the same, the one with less of the first ranks higher."""
        return {"live_parameters": self.live_parameters, "mask_sparsity": self.mask_sparsity}

    def complexity(self, ports: Ports) -> IntArray:
        """(P,) what makes the simpler of two equals: its live parameters."""
        return self.live_parameters

    @property
    def mask_sparsity(self) -> FloatArray:
        """(P,): share taken away of what masks are over: nodes, or weights in an unstructured search."""
        return self.design.mask_space.sparsity(self.masks)

    def check(self, design: Design) -> None:
        """Raise ConfigError for arrays that are no candidates of this design."""
        mask_space, num_candidates = design.mask_space, len(self.masks)
        for masks in (self.masks, self.proposed):
            if masks.shape != (num_candidates, mask_space.size) or self.init_seeds.shape != (num_candidates,):
                raise ConfigError(
                    f"masks of the shape {masks.shape} and {self.init_seeds.shape} initial weights fit no "
                    "parent network "
                    f"of {mask_space.size} maskable {mask_space.granularity.value}."
                )
        if not mask_space.keep_counts(self.proposed).all():
            raise ConfigError("a mask takes a whole layer away.")


def propose_subnetworks(design: Design, masks: Masks, init_seeds: UInt64Array) -> Subnetworks:
    """P candidates that nothing was trained of yet: their masks are the proposed ones (P, M)."""
    return Subnetworks(design, masks, masks, init_seeds)


def concatenate(batches: Sequence[Subnetworks]) -> Subnetworks:
    """Candidates of one design, one behind the other."""
    arrays = {
        field.name: np.concatenate([getattr(subnetworks, field.name) for subnetworks in batches])
        for field in fields(Subnetworks)
        if field.name != "design"
    }
    return Subnetworks(batches[0].design, **arrays)
