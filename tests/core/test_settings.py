"""What a config file holds becomes what a field says, or is refused in one line; nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields, convert_value, make_settings
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.methods.cma_es import CmaEsWeights
from wannsearch.variation.cma_es import CovarianceType


class Color(str, Enum):
    RED = "red"
    BLUE = "blue"


class Pump(Protocol):
    def run(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class InnerSettings:
    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class OuterSettings:
    color: Color = Color.RED
    speed: float = 1.0
    limit: float | None = None
    count: int = 1
    exact: bool = True
    name: str = "x"
    inner: InnerSettings = InnerSettings(sizes=(1,))
    pump: Pump | None = None
    free: Any = None

    def __post_init__(self) -> None:
        convert_fields(self)


def test_a_word_is_the_enums_member_a_list_a_tuple_a_whole_number_a_float() -> None:
    made = OuterSettings(color="blue", speed=3, limit=2, inner={"sizes": [4, 5]}, free=[1])  # type: ignore[arg-type]
    assert made.color is Color.BLUE
    assert (type(made.speed), type(made.limit), made.limit) == (float, float, 2.0)
    assert made.inner == InnerSettings(sizes=(4, 5))
    assert made.free == [1]


def test_numpys_numbers_become_pythons() -> None:
    made = OuterSettings(count=np.int32(7), speed=np.float32(0.5), limit=np.float64(2))  # type: ignore[arg-type]
    assert [type(value) for value in (made.count, made.speed, made.limit)] == [int, float, float]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"color": "rde"}, r"OuterSettings.color is 'rde'; allowed: blue, red. Did you mean 'red'\?"),
        ({"speed": "3"}, "OuterSettings.speed is '3'; it must be a number"),
        ({"speed": True}, "OuterSettings.speed is True"),
        ({"speed": 10**400}, "OuterSettings.speed is 1000"),
        ({"count": 1.0}, "OuterSettings.count is 1.0; it must be a whole number"),
        ({"count": None}, "OuterSettings.count is None"),
        ({"exact": 1}, "OuterSettings.exact is 1; it must be true or false"),
        ({"name": 1}, "OuterSettings.name is 1; it must be text"),
        ({"inner": {"sizes": "45"}}, "OuterSettings.inner.sizes is '45'; it must be a list"),
        ({"inner": {"sizes": [4, "5"]}}, r"OuterSettings.inner.sizes\[1\] is '5'"),
        ({"inner": {"size": [4]}}, "there is no key 'OuterSettings.inner.size'. Did you mean"),
        ({"inner": {}}, "OuterSettings.inner.sizes is missing"),
        ({"pump": {"_target_": "x"}}, "OuterSettings.pump is .*; it must be an object, a Pump"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        OuterSettings(**given)
    assert "\n" not in str(refused.value)


def test_settings_made_from_keys_need_all_of_them() -> None:
    with pytest.raises(ConfigError, match=r"outer\.color is missing"):
        make_settings(OuterSettings, "outer", {"speed": 1})


def test_the_config_layers_word_for_a_precision_is_the_precision() -> None:
    settings: dict[str, Any] = dict.fromkeys(("threads", "chunk", "max_memory", "vector_bits"))
    made = Compiled(precision="float64", simplify=True, **settings)  # type: ignore[arg-type]
    assert made.precision is LanePrecision.FLOAT64
    assert made == Compiled(precision=LanePrecision.FLOAT64, simplify=True, **settings)


def test_a_method_that_no_config_file_makes_converts_its_words_too() -> None:
    from wannsearch.core.ports import Ports
    from wannsearch.core.topologies.dense_network import make_dense_network

    network = make_dense_network([2], Ports(1, 1, ("tanh",)), "tanh")
    words: dict[str, Any] = {"covariance": "full", "initial_sigma": 1, "patience": 5, "population_size": 8}
    made = CmaEsWeights(network=network, initial_means=network.weight, final_restart_generation=None, **words)
    assert made.covariance is CovarianceType.FULL
    assert made.initial_means is network.weight


def test_an_unquoted_off_of_yaml_is_the_word_off_where_that_is_allowed() -> None:
    class Display(Enum):
        AUTO = "auto"
        OFF = "off"

    class Size(Enum):
        SMALL = "small"

    assert convert_value("display", False, Display) is Display.OFF
    with pytest.raises(ConfigError, match="size is False; allowed: small"):
        convert_value("size", False, Size)
