"""Random sub-networks: the base of Weedout and of the single-shot methods.

The state of a generation is the key of the stream of its masks; `ask` draws the masks. The seeds of
initial weights are drawn from the run's first stream, so all these methods have the same initial weights
for the same run seed and parent network. A method has its own stream of masks, and says for how long it
searches and which candidates are trained in full.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

import numpy as np

from wannsearch.core.arrays import Int32Array, IntArray, UInt64Array
from wannsearch.core.errors import ConfigError, check_between, check_population_size
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.parent_network import ParentNetwork, trace
from wannsearch.core.subnetworks.subnetworks import (
    Design,
    Granularity,
    MaskRuleProtocol,
    MaskSpace,
    Subnetworks,
    propose_subnetworks,
)
from wannsearch.methods.random_masks import LayerDistribution, layer_keep_counts, sample_masks

_INIT_PURPOSE = 2  # purpose of the stream; masks have others


class InitSharing(str, Enum):
    """Candidates share their initial weights, or each has its own; a rule that `redraws` overrides this."""

    SHARED = "shared"  # the same for all candidates
    INDEPENDENT = "independent"  # different for each candidate


@dataclass(frozen=True)
class SamplerState:
    """The state holds the keys of the streams from which the next candidates are drawn."""

    masks_key: UInt64Array  # (2,) key of this generation's masks
    init_key: UInt64Array  # (2,) key of the run's initial weights
    ids: IntArray  # (P,)
    parent_ids: IntArray  # (P, 2)
    rank: Int32Array  # (P,)
    generation: int  # number of the next generation, from 1
    ports: Ports


@dataclass(frozen=True, kw_only=True)
class SubnetworkSampler:
    """The sampler draws random sub-networks of a parent network, under a mask rule.

    ConfigError for a sparsity below 0 or from 1 on, no candidates, or a granularity that the rule lacks.
    """

    candidate_type: ClassVar[type[Subnetworks]] = Subnetworks
    masks_purpose: ClassVar[int]  # purpose of the stream of masks; each method has its own
    population_size: int
    parent_network: ParentNetwork
    mask_rule: MaskRuleProtocol
    granularity: Granularity
    sparsity: float
    layer_distribution: LayerDistribution
    layer_sparsity: tuple[float, ...] | None  # sparsity of each maskable layer, instead of one for all
    initial_weights: InitSharing

    def __post_init__(self) -> None:
        convert_fields(self)
        check_population_size(self.population_size, 1)
        layer_sparsities = (("layer_sparsity", share) for share in self.layer_sparsity or ())
        for name, value in [("sparsity", self.sparsity), *layer_sparsities]:
            check_between(f"method.{name}", value, 0, 1)
            if value == 1:
                raise ConfigError(f"method.{name} is 1; nothing would be left. It must be below 1.")
        allowed = self.mask_rule.granularities
        if self.granularity not in allowed:
            raise ConfigError(
                f"method.granularity is {self.granularity.value!r}; method.mask_rule "
                f"{type(self.mask_rule).__name__} "
                f"is for {' and '.join(kind.value for kind in allowed)}."
            )

    def start(self, ports: Ports, rng: Stream) -> SamplerState:
        """Return the state before the first generation; ConfigError if the settings do not fit the ports."""
        self.keep_counts(self.build_design(ports).mask_space)
        population_size = self.population_size
        return SamplerState(
            masks_key=rng.key,
            init_key=rng.key,
            ids=population_size + np.arange(population_size, dtype=np.int64),
            parent_ids=np.full((population_size, 2), -1, np.int64),
            rank=np.zeros(population_size, np.int32),
            generation=1,
            ports=ports,
        )

    def build_design(self, ports: Ports) -> Design:
        """Return parent network, mask space for these ports and mask rule.

        ConfigError where `trace` refuses them.
        """
        return Design(
            self.parent_network,
            MaskSpace(trace(self.parent_network, ports), self.granularity),
            self.mask_rule,
        )

    def keep_counts(self, mask_space: MaskSpace) -> tuple[int, ...]:
        """Return the number of nodes, or weights, that every proposed mask keeps in each layer, at least 1.

        ConfigError where `layer_keep_counts` refuses the settings.
        """
        return layer_keep_counts(mask_space, self.sparsity, self.layer_distribution, self.layer_sparsity)

    def ask(self, state: SamplerState) -> Subnetworks:
        """Return P untrained candidates: random masks, and the seeds of their initial weights."""
        num_rows, design = self.population_size, self.build_design(state.ports)
        masks_rng = Stream(state.masks_key, self.masks_purpose)
        masks = sample_masks(design.mask_space, self.keep_counts(design.mask_space), num_rows, masks_rng)
        is_independent = self.initial_weights is InitSharing.INDEPENDENT or self.mask_rule.redraws
        init_ids = state.ids if is_independent else np.zeros(num_rows, np.int64)
        init_seeds = Stream(state.init_key, _INIT_PURPOSE).random_words(init_ids, 1)[:, 0]
        return propose_subnetworks(design, masks, init_seeds)

    def tell(self, state: SamplerState, candidates: Subnetworks, scores: Scores, rng: Stream) -> SamplerState:
        """Rank the candidates by mean score, then by few live parameters; failed ones come last.

        `rng` gives the next masks, which depend on no score.
        """
        num_candidates = len(candidates)
        fitness = np.where(scores.failed_mask, -np.inf, scores.mean)
        rank = np.empty(num_candidates, np.int32)
        rank[np.lexsort((candidates.live_parameters, -fitness))] = np.arange(num_candidates, dtype=np.int32)
        return replace(
            state,
            masks_key=rng.key,
            ids=state.ids + num_candidates,
            rank=rank,
            generation=state.generation + 1,
        )

    def check(self, state: SamplerState, ports: Ports) -> None:
        """Raise ConfigError for other ports, wrong shapes, or ids that do not fit the generation."""
        size = self.population_size
        shapes = {
            "masks_key": (2,), "init_key": (2,), "ids": (size,), "parent_ids": (size, 2), "rank": (size,)
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
        if not np.array_equal(state.ids, state.generation * size + np.arange(size)):
            raise ConfigError("the state's ids are not those of its generation.")
