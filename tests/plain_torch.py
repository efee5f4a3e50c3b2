"""Parents written as anybody would write them in torch, of any inner widths, and trained by its optimiser.

`arrays` are a network's parameters in the order of a plan; what a mask keeps is cut out of them here by
what the layers are, so that nothing of the package is needed to know the smaller network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wannsearch.evaluators.training.settings import LearningRateSchedule, OptimizerSettings

Arrays = list[np.ndarray]


class PlainMlp(nn.Sequential):
    """Dense layers and ReLU, of these widths."""

    def __init__(self, inputs: int, widths: Iterable[int], classes: int) -> None:
        layers: list[nn.Module] = [nn.Flatten()]
        for width in widths:
            layers += [nn.Linear(inputs, width), nn.ReLU()]
            inputs = width
        super().__init__(*layers, nn.Linear(inputs, classes))

    @property
    def ordered(self) -> list[nn.Parameter]:
        return list(self.parameters())


class _Block(nn.Module):
    def __init__(self, channels: int, inner: int, wide: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        changes = channels != wide or stride != 1
        self.shortcut = nn.Conv2d(channels, wide, 1, stride, bias=False) if changes else None
        self.conv1 = nn.Conv2d(channels, inner, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, wide, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        begun = torch.relu(self.norm1(x))
        kept = x if self.shortcut is None else self.shortcut(begun)
        inside = torch.relu(self.norm2(self.conv1(begun)))
        return kept + self.conv2(inside)


class PlainWrn(nn.Module):
    """A wide residual network with so many channels inside each block."""

    def __init__(self, channels: int, depth: int, width: int, classes: int, inner: Iterable[int]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        blocks, inside, before = [], iter(inner), 16
        for group in range(3):
            wide = 16 * width * 2**group
            for block in range((depth - 4) // 6):
                blocks.append(_Block(before, next(inside), wide, 2 if group and not block else 1))
                before = wide
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.BatchNorm2d(before)
        self.classifier = nn.Linear(before, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.classifier(torch.relu(self.norm(x)).mean((2, 3)))

    @property
    def ordered(self) -> list[nn.Parameter]:
        return list(self.parameters())


def wrn_widths(depth: int, width: int) -> list[int]:
    """Channels inside each block of the parent."""
    return [16 * width * 2**group for group in range(3) for _ in range((depth - 4) // 6)]


def thinned_mlp(arrays: Arrays, kept: list[np.ndarray]) -> Arrays:
    """What is left where these nodes of each hidden layer are kept."""
    found, heard = [], np.arange(arrays[0].shape[1])
    for at, left in zip(range(0, len(arrays), 2), [*kept, np.arange(len(arrays[-1]))], strict=True):
        found += [arrays[at][np.ix_(left, heard)], arrays[at + 1][left]]
        heard = left
    return found


def thinned_wrn(arrays: Arrays, kept: list[np.ndarray]) -> Arrays:
    """What is left where these channels inside each block are kept."""
    rest = iter(arrays)
    found = [next(rest)]
    for left in kept:
        found += [next(rest), next(rest)]  # the first norm
        following = next(rest)
        if following.shape[2] == 1:  # the shortcut
            found.append(following)
            following = next(rest)
        found += [following[left], next(rest)[left], next(rest)[left], next(rest)[:, left]]
    return [*found, *rest]


def loaded(module: Any, arrays: Arrays) -> Any:
    """The module with these parameters, in float64."""
    module = module.double()
    with torch.no_grad():
        for parameter, array in zip(module.ordered, arrays, strict=True):
            assert parameter.shape == array.shape
            parameter.copy_(torch.from_numpy(array))
    return module


def scheduler(optimizer: torch.optim.Optimizer, settings: OptimizerSettings, epochs: int) -> Any:
    """torch's own of these settings, stepped once an epoch."""
    of = torch.optim.lr_scheduler
    if settings.schedule is LearningRateSchedule.COSINE:
        return of.CosineAnnealingLR(optimizer, T_max=epochs)
    marks = [round(share * epochs) for share in settings.milestones]
    return of.MultiStepLR(
        optimizer, marks if settings.schedule is LearningRateSchedule.MULTISTEP else [], settings.gamma
    )


def trained_plainly(
    module: nn.Module,
    settings: OptimizerSettings,
    epochs: int,
    batches: Callable[[int], Iterable[tuple[Tensor, Tensor]]],
    validation: tuple[Tensor, Tensor],
) -> list[tuple[float, float]]:
    """(accuracy, loss) of the validation images after each epoch."""
    optimizer = torch.optim.SGD(
        module.parameters(),
        lr=settings.learning_rate,
        momentum=settings.momentum,
        nesterov=settings.nesterov,
        weight_decay=settings.weight_decay,
    )
    schedule, found = scheduler(optimizer, settings, epochs), []
    for epoch in range(epochs):
        module.train()
        for pixels, labels in batches(epoch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(pixels), labels).backward()
            optimizer.step()
        schedule.step()
        found.append(looked(module, validation))
    return found


@torch.no_grad()
def looked(module: nn.Module, part: tuple[Tensor, Tensor]) -> tuple[float, float]:
    """(accuracy, mean cross-entropy) as it is used after training."""
    module.eval()
    scores = module(part[0])
    right = (scores.argmax(1) == part[1]).double().mean().item()
    return right, nn.functional.cross_entropy(scores, part[1]).item()
