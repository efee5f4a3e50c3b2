"""make gpu-checks: sub-networks trained on CUDA against the same trainings on the CPU; about 8 minutes.

The package's own trainer trains the same candidates on both devices, with fixed masks (`static`) and with
two rules that change them (`rigl`, `imp`), in each precision. The devices add in different orders, so the
last bits differ, and training makes the difference grow. Two events make it jump: an activation so close to
0 that ReLU's gradient is 1 on one device and 0 on the other, and two weights so equal that each device
prunes another one. So some candidates may be far off where all is well, but not most: what is compared is
the lower quartile of their distances. A wrong computation moves all candidates.

How far rounding alone leads is measured: it is the distance of the CPU in one precision from the CPU in
float64. The devices may differ by `ROUNDING_FACTOR` times this distance. In float64 such events are too rare
to meet one in so few steps, so there masks and accuracies are the same, and all losses agree to
`MIN_TOLERANCE`.

    python proofs/gpu_checks.py                              # cuda against cpu
    python proofs/gpu_checks.py --devices cpu,cpu --quick    # a rehearsal: other groups, few steps

The bound of speed is printed first: the multiply-adds of a training are counted, and the largest rate is
that of one large matrix product, measured on the same device in the same precision. PyTorch, NumPy, SciPy,
scikit-learn, numba and llvmlite have to be there. Exit code 1: a tolerance was broken, a training stopped,
or the time ran out before all checks.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import statistics
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.append(str(Path(__file__).parents[1]))

from wannsearch.core.errors import ConfigError  # the line above leads there
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, derive_key, make_stream
from wannsearch.core.subnetworks.images import Images, LabelledImages
from wannsearch.core.subnetworks.subnetworks import Granularity, Subnetworks
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels.engine import num_processors
from wannsearch.evaluators.trainer import Trainer
from wannsearch.evaluators.training.settings import (
    Augmentation,
    Fitness,
    LearningRateSchedule,
    Normalization,
    OptimizerSettings,
    TrainingPrecision,
)
from wannsearch.evaluators.training.train_group import TrainingResult
from wannsearch.methods.random_masks import LayerDistribution
from wannsearch.methods.subnetwork_sampling import InitSharing
from wannsearch.methods.weedout import Weedout
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.imp import Imp
from wannsearch.sparsity.rigl import Rigl
from wannsearch.sparsity.rule import MaskRule
from wannsearch.sparsity.static import Static, WeightInit
from wannsearch.sparsity.top_k import Scope
from wannsearch.tasks.digits import Digits
from wannsearch.tasks.image_task import ImageReward

SPARSITY = 0.8
SEED = 7
PRECISIONS = (TrainingPrecision.FLOAT64, TrainingPrecision.FLOAT32, TrainingPrecision.BFLOAT16)
"""float64 comes first, because it is the yardstick of the others."""
TORCH_TYPES = {
    TrainingPrecision.FLOAT64: torch.float64,
    TrainingPrecision.FLOAT32: torch.float32,
    TrainingPrecision.BFLOAT16: torch.bfloat16,
}
ROUNDING_FACTOR = 10.0
"""Two roundings are independent and candidates few; TF32 in the place of float32 is off by far more."""
MIN_TOLERANCE = {  # relative, of a loss; smaller distances are always allowed
    TrainingPrecision.FLOAT64: 1e-9,  # rounding of 1e-16, and a growth by up to 1e6 in a hundred steps
    TrainingPrecision.FLOAT32: 1e-5,  # rounding of 6e-8; TF32 moves these losses by 4e-5 and more
    TrainingPrecision.BFLOAT16: 5e-3,  # rounding of 4e-3
}
MAX_LOSS_DISTANCE = {  # of any candidate, after the jumps described above
    TrainingPrecision.FLOAT64: 1e-9,
    TrainingPrecision.FLOAT32: 0.25,
    TrainingPrecision.BFLOAT16: 1.0,
}
MAX_ACCURACY_DISTANCE = {
    TrainingPrecision.FLOAT64: 0.0,
    TrainingPrecision.FLOAT32: 0.1,
    TrainingPrecision.BFLOAT16: 0.25,
}


@dataclass(frozen=True)
class Pattern:
    """Square color images of ten random patterns under noise, drawn and not read."""

    side: int
    training: int
    validation: int  # and as many test images

    @property
    def ports(self) -> Ports:
        """Return one input a pixel and ten classes."""
        return Ports(3 * self.side**2, 10, ("relu",), image_shape=(3, self.side, self.side))

    def images(self) -> Images:
        """Return the three splits, the same ones each time."""
        return _draw_patterns(self)

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> Any:
        """Return one seed for each episode."""
        return derive_key(seed, role, generation)[:1].repeat(episodes)


@cache
def _draw_patterns(task: Pattern) -> Images:
    rng = np.random.default_rng(SEED)
    patterns = rng.integers(60, 196, (10, 3, task.side, task.side))

    def draw_split(count: int) -> LabelledImages:
        labels = rng.integers(0, 10, count)
        pixels = patterns[labels] + rng.normal(0, 100, (count, 3, task.side, task.side))
        return LabelledImages(pixels.clip(0, 255).round().astype(np.uint8), labels.astype(np.int64))

    training, validation, test = map(draw_split, (task.training, task.validation, task.validation))
    return Images(training, validation, test, 10, 255.0, "drawn color patterns")


@dataclass(frozen=True)
class Workload:
    """One parent network on one task, trained under one mask rule, is compared in every precision."""

    parent_name: str
    parent_network: Any
    task: Any
    rule_name: str
    mask_rule: MaskRule
    granularity: Granularity
    num_candidates: int
    epochs: int
    batch_size: int = 64
    repeats: int = 3  # timed trainings after the one that warms up

    def sample_candidates(self) -> Subnetworks:
        """Return the candidates; those of one workload are the same on each device."""
        method = Weedout(
            population_size=self.num_candidates,
            parent_network=self.parent_network,
            mask_rule=self.mask_rule,
            granularity=self.granularity,
            sparsity=SPARSITY,
            layer_distribution=LayerDistribution.UNIFORM,
            layer_sparsity=None,
            initial_weights=InitSharing.INDEPENDENT,  # shared ones make all candidates of `imp` one network
        )
        return method.ask(method.start(self.task.ports, make_stream(SEED, Role.START)))

    def make_trainer(self, device: str, precision: TrainingPrecision, candidates_per_batch: int) -> Trainer:
        """Return the package's trainer, with the presets' optimizer."""
        optimizer = OptimizerSettings(
            learning_rate=0.05,
            momentum=0.9,
            nesterov=True,
            weight_decay=5e-4,
            batch_size=self.batch_size,
            schedule=LearningRateSchedule.COSINE,
            milestones=(),
            gamma=0.1,
        )
        return Trainer(
            epochs=self.epochs,
            early_epochs=1,
            early_steps=None,
            resume_from_early=False,
            fitness=Fitness.VAL_LOSS,
            optimizer=optimizer,
            augment=Augmentation.NONE,
            normalize=Normalization.MEAN,
            precision=precision,
            device=device,
            threads=None,
            candidates_per_batch=candidates_per_batch,
        )


@dataclass(frozen=True)
class Measurement:
    """Several trainings of the same candidates on one device: the first result, all bytes, all times."""

    result: TrainingResult
    digests: set[str]
    seconds: list[float]  # without the first training, which warms up

    @property
    def has_same_bytes(self) -> bool:
        """Whether all trainings gave the same bytes."""
        return len(self.digests) == 1


def compute_digest(result: TrainingResult) -> str:
    """Return a hash of all arrays of a result: evaluations, masks, weights and statistics."""
    arrays = [result.accuracy, result.loss, result.test_accuracy, result.test_loss, result.masks]
    digest = hashlib.sha256()
    for array in [*arrays, *(result.weights or []), *(result.batch_norm_stats or [])]:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def measure_training(trainer: Trainer, candidates: Subnetworks, task: Any, repeats: int) -> Measurement:
    """Train the candidates in full, once to warm up and `repeats` times more."""
    results, seconds = [], []
    for _ in range(1 + repeats):
        start_s = time.perf_counter()
        results.append(trainer.train(candidates, task, SEED, return_weights=True))
        seconds.append(time.perf_counter() - start_s)
    return Measurement(results[0], set(map(compute_digest, results)), seconds[1:])


@dataclass(frozen=True)
class Distance:
    """The distances of one training result from another, each the largest of a candidate's evaluations."""

    losses: np.ndarray  # (P,) relative; infinite where a loss is not finite
    accuracies: np.ndarray  # (P,) 0..1
    masks: float  # share of all bits that differ

    @property
    def typical_loss(self) -> float:
        """Return the lower quartile of the candidates' losses, which rounding alone has moved."""
        return float(np.quantile(self.losses, 0.25))


