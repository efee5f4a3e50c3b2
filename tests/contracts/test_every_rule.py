"""What every mask rule of `conf/` owes, in whole small trainings."""

from __future__ import annotations

from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import hydra
import numpy as np
import pytest
from conf_files import CONF, built, files
from omegaconf import OmegaConf
from small_trainings import SGD, SMALL, Blobs, make_candidates

from wannsearch.commands.hydra.build import build
from wannsearch.core.subnetworks.parent_network import ParameterKind
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.core.trials import Trials
from wannsearch.evaluators.training.settings import TrainingPrecision
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.dense_parent import DenseParent
from wannsearch.sparsity.drop_and_grow import DropAndGrow
from wannsearch.sparsity.snip import Snip
from wannsearch.sparsity.synflow import SynFlow

TASK, OWN = Blobs(), Trials(shared_weights=None, episodes=1)
PARENTS = {"mlp": SMALL, "wrn": WideResNet(depth=10, width=1)}
MAKES_MASKS = (DenseParent, Snip, SynFlow)
"""Rules whose masks are not the proposed ones and stay from the first step on."""
BRIEF = {"update_every": 2, "rounds": 3}
"""Settings that let every rule do all it does within 15 steps."""


def config(file: Path) -> dict[str, Any]:
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        composed = hydra.compose("config", ["method=one_shot", f"mask_rule@method.mask_rule={file.stem}"])
    return dict(OmegaConf.to_container(composed)["method"]["mask_rule"])


def granularities(file: Path) -> tuple[Granularity, ...]:
    module, _, name = OmegaConf.load(file)["_target_"].rpartition(".")
    return getattr(import_module(module), name).granularities


KINDS = [(file, granularity) for file in files("mask_rule") for granularity in granularities(file)]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind[0].stem}, {kind[1].value}")
def kind(request: pytest.FixtureRequest) -> tuple[Path, Granularity]:
    return request.param


@pytest.fixture(scope="module")
def rule(kind: tuple[Path, Granularity]) -> Any:
    settings = config(kind[0])
    return build("mask_rule", settings | {name: value for name, value in BRIEF.items() if name in settings})


@pytest.fixture(scope="module")
def granularity(kind: tuple[Path, Granularity]) -> Granularity:
    return kind[1]


@pytest.fixture(scope="module")
def trainer() -> Any:
    made = built("evaluator", CONF / "evaluator" / "trainer.yaml", device="cpu")
    return replace(
        made, epochs=3, optimizer=SGD, precision=TrainingPrecision.FLOAT64, threads=1, candidates_per_batch=8
    )


@pytest.fixture(scope="module", params=["mlp", pytest.param("wrn", marks=pytest.mark.long)])
def candidates(rule: Any, granularity: Granularity, request: pytest.FixtureRequest) -> Any:
    return make_candidates(rule, granularity, PARENTS[request.param], sparsity=0.7)


@pytest.fixture(scope="module")
def trained(candidates: Any, trainer: Any) -> Any:
    return trainer.train(candidates, TASK, 5, return_weights=True)


@pytest.mark.parametrize("file", files("mask_rule"), ids=lambda file: file.stem)
def test_its_file_is_its_constructor_and_its_module_has_a_test(file: Path) -> None:
    settings = config(file)
    rule = build("mask_rule", settings)
    assert set(settings) - {"_target_"} == {field.name for field in fields(rule) if field.init}
    module = type(rule).__module__.rpartition(".")[2]
    assert (CONF.parent / "tests" / "sparsity" / f"test_{module}.py").is_file()


