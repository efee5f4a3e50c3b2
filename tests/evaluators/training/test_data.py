"""The order of batches, and what is done to images."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from few_images import SGD, FewImages, trainer
from training_batches import batches, recipe, shown

from wannsearch.core.streams import Role
from wannsearch.evaluators.training.batched_sgd import learning_rate
from wannsearch.evaluators.training.data import load_on_device
from wannsearch.evaluators.training.settings import Augmentation, LearningRateSchedule, OptimizerSettings
from wannsearch.tasks.digits import Digits
from wannsearch.tasks.image_task import ImageReward

TASK = FewImages(shape=(2, 8, 10))
PLAIN = trainer()
MOVED = trainer(augment=Augmentation.CROP_FLIP)


def _images(of: object, order: int, epoch: int) -> np.ndarray:
    return torch.cat([pixels for pixels, _ in batches(of, TASK, order, epoch)]).numpy()


def _rows(images: np.ndarray) -> list[int]:
    """Which training image each of these is."""
    known, _ = shown(TASK, TASK.images().training)
    apart = np.abs(images[:, None] - known.numpy()[None]).max(axis=(2, 3, 4))
    assert (apart.min(axis=1) < 1e-12).all()
    return apart.argmin(axis=1).tolist()


def test_an_epoch_shows_every_training_image_once_with_its_label() -> None:
    dealt = batches(PLAIN, TASK, 3, 0)
    assert [len(labels) for _, labels in dealt] == [16, 16, 16, 16, 8]
    rows = _rows(_images(PLAIN, 3, 0))
    assert sorted(rows) == list(range(72))
    assert torch.cat([labels for _, labels in dealt]).tolist() == TASK.images().training.labels[rows].tolist()


def test_the_order_is_another_in_every_epoch_and_for_every_number_and_the_same_when_asked_again() -> None:
    orders = [tuple(_rows(_images(PLAIN, order, epoch))) for order in (3, 4, 2**63) for epoch in range(3)]
    assert len(set(orders)) == 9
    assert orders[0] == tuple(_rows(_images(PLAIN, 3, 0)))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32)])
def test_a_look_shows_every_image_in_its_order_and_of_larger_ones_fewer_at_once(shape: Any) -> None:
    task = FewImages(shape=shape, test=2100)
    data = load_on_device(task.images(), recipe(PLAIN))
    seen = list(data.eval_batches(data.test))
    pixels, labels = shown(task, task.images().test)
    assert torch.equal(torch.cat([part for _, part in seen]), labels)
    assert torch.allclose(torch.cat([part for part, _ in seen]), pixels, atol=1e-12)
    assert max(len(part) for part, _ in seen) == 2000 * 64 // (shape[1] * shape[2])


def test_every_place_of_an_epoch_is_as_likely_for_an_image() -> None:
    places = [_rows(_images(PLAIN, 9, epoch)).index(5) for epoch in range(200)]
    assert np.mean(places) == pytest.approx(35.5, abs=4 * 20.8 / np.sqrt(200))


def test_an_augmented_image_is_a_crop_of_its_reflected_self_mirrored_half_of_the_time() -> None:
    known, _ = shown(TASK, TASK.images().training)
    rows = [row for epoch in range(4) for row in _rows(_images(PLAIN, 3, epoch))]
    images = np.concatenate([_images(MOVED, 3, epoch) for epoch in range(4)])
    wide = np.pad(known.numpy(), ((0, 0), (0, 0), (4, 4), (4, 4)), mode="reflect")
    ways = [(up, left, mirrored) for up in range(9) for left in range(9) for mirrored in (False, True)]
    moved = np.stack(
        [
            wide[:, :, up : up + 8, left : left + 10][..., :: -1 if mirrored else 1]
            for up, left, mirrored in ways
        ]
    )
    found: Counter[tuple[int, int, bool]] = Counter()
    for row, image in zip(rows, images, strict=True):
        (way,) = np.flatnonzero(np.isclose(moved[:, row], image, atol=1e-12).all(axis=(1, 2, 3)))
        found[ways[way]] += 1
    assert {up for up, _, _ in found} == {left for _, left, _ in found} == set(range(9))
    mirrored = sum(count for (_, _, flipped), count in found.items() if flipped)
    assert abs(mirrored - 144) < 4 * np.sqrt(288 / 4)


def test_an_image_is_moved_otherwise_in_every_epoch() -> None:
    first, second = (
        _images(MOVED, 3, epoch)[np.argsort(_rows(_images(PLAIN, 3, epoch)))] for epoch in (0, 1)
    )
    same = (first == second).all(axis=(1, 2, 3))
    assert same.mean() < 0.1


@pytest.mark.parametrize("seed", [0, 1])
def test_searches_re_tests_and_final_trainings_have_orders_of_their_own(seed: int) -> None:
    task = Digits(split_seed=0, batch_size=9, reward=ImageReward.LOSS, episodes=1, activations=("tanh",))
    orders = [task.episode_seeds(seed, Role.EPISODES, generation, 3) for generation in range(1, 6)]
    orders += [task.episode_seeds(seed, role, 0, 3) for role in (Role.RETEST, Role.HELD_OUT)]
    assert len(np.unique(np.concatenate(orders))) == 21


MILESTONES = {
    1: [0.0, 0.5],
    7: [3 / 7, 0.5],
    30: [0.1, 0.3, 0.7, 0.99],
    100: [0.07, 0.14, 0.28, 0.29, 0.55, 0.58],
}
"""Shares of so many epochs; some of their products lie a little beside a whole number."""


@pytest.mark.parametrize("epochs", MILESTONES)
def test_a_step_falls_in_the_first_epoch_that_its_share_has_reached(epochs: int) -> None:
    for share in MILESTONES[epochs]:
        settings = OptimizerSettings(
            **vars(SGD) | {"schedule": LearningRateSchedule.MULTISTEP, "milestones": (share,), "gamma": 0.5}
        )
        mark = int(np.ceil(Fraction(share).limit_denominator(1000) * epochs))
        sgd = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=settings.learning_rate)
        expected, torchs = [], torch.optim.lr_scheduler.MultiStepLR(sgd, [mark], 0.5)
        for _ in range(epochs):
            expected.append(sgd.param_groups[0]["lr"])
            sgd.step()
            torchs.step()
        if mark == 0:  # torch looks at milestones behind epoch 0
            expected = [0.5 * settings.learning_rate] * epochs
        rates = [learning_rate(settings, epoch, epochs) for epoch in range(epochs)]
        assert rates == pytest.approx(expected, rel=1e-12), share
