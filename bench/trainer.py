"""Candidates trained per second, many at once, beside one after the other in plain torch.

The work is the early budget of a search on the digits: so many candidates with random node or weight
masks, one epoch of 17 steps, one look at the validation images. The peer is what one would write by
hand: an `nn.Module` a candidate, `torch.optim.SGD`, the same batches, already dealt out. It trains either
the whole parent with the masks multiplied on, as papers' code does, or the physically smaller network.

Bound for an MLP of 64-51-51-10 (80 % of 256 taken away): 3 x 2 x 6,385 multiplications an image, 41
million an epoch and candidate, 1 ms at 40 G/s; the peer spends 20 small calls a step forward and back, and
17 steps, about 4 ms of calls. So what there is to gain is calls, and what is masked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from plain_networks import PlainMlp, PlainWideResNet, masked_mlp, masked_wide_resnet
from samples import Pace, Sample, compared
from table import Row, Target

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, stream
from wannsearch.core.subnetworks.subnetworks import Granularity, Subnetworks
from wannsearch.core.trials import Trials
from wannsearch.evaluators.trainer import Trainer
from wannsearch.evaluators.training.data import Data, on_device
from wannsearch.evaluators.training.settings import (
    Augment,
    Fitness,
    Normalise,
    Optimizer,
    Precision,
    Schedule,
)
from wannsearch.methods.random_masks import Shares
from wannsearch.methods.subnetwork_sampling import Initial
from wannsearch.methods.weedout import Weedout
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.static import Start, Static
from wannsearch.tasks.digits import Digits
from wannsearch.tasks.image_task import Reward

SPARSITY = 0.8
OWN = Trials(shared_weights=None, episodes=1)
SGD = Optimizer(
    learning_rate=0.05,
    momentum=0.9,
    nesterov=True,
    weight_decay=5e-4,
    batch=64,
    schedule=Schedule.COSINE,
    milestones=(),
    factor=0.1,
)


def digits() -> Digits:
    return Digits(split_seed=0, batch=1000, reward=Reward.LOSS, episodes=1, activations=("relu",))


def trainer(threads: int, group: int) -> Trainer:
    return Trainer(
        epochs=30,
        early_epochs=1,
        early_steps=None,
        keep_trained=False,
        fitness=Fitness.VAL_ACCURACY,
        optimizer=SGD,
        augment=Augment.NONE,
        normalise=Normalise.MEAN,
        precision=Precision.FLOAT32,
        device="cpu",
        threads=threads,
        group=group,
    )


def candidates(parent: Any, count: int, granularity: Granularity, ports: Ports) -> Subnetworks:
    method = Weedout(
        population_size=count,
        parent=parent,
        rule=Static(weights=Start.PARENT),
        granularity=granularity,
        sparsity=SPARSITY,
        shares=Shares.UNIFORM,
        layer_sparsity=None,
        init=Initial.PARENT,
    )
    return method.ask(method.start(ports, stream(0, Role.START)))


def one_by_one(asked: Subnetworks, made: Callable[[Subnetworks, int], torch.nn.Module], seed: int) -> Sample:
    """A sampler of candidates a second."""
    task = digits()
    data: Data = on_device(task.images(), trainer(1, 1)._recipe())
    batches = list(data.batches(seed, 0, SGD.batch))
    shown, labels = next(data.looks(data.validation))

    def sample() -> float:
        begin = time.perf_counter()
        for row in range(len(asked)):
            network = made(asked, row)
            descent = torch.optim.SGD(
                network.parameters(),
                SGD.learning_rate,
                SGD.momentum,
                weight_decay=SGD.weight_decay,
                nesterov=True,
            )
            network.train()
            for pixels, wanted in batches:
                loss = torch.nn.functional.cross_entropy(network(pixels), wanted)
                descent.zero_grad()
                loss.backward()
                descent.step()
            network.eval()
            with torch.no_grad():
                (network(shown).argmax(1) == labels).float().mean().item()
        return len(asked) / (time.perf_counter() - begin)

    return sample


def together(asked: Subnetworks, threads: int, group: int, seed: int) -> Sample:
    """The same of ours."""
    task, ours = digits(), trainer(threads, group)

    def sample() -> float:
        begin = time.perf_counter()
        ours.evaluate(asked, task, OWN, np.array([seed], np.uint64))
        return len(asked) / (time.perf_counter() - begin)

    return sample


def rows(pace: Pace) -> list[Row]:
    """MLP and WRN, nodes and weights."""
    ports = digits().ports
    mlp, wrn = Mlp(layers=(256, 256)), WideResNet(depth=16, width=1)
    kinds: list[tuple[str, Any, int, Granularity, str, Any, int, Target | None]] = [
        ("MLP, nodes", mlp, 64, Granularity.NODES, "whole parent, masked", masked_mlp, 64, Target(">=", 5)),
        ("MLP, nodes", mlp, 64, Granularity.NODES, "smaller network", PlainMlp.smaller, 64, Target(">=", 5)),
        ("MLP, weights", mlp, 64, Granularity.WEIGHTS, "whole parent, masked", masked_mlp, 16, None),
        ("WRN-16-1, nodes", wrn, 16, Granularity.NODES, "whole parent, masked", masked_wide_resnet, 16, None),
        ("WRN-16-1, nodes", wrn, 16, Granularity.NODES, "smaller network", PlainWideResNet.smaller, 16, None),
    ]
    made = []
    for name, parent, count, granularity, peer, build, group, target in kinds:
        asked = candidates(parent, count, granularity, ports)
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        rates = compared(together(asked, 1, group, 7), one_by_one(asked, build, 7), pace)
        torch.set_num_threads(before)
        made.append(
            Row(
                name=f"{name}, {count} candidates",
                work=f"80 % taken away, one epoch of the digits, {group} together",
                unit="candidates/s",
                ours=rates[0],
                beside=rates[1],
                peer=f"plain torch one by one, {peer}",
                ratio=rates[2],
                target=target,
            )
        )
    return made
