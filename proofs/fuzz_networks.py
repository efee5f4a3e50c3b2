"""Ten thousand network files: each is read as a network that can be played, or refused in one line.

Half of them are sound files with one to three fields changed, the others bytes and structures that went
wrong.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
from kill_chain import Counts
from mutations import bytes_changed, fields_changed, json_text, structure_changed

from wannsearch.core.errors import WannsearchError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.evaluators.kernels.probe import sample_networks
from wannsearch.evaluators.reference import forward
from wannsearch.formats import network_json, population_jsonl, published_out

PORTS = Ports(4, 2, ("linear", "tanh", "step"))
_KINDS = ("json", "out", "jsonl.gz")


def networks(first: int, count: int, place: Path) -> dict[str, Any]:
    """Cases first .. first + count - 1."""
    counts, failures = Counts(), []
    population = sample_networks(PORTS, 3, 5, 20)
    text = network_json.dumps(population, 0, PORTS)
    out = _out(population)
    packed = population_jsonl.dumps(population, PORTS, [5, 6, 7], [[-1, -1], [5, -1], [5, 6]])
    lines = gzip.decompress(packed).splitlines()
    for number in range(first, first + count):
        rng = random.Random(f"network {number}")
        kind = _KINDS[number % 3]
        path = place / f"{number}.{kind}"
        fields = number % 2 == 1
        structured = fields or rng.random() < 0.5
        if kind == "json":
            content = json_text(_changed(rng, text, fields)) if structured else _raw(rng, text)
        elif kind == "out":
            content = _numbers_changed(rng, out) if fields else _raw(rng, out)
            content = _cells_changed(rng, out) if structured and not fields else content
        elif structured:
            row = rng.randrange(len(lines))
            changed = json_text(_changed(rng, lines[row], fields))
            content = gzip.compress(b"\n".join([*lines[:row], changed, *lines[row + 1 :]]) + b"\n", 1)
        else:
            inner = rng.random() < 0.5
            content = (
                gzip.compress(bytes_changed(rng, gzip.decompress(packed)), 1) if inner else _raw(rng, packed)
            )
        path.write_bytes(content)
        begin = time.process_time()
        said = _read(kind, path)
        seconds = time.process_time() - begin
        path.unlink()
        counts.add(f"networks: {said if said in ('read', 'refused') else 'failed'}")
        counts.add("networks")
        counts.add("networks: sound files with one to three fields changed", fields)
        counts.add("networks: of those, read and played", fields and said == "read")
        if said not in ("read", "refused"):
            failures.append(f"network {number}, {kind}: {said}")
        if seconds > 1:
            failures.append(f"network {number}, {kind}: it took {seconds:.1f} s")
        counts["most seconds for a network"] = max(seconds, counts.get("most seconds for a network", 0.0))
    return {"counts": counts, "failures": failures}


_WORDS: dict[str, list[Any]] = {
    "activation": ["linear", "tanh", "step", "sin", "relu", "no such"],
    "source": list(range(13)),
    "target": list(range(13)),
    "weight": [-1.5, 0.0, 0.3, 2.0, 1e308, 5e-324, -0.0, 7],
    "role": ["bias", "input", "hidden", "output"],
}


def _changed(rng: random.Random, text: str | bytes, fields: bool) -> Any:
    document = json.loads(text)
    return fields_changed(rng, document, _WORDS) if fields else structure_changed(rng, document)


def _numbers_changed(rng: random.Random, text: str) -> bytes:
    """Weights and activations of a published file."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(rng.randint(1, 3)):
        row = rng.choice(rows)
        at = rng.randrange(len(row))
        last = at == len(row) - 1
        row[at] = rng.choice(["1", "2", "5", "10", "11"] if last else ["1.0", "-0.5", "0", "nan", "2e3"])
    return "\n".join(",".join(row) for row in rows).encode()


def _read(kind: str, path: Path) -> str:
    try:
        if kind == "json":
            network, ports = network_json.read(path)
        elif kind == "out":
            network, ports = published_out.read(path, PORTS), PORTS
        else:
            network, ports, _ = population_jsonl.read(path)
        if kind != "out":
            network.check(ports)
        if not np.isfinite(network.weight).all():
            return "a weight is not finite"
        for row in range(len(network)):
            said = forward(network, row, np.ones((2, ports.inputs)), ports.outputs, np.ones(2))
            if said.shape != (2, ports.outputs):
                return f"played, it says {said.shape}"
    except WannsearchError as error:
        line = str(error)
        if error.exit_code not in (2, 65) or not line.isprintable() or str(path) not in line:
            return f"exit code {error.exit_code}: {line!r}"
        return "refused"
    except Exception as error:
        return repr(error)
    return "read"


def _raw(rng: random.Random, content: str | bytes) -> bytes:
    return bytes_changed(rng, content.encode() if isinstance(content, str) else content)


def _out(population: Population) -> str:
    return published_out.dumps(population, 0)


def _cells_changed(rng: random.Random, text: str) -> bytes:
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(rng.randint(1, 4)):
        row = rng.choice(rows)
        if row:
            at = rng.randrange(len(row))
            row[at : at + rng.choice([0, 1, 1, 2])] = rng.choice(
                [
                    ["nan"],
                    ["inf"],
                    ["-inf"],
                    ["1e400"],
                    ["0"],
                    ["99"],
                    ["1.5"],
                    ["x"],
                    [""],
                    [],
                    ["1", "2"],
                    ["\u0661"],
                ]
            )
    if rng.random() < 0.2:
        rows.insert(rng.randrange(len(rows)), list(rng.choice(rows)))
    return "\n".join(",".join(row) for row in rows).encode()
