"""Sub-networks: the type of candidate that is trained by gradient instead of evaluated as it is.

A sub-network is a parent network, initial weights and a mask. A mask is over nodes (hidden units or
channels: structured) or over single weights (unstructured): all weights with a maskable layer on either
side. It is one row of bits, layer after layer. A seed determines all initial weights
(`core.subnetworks.weight_init`), so that a candidate is small, and two candidates with the same seed
share their initial weights.

A method proposes a mask, a mask rule derives from it the mask that training starts with, and may change
that meanwhile; the result is the mask of the trained network. The first and the last are kept, and every
count refers to the last. The parameters that a mask leaves, the live parameters, are those of the
physically smaller network.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np

from wannsearch.core.arrays import Array, BoolArray, FloatArray, IntArray, UInt64Array
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks.parent_network import Parameter, ParameterKind, ParameterLayout, layer_slices

Masks = BoolArray
"""(P, M) bool: one bit per node, or per weight, of each maskable layer; True is kept."""


class Granularity(str, Enum):
    """A mask removes either nodes or single weights."""

    NODES = "nodes"
    WEIGHTS = "weights"


@dataclass(frozen=True)
class MaskSpace:
    """A mask space lists the maskable layers of a parent network, over nodes or weights."""

    layout: ParameterLayout
    granularity: Granularity

    @cached_property
    def parameter_ids(self) -> tuple[int, ...]:
        """Return the indices of the maskable parameters, one per layer of a mask over weights."""
        return tuple(
            parameter_id
            for parameter_id, parameter in enumerate(self.layout.parameters)
            if parameter.kind is ParameterKind.WEIGHT
            and (parameter.out_layer, parameter.in_layer) != (None, None)
        )

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Return the number of nodes, or weights, of each maskable layer."""
        if self.granularity is Granularity.NODES:
            return self.layout.layer_widths
        return tuple(self.layout.parameters[parameter_id].size for parameter_id in self.parameter_ids)

    @cached_property
    def layers(self) -> tuple[slice, ...]:
        """Return the slice of each layer's bits in a mask."""
        return layer_slices(self.sizes)

    @property
    def size(self) -> int:
        """Return M, the number of bits of a mask."""
        return sum(self.sizes)

    def keep_counts(self, masks: Masks) -> IntArray:
        """Return the (P, layers) int64 number of nodes, or weights, that each mask keeps in each layer."""
        return np.stack([masks[:, layer].sum(axis=1) for layer in self.layers], axis=1)

    def live_parameters(
        self, masks: Masks, kinds: Collection[ParameterKind] = tuple(ParameterKind)
    ) -> IntArray:
        """Return the (P,) int64 number of parameters of these kinds in the physically smaller networks.

        Parameters that no mask reaches count in full.
        """
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
        """Return the (P,) share of the maskable nodes, or weights, that each mask removes, in 0..1."""
        sparsity: FloatArray = 1.0 - masks.sum(axis=1) / self.size
        return sparsity


def _masked_axes_size(parameter: Parameter) -> int:
    """Return the product of the parameter's dimensions along maskable axes."""
    num_rows = parameter.shape[0] if parameter.out_layer is not None else 1
    return num_rows * (parameter.shape[1] if parameter.in_layer is not None else 1)


def _live_axes_size(parameter: Parameter, keep_counts: IntArray) -> IntArray:
    """Return the (P,) product of the same dimensions after masking."""
    live_size = np.ones(len(keep_counts), np.int64)
    for layer in (parameter.out_layer, parameter.in_layer):
        if layer is not None:
            live_size = live_size * keep_counts[:, layer]
    return live_size


