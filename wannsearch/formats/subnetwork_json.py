"""Sub-networks as JSON: granularity, initial weights and masks.

    {"format": "wannsearch-subnetwork", "version": 2, "granularity": "nodes", "init": "0x...",
     "layers": [{"size": 256, "kept": [0, 4, ...]}, ...], ...}

"kept" is the network's own mask after its last training. A mask rule may have changed the proposed mask,
which a training begins with. Every layer then holds the proposed mask as "proposed". A mask over nodes lists
the nodes that are kept. A mask over weights is the hexadecimal form of its bits, eight to a byte, the first
bit highest. The initial weights are given by a seed in hexadecimal; `core.subnetworks.weight_init` draws them
from it.
"""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.arrays import BoolArray
from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.subnetworks.subnetworks import Design, Granularity, MaskSpace, Subnetworks
from wannsearch.core.untrusted import damaged_file_error, is_integer, parse_json, read_text, short_repr

FORMAT = "wannsearch-subnetwork"
VERSION = 2  # rises whenever a change makes older files unreadable; a file without a number has version 1
_MAX_BYTES = 2**28
_GZIP_LEVEL = 6


def to_json(candidates: Subnetworks, row: int) -> dict[str, Any]:
    """Return one candidate as the JSON object above, with "live_parameters" and "mask_sparsity" (0 to 1)."""
    mask_space = candidates.design.mask_space
    masks = {"kept": candidates.masks[row]}
    if not np.array_equal(candidates.masks[row], candidates.proposed[row]):
        masks["proposed"] = candidates.proposed[row]
    return {
        "format": FORMAT,
        "version": VERSION,
        "granularity": mask_space.granularity.value,
        "init": hex(candidates.init_seeds[row]),
        "live_parameters": int(candidates.live_parameters[row]),
        "mask_sparsity": float(candidates.mask_sparsity[row]),
        "layers": [
            {"size": size, **{name: _encode_mask(mask[layer], mask_space) for name, mask in masks.items()}}
            for size, layer in zip(mask_space.sizes, mask_space.layers, strict=True)
        ],
    }


def _encode_mask(mask: BoolArray, mask_space: MaskSpace) -> list[int] | str:
    if mask_space.granularity is Granularity.NODES:
        nodes: list[int] = np.flatnonzero(mask).tolist()
        return nodes
    return np.packbits(mask).tobytes().hex()


def read(path: Path, design: Design) -> Subnetworks:
    """Read the candidate of this design from the file, as one row.

    Raise DamagedFile where the file is no sub-network of this design, ConfigError where there is no file.
    """
    where = str(path)
    document = parse_json(read_text(path, _MAX_BYTES), where)
    if not isinstance(document, dict):
        raise damaged_file_error(where, f"it holds {short_repr(document)}", "a sub-network is a JSON object")
    version = document.get("version", 1)
    if not is_integer(version) or version != VERSION:
        raise damaged_file_error(
            where, f"version is {short_repr(version)}", f"this wannsearch reads version {VERSION}"
        )
    if document.get("format") != FORMAT:
        raise damaged_file_error(
            where, f"format is {short_repr(document.get('format'))}", f"it must be {FORMAT!r}"
        )
    layers = document.get("layers")
    mask_space = design.mask_space
    if not isinstance(layers, list) or len(layers) != len(mask_space.sizes):
        raise damaged_file_error(
            where, "it has no layers, or others", f"the parent has {len(mask_space.sizes)}"
        )
    if document.get("granularity") != mask_space.granularity.value:
        raise damaged_file_error(
            where,
            f"its masks are over {short_repr(document.get('granularity'))}",
            f"the search's are over {mask_space.granularity.value}",
        )
    layer_objects = [layer if isinstance(layer, dict) else {} for layer in layers]
    masks, proposed = (
        np.concatenate(
            [
                _parse_mask(layer, key, size, where)
                for layer, size in zip(layer_objects, mask_space.sizes, strict=True)
            ]
        )
        for key in ("kept", "proposed" if any("proposed" in layer for layer in layer_objects) else "kept")
    )
    try:
        init = np.array([int(document["init"], 16)], np.uint64)
        candidate = Subnetworks(design, proposed[None], masks[None], init)
        candidate.check()
    except (KeyError, TypeError, ValueError, OverflowError):
        raise damaged_file_error(
            where, f"init is {short_repr(document.get('init'))}", "64 bits in hexadecimal"
        ) from None
    except ConfigError as error:
        raise DamagedFile(f"{where}: {error}") from None
    return candidate


def _parse_mask(layer: dict[str, Any], key: str, size: int, where: str) -> BoolArray:
    mask_value, stored_size = layer.get(key), layer.get("size")
    if stored_size != size:
        raise damaged_file_error(
            where, f"a layer's size is {short_repr(stored_size)}", f"the parent's is {size}"
        )
    mask = np.zeros(size, np.bool_)
    if isinstance(mask_value, list) and all(is_integer(node) and 0 <= node < size for node in mask_value):
        mask[mask_value] = True
        return mask
    if isinstance(mask_value, str):
        try:
            bits = np.unpackbits(np.frombuffer(bytes.fromhex(mask_value), np.uint8))
        except ValueError:
            bits = np.zeros(0, np.uint8)
        if len(bits) == -(-size // 8) * 8:
            return bits[:size].astype(np.bool_)
    raise damaged_file_error(
        where,
        f"a layer's {key} is {short_repr(mask_value)}",
        f"numbers below {size}, or {size} bits in hexadecimal",
    )


def dumps_population(candidates: Subnetworks, ids: npt.ArrayLike, parent_ids: npt.ArrayLike) -> bytes:
    """Return all candidates, one JSON a line, gzipped, with (P,) ids and (P, 2) parents, -1 for none.

    Each line begins with "id" and "parents". For one version of zlib the bytes depend on the arguments alone.
    """
    buffer = io.BytesIO()
    candidate_ids, parent_pairs = np.asarray(ids).tolist(), np.asarray(parent_ids).tolist()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=buffer, mtime=0) as file:
        for row, (candidate_id, pair) in enumerate(zip(candidate_ids, parent_pairs, strict=True)):
            line_parents = [parent for parent in pair if parent >= 0]
            line = {"id": candidate_id, "parents": line_parents, **to_json(candidates, row)}
            file.write(json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")
    return buffer.getvalue()
