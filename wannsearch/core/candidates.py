"""What a method proposes and an evaluator judges: one of two kinds.

A topology (`population.Population`) is played; a sub-network (`subnetworks.Subnetworks`) is trained.
Both are rows that can be counted and taken. A method proposes one kind, an evaluator takes one; who
passes candidates on looks no deeper.
"""

from __future__ import annotations

from typing import Any

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.topologies.population import Population

Candidates = Any
"""`Population` or `Subnetworks`."""

_WORDS = {Population: "topologies", Subnetworks: "sub-networks"}
_FITTING = {
    Population: "evaluator=compiled, reference and processes play them",
    Subnetworks: "evaluator=trainer trains them",
}


def check_pairing(asked: Candidates, evaluator: Any) -> None:
    """Raise ConfigError where this evaluator does not take such candidates."""
    kind, taken = type(asked), getattr(evaluator, "candidates", Population)
    if kind is not taken:
        raise ConfigError(
            f"this method proposes {_WORDS[kind]}, and {type(evaluator).__name__} takes {_WORDS[taken]}; "
            f"{_FITTING[kind]}."
        )
