"""Wide residual networks, WRN-d-k (Zagoruyko & Komodakis 2016, arXiv 1605.07146), with pre-activation.

A stem of 16 channels, then three groups of n = (d - 4) / 6 blocks with 16k, 32k and 64k channels, the
last two groups halving the image. A block is

    x + conv(relu(norm(conv(relu(norm(x))))))

with 3 x 3 convolutions; where the width changes, a 1 x 1 convolution of relu(norm(x)) takes the place
of x. The stream of sums must keep its width, so the maskable nodes are the channels inside each block,
behind the second norm and ReLU; stem, shortcuts and classifier stay dense.
"""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.errors import ConfigError, between
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.parent_network import Value, Words

_STEM, _GROUPS = 16, 3
_DEEPEST, _WIDEST = 1000, 64


@dataclass(frozen=True, kw_only=True)
class WideResNet:
    """Depth and width factor."""

    depth: int  # d: 4 + 6 n
    width: int  # k

    def __post_init__(self) -> None:
        convert_fields(self)
        if not 10 <= self.depth <= _DEEPEST or (self.depth - 4) % 6:
            raise ConfigError(
                f"method.parent.depth is {self.depth}; it must be 4 + 6 n, such as 10, 16, 22, 28."
            )
        between("method.parent.width", self.width, 1, _WIDEST)

    def outputs(self, words: Words, x: Value, classes: int) -> Value:
        """A score for each class, from the means of the last channels."""
        x, channels = words.conv(x, _STEM, 3, 1), _STEM
        for group in range(_GROUPS):
            wide = _STEM * self.width * 2**group
            for block in range((self.depth - 4) // 6):
                stride = 2 if group and not block else 1
                x = _block(words, x, wide, stride, wide != channels or stride != 1)
                channels = wide
        return words.dense(words.mean_pixels(words.relu(words.norm(x))), classes)


def _block(words: Words, x: Value, wide: int, stride: int, changes: bool) -> Value:
    begun = words.relu(words.norm(x))
    kept = words.conv(begun, wide, 1, stride) if changes else x
    inside = words.nodes(words.relu(words.norm(words.conv(begun, wide, 3, stride))))
    return words.add(kept, words.conv(inside, wide, 3, 1))
