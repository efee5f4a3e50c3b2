"""No mask at all: the whole parent network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from wannsearch.core.settings import convert_fields
from wannsearch.sparsity.rule import MaskRule, RuleContext


@dataclass(frozen=True, kw_only=True)
class DenseParent(MaskRule):
    """The rule keeps all nodes or weights, however sparse the proposed masks are."""

    has_fixed_masks: ClassVar[bool] = True

    def __post_init__(self) -> None:
        convert_fields(self)

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return masks (P, M) that keep everything."""
        return torch.ones_like(context.proposed)
