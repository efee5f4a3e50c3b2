"""Candidates trained per second, many at once, beside one after the other in plain torch.

The work is the early budget of a search on the digits: so many candidates with random node or weight
masks, one epoch of 17 steps, one evaluation of the validation images. The peer is what one would write by
hand: an `nn.Module` a candidate, `torch.optim.SGD`, the same batches, already dealt out. It trains either
the whole parent with the masks multiplied on, as papers' code does, or the physically smaller network.

Bound for an MLP of 64-51-51-10 (80 % of 256 taken away): 3 x 2 x 6,375 operations an image, 41
million an epoch and candidate, 1 ms at 40 G/s; the peer spends 20 small calls a step forward and back, and
17 steps, about 4 ms of calls. So what there is to gain is calls, and what is masked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from plain_networks import PlainMlp, PlainWideResNet, make_masked_mlp, make_masked_wide_resnet
from samples import Pace, Sampler, compare
from table import BenchmarkRow, Target

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.subnetworks.subnetworks import Granularity, Subnetworks
from wannsearch.core.trials import Trials
from wannsearch.evaluators.trainer import Trainer
from wannsearch.evaluators.training.data import DeviceImages, load_on_device
from wannsearch.evaluators.training.settings import (
    Augmentation,
    Fitness,
    LearningRateSchedule,
    Normalization,
    OptimizerSettings,
    TrainingPrecision,
)
from wannsearch.methods.random_masks import LayerDistribution
from wannsearch.methods.subnetwork_sampling import InitSharing
from wannsearch.methods.weedout import Weedout
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.static import Static, WeightInit
from wannsearch.tasks.digits import Digits
from wannsearch.tasks.image_task import ImageReward

SPARSITY = 0.8
SINGLE_TRIAL = Trials(shared_weights=None, episodes=1)
SGD = OptimizerSettings(
    learning_rate=0.05,
    momentum=0.9,
    nesterov=True,
    weight_decay=5e-4,
    batch_size=64,
    schedule=LearningRateSchedule.COSINE,
    milestones=(),
    gamma=0.1,
)


def make_digits_task() -> Digits:
    return Digits(split_seed=0, batch_size=1000, reward=ImageReward.LOSS, episodes=1, activations=("relu",))


def make_trainer(threads: int, candidates_per_batch: int) -> Trainer:
    return Trainer(
        epochs=30,
        early_epochs=1,
        early_steps=None,
        resume_from_early=False,
        fitness=Fitness.VAL_ACCURACY,
        optimizer=SGD,
        augment=Augmentation.NONE,
        normalize=Normalization.MEAN,
        precision=TrainingPrecision.FLOAT32,
        device="cpu",
        threads=threads,
        candidates_per_batch=candidates_per_batch,
    )


def sample_candidates(
    parent: Any, num_candidates: int, granularity: Granularity, ports: Ports
) -> Subnetworks:
    method = Weedout(
        population_size=num_candidates,
        parent_network=parent,
        mask_rule=Static(weights=WeightInit.UNSCALED),
        granularity=granularity,
        sparsity=SPARSITY,
        layer_distribution=LayerDistribution.UNIFORM,
        layer_sparsity=None,
        initial_weights=InitSharing.SHARED,
    )
    return method.ask(method.start(ports, make_stream(0, Role.START)))


def make_torch_sampler(
    candidates: Subnetworks, build_network: Callable[[Subnetworks, int], torch.nn.Module], seed: int
) -> Sampler:
    """Return a sampler of candidates a second in plain torch, trained and validated one by one."""
    task = make_digits_task()
    data: DeviceImages = load_on_device(task.images(), make_trainer(1, 1)._training_settings())
    batches = list(data.train_batches(seed, 0, SGD.batch_size))
    images, labels = next(data.eval_batches(data.validation))

    def sample() -> float:
        start_s = time.perf_counter()
        for row in range(len(candidates)):
            network = build_network(candidates, row)
            optimizer = torch.optim.SGD(
                network.parameters(),
                SGD.learning_rate,
                SGD.momentum,
                weight_decay=SGD.weight_decay,
                nesterov=True,
            )
            network.train()
            for pixels, targets in batches:
                loss = torch.nn.functional.cross_entropy(network(pixels), targets)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            network.eval()
            with torch.no_grad():
                (network(images).argmax(1) == labels).float().mean().item()
        return len(candidates) / (time.perf_counter() - start_s)

    return sample


def make_batched_sampler(
    candidates: Subnetworks, threads: int, candidates_per_batch: int, seed: int
) -> Sampler:
    """Return a sampler of candidates a second in our trainer, which does the same work at once."""
    task, batched_trainer = make_digits_task(), make_trainer(threads, candidates_per_batch)

    def sample() -> float:
        start_s = time.perf_counter()
        batched_trainer.evaluate(candidates, task, SINGLE_TRIAL, np.array([seed], np.uint64))
        return len(candidates) / (time.perf_counter() - start_s)

    return sample


def measure_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return the rows of MLP and WRN, with masks over nodes or weights, on one thread."""
    ports = make_digits_task().ports
    mlp, wrn = Mlp(layers=(256, 256)), WideResNet(depth=16, width=1)
    cases: list[tuple[str, Any, int, Granularity, str, Any, int, Target | None]] = [
        (
            "MLP, nodes",
            mlp,
            64,
            Granularity.NODES,
            "whole parent, masked",
            make_masked_mlp,
            64,
            Target(">=", 5),
        ),
        (
            "MLP, nodes",
            mlp,
            64,
            Granularity.NODES,
            "smaller network",
            PlainMlp.without_masked_nodes,
            64,
            Target(">=", 5),
        ),
        ("MLP, weights", mlp, 64, Granularity.WEIGHTS, "whole parent, masked", make_masked_mlp, 16, None),
        (
            "WRN-16-1, nodes",
            wrn,
            16,
            Granularity.NODES,
            "whole parent, masked",
            make_masked_wide_resnet,
            16,
            None,
        ),
        (
            "WRN-16-1, nodes",
            wrn,
            16,
            Granularity.NODES,
            "smaller network",
            PlainWideResNet.without_masked_channels,
            16,
            None,
        ),
    ]
    results = []
    for name, parent, num_candidates, granularity, peer, build_network, candidates_per_batch, target in cases:
        candidates = sample_candidates(parent, num_candidates, granularity, ports)
        num_threads = torch.get_num_threads()
        torch.set_num_threads(1)
        rates = compare(
            make_batched_sampler(candidates, 1, candidates_per_batch, 7),
            make_torch_sampler(candidates, build_network, 7),
            pace,
        )
        torch.set_num_threads(num_threads)
        results.append(
            BenchmarkRow(
                name=f"{name}, {num_candidates} candidates",
                work=f"80 % taken away, one epoch of the digits, {candidates_per_batch} together",
                unit="candidates/s",
                result=rates[0],
                peer_result=rates[1],
                peer=f"plain torch one by one, {peer}",
                ratio=rates[2],
                target=target,
            )
        )
    return results
