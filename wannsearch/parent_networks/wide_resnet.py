"""Wide residual networks, WRN-d-k (Zagoruyko & Komodakis 2016, arXiv 1605.07146), with pre-activation.

A stem of 16 channels precedes three groups of n = (d - 4) / 6 blocks with 16k, 32k and 64k channels; the
last two groups halve the image. A block is

    x + conv(relu(norm(conv(relu(norm(x))))))

with 3 x 3 convolutions; where the width changes, a 1 x 1 convolution of relu(norm(x)) takes the place
of x. The residual stream must keep its width, so the maskable nodes are the channels inside each block,
after the second norm and ReLU; stem, shortcuts and classifier stay dense.
"""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.errors import ConfigError, check_between
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.parent_network import LayerOps, Value

_STEM_CHANNELS, _NUM_GROUPS = 16, 3
_MAX_DEPTH, _MAX_WIDTH = 1000, 64


@dataclass(frozen=True, kw_only=True)
class WideResNet:
    """This wide residual network has the given depth d and width factor k.

    ConfigError unless d is 4 + 6 n in 10..1000 and k lies in 1..64.
    """

    depth: int  # d: 4 + 6 n
    width: int  # k

    def __post_init__(self) -> None:
        convert_fields(self)
        if not 10 <= self.depth <= _MAX_DEPTH or (self.depth - 4) % 6:
            raise ConfigError(
                f"method.parent_network.depth is {self.depth}; it must be 4 + 6 n, such as 10, 16, 22, 28."
            )
        check_between("method.parent_network.width", self.width, 1, _MAX_WIDTH)

    def forward(self, ops: LayerOps, x: Value, classes: int) -> Value:
        """Return the logits (classes,), computed from the mean of each channel of the last group.

        Args:
            ops: The layer operations.
            x: The input image, (C, H, W) per sample.
            classes: The number of classes.

        Returns:
            Logits: features (classes,) per sample.
        """
        x, channels = ops.conv(x, _STEM_CHANNELS, 3, 1), _STEM_CHANNELS
        for group in range(_NUM_GROUPS):
            out_channels = _STEM_CHANNELS * self.width * 2**group
            for block in range((self.depth - 4) // 6):
                stride = 2 if group and not block else 1
                x = _apply_block(ops, x, out_channels, stride, out_channels != channels or stride != 1)
                channels = out_channels
        return ops.dense(ops.global_average_pool(ops.relu(ops.batch_norm(x))), classes)


def _apply_block(ops: LayerOps, x: Value, out_channels: int, stride: int, has_projection: bool) -> Value:
    activated = ops.relu(ops.batch_norm(x))
    shortcut = ops.conv(activated, out_channels, 1, stride) if has_projection else x
    hidden = ops.mask_nodes(ops.relu(ops.batch_norm(ops.conv(activated, out_channels, 3, stride))))
    return ops.add(shortcut, ops.conv(hidden, out_channels, 3, 1))
