"""P sub-networks of one parent as torch computes them: masked, or physically smaller.

Where node masks stay and every candidate keeps as many nodes of each layer, the smaller network is
gathered and trained; else the whole parent is, with the mask laid on. Both give the same outputs and
the same gradients of live weights, to rounding. Whatever is masked is 0 in a network whose weights are
trained, so that masks over weights need no product in a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wannsearch.core.subnetworks.parent_network import Kind, Parameter
from wannsearch.core.subnetworks.subnetworks import Design, Granularity, Maskable
from wannsearch.evaluators.training.batched_layers import Running, fresh_running, scores
from wannsearch.sparsity.rule import Gradients, laid, maskable_weights


@dataclass
class Network:
    """Weights (P, ...) in the shapes of the plan, or thinned; masks (P, M), or None where thinned."""

    design: Design
    classes: int
    weights: list[Tensor]
    masks: Tensor | None  # bool
    running: list[Running]
    kept: list[Tensor] | None = None  # thinned: (P, n) nodes of each layer that are left
    going: Callable[[], None] = lambda: None  # raises where the work is to stop
    _live: list[Tensor] | None = None

    @property
    def maskable(self) -> Maskable:
        """Where the masks lie."""
        return self.design.maskable

    def scores(self, pixels: Tensor, training: bool) -> Tensor:
        """(P, B, classes)."""
        if self.masks is None:
            return self._forward(pixels, self.weights, None, training).transpose(1, 2)
        return self.scores_with(self.masks.to(self.weights[0].dtype), pixels, training)

    def scores_with(self, masks: Tensor, pixels: Tensor, training: bool) -> Tensor:
        """The same with these masks (P, M) of floats, differentiable in them."""
        if self.maskable.granularity is Granularity.NODES:
            nodes = [masks[:, layer] for layer in self.maskable.layers]
            return self._forward(pixels, self.weights, nodes, training).transpose(1, 2)
        return self._forward(pixels, self._effective(masks), None, training).transpose(1, 2)

    def _effective(self, masks: Tensor) -> list[Tensor]:
        weights = list(self.weights)
        for number, mask in zip(self.maskable.parameters, laid(self.maskable, masks), strict=True):
            weights[number] = weights[number] * mask
        return weights

    def _forward(
        self, pixels: Tensor, weights: Sequence[Tensor], nodes: Sequence[Tensor] | None, training: bool
    ) -> Tensor:
        """(P, classes, B)."""
        parent, running = self.design.parent, self.running
        return scores(parent, self.classes, pixels, weights, nodes, running, training, self.going)

    def gradients(self, pixels: Tensor, labels: Tensor, of_masks: bool) -> Gradients:
        """Of each candidate's mean cross-entropy over the batch."""
        granularity = self.maskable.granularity
        over: list[Tensor] | None = None
        used = self.weights
        if self.masks is not None:
            floats = self.masks.to(self.weights[0].dtype)
            if granularity is Granularity.NODES:
                over = [floats[:, layer].clone().requires_grad_(of_masks) for layer in self.maskable.layers]
            elif not self.zeroed:
                used = self._effective(floats)
        leaves = [weight.detach().requires_grad_() for weight in used]
        made = self._forward(pixels, leaves, over, True)
        wanted = [*leaves, *(over or [])] if of_masks else leaves
        found = list(torch.autograd.grad(made, wanted, _of_loss(made.detach(), labels)))
        gradients, rest = found[: len(leaves)], found[len(leaves) :]
        if not of_masks:
            return Gradients(gradients, None)
        if granularity is Granularity.NODES:
            return Gradients(gradients, torch.cat(rest, 1))
        through = [weight * gradient for weight, gradient in zip(self.weights, gradients, strict=True)]
        return Gradients(gradients, maskable_weights(self.maskable, through))

    def masked(self, masks: Tensor) -> None:
        """Lay these masks on from now on."""
        self.masks, self._live = masks, None
        if self.zeroed:
            live = self.live()
            assert live is not None
            torch._foreach_mul_(self.weights, live)

    @property
    def zeroed(self) -> bool:
        """What is masked is 0; a rule that trains no weights needs them all."""
        return bool(getattr(self.design.rule, "trains_weights", True))

    def steps_of(self, gradients: list[Tensor]) -> list[Tensor]:
        """Gradients that leave what is masked where it is."""
        if self.masks is None or self.maskable.granularity is Granularity.NODES:
            return gradients  # those of masked nodes are 0 as they are
        live = self.live()
        assert live is not None
        made = list(gradients)
        for number in self.maskable.parameters:
            made[number] = made[number] * live[number]
        return made

    def live(self) -> list[Tensor] | None:
        """For each weight, 1 where it is live, broadcast against it; None where all are."""
        if self.masks is None:
            return None
        if self._live is None:
            floats = self.masks.to(self.weights[0].dtype)
            if self.maskable.granularity is Granularity.NODES:
                nodes = [floats[:, layer] for layer in self.maskable.layers]
                self._live = [self._live_of(parameter, nodes) for parameter in self.maskable.plan.parameters]
            else:
                self._live = [torch.ones((), dtype=floats.dtype, device=floats.device)] * len(self.weights)
                for number, mask in zip(self.maskable.parameters, laid(self.maskable, floats), strict=True):
                    self._live[number] = mask
        return self._live

    def _live_of(self, parameter: Parameter, nodes: list[Tensor]) -> Tensor:
        axes = len(parameter.shape)
        made = torch.ones((), dtype=nodes[0].dtype, device=nodes[0].device)
        if parameter.gives is not None:
            made = made * nodes[parameter.gives].reshape(len(nodes[0]), -1, *[1] * (axes - 1))
        if parameter.hears is not None:
            made = made * nodes[parameter.hears].reshape(len(nodes[0]), 1, -1, *[1] * (axes - 2))
        return made

    def whole(self) -> list[np.ndarray]:
        """The live weights in the shapes of the plan, 0 where nothing is left."""
        if self.kept is None:
            live = self.live()
            assert live is not None
            return [(weight * alive).cpu().numpy() for weight, alive in zip(self.weights, live, strict=True)]
        found = []
        for parameter, weight in zip(self.maskable.plan.parameters, self.weights, strict=True):
            full = weight.new_zeros((len(weight), *parameter.shape))
            full[_places(parameter, self.kept, len(weight))] = weight
            found.append(full.cpu().numpy())
        return found

    def seen(self) -> list[np.ndarray]:
        """(P, 2, C) of each normalisation: mean and variance it has seen; 0 and 1 where it was thinned."""
        scales = [part for part in self.maskable.plan.parameters if part.kind is Kind.SCALE]
        count, found = len(self.weights[0]), []
        for parameter, running in zip(scales, self.running, strict=True):
            made = torch.stack([part.reshape(count, -1) for part in (running.mean, running.variance)], 1)
            if self.kept is not None and parameter.gives is not None:
                full = made.new_tensor([[0.0], [1.0]]).repeat(count, 1, parameter.shape[0])
                made = full.scatter(2, self.kept[parameter.gives][:, None].expand_as(made), made)
            found.append(made.cpu().numpy())
        return found

    def unseen(self) -> None:
        """Forget the statistics of normalisations."""
        self.running = _running(self.maskable.plan.parameters, self.weights)


