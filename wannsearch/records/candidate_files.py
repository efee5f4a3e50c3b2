"""The two sizes and the files that each kind of candidate has in a run folder.

A topology has connections and hidden nodes. A sub-network has live parameters and a mask sparsity, which is
the share of nodes or weights that its mask removes.
"""

from __future__ import annotations

from typing import Any

from wannsearch.core.arrays import IntArray
from wannsearch.core.candidates import Candidates
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.topologies.population import Population
from wannsearch.formats import network_json, population_jsonl, subnetwork_json
from wannsearch.records import layout
from wannsearch.records.files import encode_json


def summary_sizes(candidate: Candidates, ports: Ports) -> dict[str, Any]:
    """Return the two sizes of one candidate (one row) by name; a topology also has its number of "nodes"."""
    sizes = {name: values[0].item() for name, values in candidate.sizes(ports).items()}
    if isinstance(candidate, Population):
        return {"nodes": int(candidate.nodes[0]), "hidden": sizes["hidden"], **sizes}
    return sizes


def population_file(candidates: Candidates, ports: Ports, ids: IntArray, parent_ids: Any) -> bytes:
    """Return the bytes of `population.jsonl.gz` for (P,) ids and (P, 2) parent ids."""
    if isinstance(candidates, Subnetworks):
        return subnetwork_json.dumps_population(candidates, ids, parent_ids)
    return population_jsonl.dumps(candidates, ports, ids, parent_ids)


def is_known_before_test(network: Candidates) -> bool:
    """Return whether the final test leaves the network as the search found it; a training does not."""
    return isinstance(network, Population)


def best_file(network: Candidates, ports: Ports, **extra: Any) -> tuple[str, bytes]:
    """Return name and content of the file of the recorded best (one row), with `extra` keys in its JSON.

    The name is `best/masks.json` for a sub-network, else `best/network.json`.
    """
    if isinstance(network, Subnetworks):
        return layout.MASKS, encode_json({**extra, **subnetwork_json.to_json(network, 0)})
    text = network_json.dumps(network, 0, ports, indent=1, **extra)
    return layout.NETWORK, (text.rstrip() + "\n").encode()
