"""Trains sub-networks, many at once, instead of playing networks.

In a search a candidate is worth what it comes to in an early budget, of epochs or steps; the budget's
steps are the first of a full training, with its schedule. The final test is the full training from the
initial weights, with a look at the validation images after each epoch and one look at the test images.
Results depend on neither the number of threads nor, but for rounding, on how candidates are grouped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, at_least
from wannsearch.core.measurement import Measurement, TestProtocol
from wannsearch.core.protocols import Task
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.images import Images, Trainable
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels.engine import processors
from wannsearch.evaluators.training.settings import (
    Augment,
    Fitness,
    Normalise,
    Optimizer,
    Precision,
    Recipe,
)

if TYPE_CHECKING:
    from wannsearch.evaluators.training.data import Data
    from wannsearch.evaluators.training.train_group import Trained

_LARGEST_BUDGET = 1_000_000
_BYTES = 4
_DEVICES = "cpu, cuda, cuda:1, mps"
_DEVICE = re.compile(r"cpu|cuda(:[0-9]+)?|mps")


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Budgets and recipe."""

    epochs: int  # of a full training
    early_epochs: int  # that a candidate is judged by; 0: untrained
    early_steps: int | None  # instead of them
    keep_trained: bool  # the full training goes on from the early one; or begins anew
    fitness: Fitness
    optimizer: Optimizer
    augment: Augment
    normalise: Normalise
    precision: Precision
    device: str  # one of _DEVICES
    threads: int | None  # None: as many as the processors this process may use
    group: int  # candidates trained together, by one thread of a processor
    test_score_name: ClassVar[str] = "test accuracy"
    steps_name: ClassVar[str] = "images shown"
    told: list[Callable[[str], None]] = field(default_factory=list, init=False, repr=False, compare=False)
    """Who hears how far it is."""
    _data: list[tuple[Task, Any]] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        at_least("evaluator.epochs", self.epochs, 1)
        at_least("evaluator.early_epochs", self.early_epochs, 0)
        at_least("evaluator.group", self.group, 1)
        for name, least in (("threads", 1), ("early_steps", 0)):
            value = getattr(self, name)
            if value is not None and not least <= value <= _LARGEST_BUDGET:
                raise ConfigError(
                    f"evaluator.{name} is {value}; it must lie in {least}..{_LARGEST_BUDGET}, or be null."
                )
        if max(self.epochs, self.early_epochs) > _LARGEST_BUDGET:
            raise ConfigError(f"evaluator.epochs is {self.epochs}; at most {_LARGEST_BUDGET} are trained.")
        if self.early_epochs > self.epochs:
            raise ConfigError(
                f"evaluator.early_epochs is {self.early_epochs}; a full training has {self.epochs}."
            )
        # torch knows more names: cpu:0 would train by another path, meta computes nothing
        if not _DEVICE.fullmatch(self.device):
            raise ConfigError(f"device is {self.device!r}; allowed: {_DEVICES}.")
        if self.device == "mps" and self.precision is Precision.FLOAT64:
            raise ConfigError("evaluator.precision is float64, which device=mps does not have.")

    @property
    def candidates(self) -> type[Subnetworks]:
        """What it can be asked about."""
        return Subnetworks

    @property
    def fitness_name(self) -> str:
        """What an early training is judged by, in words."""
        return self.fitness.score_name

    def describe(self, task: Task, trials: Trials) -> str:
        """What it trains with."""
        if not isinstance(task, Trainable):
            raise ConfigError(
                f"evaluator=trainer trains on labelled images; {type(task).__name__} has none. "
                "task=digits, mnist, fashion_mnist and cifar10 have."
            )
        if trials.shared_weights is not None:
            raise ConfigError("evaluator=trainer trains own weights; trials=own_weights says so.")
        import torch

        self._usable()
        parts = task.images()
        self._fits(task, parts)
        where = (
            f"{self.device}, {self._threads()} thread(s), " if self.device == "cpu" else f"{self.device}, "
        )
        return (
            f"trainer: torch {torch.__version__} on {where}{self.precision.value}; {parts.source}: "
            f"{len(parts.training)} to train, {len(parts.validation)} to validate, {len(parts.test)} to test"
        )

    def evaluate(
        self,
        asked: Subnetworks,
        task: Task,
        trials: Trials,
        seeds: npt.NDArray[np.uint64],
        learn: bool = True,
    ) -> tuple[Scores, Subnetworks]:
        """Fitness after an early training with the order that each of the seeds (R,) names: (P, 1, R).

        Of several trainings the first one's masks are the candidates'.
        """
        from wannsearch.evaluators.training.train_group import Plan

        found: list[npt.NDArray[np.float64]] = []
        shown, masks = 0, asked.masks
        steps = self._early_steps(task)
        for seed in seeds.tolist():
            plan = Plan(_always(seed), steps, tested=False, kept=False)
            done = self._trained(asked, task, plan, "early trainings")
            masks = masks if found else done.masks
            shown = done.images
            found.append(self._fitness(asked, done))
        returns = np.stack(found, 1)[:, None, :]
        scores = Scores(returns, np.full(returns.shape, shown, np.int64))
        return scores, (replace(asked, masks=masks) if learn else asked)

    def measure(self, network: Subnetworks, task: Task, protocol: TestProtocol) -> Measurement:
        """Test accuracy of one candidate after the full training with each of the seeds (R,)."""
        done = [self.train(network, task, seed) for seed in protocol.seeds.tolist()]
        accuracies = [part.test_accuracy for part in done]
        returns = np.array([[accuracy[0] for accuracy in accuracies if accuracy is not None]])
        return Measurement(("own",), returns, np.full(returns.shape, done[0].images, np.int64))

    def train(
        self, asked: Subnetworks, task: Task, seed: int, first: int | None = None, kept: bool = False
    ) -> Trained:
        """The full training with the order that the seed names, and the one test.

        With `keep_trained` the epochs that the early budget reached have the order `first`, as they had in
        the search.
        """
        from wannsearch.evaluators.training.train_group import Plan

        order = _always(seed)
        if self.keep_trained and first is not None:
            order = _then(first, self._early_epochs(task), seed)
        return self._trained(asked, task, Plan(order, None, tested=True, kept=kept), "full trainings")

    def _trained(self, asked: Subnetworks, task: Task, plan: Any, what: str) -> Trained:
        from wannsearch.evaluators.training.groups import trained

        def progress(done: int, of: int) -> None:
            for tell in self.told:
                tell(f"{what}: {done} of {of} epochs")

        try:
            data, recipe = self._on_device(task), self._recipe()
            return trained(asked, data, recipe, plan, self.group, self._threads(), progress)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            weights = asked.design.maskable.plan.size
            raise ConfigError(
                f"evaluator.group is {self.group}: {min(self.group, len(asked))} candidates of a parent of "
                f"{weights:,} parameters take more memory than {self.device} has. Fewer together take less, "
                "so do fewer evaluator.threads and a smaller evaluator.optimizer.batch."
            ) from None

    def _fitness(self, asked: Subnetworks, done: Trained) -> npt.NDArray[np.float64]:
        """(P,)."""
        if self.fitness is Fitness.VAL_ACCURACY:
            return done.accuracy[:, -1]
        if self.fitness is Fitness.VAL_LOSS:
            return -done.loss[:, -1]
        size = -float(_BYTES) * asked.design.live_parameters(done.masks)
        return np.where(np.isfinite(done.loss[:, -1]), size, np.nan)

    def _early_steps(self, task: Task) -> int:
        from wannsearch.evaluators.training.train_group import steps_an_epoch

        if self.early_steps is not None:
            return self.early_steps
        return self.early_epochs * steps_an_epoch(self._on_device(task), self._recipe())

    def _early_epochs(self, task: Task) -> int:
        """Epochs that were begun."""
        from wannsearch.evaluators.training.train_group import steps_an_epoch

        return -(-self._early_steps(task) // steps_an_epoch(self._on_device(task), self._recipe()))

    def _recipe(self) -> Recipe:
        return Recipe(
            optimizer=self.optimizer,
            epochs=self.epochs,
            augment=self.augment,
            normalise=self.normalise,
            precision=self.precision,
            device=self.device,
        )

    def _on_device(self, task: Task) -> Data:
        from wannsearch.evaluators.training.data import on_device

        if not self._data or self._data[0][0] != task:
            assert isinstance(task, Trainable)
            self._data[:] = [(task, on_device(task.images(), self._recipe()))]
        found: Data = self._data[0][1]
        return found

    def _threads(self) -> int:
        return self.threads or processors()

    def _fits(self, task: Task, parts: Images) -> None:
        """ConfigError where these images or so few steps cannot be what is asked."""
        from wannsearch.evaluators.training.data import REFLECTED
        from wannsearch.evaluators.training.train_group import steps_an_epoch

        most = self.epochs * steps_an_epoch(self._on_device(task), self._recipe())
        if self.early_steps is not None and self.early_steps > most:
            raise ConfigError(
                f"evaluator.early_steps is {self.early_steps}; a full training has {most} steps."
            )
        if self.augment is Augment.CROP_FLIP and min(parts.shape[1:]) <= REFLECTED:
            raise ConfigError(
                f"evaluator.augment is 'crop_flip', which reflects {REFLECTED} pixels at each edge; "
                f"the images have {parts.shape[1]} x {parts.shape[2]}."
            )

    def _usable(self) -> None:
        """ConfigError where this machine lacks the device."""
        import torch

        try:
            torch.zeros(1, device=self.device)
        except (RuntimeError, AssertionError, NotImplementedError, ValueError) as error:
            why = " ".join(str(error).split()).partition(".")[0]
            raise ConfigError(f"device is {self.device!r}; torch cannot use it here: {why}.") from None


def out_of_memory(error: BaseException) -> bool:
    """Whether this says that memory was not enough: numpy's, torch's on a processor, torch's elsewhere."""
    import torch

    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def _always(seed: int) -> Callable[[int], int]:
    return lambda epoch: seed


def _then(first: int, epochs: int, seed: int) -> Callable[[int], int]:
    return lambda epoch: first if epoch < epochs else seed