class MaskRuleProtocol(Protocol):
    """A mask rule changes masks before and during training; the rules are in `sparsity/`.

    Every rule derives from `sparsity.rule.MaskRule`, which documents the arguments, has a default for each
    property, and adds what the trainer needs beside these.
    """

    @property
    def trains_weights(self) -> bool:
        """Return whether weights are trained, or masks alone."""

    @property
    def has_fixed_masks(self) -> bool:
        """Return whether the masks stay as `start` returned them."""

    @property
    def redraws(self) -> bool:
        """Return whether every candidate has initial weights of its own, whatever the method shares."""

    @property
    def num_trainings(self) -> int:
        """Return the number of full trainings in sequence; the last one counts."""

    @property
    def granularities(self) -> tuple[Granularity, ...]:
        """Return the granularities that the rule supports."""

    def start(self, context: Any, batch: Any) -> Any:
        """Return the initial masks (P, M); see `sparsity.rule.MaskRule.start`."""

    def update(self, step: int, weights: Any, gradients: Any, masks: Any) -> Any:
        """Return the masks (P, M) after a step; see `sparsity.rule.MaskRule.update`."""


@dataclass(frozen=True)
class Design:
    """All sub-networks of a search share a design: parent network, mask space and mask rule."""

    parent_network: Any  # a core.subnetworks.parent_network.ParentNetwork
    mask_space: MaskSpace
    mask_rule: MaskRuleProtocol

    def live_parameters(self, masks: Masks) -> IntArray:
        """Return the (P,) int64 number of parameters that can have an effect under this rule.

        A rule that trains no weights leaves biases and shifts at 0 and scales at 1, without any effect.
        """
        kinds = tuple(ParameterKind) if self.mask_rule.trains_weights else (ParameterKind.WEIGHT,)
        return self.mask_space.live_parameters(masks, kinds)


@dataclass(frozen=True)
class Subnetworks:
    """P candidates of one design consist of proposed and final masks, and seeds of initial weights."""

    design: Design
    proposed: Masks  # (P, M) as the method drew them; the mask rule starts every training from these
    masks: Masks  # (P, M) of the networks themselves, as training left them; the proposed ones before
    init_seeds: UInt64Array  # (P,) seeds of the initial weights

    kind: ClassVar[str] = "wannsearch.kinds.subnetwork.SubnetworkKind"

    def __len__(self) -> int:
        return len(self.masks)

    def take(self, rows: Sequence[int] | Array) -> Subnetworks:
        """Return the candidates of these rows, in this order."""
        return Subnetworks(self.design, self.proposed[rows], self.masks[rows], self.init_seeds[rows])

    def to_arrays(self) -> dict[str, Array]:
        """Return masks and seeds by name; the design is the same for all candidates."""
        return {"proposed": self.proposed, "masks": self.masks, "init_seeds": self.init_seeds}

    def from_arrays(self, arrays: Mapping[str, Array]) -> Subnetworks:
        """Return candidates of this design in arrays with the names of `to_arrays`; they are unchecked."""
        return Subnetworks(self.design, **arrays)

    @classmethod
    def concatenate(cls, batches: Sequence[Subnetworks]) -> Subnetworks:
        """Concatenate the candidates of one batch or more, which must have one design; it is not compared."""
        names = batches[0].to_arrays()
        arrays = {
            name: np.concatenate([getattr(subnetworks, name) for subnetworks in batches]) for name in names
        }
        return batches[0].from_arrays(arrays)

    @property
    def live_parameters(self) -> IntArray:
        """Return the (P,) int64 number of parameters that can have an effect."""
        return self.design.live_parameters(self.masks)

    def sizes(self, ports: Ports) -> dict[str, Array]:
        """Map two column names to (P,) values; the first one orders equal scores in `ranking.csv`."""
        return {"live_parameters": self.live_parameters, "mask_sparsity": self.mask_sparsity}

    def complexity(self, ports: Ports) -> IntArray:
        """Return the (P,) int64 live parameters, which decide the simpler of two equal scores."""
        return self.live_parameters

    @property
    def mask_sparsity(self) -> FloatArray:
        """Return the (P,) share of the maskable nodes, or weights, that each mask removes, in 0..1."""
        return self.design.mask_space.sparsity(self.masks)

    def check(self, ports: Ports | None = None) -> None:
        """Raise ConfigError if the arrays do not fit the design, or a proposed mask empties a layer.

        The design was built for its ports, so `ports` has no effect.
        """
        mask_space, num_candidates = self.design.mask_space, len(self.masks)
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
    """Build P untrained candidates: their masks are the proposed ones (P, M), their seeds are (P,)."""
    return Subnetworks(design, masks, masks, init_seeds)
