"""Searches and controls of sub-networks: what their folders hold, and what is refused."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from few_images import design
from plain_torch import PlainMlp, loaded
from safetensors.numpy import load_file

from wannsearch.commands.hydra.build import build
from wannsearch.commands.search import main
from wannsearch.core.streams import Role
from wannsearch.formats import subnetwork_json
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.tasks.digits import Digits
from wannsearch.tasks.image_task import ImageReward

Command = Callable[..., int]

SMALL = ["experiment=weedout_digits", "method.parent_network.layers=[12,10]", "method.sparsity=0.5"]
SMALL += ["method.population_size=4", "evaluator.epochs=3", "evaluator.threads=1", "display=off", "seed=3"]
SMALL += ["plots=off"]
CONTROL = [*SMALL, "method=one_shot"]


@pytest.fixture(scope="module")
def weedout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("weedout") / "run"
    assert main([*SMALL, "plots=all", "generations=3", f"hydra.run.dir={run}"]) == 0
    return run


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("control") / "run"
    assert main([*CONTROL, "plots=all", f"hydra.run.dir={run}"]) == 0
    return run


def _table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def _json(path: Path) -> Any:
    return json.loads(path.read_text())


def _digits() -> Digits:
    return Digits(split_seed=3, batch_size=9, reward=ImageReward.LOSS, episodes=1, activations=("tanh",))


def _tested_plainly(run: Path) -> float:
    """Test accuracy of the weights in this folder, masked where its evaluation says, in plain torch."""
    arrays = load_file(run / "best" / "weights.safetensors")
    names = [f"dense{number}.{kind}" for number in (1, 2, 3) for kind in ("weight", "bias")]
    module = loaded(PlainMlp(64, (12, 10), 10), [arrays[f"trained.{name}"] for name in names])
    images = _digits().images()
    mean = images.training.pixels.mean() / images.max_pixel
    with torch.no_grad():
        scores = module(torch.from_numpy(images.test.pixels / images.max_pixel - mean))
    return float((scores.argmax(1).numpy() == images.test.labels).mean())


def test_a_search_leaves_its_history_ranking_population_best_and_pictures(weedout: Path) -> None:
    history = _table(weedout / "history.csv")
    assert [row["evaluations"] for row in history] == ["4", "8", "12"]
    assert {"median_live_parameters", "median_mask_sparsity", "best_so_far_live_parameters", "std"} <= set(
        history[0]
    )
    best = [float(row["best"]) for row in history]
    assert [float(row["best_so_far"]) for row in history] == [max(best[: at + 1]) for at in range(3)]
    images = len(_digits().images().training)
    assert [int(row["env_steps"]) for row in history] == [4 * images, 8 * images, 12 * images]
    ranking = _table(weedout / "ranking.csv")
    assert list(ranking[0])[:8] == [
        "rank",
        "method_rank",
        "id",
        "parent",
        "mean",
        "max",
        "live_parameters",
        "mask_sparsity",
    ]
    assert {row["live_parameters"] for row in ranking} == {str(65 * 6 + 7 * 5 + 6 * 10)}
    assert {float(row["mask_sparsity"]) for row in ranking} == {0.5}
    means = [float(row["mean"]) for row in ranking]
    assert means == sorted(means, reverse=True)
    lines = gzip.decompress((weedout / "population.jsonl.gz").read_bytes()).splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(int(row["id"]) for row in ranking)
    pictures = {path.name for path in (weedout / "plots").iterdir()}
    assert {"training.svg", "training.png", "early.svg", "early.png"} <= pictures
    assert all(path.stat().st_size > 1000 for path in (weedout / "plots").iterdir())


def test_the_recorded_best_is_the_one_that_was_trained_and_the_summary_says_so(weedout: Path) -> None:
    masks, evaluation = _json(weedout / "best" / "masks.json"), _json(weedout / "best" / "evaluation.json")
    summary, history = _json(weedout / "summary.json"), _table(weedout / "history.csv")
    trained = evaluation["trained"]
    assert [row["id"] for row in trained] == [masks["id"]] == [summary["best"]["id"]]
    assert masks["id"] == int(history[-1]["best_so_far_id"])
    assert trained[0]["early"] == float(history[-1]["best_so_far"]) == summary["best"]["recorded_mean"]
    assert trained[0]["kept"] == [len(layer["kept"]) for layer in masks["layers"]] == [6, 5]
    assert trained[0]["live_parameters"] == masks["live_parameters"] == summary["best"]["live_parameters"]
    assert len(trained[0]["validation_accuracy"]) == 3
    assert summary["held_out"]["mean"] == [trained[0]["test_accuracy"]]
    assert summary["held_out"]["score_name"] == "test accuracy"
    assert summary["best"]["score_name"] == "validation accuracy"
    assert summary["steps_name"] == "images shown"
    assert summary["retests"]["count"] == 0


@pytest.mark.parametrize("which", ["weedout", "control"])
def test_every_full_training_of_a_seed_has_the_same_order_which_no_search_had(
    which: str, request: pytest.FixtureRequest
) -> None:
    run, task = request.getfixturevalue(which), _digits()
    masks = run / "best" / "masks.json"
    candidates = subnetwork_json.read(masks, design(Mlp(layers=(12, 10)), task))
    row = next(
        row for row in _json(run / "best" / "evaluation.json")["trained"] if row["id"] == _json(masks)["id"]
    )
    trainer = build("evaluator", yaml.safe_load((run / ".hydra" / "config.yaml").read_text())["evaluator"])
    held_out, *searched = (
        int(task.episode_seeds(3, role, generation, 1)[0])
        for role, generation in ((Role.HELD_OUT, 0), (Role.EPISODES, 1), (Role.EPISODES, 2))
    )
    losses = [trainer.train(candidates, task, order).loss[0] for order in (held_out, *searched)]
    assert row["validation_loss"] == pytest.approx(losses[0], rel=1e-5)
    for other in losses[1:]:
        assert np.abs(other - losses[0]).max() > 1e-3


@pytest.mark.parametrize("which", ["weedout", "control"])
def test_the_weights_in_the_folder_reproduce_its_test_accuracy_in_plain_torch(
    which: str, request: pytest.FixtureRequest
) -> None:
    run = request.getfixturevalue(which)
    evaluation, masks = _json(run / "best" / "evaluation.json"), _json(run / "best" / "masks.json")
    row = next(row for row in evaluation["trained"] if row["id"] == masks["id"])
    assert _tested_plainly(run) == pytest.approx(row["test_accuracy"], abs=1e-12)
    arrays = load_file(run / "best" / "weights.safetensors")
    kept = masks["layers"][0]["kept"]
    gone = sorted(set(range(12)) - set(kept))
    assert not arrays["trained.dense1.weight"][gone].any()
    assert not arrays["trained.dense2.weight"][:, gone].any()
    assert arrays["initial.dense1.weight"][gone].all()  # the parent's, whole


def test_a_control_is_one_generation_all_of_it_trained_on_the_searchs_parent(
    control: Path, weedout: Path
) -> None:
    evaluation = _json(control / "best" / "evaluation.json")
    accuracies = [row["test_accuracy"] for row in evaluation["trained"]]
    assert len(accuracies) == 4
    assert evaluation["mean"] == [pytest.approx(np.mean(accuracies))]
    assert evaluation["std"] == [pytest.approx(np.std(accuracies))]
    assert len(_table(control / "history.csv")) == 1
    ours, theirs = (load_file(run / "best" / "weights.safetensors") for run in (control, weedout))
    assert np.array_equal(ours["initial.dense2.weight"], theirs["initial.dense2.weight"])
    assert _json(control / "best" / "masks.json")["init"] == _json(weedout / "best" / "masks.json")["init"]
    assert (control / "plots" / "early_against_final.svg").exists()


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_without_sparsity_a_search_finds_exactly_what_its_control_is(
    search: Command, tmp_path: Path, precision: str
) -> None:
    dense = ["method.sparsity=0", f"evaluator.precision={precision}", "generations=2"]
    assert search(*SMALL, *dense, "hydra.run.dir=found") == 0
    assert search(*CONTROL, *dense, "hydra.run.dir=control") == 0
    found, control = (_json(tmp_path / run / "best" / "evaluation.json") for run in ("found", "control"))
    assert {row["test_accuracy"] for row in control["trained"]} == {found["mean"][0]}
    assert found["mean"][0] - control["mean"][0] == 0
    curves = [row["validation_accuracy"] for row in control["trained"]]
    assert [found["trained"][0]["validation_accuracy"]] * 4 == curves


def test_weights_are_masked_one_by_one_where_that_is_asked_for(search: Command, tmp_path: Path) -> None:
    assert (
        search(
            *SMALL,
            "method.granularity=weights",
            "method.layer_distribution=erk",
            "generations=1",
            "hydra.run.dir=run",
        )
        == 0
    )
    arrays = load_file(tmp_path / "run" / "best" / "weights.safetensors")
    masks = _json(tmp_path / "run" / "best" / "masks.json")
    for number, layer in enumerate(masks["layers"], start=1):
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(layer["kept"]), np.uint8))[: layer["size"]]
        assert not arrays[f"trained.dense{number}.weight"].ravel()[bits == 0].any()
    assert (
        _tested_plainly(tmp_path / "run") == _json(tmp_path / "run" / "best" / "evaluation.json")["mean"][0]
    )


def test_a_population_that_fails_as_a_whole_ends_the_run_with_code_4(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(*SMALL, "evaluator.optimizer.learning_rate=1e30", "hydra.run.dir=run") == 4
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert _json(Path("run/status.json"))["state"] == "failed"
    assert _table(Path("run/history.csv"))[0]["failed"] == "4"


def test_a_full_training_that_comes_to_nothing_is_said_and_drawn(search: Command) -> None:
    wild = [
        "evaluator.early_epochs=0",
        "evaluator.optimizer.learning_rate=1e30",
        "generations=1",
        "plots=all",
    ]
    assert search(*SMALL, *wild, "hydra.run.dir=run") == 0
    evaluation = _json(Path("run/best/evaluation.json"))
    assert evaluation["mean"] == [None]
    assert evaluation["trained"][0]["test_accuracy"] is None
    assert Path("run/plots/training.svg").exists()


REFUSED = {
    "evaluator=compiled": "method=weedout proposes sub-networks; allowed: evaluator=trainer.",
    "task=logic": "evaluator=trainer does on task=cifar10, digits, fashion_mnist, mnist.",
    "device=abacus": "device is 'abacus'",
    "method.layer_sparsity=[0.5]": "the parent network has 2 maskable",
    "method.layer_distribution=erk": "method.granularity is 'nodes'",
    "method.parent_network.layers=[]": "method.parent_network.layers",
    "parent_network@method.parent_network=wrn_11_1": "wrn_10_1",
    "mask_rule@method.mask_rule=statics": "static",
    "evaluator.optimizer.schedule=cosinus": "cosine",
    "trials=six_weights": "trials=own_weights",
    "method.granularity=bits": "nodes, weights",
}


@pytest.mark.parametrize("word", REFUSED)
def test_what_cannot_be_is_refused_in_one_line_before_anything_is_written(
    search: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    words = [part for part in SMALL if not part.startswith("method.parent_network") or "wrn" not in word]
    if word == "task=logic":
        words = ["method=weedout", *SMALL[1:]]
    if word == "evaluator=compiled":
        words = [part for part in SMALL if not part.startswith("evaluator.epochs")]
    assert search(*words, word, "hydra.run.dir=run") == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert REFUSED[word] in said
    assert not (tmp_path / "run").exists()


def test_a_topology_is_not_trained(search: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert search("method=wann", "task=digits", "evaluator=trainer", "trials=own_weights", "display=off") == 2
    assert "allowed: evaluator=compiled, evaluator=processes, evaluator=reference." in capsys.readouterr().err


def test_a_pipe_is_told_generation_by_generation_what_is_searched(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(*SMALL, "generations=2", "display=plain", "hydra.run.dir=run") == 0
    said = capsys.readouterr().out
    assert "generation 2/2" in said
    size = 65 * 6 + 7 * 5 + 6 * 10
    assert f"live parameters: champion {size}, population {size} median" in said
    assert "validation accuracy: champion 0." in said
    assert "images shown/s" in said
    assert "test accuracy 0." in said


def test_a_control_that_is_done_is_not_run_again_however_many_generations_are_asked(
    search: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*CONTROL, "generations=4", f"hydra.run.dir={tmp_path / 'run'}"]
    assert search(*words) == 0
    before = (tmp_path / "run" / "best" / "evaluation.json").stat().st_mtime_ns
    for again in (words, [*words, "generations=9"]):
        capsys.readouterr()
        assert search(*again) == 0
        assert "holds this run, finished" in capsys.readouterr().out
    assert (tmp_path / "run" / "best" / "evaluation.json").stat().st_mtime_ns == before
    assert _json(tmp_path / "run" / "status.json")["generations"] == 1
