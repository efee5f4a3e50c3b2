"""A multilayer perceptron: dense layers with ReLU, each hidden unit maskable after its ReLU."""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.parent_network import LayerOps, Value

_MAX_NODES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Mlp:
    """This multilayer perceptron has hidden layers of the given widths, from input to output.

    ConfigError for no layer, or for a width outside of 1..1,000,000.
    """

    layers: tuple[int, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        if not self.layers or not all(1 <= width <= _MAX_NODES for width in self.layers):
            raise ConfigError(
                f"method.parent_network.layers is {list(self.layers)}; it must name hidden layers of "
                f"1..{_MAX_NODES} nodes."
            )

    def forward(self, ops: LayerOps, x: Value, classes: int) -> Value:
        """Return the logits (classes,), computed from all pixels.

        Args:
            ops: The layer operations.
            x: The input image, (C, H, W) per sample.
            classes: The number of classes.

        Returns:
            Logits: features (classes,) per sample.
        """
        for width in self.layers:
            x = ops.mask_nodes(ops.relu(ops.dense(x, width)))
        return ops.dense(x, classes)
