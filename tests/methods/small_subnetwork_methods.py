"""Methods of sub-networks with a small parent, and the generations they propose."""

from __future__ import annotations

from typing import Any

import numpy as np
from few_images import MLP, STATIC, FewImages

from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.subnetworks.subnetworks import Granularity, Subnetworks
from wannsearch.methods.random_masks import LayerDistribution
from wannsearch.methods.subnetwork_sampling import InitSharing

PORTS = FewImages().ports
SETTINGS: dict[str, Any] = {
    "population_size": 8,
    "parent_network": MLP,
    "mask_rule": STATIC,
    "granularity": Granularity.NODES,
    "sparsity": 0.5,
    "layer_distribution": LayerDistribution.UNIFORM,
    "layer_sparsity": None,
    "initial_weights": InitSharing.SHARED,
}


def scored(means: Any) -> Scores:
    returns = np.array(means, float)[:, None, None]
    return Scores(returns, np.ones(returns.shape, np.int64))


def generations(method: Any, count: int, seed: int = 3) -> list[Subnetworks]:
    state, found = method.start(PORTS, make_stream(seed, Role.START)), []
    for generation in range(1, count + 1):
        found.append(method.ask(state))
        scores = scored(np.arange(len(found[-1])))
        state = method.tell(state, found[-1], scores, make_stream(seed, Role.TELL, generation))
    return found
