"""The evaluator of sub-networks: trains many at once by gradient.

In a search the fitness of a candidate comes from an early budget of epochs or steps. These steps are the
first ones of a full training, with its schedule. The final test is the full training from the initial
weights. It evaluates the validation images after each epoch, and the test images once. Results do not
depend on the number of threads nor, except for rounding, on the grouping of candidates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wannsearch.core.arrays import FloatArray, UInt64Array
from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.measurement import Measurement, TestProtocol
from wannsearch.core.protocols import Task
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.images import HasLabelledImages, Images
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels.engine import num_processors
from wannsearch.evaluators.training.settings import (
    Augmentation,
    Fitness,
    Normalization,
    OptimizerSettings,
    TrainingPrecision,
    TrainingSettings,
)

if TYPE_CHECKING:
    from wannsearch.evaluators.training.data import DeviceImages
    from wannsearch.evaluators.training.train_group import TrainingResult

_MAX_BUDGET = 1_000_000
_BYTES_PER_PARAMETER = 4
_DEVICE_EXAMPLES = "cpu, cuda, cuda:1, mps"
_DEVICE_PATTERN = re.compile(r"cpu|cuda(:[0-9]+)?|mps")


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Evaluates sub-networks by training; the settings are budgets and the training procedure."""

    candidate_type: ClassVar[type[Subnetworks]] = Subnetworks
    speed_rank: ClassVar[int] = 30
    epochs: int  # of a full training
    early_epochs: int  # of an early training, which gives the fitness; 0: untrained
    early_steps: int | None  # optimizer steps instead of `early_epochs`
    resume_from_early: bool  # a full training begins with the batches of the early one
    fitness: Fitness
    optimizer: OptimizerSettings
    augment: Augmentation
    normalize: Normalization
    precision: TrainingPrecision
    device: str  # matches `_DEVICE_PATTERN`
    threads: int | None  # None: as many as the processors this process may use
    candidates_per_batch: int  # candidates that are trained together, on a processor by one thread
    test_score_name: ClassVar[str] = "test accuracy"
    steps_name: ClassVar[str] = "images shown"
    listeners: list[Callable[[str], None]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    """Callbacks that receive progress messages; they are called from any thread."""
    _cached_images: list[tuple[Task, Any]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("evaluator.epochs", self.epochs, 1)
        check_at_least("evaluator.early_epochs", self.early_epochs, 0)
        check_at_least("evaluator.candidates_per_batch", self.candidates_per_batch, 1)
        for name, minimum in (("threads", 1), ("early_steps", 0)):
            value = getattr(self, name)
            if value is not None and not minimum <= value <= _MAX_BUDGET:
                raise ConfigError(
                    f"evaluator.{name} is {value}; it must lie in {minimum}..{_MAX_BUDGET}, or be null."
                )
        if max(self.epochs, self.early_epochs) > _MAX_BUDGET:
            raise ConfigError(f"evaluator.epochs is {self.epochs}; at most {_MAX_BUDGET} are trained.")
        if self.early_epochs > self.epochs:
            raise ConfigError(
                f"evaluator.early_epochs is {self.early_epochs}; a full training has {self.epochs}."
            )
        # torch accepts more names: cpu:0 would train by another path, meta computes nothing
        if not _DEVICE_PATTERN.fullmatch(self.device):
            raise ConfigError(f"device is {self.device!r}; allowed: {_DEVICE_EXAMPLES}.")
        if self.device == "mps" and self.precision is TrainingPrecision.FLOAT64:
            raise ConfigError("evaluator.precision is float64, which device=mps does not have.")

    @classmethod
    def can_evaluate(cls, task_type: type[Any]) -> bool:
        """Return whether the tasks of this class have labelled images."""
        return issubclass(task_type, HasLabelledImages)

    @property
    def fitness_name(self) -> str:
        """The name of the early score, which is also its unit."""
        return self.fitness.score_name

    def describe(self, task: Task, trials: Trials) -> str:
        """Return one line: torch version, device, precision and the sizes of the image splits.

        Raises ConfigError where the task has no labelled images, `trials` has shared weights, torch cannot
        use the device, or the settings do not fit the images.
        """
        if not isinstance(task, HasLabelledImages):
            raise ConfigError(
                f"evaluator=trainer trains on labelled images; {type(task).__name__} has none. "
                "task=digits, mnist, fashion_mnist and cifar10 have."
            )
        if trials.shared_weights is not None:
            raise ConfigError("evaluator=trainer trains own weights; trials=own_weights says so.")
        import torch

        self._check_device()
        images = task.images()
        self._check_images(task, images)
        device_text = (
            f"{self.device}, {self._num_threads()} thread(s), "
            if self.device == "cpu"
            else f"{self.device}, "
        )
        return (
            f"trainer: torch {torch.__version__} on {device_text}{self.precision.value}; {images.source}: "
            f"{len(images.training)} to train, {len(images.validation)} to validate, {len(images.test)} to "
            "test"
        )

    def evaluate(
        self,
        candidates: Subnetworks,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = True,
    ) -> tuple[Scores, Subnetworks]:
        """Return the fitness (P, 1, R) after one early training per seed (R,), and the candidates.

        A fitness is NaN where the validation loss is not finite; steps are the images shown. Each seed
        names an order of the batches. The candidates have the masks of the first training, or are the
        same object where `learn` is False. Raises ConfigError where the device has too little memory.
        """
        from wannsearch.evaluators.training.train_group import TrainingRun

        fitness_by_seed: list[FloatArray] = []
        images_shown, masks = 0, candidates.masks
        steps = self._num_early_steps(task)
        for seed in seeds.tolist():
            training_run = TrainingRun(_constant_seed(seed), steps, evaluate_test=False, return_weights=False)
            result = self._train_candidates(candidates, task, training_run, "early trainings")
            masks = masks if fitness_by_seed else result.masks
            images_shown = result.images_shown
            fitness_by_seed.append(self._fitness(candidates, result))
        returns = np.stack(fitness_by_seed, 1)[:, None, :]
        scores = Scores(returns, np.full(returns.shape, images_shown, np.int64))
        return scores, (replace(candidates, masks=masks) if learn else candidates)

    def measure(self, network: Subnetworks, task: Task, protocol: TestProtocol) -> Measurement:
        """Return the test accuracy (1, R) of one candidate after a full training with each seed (R,).

        An accuracy is NaN where the test loss is not finite; steps are the images shown. Raises
        ConfigError as `train` does.
        """
        results = [self.train(network, task, seed) for seed in protocol.seeds.tolist()]
        accuracies = [result.test_accuracy for result in results]
        returns = np.array([[accuracy[0] for accuracy in accuracies if accuracy is not None]])
        return Measurement(("own",), returns, np.full(returns.shape, results[0].images_shown, np.int64))

    def train(
        self,
        candidates: Subnetworks,
        task: Task,
        seed: int,
        early_seed: int | None = None,
        return_weights: bool = False,
    ) -> TrainingResult:
        """Train the candidates in full and evaluate the test images once.

        `seed` names the order of the batches. With `resume_from_early`, the epochs that the early budget
        reached have the order of `early_seed`, as in the search. `return_weights` adds weights and batch
        normalisation statistics to the result. Raises ConfigError where the device has too little memory.
        """
        from wannsearch.evaluators.training.train_group import TrainingRun

        batch_seed_of_epoch = _constant_seed(seed)
        if self.resume_from_early and early_seed is not None:
            batch_seed_of_epoch = _switch_seed(early_seed, self._num_early_epochs(task), seed)
        return self._train_candidates(
            candidates,
            task,
            TrainingRun(batch_seed_of_epoch, None, evaluate_test=True, return_weights=return_weights),
            "full trainings",
        )

    def _train_candidates(
        self, candidates: Subnetworks, task: Task, training_run: Any, phase: str
    ) -> TrainingResult:
        from wannsearch.evaluators.training.groups import train_in_groups

        def report_progress(num_done: int, num_epochs: int) -> None:
            for listener in self.listeners:
                listener(f"{phase}: {num_done} of {num_epochs} epochs")

        try:
            data, settings = self._load_images(task), self._training_settings()
            return train_in_groups(
                candidates,
                data,
                settings,
                training_run,
                self.candidates_per_batch,
                self._num_threads(),
                report_progress,
            )
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            num_parameters = candidates.design.mask_space.layout.size
            raise ConfigError(
                f"evaluator.candidates_per_batch is {self.candidates_per_batch}: "
                f"{min(self.candidates_per_batch, len(candidates))} candidates of a parent of "
                f"{num_parameters:,} parameters take more memory than {self.device} has. Fewer together "
                "take less, "
                "so do fewer evaluator.threads and a smaller evaluator.optimizer.batch_size."
            ) from None

    def _fitness(self, candidates: Subnetworks, result: TrainingResult) -> FloatArray:
        """Return the fitness (P,) of each candidate; NaN where its loss is not finite."""
        if self.fitness is Fitness.VAL_ACCURACY:
            return result.accuracy[:, -1]
        if self.fitness is Fitness.VAL_LOSS:
            return -result.loss[:, -1]
        size = -float(_BYTES_PER_PARAMETER) * candidates.design.live_parameters(result.masks)
        return np.where(np.isfinite(result.loss[:, -1]), size, np.nan)

    def _num_early_steps(self, task: Task) -> int:
        from wannsearch.evaluators.training.train_group import steps_per_epoch

        if self.early_steps is not None:
            return self.early_steps
        return self.early_epochs * steps_per_epoch(self._load_images(task), self._training_settings())

    def _num_early_epochs(self, task: Task) -> int:
        """Return the number of epochs that the early budget begins, the last one perhaps in part."""
        from wannsearch.evaluators.training.train_group import steps_per_epoch

        return -(
            -self._num_early_steps(task)
            // steps_per_epoch(self._load_images(task), self._training_settings())
        )

    def _training_settings(self) -> TrainingSettings:
        return TrainingSettings(
            optimizer=self.optimizer,
            epochs=self.epochs,
            augment=self.augment,
            normalize=self.normalize,
            precision=self.precision,
            device=self.device,
        )

    def _load_images(self, task: Task) -> DeviceImages:
        from wannsearch.evaluators.training.data import load_on_device

        if not self._cached_images or self._cached_images[0][0] != task:
            assert isinstance(task, HasLabelledImages)
            self._cached_images[:] = [(task, load_on_device(task.images(), self._training_settings()))]
        images: DeviceImages = self._cached_images[0][1]
        return images

    def _num_threads(self) -> int:
        return self.threads or num_processors()

    def _check_images(self, task: Task, images: Images) -> None:
        """Raise ConfigError where early steps exceed a full training, or images are too small to crop."""
        from wannsearch.evaluators.training.data import CROP_PADDING
        from wannsearch.evaluators.training.train_group import steps_per_epoch

        max_steps = self.epochs * steps_per_epoch(self._load_images(task), self._training_settings())
        if self.early_steps is not None and self.early_steps > max_steps:
            raise ConfigError(
                f"evaluator.early_steps is {self.early_steps}; a full training has {max_steps} steps."
            )
        if self.augment is Augmentation.CROP_FLIP and min(images.shape[1:]) <= CROP_PADDING:
            raise ConfigError(
                f"evaluator.augment is 'crop_flip', which reflects {CROP_PADDING} pixels at each edge; "
                f"the images have {images.shape[1]} x {images.shape[2]}."
            )

    def _check_device(self) -> None:
        """Raise ConfigError where torch cannot use the device on this machine."""
        import torch

        try:
            torch.zeros(1, device=self.device)
        except (RuntimeError, AssertionError, NotImplementedError, ValueError) as error:
            reason = " ".join(str(error).split()).partition(".")[0]
            raise ConfigError(f"device is {self.device!r}; torch cannot use it here: {reason}.") from None


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error reports too little memory.

    These are NumPy's MemoryError, torch's OutOfMemoryError, and torch's message on a processor.
    """
    import torch

    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def _constant_seed(seed: int) -> Callable[[int], int]:
    return lambda epoch: seed


def _switch_seed(early_seed: int, early_epochs: int, seed: int) -> Callable[[int], int]:
    return lambda epoch: early_seed if epoch < early_epochs else seed
