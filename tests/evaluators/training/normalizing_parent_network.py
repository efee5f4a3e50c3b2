"""A parent that normalises features, and images before anything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Normalised:
    def forward(self, words: Any, x: Any, classes: int) -> Any:
        x = words.relu(words.batch_norm(words.conv(x, 6, 3, 2)))
        x = words.global_average_pool(words.mask_nodes(x))
        return words.dense(words.mask_nodes(words.relu(words.batch_norm(words.dense(x, 8)))), classes)
