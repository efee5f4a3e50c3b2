"""One training of a group of candidates, from initial weights to the last look.

All candidates of a group see the same batches. A candidate's loss that stops being finite makes its
looks NaN and touches no other. A rule that needs several trainings (`imp`) has them one after another,
each with its own schedule; the looks are the last one's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks import parent_network
from wannsearch.core.subnetworks.subnetworks import Design, Subnetworks
from wannsearch.core.subnetworks.weight_init import initial_weights
from wannsearch.evaluators.training.batched_sgd import Descent, learning_rate
from wannsearch.evaluators.training.data import Data, Part, on
from wannsearch.evaluators.training.network import Network, built
from wannsearch.evaluators.training.settings import Precision, Recipe
from wannsearch.sparsity.rule import Ground, MaskRule

Floats = npt.NDArray[np.float64]


class Halted(Exception):
    """Another group failed or the run is to stop."""


@dataclass(frozen=True)
class Plan:
    """How far a training goes, and what it sees."""

    order: Callable[[int], int]  # epoch, from 0 -> the order of its batches
    steps: int | None  # stop after so many; None: the whole training, looked at after each epoch
    tested: bool  # look at the test images at the end
    kept: bool  # give the weights


@dataclass(frozen=True)
class Trained:
    """What became of P candidates."""

    accuracy: Floats  # (P, looks) of the validation images; a full training has one look an epoch
    loss: Floats  # (P, looks) mean cross-entropy of them
    test_accuracy: Floats | None  # (P,)
    test_loss: Floats | None
    masks: npt.NDArray[np.bool_]  # (P, M) at the end
    images: int  # shown to each candidate
    weights: list[Any] | None  # (P, ...) for each parameter, 0 where masked
    seen: list[Any] | None  # (P, 2, C) mean and variance of each normalisation


def steps_an_epoch(data: Data, recipe: Recipe) -> int:
    """The last one takes what is left."""
    return math.ceil(len(data.training) / recipe.optimizer.batch)


def _begun(group: Subnetworks, data: Data, recipe: Recipe, plan: Plan) -> tuple[Network, MaskRule]:
    """Networks with their first masks."""
    design, maskable = group.design, group.design.maskable
    rule: Any = design.rule
    rule = rule.started()
    dtype = torch.float64 if recipe.precision is Precision.FLOAT64 else torch.float32
    weights = [weight.to(recipe.device, dtype) for weight in _initial(group)]
    proposed = torch.from_numpy(group.proposed).to(recipe.device)
    whole = Network(Design(design.parent, maskable, rule), data.classes, weights, proposed, [])
    whole.unseen()

    def draws(purpose: int, like: Tensor) -> Tensor:
        return _draws(group, purpose, like)

    steps = recipe.epochs * steps_an_epoch(data, recipe)
    ground = Ground(maskable, proposed, weights, steps, whole.scores_with, draws)
    first = next(data.batches(plan.order(0), 0, recipe.optimizer.batch))
    masks = rule.start(ground, first)
    return built(whole.design, data.classes, weights, masks), rule


@lru_cache(maxsize=1)  # all groups of a search mostly have one; a WRN-28-10 is seconds to draw
def _parent(plan: parent_network.Plan, number: int) -> list[npt.NDArray[np.float32]]:
    return initial_weights(plan, number)


def _initial(group: Subnetworks) -> list[Tensor]:
    """(P, ...) for each parameter."""
    numbers, which = np.unique(group.init, return_inverse=True)
    plan = group.design.maskable.plan
    drawn = [_parent(plan, int(number)) for number in numbers]
    arrays = zip(*drawn, strict=True)
    return [torch.from_numpy(np.stack(parts)[which]) for parts in arrays]


def _draws(group: Subnetworks, purpose: int, like: Tensor) -> Tensor:
    """(P, M): by the candidate's initial weights and masks, so that no group can move them."""
    rows = [
        Stream(np.array([number, _digest(mask)], np.uint64), purpose).uniform(1, like.shape[1])[0]
        for number, mask in zip(group.init, group.proposed, strict=True)
    ]
    return on(like.device, np.stack(rows))