def test_a_training_ends_with_the_wanted_number_of_bits_one_a_layer_and_no_weight_elsewhere(
    rule: Any, granularity: Granularity, candidates: Any, trained: Any
) -> None:
    done, maskable = trained, candidates.design.mask_space
    wanted = np.full(3, maskable.size) if isinstance(rule, DenseParent) else candidates.masks.sum(1)
    assert np.array_equal(done.masks.sum(1), wanted)
    assert maskable.keep_counts(done.masks).min() >= 1
    assert np.isfinite(done.loss).all()
    assert done.loss.shape == (3, 3)
    for number, parameter in enumerate(maskable.layout.parameters):
        alive = np.ones((3, *parameter.shape), bool)
        if granularity is Granularity.WEIGHTS and number in maskable.parameter_ids:
            layer = maskable.layers[maskable.parameter_ids.index(number)]
            alive = done.masks[:, layer].reshape(alive.shape)
        for axis, layer in enumerate(
            (parameter.out_layer, parameter.in_layer)[: len(parameter.shape)], start=1
        ):
            if granularity is Granularity.NODES and layer is not None:
                shape = [3, *[1] * len(parameter.shape)]
                shape[axis] = -1
                alive = alive & done.masks[:, maskable.layers[layer]].reshape(shape)
        assert not done.weights[number][~alive].any()


@pytest.mark.long
def test_a_candidate_comes_to_the_same_whoever_is_trained_beside_it(
    rule: Any, granularity: Granularity, trainer: Any
) -> None:
    candidates = make_candidates(rule, granularity, rows=4)
    together = trainer.train(candidates, TASK, 5)
    assert len(np.unique(together.loss, axis=0)) == 4
    for size in (1, 3):
        apart = replace(trainer, candidates_per_batch=size).train(candidates, TASK, 5)
        assert np.array_equal(apart.masks, together.masks)
        np.testing.assert_allclose(apart.loss, together.loss, rtol=1e-12)  # measured: 5e-16; in float32 2e-7


def test_the_number_of_threads_changes_no_bit(rule: Any, granularity: Granularity, trainer: Any) -> None:
    candidates = make_candidates(rule, granularity, rows=4)
    by_threads = [
        replace(trainer, candidates_per_batch=2, threads=threads, precision=TrainingPrecision.FLOAT32).train(
            candidates, TASK, 5
        )
        for threads in (1, 2)
    ]
    for name in ("masks", "loss", "accuracy", "test_loss"):
        one, other = (getattr(done, name) for done in by_threads)
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_a_budget_shorter_than_its_schedule_is_judged_all_the_same(
    rule: Any, granularity: Granularity, steps: int, trainer: Any
) -> None:
    candidates = make_candidates(rule, granularity)
    scores = replace(trainer, early_steps=steps).evaluate(candidates, TASK, OWN, np.array([5], np.uint64))[0]
    assert scores.returns.shape == (3, 1, 1)
    assert np.isfinite(scores.returns).all()


def test_the_candidates_that_come_back_have_the_masks_and_counts_of_the_trained_networks(
    rule: Any, candidates: Any, trained: Any, trainer: Any
) -> None:
    same = replace(trainer, early_epochs=3)  # the early training is then the full one
    learned = same.evaluate(candidates, TASK, OWN, np.array([5], np.uint64))[1]
    done = trained
    if rule.num_trainings == 1:
        assert np.array_equal(learned.masks, done.masks)
    assert np.array_equal(learned.proposed, candidates.proposed)
    assert (
        not rule.has_fixed_masks
        or np.array_equal(learned.masks, candidates.masks)
        or type(rule) in MAKES_MASKS
    )
    kinds = [parameter.kind for parameter in candidates.design.mask_space.layout.parameters]
    drawn = [np.count_nonzero(w.reshape(3, -1), axis=1) for w, k in zip(done.weights, kinds, strict=True)]
    weights = sum(count for count, kind in zip(drawn, kinds, strict=True) if kind is ParameterKind.WEIGHT)
    live = candidates.design.mask_space.live_parameters(done.masks, (ParameterKind.WEIGHT,))
    # What grew starts at 0, and stays there where no image has a gradient for it.
    assert (live >= weights).all() if isinstance(rule, DropAndGrow) else np.array_equal(live, weights)
    if not rule.trains_weights:
        assert np.array_equal(learned.live_parameters, weights)
