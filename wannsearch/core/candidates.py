"""What a method proposes and an evaluator judges: one of two kinds.

A topology (`population.Population`) is played; a sub-network (`subnetworks.Subnetworks`) is trained.
Both are rows that can be counted and taken. A method proposes one kind, an evaluator takes one; who
passes candidates on looks no deeper.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.topologies.population import Population

Candidates = Any
"""`Population` or `Subnetworks`."""

_TYPE_NAMES = {Population: "topologies", Subnetworks: "sub-networks"}
_EVALUATOR_HINTS = {
    Population: "evaluator=compiled, reference and processes play them",
    Subnetworks: "evaluator=trainer trains them",
}


@runtime_checkable
class HasCandidateType(Protocol):
    """An evaluator of another kind of candidate than networks that are played."""

    @property
    def candidate_type(self) -> type[Any]:
        """The kind that it takes."""


def accepted_candidates(evaluator: object) -> type[Any]:
    """The kind of candidate that this evaluator takes."""
    return evaluator.candidate_type if isinstance(evaluator, HasCandidateType) else Population


def check_pairing(candidates: Candidates, evaluator: object) -> None:
    """Raise ConfigError where this evaluator does not take such candidates."""
    proposed_type, accepted_type = type(candidates), accepted_candidates(evaluator)
    if proposed_type is not accepted_type:
        raise ConfigError(
            f"this method proposes {_TYPE_NAMES[proposed_type]}, and {type(evaluator).__name__} takes "
            f"{_TYPE_NAMES[accepted_type]}; "
            f"{_EVALUATOR_HINTS[proposed_type]}."
        )
