"""A parent that normalises features, and images before anything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Normalised:
    def outputs(self, words: Any, x: Any, classes: int) -> Any:
        x = words.relu(words.norm(words.conv(x, 6, 3, 2)))
        x = words.global_average_pool(words.nodes(x))
        return words.dense(words.nodes(words.relu(words.norm(words.dense(x, 8)))), classes)