@torch.no_grad()
def _of_loss(made: Tensor, labels: Tensor) -> Tensor:
    """(P, classes, B): the gradient of the mean cross-entropy, softmax less what is wanted, over B."""
    found = torch.softmax(made.float() if made.dtype is torch.bfloat16 else made, 1)
    classes = torch.arange(made.shape[1], device=labels.device)
    found -= (labels == classes[:, None]).to(found.dtype)
    found /= len(labels)
    return found.to(made.dtype)


def _running(parameters: Sequence[Parameter], weights: Sequence[Tensor]) -> list[Running]:
    scales = [
        weight.numel()
        for parameter, weight in zip(parameters, weights, strict=True)
        if parameter.kind is Kind.SCALE
    ]
    return fresh_running(scales, weights[0])


def _places(parameter: Parameter, kept: list[Tensor], candidates: int) -> tuple[Tensor | slice, ...]:
    """The index that picks a thinned parameter out of a whole one (P, ...)."""
    device = kept[0].device
    places: list[Tensor | slice] = [torch.arange(candidates, device=device)[:, None, None]]
    axes = (parameter.gives, parameter.hears)[: len(parameter.shape)]
    for axis, layer in enumerate(axes):
        count = parameter.shape[axis]
        rows = torch.arange(count, device=device).expand(candidates, -1) if layer is None else kept[layer]
        places.append(rows[:, :, None] if axis == 0 else rows[:, None, :])
    if len(axes) == 1:
        places = [places[0][..., 0], places[1][..., 0]]  # type: ignore[index]  # tensors both
    return tuple(places)


def built(design: Design, classes: int, weights: list[Tensor], masks: Tensor) -> Network:
    """The networks with these whole weights and masks; smaller ones where the rule lets them be."""
    plan = design.maskable.plan
    counts = [masks[:, layer].sum(1) for layer in design.maskable.layers]
    alike = all(bool((count == count[0]).all()) for count in counts)
    fixed = bool(getattr(design.rule, "fixed", False))
    if design.maskable.granularity is Granularity.WEIGHTS or not (fixed and alike):
        own = [weight.clone() for weight in weights]
        network = Network(design, classes, own, masks, _running(plan.parameters, own))
        network.masked(masks)
        return network
    kept = [masks[:, layer].nonzero()[:, 1].reshape(len(masks), -1) for layer in design.maskable.layers]
    thin = [
        weight[_places(parameter, kept, len(weight))].contiguous()
        for parameter, weight in zip(plan.parameters, weights, strict=True)
    ]
    return Network(design, classes, thin, None, _running(plan.parameters, thin), kept)
