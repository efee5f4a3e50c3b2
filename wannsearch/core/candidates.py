"""The two types of candidates that a method proposes and an evaluator scores.

A topology (`Population`) is evaluated as it is; a sub-network (`Subnetworks`) is trained. Both are
batches of rows with a length, `take`, `sizes` and `complexity`. A method proposes one type, an evaluator
accepts one type; code in between treats both alike.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.topologies.population import Population

Candidates = Any
"""Either a `Population` or a `Subnetworks`."""

_TYPE_NAMES = {Population: "topologies", Subnetworks: "sub-networks"}
_EVALUATOR_HINTS = {
    Population: "evaluator=compiled, reference and processes play them",
    Subnetworks: "evaluator=trainer trains them",
}


@runtime_checkable
class HasCandidateType(Protocol):
    """Such an evaluator names the type of candidates that it accepts; any other accepts `Population`."""

    @property
    def candidate_type(self) -> type[Any]:
        """Return the type of candidates that the evaluator accepts."""


def accepted_candidate_type(evaluator: object) -> type[Any]:
    """Return the type of candidates that this evaluator accepts: its `candidate_type`, else `Population`."""
    return evaluator.candidate_type if isinstance(evaluator, HasCandidateType) else Population


def check_pairing(candidates: Candidates, evaluator: object) -> None:
    """Raise ConfigError unless the candidates have exactly the type that this evaluator accepts."""
    proposed_type, accepted_type = type(candidates), accepted_candidate_type(evaluator)
    if proposed_type is not accepted_type:
        raise ConfigError(
            f"this method proposes {_TYPE_NAMES[proposed_type]}, and {type(evaluator).__name__} takes "
            f"{_TYPE_NAMES[accepted_type]}; "
            f"{_EVALUATOR_HINTS[proposed_type]}."
        )
