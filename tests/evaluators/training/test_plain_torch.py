"""One whole training of a candidate, against the smaller network of torch's own layers and optimiser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import torch.nn.utils.prune
from few_images import MLP, SGD, STATIC, WRN, FewImages, design, make_candidates, trainer
from plain_torch import PlainMlp, PlainWrn, loaded, looked, thinned_mlp, thinned_wrn, trained_plainly
from training_batches import batches, shown

from wannsearch.core.subnetworks.subnetworks import Design, Granularity, Subnetworks
from wannsearch.core.subnetworks.weight_init import sample_initial_weights
from wannsearch.evaluators.training.settings import (
    Augmentation,
    LearningRateSchedule,
    Normalization,
    TrainingPrecision,
)
from wannsearch.sparsity.rule import MaskRule

TASK = FewImages(shape=(2, 6, 6))
ORDER = 2**63 + 5
PARENTS = pytest.mark.parametrize("parent", [MLP, WRN], ids=["mlp", "wrn"])


class Unmoved(MaskRule):
    """As static, but the trainer cannot know: masks are laid on, nothing is thinned."""

    def start(self, context: Any, batch: Any) -> Any:
        return context.proposed


RULES = pytest.mark.parametrize("rule", [STATIC, Unmoved()], ids=["thinned", "masked"])


def kept(candidates: Subnetworks, row: int) -> list[np.ndarray]:
    return [np.flatnonzero(candidates.masks[row, layer]) for layer in candidates.design.mask_space.layers]


def cut(of: Design, arrays: list[np.ndarray], left: list[np.ndarray]) -> list[np.ndarray]:
    return (thinned_mlp if of.parent_network == MLP else thinned_wrn)(arrays, left)


def smaller(candidates: Subnetworks, row: int, task: FewImages = TASK) -> Any:
    """The physically smaller network of torch with the initial weights that are left."""
    left = kept(candidates, row)
    widths = [len(nodes) for nodes in left]
    arrays = sample_initial_weights(candidates.design.mask_space.layout, candidates.init_seeds[row])
    if candidates.design.parent_network == MLP:
        module = PlainMlp(int(np.prod(task.shape)), widths, task.classes)
    else:
        module = PlainWrn(task.shape[0], 10, 1, task.classes, widths)
    return loaded(module, cut(candidates.design, arrays, left))


SETTINGS = {
    "cosine": {},
    "constant": {"schedule": LearningRateSchedule.CONSTANT, "nesterov": False},
    "steps": {"schedule": LearningRateSchedule.MULTISTEP, "milestones": (0.25, 0.5), "gamma": 0.3},
    "no momentum": {"momentum": 0.0, "nesterov": False, "weight_decay": 0.01},
    "no decay": {"weight_decay": 0.0, "batch_size": 72},
}


CASES = [(MLP, name) for name in SETTINGS] + [(WRN, "cosine")]


@RULES
@pytest.mark.parametrize(("parent", "name"), CASES, ids=[*SETTINGS, "wrn"])
def test_a_candidate_is_trained_as_torch_trains_the_smaller_network(
    parent: Any, rule: Any, name: str
) -> None:
    epochs = 4 if parent == MLP else 2
    ours = trainer(epochs=epochs, optimizer=replace(SGD, **SETTINGS[name]))
    candidates = make_candidates(design(parent, TASK, rule=rule), 2, share=0.4)
    done = ours.train(candidates, TASK, ORDER, return_weights=True)
    parts = TASK.images()
    for row in range(2):
        module = smaller(candidates, row)
        looks = trained_plainly(
            module,
            ours.optimizer,
            epochs,
            lambda epoch: batches(ours, TASK, ORDER, epoch),
            shown(TASK, parts.validation),
        )
        assert done.accuracy[row].tolist() == [accuracy for accuracy, _ in looks]
        assert np.allclose(done.loss[row], [loss for _, loss in looks], rtol=1e-9, atol=1e-12)
        accuracy, loss = looked(module, shown(TASK, parts.test))
        assert done.test_accuracy[row] == accuracy
        assert done.test_loss[row] == pytest.approx(loss, rel=1e-9)
        whole = [array[row] for array in done.weights]
        for array, expected in zip(
            cut(candidates.design, whole, kept(candidates, row)), module.ordered, strict=True
        ):
            assert np.allclose(array, expected.detach().numpy(), rtol=1e-9, atol=1e-11)
        live = sum(parameter.numel() for parameter in module.parameters())
        assert sum(np.count_nonzero(array) for array in whole) <= live  # 0 where masked


@PARENTS
def test_in_float32_it_stays_near(parent: Any) -> None:
    ours = trainer(precision=TrainingPrecision.FLOAT32)
    candidates = make_candidates(design(parent, TASK), 2)
    exact = replace(ours, precision=TrainingPrecision.FLOAT64).train(candidates, TASK, 1)
    assert np.allclose(ours.train(candidates, TASK, 1).loss, exact.loss, rtol=2e-4, atol=0)
    mixed = replace(ours, precision=TrainingPrecision.BFLOAT16).train(candidates, TASK, 1)
    assert np.allclose(mixed.loss, exact.loss, rtol=0.1, atol=0.02)


@PARENTS
def test_pixels_may_be_divided_by_their_deviation_too(parent: Any) -> None:
    ours = trainer(epochs=1, normalize=Normalization.MEAN_STD)
    candidates = make_candidates(design(parent, TASK), 1)
    module, validation = smaller(candidates, 0), shown(TASK, TASK.images().validation, deviation=True)
    looks = trained_plainly(module, SGD, 1, lambda epoch: batches(ours, TASK, 3, epoch), validation)
    assert ours.train(candidates, TASK, 3).loss[0].tolist() == pytest.approx([looks[0][1]], rel=1e-9)


def test_the_early_training_is_the_first_steps_of_the_whole_one() -> None:
    candidates = make_candidates(design(MLP, TASK), 1)
    ours = trainer(epochs=5, early_steps=7, augment=Augmentation.CROP_FLIP)
    module, validation = smaller(candidates, 0), shown(TASK, TASK.images().validation)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5)
    first, second = (batches(ours, TASK, ORDER, epoch) for epoch in (0, 1))
    for step, (pixels, labels) in enumerate([*first, *second][:7]):
        if step == len(first):
            schedule.step()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(pixels), labels).backward()
        optimizer.step()
    losses = replace(ours, fitness=type(ours.fitness)("val_loss"))
    scores = losses.evaluate(candidates, TASK, None, np.array([ORDER], np.uint64))[0]
    assert scores.returns.item() == pytest.approx(-looked(module, validation)[1], rel=1e-9)
    assert scores.steps.item() == 72 + 2 * 16


@pytest.mark.parametrize("layers", [(12, 9), (5,)])
def test_a_mask_over_weights_is_torchs_own_pruning(layers: tuple[int, ...]) -> None:
    parent = replace(MLP, layers=layers)
    candidates = make_candidates(design(parent, TASK, Granularity.WEIGHTS), 2, share=0.3)
    ours = trainer()
    done = ours.train(candidates, TASK, ORDER, return_weights=True)
    maskable, validation = candidates.design.mask_space, shown(TASK, TASK.images().validation)
    for row in range(2):
        module = loaded(
            PlainMlp(72, layers, 4), sample_initial_weights(maskable.layout, candidates.init_seeds[row])
        )
        linear = [layer for layer in module if isinstance(layer, torch.nn.Linear)]
        for layer, bits in zip(linear, maskable.layers, strict=True):
            mask = torch.from_numpy(candidates.masks[row, bits]).reshape(layer.weight.shape)
            torch.nn.utils.prune.custom_from_mask(layer, "weight", mask)
        looks = trained_plainly(module, SGD, 3, lambda epoch: batches(ours, TASK, ORDER, epoch), validation)
        assert np.allclose(done.loss[row], [loss for _, loss in looks], rtol=1e-9, atol=1e-12)
        for layer, array in zip(linear, done.weights[::2], strict=True):
            assert np.allclose(array[row], layer.weight.detach().numpy(), rtol=1e-9, atol=1e-12)
            assert not array[row][~layer.weight_mask.bool().numpy()].any()


class Watching(Unmoved):
    """Looks at the weights after each step, and how far those that are masked have moved."""

    seen: ClassVar[list[list[np.ndarray]]] = []

    def update(self, step: int, weights: Any, gradients: Any, masks: Any) -> Any:
        self.seen.append([weight.numpy().copy() for weight in weights])
        return masks


@PARENTS
@pytest.mark.parametrize("granularity", list(Granularity), ids=lambda of: of.value)
def test_what_is_masked_is_0_and_stays_0_while_all_else_moves(parent: Any, granularity: Granularity) -> None:
    candidates = make_candidates(design(parent, TASK, granularity, Watching()), 2)
    Watching.seen.clear()
    heavy = replace(SGD, weight_decay=0.1)
    done = trainer(optimizer=heavy).train(candidates, TASK, 1, return_weights=True)
    begun = sample_initial_weights(candidates.design.mask_space.layout, 7)
    assert len(Watching.seen) == 3 * 5
    moved = 0
    for last, start, live in zip(Watching.seen[-1], begun, done.weights, strict=True):
        dead = (live == 0) & (start != 0)
        assert not last[dead].any()
        moved += int((last != start)[~dead].sum())
    assert moved > 0
