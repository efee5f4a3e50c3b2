"""Sub-networks proposed at random: what Weedout and the single-shot methods share.

A generation is the stream that its masks are drawn from; a mask is drawn when it is asked for. Initial
weights are named by draws from the run's own start, so every method with the same seed has the same
parent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, between, population_of
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream, Words
from wannsearch.core.subnetworks.parent_network import Parent, traced
from wannsearch.core.subnetworks.subnetworks import (
    Design,
    Granularity,
    Maskable,
    Rule,
    Subnetworks,
    propose_subnetworks,
)
from wannsearch.core.topologies.population import Int
from wannsearch.methods.random_masks import Shares, kept_by_layer, random_masks

_INITIAL = 2  # purpose; masks have others


class Initial(str, Enum):
    """Whose initial weights candidates have."""

    PARENT = "parent"  # all the same
    FRESH = "fresh"  # each its own


@dataclass(frozen=True)
class ProposedState:
    """The streams that the candidates to ask are drawn from."""

    masks_key: Words  # (2,) of this generation
    initial_key: Words  # (2,) of the run
    id: npt.NDArray[np.int64]  # (P,)
    parents: npt.NDArray[np.int64]  # (P, 2)
    order: Int  # (P,)
    generation: int  # of the candidates to ask, from 1
    ports: Ports


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """How many candidates of how sparse a kind, on which parent, under which rule."""

    population_size: int
    parent: Parent
    rule: Rule
    granularity: Granularity
    sparsity: float
    shares: Shares
    layer_sparsity: tuple[float, ...] | None  # of each maskable layer, instead of one for all
    init: Initial

    def __post_init__(self) -> None:
        convert_fields(self)
        population_of(self.population_size, 1)
        shares = (("layer_sparsity", share) for share in self.layer_sparsity or ())
        for name, value in [("sparsity", self.sparsity), *shares]:
            between(f"method.{name}", value, 0, 1)
            if value == 1:
                raise ConfigError(f"method.{name} is 1; nothing would be left. It must be below 1.")
        allowed = getattr(self.rule, "granularities", tuple(Granularity))
        if self.granularity not in allowed:
            raise ConfigError(
                f"method.granularity is {self.granularity.value!r}; method.rule {type(self.rule).__name__} "
                f"is for {' and '.join(kind.value for kind in allowed)}."
            )

    def begun(self, ports: Ports, rng: Stream) -> ProposedState:
        """The state before the first generation."""
        self.kept(self.design(ports).maskable)
        count = self.population_size
        return ProposedState(
            masks_key=rng.key,
            initial_key=rng.key,
            id=count + np.arange(count, dtype=np.int64),
            parents=np.full((count, 2), -1, np.int64),
            order=np.zeros(count, np.int32),
            generation=1,
            ports=ports,
        )

    def design(self, ports: Ports) -> Design:
        """What all candidates share on this task."""
        return Design(self.parent, Maskable(traced(self.parent, ports), self.granularity), self.rule)

    def kept(self, maskable: Maskable) -> tuple[int, ...]:
        """How many of each layer every mask keeps."""
        return kept_by_layer(maskable, self.sparsity, self.shares, self.layer_sparsity)

    def drawn(self, state: ProposedState, purpose: int) -> Subnetworks:
        """The candidates of this generation, their masks drawn for this purpose."""
        rows, design = self.population_size, self.design(state.ports)
        kept = self.kept(design.maskable)
        masks = random_masks(design.maskable, kept, rows, Stream(state.masks_key, purpose))
        own = self.init is Initial.FRESH or getattr(self.rule, "redraws", False)
        numbers = state.id if own else np.zeros(rows, np.int64)
        init = Stream(state.initial_key, _INITIAL).words(numbers, 1)[:, 0]
        return propose_subnetworks(design, masks, init)

    def check(self, state: ProposedState, ports: Ports) -> None:
        """Raise ConfigError for a state that no such search comes to."""
        size = self.population_size
        shapes = {
            "masks_key": (2,), "initial_key": (2,), "id": (size,), "parents": (size, 2), "order": (size,)
        }  # fmt: skip
        for name, shape in shapes.items():
            if getattr(state, name).shape != shape:
                raise ConfigError(
                    f"{name} of the state has the shape {getattr(state, name).shape}; "
                    f"the population is {size}."
                )
        if state.ports != ports:
            raise ConfigError("the state is of a search on another task.")
        if not 1 <= state.generation <= 2**40:
            raise ConfigError(f"the state is of generation {state.generation}.")
        if not np.array_equal(state.id, state.generation * size + np.arange(size)):
            raise ConfigError("the state's ids are not those of its generation.")


def following(state: ProposedState, asked: Subnetworks, scores: Scores, rng: Stream) -> ProposedState:
    """Order what was asked by its mean, then by few parameters; the next are drawn from `rng`."""
    count = len(asked)
    worth = np.where(scores.failed, -np.inf, scores.mean)
    order = np.empty(count, np.int32)
    order[np.lexsort((asked.live_parameters, -worth))] = np.arange(count, dtype=np.int32)
    return replace(
        state, masks_key=rng.key, id=state.id + count, order=order, generation=state.generation + 1
    )
