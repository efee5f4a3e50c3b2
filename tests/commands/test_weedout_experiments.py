"""The experiments of the paper's kind, made small: they run as they stand, and leave true weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from plain_torch import PlainWrn, loaded, looked, wrn_widths
from safetensors.numpy import load_file
from synthetic_images import write_all

from wannsearch.core.subnetworks.parent_network import trace
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.tasks.digits import Digits
from wannsearch.tasks.image_task import ImageReward

Command = Callable[..., int]
SMALL = [
    "method.population_size=2",
    "generations=1",
    "evaluator.epochs=1",
    "display=off",
    "plots=off",
    "task.batch_size=20",
]


@pytest.mark.parametrize(
    ("experiment", "more"),
    [
        ("weedout_mnist", ["evaluator.early_steps=2", "method.parent_network.layers=[16]"]),
        pytest.param(
            "weedout_cifar10",
            ["evaluator.early_steps=2", "evaluator.optimizer.batch_size=120"],
            marks=pytest.mark.long,
        ),
        ("weedout_digits_wrn", ["evaluator.early_epochs=1"]),
    ],
)
def test_an_experiment_runs_on_a_processor_and_tells_its_images(
    search: Command, tmp_path: Path, experiment: str, more: list[str]
) -> None:
    root = write_all(tmp_path / "data")
    words = [f"experiment={experiment}", *SMALL, *more, f"data.root={root}"]
    assert search(*words, "hydra.run.dir=run") == 0
    evaluation = json.loads(Path("run/best/evaluation.json").read_text())
    assert evaluation["failed"] == 0
    assert 0 <= evaluation["mean_over_weights"] <= 1
    count = {"weedout_mnist": 400, "weedout_cifar10": 360, "weedout_digits_wrn": 1797}[experiment]
    assert sum(evaluation["images"][part] for part in ("training", "validation", "test")) == count
    assert {path.name for path in Path("run/best").iterdir()} == {
        "evaluation.json", "masks.json", "weights.safetensors"
    }  # fmt: skip


def test_a_residual_networks_weights_reproduce_its_test_accuracy_in_plain_torch(search: Command) -> None:
    words = [
        "experiment=weedout_digits_wrn",
        "generations=1",
        "method.population_size=2",
        "display=off",
        "plots=off",
    ]
    words += ["method.parent_network.depth=10", "evaluator.epochs=2", "evaluator.early_epochs=1", "seed=3"]
    assert search(*words, "hydra.run.dir=run") == 0
    arrays = load_file("run/best/weights.safetensors")
    evaluation: Any = json.loads(Path("run/best/evaluation.json").read_text())
    task = Digits(split_seed=3, batch_size=9, reward=ImageReward.LOSS, episodes=1, activations=("tanh",))
    plan, images = trace(WideResNet(depth=10, width=1), task.ports), task.images()
    module = loaded(
        PlainWrn(1, 10, 1, 10, wrn_widths(10, 1)),
        [arrays[f"trained.{parameter.name}"] for parameter in plan.parameters],
    )
    norms = [part for part in module.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    for number, norm in enumerate(_in_order(module, norms), start=1):
        norm.running_mean.copy_(torch.from_numpy(arrays[f"trained.norm{number}.mean"]))
        norm.running_var.copy_(torch.from_numpy(arrays[f"trained.norm{number}.variance"]))
    assert f"trained.norm{len(norms) + 1}.mean" not in arrays
    pixels = images.test.pixels / images.max_pixel - images.training.pixels.mean() / images.max_pixel
    accuracy, loss = looked(module, (torch.from_numpy(pixels), torch.from_numpy(images.test.labels)))
    assert accuracy == pytest.approx(evaluation["trained"][0]["test_accuracy"], abs=1e-12)
    assert loss == pytest.approx(evaluation["trained"][0]["test_loss"], rel=1e-5)
    masks = json.loads(Path("run/best/masks.json").read_text())
    assert [len(layer["kept"]) for layer in masks["layers"]] == [3, 6, 13]
    gone = np.setdiff1d(np.arange(16), masks["layers"][0]["kept"])
    assert not arrays["trained.norm2.mean"][gone].any()


def _in_order(module: Any, norms: list[torch.nn.BatchNorm2d]) -> list[torch.nn.BatchNorm2d]:
    """As the network uses them."""
    used = []
    hooks = [norm.register_forward_pre_hook(lambda part, _: used.append(part)) for norm in norms]
    module.eval()(torch.zeros(1, 1, 8, 8, dtype=torch.float64))
    for hook in hooks:
        hook.remove()
    return used


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evaluator.early_steps=511"], "a full training has 510 steps"),
        (["device=cuda"], "device is 'cuda'"),
        (["parent_network=wrn_16_1"], "write method.parent_network=NAME"),
        (["method.mask_rule=impp"], "Did you mean 'imp'?"),
        (["method.parent_network=wrn_16"], "Did you mean 'wrn_16_"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_line(
    search: Command, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    if "device=cuda" in words and torch.cuda.is_available():
        words = ["device=cuda:99"]
        said = "device is 'cuda:99'"
    assert search("experiment=weedout_digits", *words, "hydra.run.dir=run") == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not Path("run").exists()


def test_a_rule_and_a_parent_are_chosen_by_their_names(search: Command) -> None:
    words = [
        "experiment=weedout_digits",
        "method=one_shot",
        "method.mask_rule=set",
        "method.parent_network=wrn_10_1",
    ]
    words += [
        "method.granularity=weights",
        "method.mask_rule.update_every=3",
        "evaluator.epochs=1",
        "display=off",
        "plots=off",
    ]
    assert search(*words, "method.population_size=2", "hydra.run.dir=run") == 0
    config = Path("run/.hydra/config.yaml").read_text()
    assert "wannsearch.sparsity.set.Set" in config
    assert "every: 3" in config
    assert "depth: 10" in config
