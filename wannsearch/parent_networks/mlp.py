"""A multilayer perceptron: dense layers with ReLU, each hidden unit maskable behind its ReLU."""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.parent_network import Value, Words

_MOST_NODES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Mlp:
    """Widths of the hidden layers."""

    layers: tuple[int, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        if not self.layers or not all(1 <= width <= _MOST_NODES for width in self.layers):
            raise ConfigError(
                f"method.parent.layers is {list(self.layers)}; it must name hidden layers of "
                f"1..{_MOST_NODES} nodes."
            )

    def outputs(self, words: Words, x: Value, classes: int) -> Value:
        """A score for each class, from all pixels."""
        for width in self.layers:
            x = words.nodes(words.relu(words.dense(x, width)))
        return words.dense(x, classes)