def _digest(mask: npt.NDArray[np.bool_]) -> int:
    import hashlib

    return int.from_bytes(hashlib.sha256(np.packbits(mask).tobytes()).digest()[:8], "little")


def course(
    group: Subnetworks,
    data: Data,
    recipe: Recipe,
    plan: Plan,
    epoch_done: Callable[[], None],
    going: Callable[[], None],
) -> Trained:
    """Train; `epoch_done` is called after each epoch, `going` before each layer, and may raise."""
    network, rule = _begun(group, data, recipe, plan)
    network.going = going
    step, looks = 0, []
    for training in range(rule.trainings if plan.steps != 0 else 0):
        last = training == rule.trainings - 1
        descent = Descent(recipe.optimizer, network.weights)
        if training:
            network.unseen()
        for epoch in range(recipe.epochs):
            rate = learning_rate(recipe.optimizer, epoch, recipe.epochs)
            for pixels, labels in data.batches(plan.order(epoch), epoch, recipe.optimizer.batch):
                going()
                with _mixed(recipe):
                    found = network.gradients(pixels, labels, rule.needs_mask_gradients)
                if rule.trains_weights:
                    descent.step(network.steps_of(found.weights), rate)
                step += 1
                if not rule.fixed:
                    assert network.masks is not None
                    masks = rule.update(step, network.weights, found, network.masks)
                    if masks is not network.masks:
                        network.masked(masks)
                        if network.zeroed:
                            descent.forget(network.live() or [])
                if step == plan.steps:
                    break
            epoch_done()
            if step == plan.steps:
                break
            if last and plan.steps is None:
                looks.append(look(network, data, data.validation, recipe, going))
        if step == plan.steps:
            break
    if plan.steps is not None:
        looks.append(look(network, data, data.validation, recipe, going))
    accuracy, loss = (np.stack(column, 1) for column in zip(*looks, strict=True))
    test_accuracy, test_loss = None, None
    if plan.tested:
        test_accuracy, test_loss = look(network, data, data.test, recipe, going)
    return Trained(
        accuracy,
        loss,
        test_accuracy,
        test_loss,
        _masks(network, group),
        _images(step, data, recipe),
        network.whole() if plan.kept else None,
        network.seen() if plan.kept else None,
    )


def _images(steps: int, data: Data, recipe: Recipe) -> int:
    whole, rest = divmod(steps, steps_an_epoch(data, recipe))
    return whole * len(data.training) + rest * recipe.optimizer.batch


def _masks(network: Network, group: Subnetworks) -> npt.NDArray[np.bool_]:
    if network.masks is not None:
        found: npt.NDArray[np.bool_] = network.masks.cpu().numpy()
        return found
    assert network.kept is not None
    masks = np.zeros_like(group.proposed)
    for layer, kept in zip(group.design.maskable.layers, network.kept, strict=True):
        np.put_along_axis(masks[:, layer], kept.cpu().numpy(), True, 1)
    return masks


def _mixed(recipe: Recipe) -> Any:
    mixed = recipe.precision is Precision.BFLOAT16
    return torch.autocast(recipe.device.partition(":")[0], torch.bfloat16, enabled=mixed)


@torch.no_grad()
def look(
    network: Network, data: Data, part: Part, recipe: Recipe, going: Callable[[], None]
) -> tuple[Floats, Floats]:
    """(P,) accuracy and (P,) mean cross-entropy of a part; NaN where a score is not finite."""
    right: Any = 0
    lost: Any = 0.0
    for pixels, labels in data.looks(part):
        going()
        with _mixed(recipe):
            made = network.scores(pixels, False).transpose(1, 2)
        made = made.to(torch.float64 if made.device.type != "mps" else torch.float32)
        many = labels.expand(len(made), -1)
        lost = lost + torch.nn.functional.cross_entropy(made, many, reduction="none").sum(1)
        right = right + (made.argmax(1) == labels).sum(1)
    loss = (lost / len(part)).cpu().numpy().astype(np.float64)
    accuracy = right.cpu().numpy() / len(part)
    sound = np.isfinite(loss)
    return np.where(sound, accuracy, np.nan), np.where(sound, loss, np.nan)
