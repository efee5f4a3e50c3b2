"""Sub-networks written and read again, and files that hold none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few_images import MLP, STATIC, FewImages, design, make_candidates
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wannsearch.core.errors import DamagedFile
from wannsearch.core.subnetworks.parent_network import trace
from wannsearch.core.subnetworks.subnetworks import Design, Granularity, MaskSpace, propose_subnetworks
from wannsearch.formats import subnetwork_json
from wannsearch.parent_networks.mlp import Mlp

TASK = FewImages(shape=(1, 2, 3))
BOTH = pytest.mark.parametrize("granularity", list(Granularity), ids=lambda of: of.value)


def _written(folder: Path, document: Any) -> Path:
    path = folder / "masks.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


@given(st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_written_is_read_again(tmp_path: Path, data: st.DataObject) -> None:
    layers = tuple(data.draw(st.lists(st.integers(1, 20), min_size=1, max_size=3)))
    granularity = data.draw(st.sampled_from(list(Granularity)))
    parent = Mlp(layers=layers)
    of = Design(parent, MaskSpace(trace(parent, TASK.ports), granularity), STATIC)
    masks = np.array(
        data.draw(st.lists(st.booleans(), min_size=of.mask_space.size, max_size=of.mask_space.size))
    )
    for layer in of.mask_space.layers:
        masks[layer.start] = True
    init = data.draw(st.integers(0, 2**64 - 1))
    candidates = propose_subnetworks(of, masks[None], np.array([init], np.uint64))
    document = subnetwork_json.to_json(candidates, 0)
    again = subnetwork_json.read(_written(tmp_path, document), of)
    assert again.masks.tolist() == candidates.masks.tolist()
    assert again.init_seeds.tolist() == [init]
    assert document["live_parameters"] == candidates.live_parameters[0]
    assert [layer["size"] for layer in document["layers"]] == list(of.mask_space.sizes)


def test_kept_nodes_are_listed_and_kept_weights_are_bits_the_first_highest() -> None:
    candidates = make_candidates(design(MLP, TASK), 1)
    document = subnetwork_json.to_json(candidates, 0)
    nodes = [
        np.flatnonzero(candidates.masks[0, layer]).tolist() for layer in candidates.design.mask_space.layers
    ]
    assert [layer["kept"] for layer in document["layers"]] == nodes
    candidates = make_candidates(design(MLP, TASK, Granularity.WEIGHTS), 1)
    for layer, bits in zip(
        subnetwork_json.to_json(candidates, 0)["layers"], candidates.design.mask_space.layers, strict=True
    ):
        binary = "".join(f"{int(digit, 16):04b}" for digit in layer["kept"])
        assert [bit == "1" for bit in binary[: layer["size"]]] == candidates.masks[0, bits].tolist()


DAMAGES: dict[str, Any] = {
    "no JSON": lambda document: "{",
    "a list": lambda document: [document],
    "no version": lambda document: {key: document[key] for key in document if key != "version"},
    "a newer version": lambda document: {**document, "version": subnetwork_json.VERSION + 1},
    "another format": lambda document: {**document, "format": "wannsearch-network"},
    "no layers": lambda document: {**document, "layers": None},
    "a layer less": lambda document: {**document, "layers": document["layers"][1:]},
    "an empty layer": lambda document: _with_kept(document, []),
    "too large a node": lambda document: _with_kept(document, [0, 10**6]),
    "a node below 0": lambda document: _with_kept(document, [-1]),
    "half a node": lambda document: _with_kept(document, [0.5]),
    "truth": lambda document: _with_kept(document, [True]),
    "few bits": lambda document: _with_kept(document, "f"),
    "no hexadecimal": lambda document: _with_kept(document, "zz"),
    "nothing kept": lambda document: _with_kept(document, None),
    "no init": lambda document: {key: document[key] for key in document if key != "init"},
    "a large init": lambda document: {**document, "init": hex(2**64)},
    "init below 0": lambda document: {**document, "init": "-0x1"},
    "init is a number": lambda document: {**document, "init": 5},
    "init is a word": lambda document: {**document, "init": "seven"},
    "another granularity": lambda document: {
        **document, "granularity": {"nodes": "weights", "weights": "nodes"}[document["granularity"]]
    },
    "another size": lambda document: {
        **document, "layers": [{**layer, "size": layer["size"] + 1} for layer in document["layers"]]
    },
}  # fmt: skip


def _with_kept(document: dict[str, Any], kept: Any) -> dict[str, Any]:
    return {**document, "layers": [{**document["layers"][0], "kept": kept}, *document["layers"][1:]]}


@BOTH
@pytest.mark.parametrize("what", DAMAGES)
def test_a_file_that_holds_no_candidate_of_the_design_is_damaged_and_says_so_in_one_line(
    tmp_path: Path, granularity: Granularity, what: str
) -> None:
    of = design(MLP, TASK, granularity)
    document = subnetwork_json.to_json(make_candidates(of, 1), 0)
    path = _written(tmp_path, DAMAGES[what](document))
    with pytest.raises(DamagedFile) as caught:
        subnetwork_json.read(path, of)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", [None, 1, subnetwork_json.VERSION + 1])
def test_another_version_is_refused_by_both_numbers(tmp_path: Path, version: int | None) -> None:
    of = design(MLP, TASK, Granularity.NODES)
    document = subnetwork_json.to_json(make_candidates(of, 1), 0) | {"version": version}
    if version is None:
        del document["version"]
    said = f"version is {version or 1}; this wannsearch reads version {subnetwork_json.VERSION}"
    with pytest.raises(DamagedFile, match=said):
        subnetwork_json.read(_written(tmp_path, document), of)


@BOTH
def test_a_population_is_a_line_a_candidate_and_the_same_bytes_each_time(granularity: Granularity) -> None:
    candidates = make_candidates(design(MLP, TASK, granularity), 3)
    made = [
        subnetwork_json.dumps_population(candidates, [7, 8, 9], [[-1, -1], [4, -1], [4, 5]]) for _ in range(2)
    ]
    assert made[0] == made[1]
    lines = [json.loads(line) for line in gzip.decompress(made[0]).splitlines()]
    assert [(line["id"], line["parents"]) for line in lines] == [(7, []), (8, [4]), (9, [4, 5])]
    for row, line in enumerate(lines):
        assert {key: line[key] for key in line if key not in ("id", "parents")} == subnetwork_json.to_json(
            candidates, row
        )
