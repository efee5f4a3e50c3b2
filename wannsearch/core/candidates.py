"""Candidates: a batch of P networks of one kind, as a method proposes them and an evaluator scores them.

A topology (`Population`) is evaluated as it is; a sub-network (`Subnetworks`) is trained. The search, the
checkpoints and the tables know this protocol alone. What a run folder holds of one kind in particular is
said by the class that `kind` names (`kinds.candidate_kind`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from wannsearch.core.arrays import Array, IntArray
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population

C = TypeVar("C", bound="Candidates")


class Candidates(Protocol):
    """A batch of P candidates of one kind."""

    kind: ClassVar[str]
    """The dotted name of the class that records this kind: a `kinds.candidate_kind.CandidateKind`."""

    def __len__(self) -> int:
        """Return P, the number of candidates."""

    def take(self: C, rows: Array | Sequence[int], /) -> C:
        """Return the candidates of these rows, in this order."""

    def sizes(self, ports: Ports, /) -> dict[str, Array]:
        """Map two column names to (P,) values; the first one orders equal scores in `ranking.csv`."""

    def complexity(self, ports: Ports, /) -> IntArray:
        """Return (P,) int64 numbers; of two candidates with equal scores the smaller number is simpler."""

    def to_arrays(self) -> dict[str, Array]:
        """Return arrays by name that lead with P and hold all that differs from candidate to candidate."""

    def from_arrays(self: C, arrays: Mapping[str, Array], /) -> C:
        """Return the candidates in arrays that have the names, types and numbers of axes of `to_arrays`.

        Anything else, such as a common design, is that of this batch. Shapes and contents are unchecked.
        """

    @classmethod
    def concatenate(cls: type[C], batches: Sequence[C], /) -> C:
        """Return the candidates of all batches, one or more, in order."""

    def check(self, ports: Ports, /) -> None:
        """Raise ConfigError for arrays that do not fit each other, these ports, or the rules of the kind."""


CandidatesOfKind = Any
"""Candidates of the one kind that a method proposes and an evaluator accepts; each names its own class."""


@runtime_checkable
class HasCandidateType(Protocol):
    """Such an evaluator or method names its type of candidates; that of any other is `Population`."""

    @property
    def candidate_type(self) -> type[Any]:
        """Return the type of candidates that the evaluator accepts, or the method proposes."""


def accepted_candidate_type(evaluator: object) -> type[Any]:
    """Return the type of candidates that this evaluator accepts: its `candidate_type`, else `Population`.

    The evaluator's class serves as well as an object. Of a method it is the type that it proposes.
    """
    return evaluator.candidate_type if isinstance(evaluator, HasCandidateType) else Population


def check_pairing(candidates: Candidates, evaluator: object) -> None:
    """Raise ConfigError unless the candidates have exactly the type that this evaluator accepts."""
    proposed_type, accepted_type = type(candidates), accepted_candidate_type(evaluator)
    if proposed_type is not accepted_type:
        raise ConfigError(
            f"this method proposes {proposed_type.__name__}, and {type(evaluator).__name__} takes "
            f"{accepted_type.__name__}; evaluator=auto takes one that fits, by the candidate_type of both "
            "classes."
        )
