"""The kind of candidates is found by the name that their class carries, and checked before it is used."""

from __future__ import annotations

from typing import ClassVar

import bit_strings
import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.topologies.population import Population
from wannsearch.kinds.candidate_kind import find_kind


def test_candidates_and_their_class_have_the_same_kind() -> None:
    candidates = bit_strings.BitStrings(np.zeros((2, 3), bool))
    assert find_kind(candidates).name == find_kind(type(candidates)).name == "bit strings"
    assert find_kind(Population).name == "topologies"
    assert find_kind(Subnetworks).name == "sub-networks"


@pytest.mark.parametrize("name", ["no.such.module.Kind", "wannsearch.kinds.topology.NoKind"])
def test_a_kind_that_does_not_exist_is_named(name: str) -> None:
    class Strings(bit_strings.BitStrings):
        kind = name

    with pytest.raises(ConfigError, match=rf"Strings.kind is '{name}'; there is no such class"):
        find_kind(Strings)


def test_a_kind_without_its_module_is_refused_with_the_name_that_it_should_have() -> None:
    class Strings(bit_strings.BitStrings):
        kind = "BitStringKind"

    with pytest.raises(ConfigError, match=r"Strings.kind is 'BitStringKind'; .*: \w+\.BitStringKind\.$"):
        find_kind(Strings)


def test_a_class_of_candidates_without_a_part_of_the_protocol_is_refused() -> None:
    class Strings:
        bits: np.ndarray

    with pytest.raises(ConfigError, match="a class of candidates has 'kind', and this has not"):
        find_kind(Strings)
    Strings.kind = "wannsearch.kinds.topology.TopologyKind"  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="Strings: a class of candidates has 'take', and this has not"):
        find_kind(Strings)


class HalfKind:
    name = "halves"
    statistics: ClassVar[dict[str, object]] = {}
    is_known_before_test = True


def test_a_kind_without_a_part_of_the_protocol_is_refused() -> None:
    class Strings(bit_strings.BitStrings):
        kind = f"{__name__}.HalfKind"

    with pytest.raises(ConfigError, match="a kind of candidates has 'describe_sizes', and this has not"):
        find_kind(Strings)
