"""Masks and counts in a run folder are those of the networks that were trained, not of the proposals."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from wannsearch.commands.search import main

SMALL = ["experiment=weedout_digits", "method=one_shot", "method.population_size=2", "evaluator.epochs=2"]
SMALL += ["method.parent_network.layers=[12,10]", "evaluator.threads=1", "display=off", "plots=off", "seed=3"]
PARAMETERS = 64 * 12 + 12 + 12 * 10 + 10 + 10 * 10 + 10
RULES = {
    "gmp": ["method.mask_rule=gmp", "method.granularity=weights", "method.sparsity=0.9"],
    "edge_popup": ["method.mask_rule=edge_popup", "method.granularity=weights", "method.sparsity=0.9"],
    "dense_parent": ["method.mask_rule=dense_parent", "method.sparsity=0.8"],
}


@pytest.fixture(scope="module", params=RULES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param) / request.param
    assert main([*SMALL, *RULES[request.param], f"hydra.run.dir={folder}"]) == 0
    return folder


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _bits(layer: dict[str, Any], name: str) -> np.ndarray:
    if isinstance(layer[name], list):
        bits = np.zeros(layer["size"], bool)
        bits[layer[name]] = True
        return bits
    packed = np.frombuffer(bytes.fromhex(layer[name]), np.uint8)
    return np.unpackbits(packed)[: layer["size"]].astype(bool)


def test_the_stored_mask_keeps_the_weights_that_are_not_zero(run: Path) -> None:
    masks, arrays = _json(run / "best" / "masks.json"), load_file(run / "best" / "weights.safetensors")
    for number, layer in enumerate(masks["layers"], start=1):
        alive = arrays[f"trained.dense{number}.weight"] != 0
        kept = _bits(layer, "kept")
        assert (kept == (alive.ravel() if kept.size == alive.size else alive.any(axis=1))).all()


def test_summary_masks_and_evaluation_count_the_same_network(run: Path) -> None:
    masks, summary = _json(run / "best" / "masks.json"), _json(run / "summary.json")["best"]
    trained = _json(run / "best" / "evaluation.json")["trained"]
    best = next(row for row in trained if row["id"] == masks["id"])
    for name in ("live_parameters", "mask_sparsity"):
        assert masks[name] == summary[name] == best[name]
    arrays = load_file(run / "best" / "weights.safetensors")
    live = sum(np.count_nonzero(array) for name, array in arrays.items() if name.startswith("trained."))
    assert masks["live_parameters"] == live


def test_what_was_proposed_is_called_so(run: Path) -> None:
    for layer in _json(run / "best" / "masks.json")["layers"][:2]:
        assert 0.05 < _bits(layer, "proposed").mean() < 0.25


def test_ranking_history_and_population_count_what_the_early_training_left(run: Path) -> None:
    """Gradual pruning is still nearly dense after one of two epochs, the dense parent always."""
    with (run / "ranking.csv").open(encoding="utf-8") as file:
        ranking = {int(row["id"]): row for row in csv.DictReader(file)}
    for line in gzip.decompress((run / "population.jsonl.gz").read_bytes()).splitlines():
        candidate = json.loads(line)
        assert ranking[candidate["id"]]["live_parameters"] == str(candidate["live_parameters"])
        kept = np.concatenate([_bits(layer, "kept") for layer in candidate["layers"]])
        assert candidate["mask_sparsity"] == pytest.approx(1 - kept.mean())
    with (run / "history.csv").open(encoding="utf-8") as file:
        history = list(csv.DictReader(file))[-1]
    counts = [int(row["live_parameters"]) for row in ranking.values()]
    assert float(history["median_live_parameters"]) == np.median(counts)
    masks = _json(run / "best" / "masks.json")
    if run.name == "gmp":
        assert min(counts) > 2 * masks["live_parameters"]
    if run.name == "dense_parent":
        assert counts == [PARAMETERS] * 2
        assert masks["mask_sparsity"] == 0
