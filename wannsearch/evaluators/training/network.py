"""P sub-networks of one parent network in torch: masked, or physically smaller.

Where node masks are fixed and every candidate keeps as many nodes of each layer, the smaller network is
gathered and trained. Else the whole parent network is trained with masks. Both have the same outputs and
the same gradients of live weights, to rounding. Masked weights are 0 in a network whose weights are
trained, so that masks over weights need no product in a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wannsearch.core.subnetworks.parent_network import Parameter, ParameterKind
from wannsearch.core.subnetworks.subnetworks import Design, Granularity, MaskSpace
from wannsearch.evaluators.training.batched_layers import BatchNormStats, batched_logits, init_batch_norm
from wannsearch.sparsity.rule import Gradients, flatten_maskable, split_by_parameter


@dataclass
class BatchedNetwork:
    """Weights (P, ...) in the shapes of the layout, or thinned; masks (P, M), or None where thinned."""

    design: Design
    classes: int
    weights: list[Tensor]
    masks: Tensor | None  # bool
    batch_norm: list[BatchNormStats]
    kept_nodes: list[Tensor] | None = None  # thinned: (P, n) nodes that each layer keeps
    check_stop: Callable[[], None] = lambda: None  # raises where the training has to stop
    _live_masks: list[Tensor] | None = None

    @property
    def mask_space(self) -> MaskSpace:
        """The maskable layers that the masks cover."""
        return self.design.mask_space

    def logits(self, pixels: Tensor, training: bool) -> Tensor:
        """Return the logits (P, B, classes) for images (B, C, H, W).

        `training` normalises by the batch's statistics and updates the running ones.
        """
        if self.masks is None:
            return self._forward(pixels, self.weights, None, training).transpose(1, 2)
        return self.logits_with_masks(self.masks.to(self.weights[0].dtype), pixels, training)

    def logits_with_masks(self, masks: Tensor, pixels: Tensor, training: bool) -> Tensor:
        """Return the logits (P, B, classes) with float masks (P, M), differentiable in them.

        The network must not be thinned. `training` is that of `logits`.
        """
        if self.mask_space.granularity is Granularity.NODES:
            node_masks = [masks[:, layer] for layer in self.mask_space.layers]
            return self._forward(pixels, self.weights, node_masks, training).transpose(1, 2)
        return self._forward(pixels, self._masked_weights(masks), None, training).transpose(1, 2)

    def _masked_weights(self, masks: Tensor) -> list[Tensor]:
        weights = list(self.weights)
        for parameter_id, mask in zip(
            self.mask_space.parameter_ids, split_by_parameter(self.mask_space, masks), strict=True
        ):
            weights[parameter_id] = weights[parameter_id] * mask
        return weights

    def _forward(
        self, pixels: Tensor, weights: Sequence[Tensor], node_masks: Sequence[Tensor] | None, training: bool
    ) -> Tensor:
        """Return the logits (P, classes, B) for images (B, C, H, W)."""
        parent_network, batch_norm = self.design.parent_network, self.batch_norm
        return batched_logits(
            parent_network, self.classes, pixels, weights, node_masks, batch_norm, training, self.check_stop
        )

    def compute_gradients(self, pixels: Tensor, labels: Tensor, needs_mask_gradients: bool) -> Gradients:
        """Return the gradients of each candidate's mean cross-entropy over the batch, with labels (B,).

        Gradients of weights are dense, or thinned with the network. Those of masks are None unless
        needed. The running statistics of batch normalisation are updated.
        """
        granularity = self.mask_space.granularity
        node_masks: list[Tensor] | None = None
        used_weights = self.weights
        if self.masks is not None:
            float_masks = self.masks.to(self.weights[0].dtype)
            if granularity is Granularity.NODES:
                node_masks = [
                    float_masks[:, layer].clone().requires_grad_(needs_mask_gradients)
                    for layer in self.mask_space.layers
                ]
            elif not self.zeroes_masked_weights:
                used_weights = self._masked_weights(float_masks)
        leaves = [weight.detach().requires_grad_() for weight in used_weights]
        logits = self._forward(pixels, leaves, node_masks, True)
        inputs = [*leaves, *(node_masks or [])] if needs_mask_gradients else leaves
        input_gradients = list(torch.autograd.grad(logits, inputs, _loss_gradient(logits.detach(), labels)))
        gradients, node_gradients = input_gradients[: len(leaves)], input_gradients[len(leaves) :]
        if not needs_mask_gradients:
            return Gradients(gradients, None)
        if granularity is Granularity.NODES:
            return Gradients(gradients, torch.cat(node_gradients, 1))
        mask_products = [weight * gradient for weight, gradient in zip(self.weights, gradients, strict=True)]
        return Gradients(gradients, flatten_maskable(self.mask_space, mask_products))

    def apply_masks(self, masks: Tensor) -> None:
        """Use these masks (P, M) from now on; masked weights become 0, in place, if weights are trained."""
        self.masks, self._live_masks = masks, None
        if self.zeroes_masked_weights:
            live_masks = self.live_masks()
            assert live_masks is not None
            torch._foreach_mul_(self.weights, live_masks)

    @property
    def zeroes_masked_weights(self) -> bool:
        """Whether masked weights are set to 0; a rule that trains no weights needs them all."""
        return self.design.mask_rule.trains_weights

    def mask_gradients(self, gradients: list[Tensor]) -> list[Tensor]:
        """Return gradients that are 0 for masked weights, so that these do not move."""
        if self.masks is None or self.mask_space.granularity is Granularity.NODES:
            return gradients  # those of masked nodes are already 0
        live_masks = self.live_masks()
        assert live_masks is not None
        masked_gradients = list(gradients)
        for parameter_id in self.mask_space.parameter_ids:
            masked_gradients[parameter_id] = masked_gradients[parameter_id] * live_masks[parameter_id]
        return masked_gradients

    def live_masks(self) -> list[Tensor] | None:
        """Return a mask for each weight, 1 where it is live, broadcast against it; None where thinned."""
        if self.masks is None:
            return None
        if self._live_masks is None:
            float_masks = self.masks.to(self.weights[0].dtype)
            if self.mask_space.granularity is Granularity.NODES:
                node_masks = [float_masks[:, layer] for layer in self.mask_space.layers]
                self._live_masks = [
                    self._parameter_live_mask(parameter, node_masks)
                    for parameter in self.mask_space.layout.parameters
                ]
            else:
                self._live_masks = [torch.ones((), dtype=float_masks.dtype, device=float_masks.device)] * len(
                    self.weights
                )
                for parameter_id, mask in zip(
                    self.mask_space.parameter_ids,
                    split_by_parameter(self.mask_space, float_masks),
                    strict=True,
                ):
                    self._live_masks[parameter_id] = mask
        return self._live_masks

    def _parameter_live_mask(self, parameter: Parameter, node_masks: list[Tensor]) -> Tensor:
        num_axes = len(parameter.shape)
        live_mask = torch.ones((), dtype=node_masks[0].dtype, device=node_masks[0].device)
        if parameter.out_layer is not None:
            live_mask = live_mask * node_masks[parameter.out_layer].reshape(
                len(node_masks[0]), -1, *[1] * (num_axes - 1)
            )
        if parameter.in_layer is not None:
            live_mask = live_mask * node_masks[parameter.in_layer].reshape(
                len(node_masks[0]), 1, -1, *[1] * (num_axes - 2)
            )
        return live_mask

    def full_weights(self) -> list[np.ndarray]:
        """Return the weights (P, ...) in the shapes of the layout, 0 where masked."""
        if self.kept_nodes is None:
            live_masks = self.live_masks()
            assert live_masks is not None
            return [
                (weight * live_mask).cpu().numpy()
                for weight, live_mask in zip(self.weights, live_masks, strict=True)
            ]
        arrays = []
        for parameter, weight in zip(self.mask_space.layout.parameters, self.weights, strict=True):
            full = weight.new_zeros((len(weight), *parameter.shape))
            full[_kept_index(parameter, self.kept_nodes, len(weight))] = weight
            arrays.append(full.cpu().numpy())
        return arrays

    def batch_norm_stats(self) -> list[np.ndarray]:
        """Return running mean and variance (P, 2, C) of each normalisation; 0 and 1 where thinned."""
        scales = [scale for scale in self.mask_space.layout.parameters if scale.kind is ParameterKind.SCALE]
        num_candidates, arrays = len(self.weights[0]), []
        for parameter, stats in zip(scales, self.batch_norm, strict=True):
            mean_and_variance = torch.stack(
                [scale.reshape(num_candidates, -1) for scale in (stats.mean, stats.variance)], 1
            )
            if self.kept_nodes is not None and parameter.out_layer is not None:
                full = mean_and_variance.new_tensor([[0.0], [1.0]]).repeat(
                    num_candidates, 1, parameter.shape[0]
                )
                mean_and_variance = full.scatter(
                    2,
                    self.kept_nodes[parameter.out_layer][:, None].expand_as(mean_and_variance),
                    mean_and_variance,
                )
            arrays.append(mean_and_variance.cpu().numpy())
        return arrays

    def reset_batch_norm(self) -> None:
        """Reset the running statistics of all normalisations to mean 0 and variance 1."""
        self.batch_norm = _init_network_batch_norm(self.mask_space.layout.parameters, self.weights)


@torch.no_grad()
def _loss_gradient(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient (P, classes, B) of the mean cross-entropy: (softmax - one-hot label) / B."""
    gradient = torch.softmax(logits.float() if logits.dtype is torch.bfloat16 else logits, 1)
    classes = torch.arange(logits.shape[1], device=labels.device)
    gradient -= (labels == classes[:, None]).to(gradient.dtype)
    gradient /= len(labels)
    return gradient.to(logits.dtype)