def list_scores(result: TrainingResult) -> tuple[np.ndarray, np.ndarray]:
    """Return losses and accuracies (P, evaluations), those of the test images last."""
    assert result.test_loss is not None
    assert result.test_accuracy is not None
    losses = np.column_stack([result.loss, result.test_loss])
    return losses, np.column_stack([result.accuracy, result.test_accuracy])


def compute_distance(result: TrainingResult, reference: TrainingResult) -> Distance:
    """Compare the evaluations and the masks of the same candidates."""
    (losses, accuracies), (expected_losses, expected_accuracies) = map(list_scores, (result, reference))
    loss_distances = np.abs(losses - expected_losses) / expected_losses
    return Distance(
        np.nan_to_num(loss_distances, nan=np.inf).max(1),
        np.nan_to_num(np.abs(accuracies - expected_accuracies), nan=1.0).max(1),
        float(np.mean(result.masks != reference.masks)),
    )


# The bound


@dataclass
class MultiplyAddCounter:
    """The layer operations of a parent network on shapes alone; each product is counted for one image."""

    kept: list[int]  # nodes that are left in each maskable layer, in order
    products: list[list[int]] = field(default_factory=list)  # output nodes, multiply-adds of one of them

    def dense(self, x: tuple[int, ...], width: int) -> tuple[int, ...]:
        """Count inputs x outputs."""
        self.products.append([width, prod(x)])
        return (width,)

    def conv(self, x: tuple[int, ...], channels: int, kernel: int, stride: int) -> tuple[int, ...]:
        """Count inputs x kernel x outputs x positions."""
        height, width = ((length + 2 * (kernel // 2) - kernel) // stride + 1 for length in x[1:])
        self.products.append([channels, x[0] * kernel**2 * height * width])
        return channels, height, width

    def mask_nodes(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """Count the last product for the nodes that are left."""
        self.products[-1][0] = self.kept.pop(0)
        return self.products[-1][0], *x[1:]

    def batch_norm(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """Count nothing."""
        return x

    relu = batch_norm

    def add(self, x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
        """Count nothing."""
        return x

    def global_average_pool(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """Count nothing."""
        return x[:1]


@dataclass(frozen=True)
class Operations:
    """The floating-point operations that the products of one image take, two for each multiply-add."""

    evaluation: int
    training: int

    def count(self, result: TrainingResult, images: Images) -> float:
        """Return the operations of a whole training of all candidates, evaluations included."""
        num_evaluations = result.accuracy.shape[1] * len(images.validation) + len(images.test)
        return len(result.masks) * float(
            result.images_shown * self.training + num_evaluations * self.evaluation
        )


def count_operations(workload: Workload, candidates: Subnetworks) -> Operations:
    """Count the products that the trainer computes for one image of one candidate.

    Fixed node masks leave a smaller network; masked weights are multiplied like others. A backward pass takes
    the products of the forward pass twice, but there is no gradient of pixels.
    """
    mask_space = candidates.design.mask_space
    is_thinned = workload.mask_rule.has_fixed_masks and workload.granularity is Granularity.NODES
    kept = mask_space.keep_counts(candidates.masks)[0].tolist() if is_thinned else None
    counter = MultiplyAddCounter(kept or list(mask_space.layout.layer_widths))
    workload.parent_network.forward(counter, workload.task.ports.image_shape, workload.task.ports.outputs)
    multiply_adds = [prod(product) for product in counter.products]
    return Operations(2 * sum(multiply_adds), 2 * (3 * sum(multiply_adds) - multiply_adds[0]))


def measure_peak(device: str, precision: TrainingPrecision, size: int) -> float:
    """Return the operations a second of one large matrix product, the median of five after a warm-up."""
    generator = torch.Generator().manual_seed(SEED)
    a, b = (torch.randn(size, size, generator=generator).to(device, TORCH_TYPES[precision]) for _ in range(2))
    seconds = []
    for _ in range(6):
        start_s = time.perf_counter()
        (a @ b)[0, 0].item()  # waits for the device
        seconds.append(time.perf_counter() - start_s)
    return 2.0 * size**3 / statistics.median(seconds[1:])


# The table


def list_workloads(is_quick: bool) -> list[Workload]:
    """Return all workloads; `is_quick` has three candidates and few small images.

    Few steps of the wide residual network are compared: it has so many activations that after a hundred steps
    in float32 hardly a candidate is left without the events described at the top.
    """
    digits: Any = Digits(
        split_seed=0, batch_size=1000, reward=ImageReward.LOSS, episodes=1, activations=("relu",)
    )
    few_images = Pattern(side=8, training=256, validation=200)
    many_images = few_images if is_quick else digits
    mlp, wide_resnet = Mlp(layers=(256, 256)), WideResNet(depth=16, width=1)
    static = Static(weights=WeightInit.UNSCALED)
    rigl = Rigl(alpha=0.3, update_every=5, end_fraction=0.75)
    imp = Imp(rounds=3, rewind_steps=0, scope=Scope.GLOBAL)
    nodes, weights = Granularity.NODES, Granularity.WEIGHTS
    workloads = [
        Workload("mlp", mlp, many_images, "static", static, nodes, 256, epochs=2),
        Workload("mlp", mlp, many_images, "rigl", rigl, weights, 32, epochs=2),
        Workload("mlp", mlp, many_images, "imp", imp, weights, 32, epochs=1),
        Workload("wrn_16_1", wide_resnet, many_images, "static", static, nodes, 16, epochs=1),
        Workload("wrn_16_1", wide_resnet, few_images, "rigl", rigl, weights, 8, epochs=2),
        Workload("wrn_16_1", wide_resnet, few_images, "imp", imp, weights, 8, epochs=1),
    ]
    if is_quick:
        return [replace(workload, num_candidates=3, repeats=1) for workload in workloads]
    large_images = Pattern(side=32, training=512, validation=64)  # as large as CIFAR-10's
    return [
        *workloads,
        Workload("wrn_16_1", wide_resnet, large_images, "static", static, nodes, 8, epochs=1, batch_size=128),
    ]


COLUMNS = (
    ("parent, masks, images", 24),
    ("precision", 9),
    ("images/s, reference", 25),
    ("images/s, checked", 25),
    ("times", 6),
    ("ms/step", 7),
    ("of peak", 7),
    ("loss off: quartile (allowed)", 28),
    ("largest", 7),
    ("points off", 10),
    ("masks off", 9),
    ("same bytes", 10),
    ("verdict", 7),
)


def format_row(cells: Sequence[str]) -> str:
    """Return one row of the table."""
    widths = [width for _, width in COLUMNS]
    return " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def format_rates(rates: Sequence[float]) -> str:
    """Return the median, with the extremes where there are several rates."""
    spread = f" ({min(rates):,.0f}..{max(rates):,.0f})" if len(rates) > 1 else ""
    return f"{statistics.median(rates):,.0f}{spread}"


@dataclass(frozen=True)
class Devices:
    """The device that is checked, the reference, and the rates of large matrix products."""

    reference: str
    checked: str
    peaks: dict[TrainingPrecision, float]  # operations a second, of the checked device


@dataclass(frozen=True)
class Comparison:
    """The same candidates were trained in one precision on two devices."""

    precision: TrainingPrecision
    reference: Measurement
    checked: Measurement
    tolerance: float  # relative, of the lower quartile of the losses' distances

    @property
    def distance(self) -> Distance:
        """Return the distance of the checked device from the reference."""
        return compute_distance(self.checked.result, self.reference.result)

    def holds(self, devices: Devices) -> bool:
        """Return whether the devices agree, and a CPU repeats its bytes; a GPU's bytes are not promised."""
        distance = self.distance
        return (
            distance.typical_loss <= self.tolerance
            and float(distance.losses.max()) <= MAX_LOSS_DISTANCE[self.precision]
            and float(distance.accuracies.max()) <= MAX_ACCURACY_DISTANCE[self.precision]
            and (self.precision is not TrainingPrecision.FLOAT64 or distance.masks == 0)
            and (devices.reference != "cpu" or self.reference.has_same_bytes)
            and (devices.checked != "cpu" or self.checked.has_same_bytes)
        )


def compare_devices(workload: Workload, candidates: Subnetworks, devices: Devices) -> Iterator[Comparison]:
    """Train the candidates in every precision, on the reference in as many groups as it has threads."""
    group_size = min(16, -(-len(candidates) // num_processors()))
    truth = None
    for precision in PRECISIONS:
        reference, checked = (
            measure_training(
                workload.make_trainer(device, precision, candidates_per_batch),
                candidates,
                workload.task,
                workload.repeats,
            )
            for device, candidates_per_batch in (
                (devices.reference, group_size),
                (devices.checked, len(candidates)),
            )
        )
        truth = truth or reference.result
        rounding = compute_distance(reference.result, truth).typical_loss
        tolerance = max(MIN_TOLERANCE[precision], ROUNDING_FACTOR * rounding)
        yield Comparison(precision, reference, checked, tolerance)


def describe_workload(workload: Workload) -> str:
    """Return parent network, rule, side of the images and number of candidates."""
    side = workload.task.ports.image_shape[1]
    return f"{workload.parent_name} {workload.rule_name} {side}px x{workload.num_candidates}"


def format_comparison(
    workload: Workload, operations: Operations, comparison: Comparison, devices: Devices
) -> str:
    """Return the row of one workload in one precision."""
    images, result = workload.task.images(), comparison.checked.result
    rates = [
        [workload.num_candidates * result.images_shown / duration_s for duration_s in measurement.seconds]
        for measurement in (comparison.reference, comparison.checked)
    ]
    checked_s = statistics.median(comparison.checked.seconds)
    steps_per_epoch = -(-len(images.training) // workload.batch_size)
    num_steps = steps_per_epoch * result.images_shown // len(images.training)
    share = operations.count(result, images) / checked_s / devices.peaks[comparison.precision]
    distance = comparison.distance
    return format_row(
        (
            describe_workload(workload),
            comparison.precision.value,
            *map(format_rates, rates),
            f"{statistics.median(rates[1]) / statistics.median(rates[0]):.2f}",
            f"{1e3 * checked_s / num_steps:.2f}",
            f"{share:.3%}",
            f"{distance.typical_loss:.1e} ({comparison.tolerance:.1e})",
            f"{distance.losses.max():.1e}",
            f"{100 * distance.accuracies.max():.2f}",
            f"{distance.masks:.1e}",
            f"{comparison.reference.has_same_bytes:d} {comparison.checked.has_same_bytes:d}",
            "holds" if comparison.holds(devices) else "BROKEN",
        )
    )


def check_workload(workload: Workload, devices: Devices) -> bool:
    """Print the rows of one workload, and return whether all tolerances hold."""
    candidates = workload.sample_candidates()
    operations, holds = count_operations(workload, candidates), True
    try:
        for comparison in compare_devices(workload, candidates, devices):
            print(format_comparison(workload, operations, comparison, devices), flush=True)
            holds = comparison.holds(devices) and holds
    except (ConfigError, RuntimeError):  # the other workloads are still worth their time on the device
        print(f"{describe_workload(workload)} stopped:\n{traceback.format_exc()}", flush=True)
        return False
    return holds


def print_bound(workloads: Sequence[Workload], devices: Devices) -> None:
    """Print the operations of one image, and the least time of a training at the measured rate."""
    print("\nThe bound: operations of one image and candidate, and the time of all products at the peak")
    for workload in workloads:
        candidates = workload.sample_candidates()
        operations = count_operations(workload, candidates)
        step = operations.training * workload.batch_size * len(candidates)
        floors = ", ".join(
            f"{precision.value} {1e3 * step / devices.peaks[precision]:.3f}" for precision in PRECISIONS
        )
        print(
            f"  {workload.parent_name} {workload.rule_name} {workload.task.ports.image_shape[1]}px: "
            f"{operations.training / 1e6:.3f} million to train, "
            f"{operations.evaluation / 1e6:.3f} to evaluate; "
            f"{len(candidates)} candidates x {workload.batch_size} images a step, ms at least: {floors}"
        )


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Trains sub-networks on CUDA and on the CPU, and compares.")
    parser.add_argument("--devices", default="cpu,cuda", help="reference,checked (default: cpu,cuda)")
    parser.add_argument("--quick", action="store_true", help="few candidates, few small images")
    parser.add_argument("--max-seconds", type=float, default=900.0, help="begin no workload after them")
    return parser.parse_args(arguments)


def describe_device(device: str) -> str:
    """Return the name of a card, or of the processor with the number of threads."""
    if device.startswith("cuda"):
        properties: Any = torch.cuda.get_device_properties(device)
        memory = properties.total_memory / 2**30
        return f"{properties.name}, {properties.multi_processor_count} multiprocessors, {memory:.0f} GiB"
    model = (
        [
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        if Path("/proc/cpuinfo").exists()
        else []
    )
    return f"{(model or [platform.processor()])[0]}, {num_processors()} threads"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the two devices and print the table; return the exit code."""
    start_s = time.perf_counter()
    options = parse_arguments(arguments)
    names = options.devices.split(",")
    if len(names) != 2:
        print(f"--devices is {options.devices!r}; it must be two names, such as cpu,cuda.", file=sys.stderr)
        return 2
    if any(name.startswith("cuda") for name in names) and not torch.cuda.is_available():
        print("no CUDA device: nothing was checked")
        return 0
    workloads = list_workloads(options.quick)
    try:
        for name in names:
            trainer = workloads[0].make_trainer(name, TrainingPrecision.FLOAT32, 1)
            trainer.describe(workloads[0].task, Trials(shared_weights=None, episodes=1))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"torch {torch.__version__}, CUDA {torch.version.cuda}, Python {platform.python_version()}")
    for role, name in zip(("reference", "checked"), names, strict=True):
        print(f"{role}: {name}, {describe_device(name)}")
    size = 1024 if options.quick else 8192 if names[1].startswith("cuda") else 2048
    devices = Devices(
        names[0], names[1], {precision: measure_peak(names[1], precision, size) for precision in PRECISIONS}
    )
    rates = ", ".join(f"{precision.value} {peak / 1e12:.3g}" for precision, peak in devices.peaks.items())
    print(f"peak: a product of {size} x {size} matrices on {names[1]}, TFLOP/s: {rates}")
    print_bound(workloads, devices)
    print(
        "\nimages/s: training images times candidates, in whole trainings with their evaluations, median "
        "(extremes). times, ms/step, of peak: of the checked device. off: distance of the devices, the "
        "lower quartile of the candidates or the largest. same bytes (1: yes) of repeated trainings: "
        "reference, checked.\n"
    )
    print(format_row([title for title, _ in COLUMNS]), flush=True)
    holds, num_skipped = True, 0
    for workload in workloads:
        if time.perf_counter() - start_s > options.max_seconds:
            num_skipped += 1
            continue
        holds = check_workload(workload, devices) and holds
    if num_skipped:
        print(f"{num_skipped} of {len(workloads)} workloads were not begun within {options.max_seconds:g} s")
    passed = holds and not num_skipped
    print(f"{'PASS' if passed else 'FAIL'} after {time.perf_counter() - start_s:.0f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
