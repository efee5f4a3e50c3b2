"""Species: genomes that are alike compete with each other alone.

Stanley & Miikkulainen (2002), section 3.3. A genome joins the first species whose representative is
nearer than the threshold, in the sense of `distance`, or else founds one and represents it until the
next generation. The threshold is fixed; in later systems it moves towards a target number of species.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, between
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import first_uniform
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes
from wannsearch.ranking.distance import GenomeSize, aligned, distance


class Representative(str, Enum):
    """Who stands for a species in the next generation."""

    RANDOM = "random"  # a random member: the paper
    CHAMPION = "champion"  # its best: the released code
    FIRST = "first"  # who founded it, for good: prettyNEAT


@dataclass(frozen=True)
class Formation:
    """When genomes are of one species."""

    excess: float  # c1
    disjoint: float  # c2
    weight: float  # c3
    genome_size: GenomeSize  # N
    threshold: float  # of the first generation
    target: int | None  # species towards which the threshold moves; None: it never moves
    threshold_step: float  # each generation
    threshold_least: float
    representative: Representative

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("excess", "disjoint", "weight", "threshold", "threshold_step", "threshold_least"):
            between(f"method.species.{name}", getattr(self, name), 0)
        between("method.species.target", self.target, 1)

    def moved(self, threshold: float, species: int) -> float:
        """The threshold of the next generation after one with so many species."""
        if self.target is None or species == self.target:
            return threshold
        step = self.threshold_step if species > self.target else -self.threshold_step
        return max(threshold + step, self.threshold_least)

    @property
    def coefficients(self) -> npt.NDArray[np.float64]:
        """c1, c2 and c3."""
        return np.array([self.excess, self.disjoint, self.weight])

    def less(self, ports: Ports) -> int:
        """What N counts less than the genes of the larger genome."""
        return ports.inputs + ports.outputs - 1 if self.genome_size is GenomeSize.LESS_PORTS else 0

    @property
    def below(self) -> int:
        """N is 1 where both genomes have fewer genes than this."""
        return {GenomeSize.ONE: np.iinfo(np.int32).max, GenomeSize.ONE_BELOW_20: 20}.get(self.genome_size, 0)


@dataclass(frozen=True)
class Species:
    """The S species of a generation, oldest first."""

    representatives: Genomes  # S genomes
    name: npt.NDArray[np.int64]  # (S,)
    best: npt.NDArray[np.float64]  # (S,) highest fitness that it ever had
    improved: npt.NDArray[np.int64]  # (S,) generation in which it had it

    def __len__(self) -> int:
        return len(self.name)

    def check(self, ports: Ports) -> None:
        """Raise ConfigError for arrays that are no species."""
        self.representatives.check(ports)
        for name in ("name", "best", "improved"):
            if getattr(self, name).shape != (len(self.representatives),):
                raise ConfigError(f"{name} of species has the shape {getattr(self, name).shape}.")
        for name in ("name", "improved"):
            values = getattr(self, name)
            if ((values < 0) | (values > _LARGEST)).any():
                raise ConfigError(f"{name} of species must lie in 0..{_LARGEST}.")
        if np.isnan(self.best).any() or (self.best == np.inf).any():
            raise ConfigError("the best fitness of a species is not finite.")


_LARGEST = 2**40
"""No search counts further."""


def none_of(genomes: Genomes) -> Species:
    """No species, of genomes like these."""
    empty = Genomes(**{field.name: getattr(genomes, field.name)[:0] for field in fields(genomes)})
    return Species(empty, np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))


@kernel
def _assign(
    edges: Any,
    innovation: Any,
    weight: Any,
    coefficients: Any,
    below: int,
    less: int,
    threshold: float,
    stands: Any,
    known: int,
    species: Any,
) -> int:
    """Fill `species` of all rows behind the first `known`, which stand for one each, and `stands`."""
    count = known
    for row in range(known, len(edges)):
        species[row - known] = count
        for number in range(count):
            other = stands[number]
            apart = distance(
                edges[row],
                innovation[row],
                weight[row],
                edges[other],
                innovation[other],
                weight[other],
                coefficients,
                below,
                less,
            )
            if apart < threshold:
                species[row - known] = number
                break
        if species[row - known] == count:
            stands[count] = row
            count += 1
    return count


def speciated(
    before: Species,
    genomes: Genomes,
    fitness: npt.NDArray[np.float64],
    formed: Formation,
    threshold: float,
    generation: int,
    next_name: int,
    ports: Ports,
) -> tuple[Species, npt.NDArray[np.int64]]:
    """The species that these genomes (P,) form, and (P,) the number of each one's among them.

    A species without members is gone; new ones are named `next_name` and on. Representatives are those
    it was formed with. Fitness of those that failed is minus infinity.
    """
    known = len(before)
    both = before.representatives.followed_by(genomes)
    species, stands = np.empty(len(genomes), np.int64), np.arange(len(both))
    shape = formed.coefficients, formed.below, formed.less(ports)
    count = _assign(*aligned(both), *shape, threshold, stands, known, species)
    size = np.bincount(species, minlength=count)
    living = np.flatnonzero(size)
    highest, best = np.full((2, count), -np.inf)
    highest[:known] = before.best
    np.maximum.at(best, species, fitness)
    improved = np.full(count, generation)
    improved[:known] = np.where(best[:known] > before.best, generation, before.improved)
    name = np.concatenate([before.name, next_name + np.arange(count - known)])
    after = Species(
        both.take(stands[living]), name[living], np.maximum(highest, best)[living], improved[living]
    )
    number = np.cumsum(size > 0) - 1
    return after, number[species]


def represented(
    species: Species,
    genomes: Genomes,
    number: npt.NDArray[np.int64],
    best_first: npt.NDArray[np.int64],
    rule: Representative,
    rng: Stream,
) -> Genomes:
    """(S,) who stands for each species in the next generation; `number` (P,) says who is in which."""
    if rule is Representative.FIRST:
        return species.representatives
    members = best_first[np.argsort(number[best_first], kind="stable")]
    size = np.bincount(number, minlength=len(species))
    start = np.cumsum(size) - size
    if rule is Representative.CHAMPION:
        return genomes.take(members[start])
    chosen = (first_uniform(len(species), rng) * size).astype(np.int64)
    return genomes.take(cast("npt.NDArray[np.int64]", members[start + chosen]))