def _init_network_batch_norm(
    parameters: Sequence[Parameter], weights: Sequence[Tensor]
) -> list[BatchNormStats]:
    sizes = [
        weight.numel()
        for parameter, weight in zip(parameters, weights, strict=True)
        if parameter.kind is ParameterKind.SCALE
    ]
    return init_batch_norm(sizes, weights[0])


def _kept_index(
    parameter: Parameter, kept_nodes: list[Tensor], num_candidates: int
) -> tuple[Tensor | slice, ...]:
    """Return the index that picks a thinned parameter out of a full one (P, ...)."""
    device = kept_nodes[0].device
    index: list[Tensor | slice] = [torch.arange(num_candidates, device=device)[:, None, None]]
    layers = (parameter.out_layer, parameter.in_layer)[: len(parameter.shape)]
    for axis, layer in enumerate(layers):
        count = parameter.shape[axis]
        rows = (
            torch.arange(count, device=device).expand(num_candidates, -1)
            if layer is None
            else kept_nodes[layer]
        )
        index.append(rows[:, :, None] if axis == 0 else rows[:, None, :])
    if len(layers) == 1:
        index = [index[0][..., 0], index[1][..., 0]]  # type: ignore[index]  # tensors both
    return tuple(index)


def build_network(design: Design, classes: int, weights: list[Tensor], masks: Tensor) -> BatchedNetwork:
    """Return the networks with these full weights (P, ...) and masks (P, M); the weights are copied.

    They are thinned where the rule fixes node masks and all candidates keep as many nodes of each layer.
    """
    layout = design.mask_space.layout
    counts = [masks[:, layer].sum(1) for layer in design.mask_space.layers]
    has_equal_counts = all(bool((count == count[0]).all()) for count in counts)
    has_fixed_masks = design.mask_rule.has_fixed_masks
    if design.mask_space.granularity is Granularity.WEIGHTS or not (has_fixed_masks and has_equal_counts):
        cloned_weights = [weight.clone() for weight in weights]
        network = BatchedNetwork(
            design,
            classes,
            cloned_weights,
            masks,
            _init_network_batch_norm(layout.parameters, cloned_weights),
        )
        network.apply_masks(masks)
        return network
    kept_nodes = [
        masks[:, layer].nonzero()[:, 1].reshape(len(masks), -1) for layer in design.mask_space.layers
    ]
    thin_weights = [
        weight[_kept_index(parameter, kept_nodes, len(weight))].contiguous()
        for parameter, weight in zip(layout.parameters, weights, strict=True)
    ]
    return BatchedNetwork(
        design,
        classes,
        thin_weights,
        None,
        _init_network_batch_norm(layout.parameters, thin_weights),
        kept_nodes,
    )
