"""Sub-networks as JSON: which parent, which initial weights, what the masks keep.

{"granularity": "nodes", "init": "0x...", "layers": [{"size": 256, "kept": [0, 4, ...]}, ...], ...}

"kept" is the network's own mask, as its last training left it. Where a mask rule made another of the one
that was proposed, which a training begins from, a layer has that one as "proposed" too. Over weights, a
mask is the hexadecimal of its bits, eight to a byte, the first bit highest. The initial weights are named
by a number, in hexadecimal; `core.initial` draws them from it.
"""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.subnetworks.subnetworks import Design, Granularity, Maskable, Subnetworks
from wannsearch.formats.untrusted import damaged, is_integer, parse_json, read_text, shown

_MOST_BYTES = 2**28
_LEVEL = 6


def document(candidates: Subnetworks, row: int) -> dict[str, Any]:
    """One candidate."""
    maskable = candidates.design.maskable
    masks = {"kept": candidates.masks[row]}
    if not np.array_equal(candidates.masks[row], candidates.proposed[row]):
        masks["proposed"] = candidates.proposed[row]
    return {
        "granularity": maskable.granularity.value,
        "init": hex(candidates.init[row]),
        "live_parameters": int(candidates.live_parameters[row]),
        "node_sparsity": float(candidates.node_sparsity[row]),
        "layers": [
            {"size": size, **{name: _bits(mask[layer], maskable) for name, mask in masks.items()}}
            for size, layer in zip(maskable.sizes, maskable.layers, strict=True)
        ],
    }


def _bits(mask: npt.NDArray[np.bool_], maskable: Maskable) -> list[int] | str:
    if maskable.granularity is Granularity.NODES:
        nodes: list[int] = np.flatnonzero(mask).tolist()
        return nodes
    return np.packbits(mask).tobytes().hex()


def read(path: Path, design: Design) -> Subnetworks:
    """The candidate of this design that the file holds; DamagedFile where it holds none."""
    where = str(path)
    found = parse_json(read_text(path, _MOST_BYTES), where)
    layers = found.get("layers") if isinstance(found, dict) else None
    maskable = design.maskable
    if not isinstance(layers, list) or len(layers) != len(maskable.sizes):
        raise damaged(where, "it has no layers, or others", f"the parent has {len(maskable.sizes)}")
    if found.get("granularity") != maskable.granularity.value:
        raise damaged(
            where,
            f"its masks are over {shown(found.get('granularity'))}",
            f"the search's are over {maskable.granularity.value}",
        )
    named = [layer if isinstance(layer, dict) else {} for layer in layers]
    masks, proposed = (
        np.concatenate(
            [_mask(layer, key, size, where) for layer, size in zip(named, maskable.sizes, strict=True)]
        )
        for key in ("kept", "proposed" if any("proposed" in layer for layer in named) else "kept")
    )
    try:
        init = np.array([int(found["init"], 16)], np.uint64)
        candidate = Subnetworks(design, proposed[None], masks[None], init)
        candidate.check(design)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise damaged(where, f"init is {shown(found.get('init'))}", "64 bits in hexadecimal") from None
    except ConfigError as error:
        raise DamagedFile(f"{where}: {error}") from None
    return candidate


def _mask(layer: dict[str, Any], key: str, size: int, where: str) -> npt.NDArray[np.bool_]:
    kept, given = layer.get(key), layer.get("size")
    if given != size:
        raise damaged(where, f"a layer's size is {shown(given)}", f"the parent's is {size}")
    mask = np.zeros(size, np.bool_)
    if isinstance(kept, list) and all(is_integer(node) and 0 <= node < size for node in kept):
        mask[kept] = True
        return mask
    if isinstance(kept, str):
        try:
            bits = np.unpackbits(np.frombuffer(bytes.fromhex(kept), np.uint8))
        except ValueError:
            bits = np.zeros(0, np.uint8)
        if len(bits) == -(-size // 8) * 8:
            return bits[:size].astype(np.bool_)
    raise damaged(
        where, f"a layer's {key} is {shown(kept)}", f"numbers below {size}, or {size} bits in hexadecimal"
    )


def population(candidates: Subnetworks, ids: npt.ArrayLike, parents: npt.ArrayLike) -> bytes:
    """All candidates, one a line, gzipped: the bytes depend on nothing else."""
    buffer = io.BytesIO()
    numbers, pairs = np.asarray(ids).tolist(), np.asarray(parents).tolist()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=buffer, mtime=0) as file:
        for row, (number, pair) in enumerate(zip(numbers, pairs, strict=True)):
            known = [parent for parent in pair if parent >= 0]
            line = {"id": number, "parents": known, **document(candidates, row)}
            file.write(json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")
    return buffer.getvalue()
