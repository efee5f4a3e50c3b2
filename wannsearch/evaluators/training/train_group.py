"""One training of a group of candidates, from initial weights to the last evaluation.

All candidates of a group get the same batches. A loss that stops being finite makes the evaluations of its
candidate NaN and changes no other candidate. A rule that needs several trainings (`imp`) runs them one
after another, each with its own schedule. The evaluations are those of the last one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wannsearch.core.arrays import BoolArray, Float32Array, FloatArray
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks import parent_network
from wannsearch.core.subnetworks.subnetworks import Design, Subnetworks
from wannsearch.core.subnetworks.weight_init import sample_initial_weights
from wannsearch.evaluators.training.batched_sgd import BatchedSgd, learning_rate
from wannsearch.evaluators.training.data import DeviceImages, DeviceSplit, to_device
from wannsearch.evaluators.training.network import BatchedNetwork, build_network
from wannsearch.evaluators.training.settings import TrainingPrecision, TrainingSettings
from wannsearch.sparsity.rule import MaskRule, RuleContext


class TrainingStopped(Exception):
    """Another group failed, or the run has to stop; `check_stop` raises it."""


@dataclass(frozen=True)
class TrainingRun:
    """The length, the batches and the outputs of one training."""

    batch_seed_of_epoch: Callable[[int], int]  # epoch, from 0 -> seed of the order of its batches
    max_steps: int | None  # stop after them; None: the whole training, validated after each epoch
    evaluate_test: bool  # evaluate the test images at the end
    return_weights: bool  # return weights and normalisation statistics


@dataclass(frozen=True)
class TrainingResult:
    """The evaluations, masks and weights of P candidates after a training."""

    accuracy: FloatArray  # (P, evaluations) on validation images; one an epoch in a full training
    loss: FloatArray  # (P, evaluations) mean cross-entropy on them
    test_accuracy: FloatArray | None  # (P,)
    test_loss: FloatArray | None
    masks: BoolArray  # (P, M) at the end
    images_shown: int  # per candidate, repeated images included
    weights: list[Any] | None  # (P, ...) for each parameter, 0 where masked
    batch_norm_stats: list[Any] | None  # (P, 2, C) mean and variance of each normalisation


def steps_per_epoch(data: DeviceImages, settings: TrainingSettings) -> int:
    """Return the number of steps of an epoch; the last one takes the remaining images."""
    return math.ceil(len(data.training) / settings.optimizer.batch_size)


def _init_networks(
    group: Subnetworks, data: DeviceImages, settings: TrainingSettings, training_run: TrainingRun
) -> tuple[BatchedNetwork, MaskRule]:
    """Return the networks with their first masks, and a fresh copy of the mask rule.

    The rule's `start` may change the initial weights.
    """
    design, mask_space = group.design, group.design.mask_space
    rule: Any = design.mask_rule
    rule = rule.fresh_copy()
    dtype = torch.float64 if settings.precision is TrainingPrecision.FLOAT64 else torch.float32
    weights = [weight.to(settings.device, dtype) for weight in _stack_initial_weights(group)]
    proposed = torch.from_numpy(group.proposed).to(settings.device)
    full_network = BatchedNetwork(
        Design(design.parent_network, mask_space, rule), data.classes, weights, proposed, []
    )
    full_network.reset_batch_norm()

    def sample_uniform(purpose: int, template: Tensor) -> Tensor:
        return _sample_uniform(group, purpose, template)

    steps = settings.epochs * steps_per_epoch(data, settings)
    context = RuleContext(
        mask_space, proposed, weights, steps, full_network.logits_with_masks, sample_uniform
    )
    first_batch = next(
        data.train_batches(training_run.batch_seed_of_epoch(0), 0, settings.optimizer.batch_size)
    )
    masks = rule.start(context, first_batch)
    return build_network(full_network.design, data.classes, weights, masks), rule


@lru_cache(maxsize=1)  # groups of a search mostly share one; sampling a WRN-28-10 takes seconds
def _sample_cached_weights(layout: parent_network.ParameterLayout, init_seed: int) -> list[Float32Array]:
    return sample_initial_weights(layout, init_seed)


def _stack_initial_weights(group: Subnetworks) -> list[Tensor]:
    """Return the initial weights (P, ...) of each parameter."""
    init_seeds, inverse = np.unique(group.init_seeds, return_inverse=True)
    layout = group.design.mask_space.layout
    weights_by_seed = [_sample_cached_weights(layout, int(init_seed)) for init_seed in init_seeds]
    arrays = zip(*weights_by_seed, strict=True)
    return [torch.from_numpy(np.stack(parts)[inverse]) for parts in arrays]


def _sample_uniform(group: Subnetworks, purpose: int, template: Tensor) -> Tensor:
    """Return uniform numbers in [0, 1), one row a candidate, as many columns as the template.

    They depend on a candidate's seed and proposed mask and on the purpose, but not on its group.
    """
    rows = [
        Stream(np.array([init_seed, _hash_mask(mask)], np.uint64), purpose).uniform(1, template.shape[1])[0]
        for init_seed, mask in zip(group.init_seeds, group.proposed, strict=True)
    ]
    return to_device(template.device, np.stack(rows))


def _hash_mask(mask: BoolArray) -> int:
    import hashlib

    return int.from_bytes(hashlib.sha256(np.packbits(mask).tobytes()).digest()[:8], "little")


def train_group(
    group: Subnetworks,
    data: DeviceImages,
    settings: TrainingSettings,
    training_run: TrainingRun,
    epoch_done: Callable[[], None],
    check_stop: Callable[[], None],
) -> TrainingResult:
    """Train one group of P candidates, and return its result.

    `epoch_done` is called after each epoch, begun ones included. `check_stop` is called before each step and
    each evaluation batch, and in each dense layer and convolution; it raises an exception where the training
    has to stop.
    """
    network, rule = _init_networks(group, data, settings, training_run)
    network.check_stop = check_stop
    step, evaluations = 0, []
    for training_index in range(rule.num_trainings if training_run.max_steps != 0 else 0):
        is_last = training_index == rule.num_trainings - 1
        optimizer = BatchedSgd(settings.optimizer, network.weights)
        if training_index:
            network.reset_batch_norm()
        for epoch in range(settings.epochs):
            rate = learning_rate(settings.optimizer, epoch, settings.epochs)
            for pixels, labels in data.train_batches(
                training_run.batch_seed_of_epoch(epoch), epoch, settings.optimizer.batch_size
            ):
                check_stop()
                with _autocast(settings):
                    gradients = network.compute_gradients(pixels, labels, rule.needs_mask_gradients)
                if rule.trains_weights:
                    optimizer.step(network.mask_gradients(gradients.weights), rate)
                step += 1
                if not rule.has_fixed_masks:
                    assert network.masks is not None
                    masks = rule.update(step, network.weights, gradients, network.masks)
                    if masks is not network.masks:
                        network.apply_masks(masks)
                        if network.zeroes_masked_weights:
                            optimizer.mask_momentum(network.live_masks() or [])
                if step == training_run.max_steps:
                    break
            epoch_done()
            if step == training_run.max_steps:
                break
            if is_last and training_run.max_steps is None:
                evaluations.append(evaluate_split(network, data, data.validation, settings, check_stop))
        if step == training_run.max_steps:
            break
    if training_run.max_steps is not None:
        evaluations.append(evaluate_split(network, data, data.validation, settings, check_stop))
    accuracy, loss = (np.stack(column, 1) for column in zip(*evaluations, strict=True))
    test_accuracy, test_loss = None, None
    if training_run.evaluate_test:
        test_accuracy, test_loss = evaluate_split(network, data, data.test, settings, check_stop)
    return TrainingResult(
        accuracy,
        loss,
        test_accuracy,
        test_loss,
        _final_masks(network, group),
        _count_images_shown(step, data, settings),
        network.full_weights() if training_run.return_weights else None,
        network.batch_norm_stats() if training_run.return_weights else None,
    )


def _count_images_shown(steps: int, data: DeviceImages, settings: TrainingSettings) -> int:
    num_epochs, remaining_steps = divmod(steps, steps_per_epoch(data, settings))
    return num_epochs * len(data.training) + remaining_steps * settings.optimizer.batch_size


def _final_masks(network: BatchedNetwork, group: Subnetworks) -> BoolArray:
    if network.masks is not None:
        full_masks: BoolArray = network.masks.cpu().numpy()
        return full_masks
    assert network.kept_nodes is not None
    masks = np.zeros_like(group.proposed)
    for layer, nodes in zip(group.design.mask_space.layers, network.kept_nodes, strict=True):
        np.put_along_axis(masks[:, layer], nodes.cpu().numpy(), True, 1)
    return masks


def _autocast(settings: TrainingSettings) -> Any:
    is_mixed = settings.precision is TrainingPrecision.BFLOAT16
    return torch.autocast(settings.device.partition(":")[0], torch.bfloat16, enabled=is_mixed)


@torch.no_grad()
def evaluate_split(
    network: BatchedNetwork,
    data: DeviceImages,
    split: DeviceSplit,
    settings: TrainingSettings,
    check_stop: Callable[[], None],
) -> tuple[FloatArray, FloatArray]:
    """Return accuracy (P,) and mean cross-entropy (P,) on one split; NaN where the loss is not finite."""
    num_correct: Any = 0
    total_loss: Any = 0.0
    for pixels, labels in data.eval_batches(split):
        check_stop()
        with _autocast(settings):
            logits = network.logits(pixels, False).transpose(1, 2)
        logits = logits.to(torch.float64 if logits.device.type != "mps" else torch.float32)
        targets = labels.expand(len(logits), -1)
        total_loss = total_loss + torch.nn.functional.cross_entropy(logits, targets, reduction="none").sum(1)
        num_correct = num_correct + (logits.argmax(1) == labels).sum(1)
    loss = (total_loss / len(split)).cpu().numpy().astype(np.float64)
    accuracy = num_correct.cpu().numpy() / len(split)
    is_finite = np.isfinite(loss)
    return np.where(is_finite, accuracy, np.nan), np.where(is_finite, loss, np.nan)
