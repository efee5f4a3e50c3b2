"""SET, sparse evolutionary training: the smallest weights are dropped, others grow at random.

Mocanu et al. (2018, arXiv 1707.04780), with the schedule f_t and the defaults of RigL's published code
(`drop_and_grow`): alpha = 0.3, changes every 100 steps until 75 % of the training. It begins with the
proposed random masks, and each layer keeps as many weights as it began with. `update_every` is shorter
here, because our trainings have hundreds of steps. The growth of each candidate has draws of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from wannsearch.sparsity.drop_and_grow import DropAndGrow
from wannsearch.sparsity.rule import Gradients, RuleContext


@dataclass(frozen=True, kw_only=True)
class Set(DropAndGrow):
    """Weights grow at uniformly random positions of their layer among those that are not live."""

    def growth_scores(self, step: int, context: RuleContext, gradients: Gradients, masks: Tensor) -> Tensor:
        """Return uniform draws (P, M), new ones in each step."""
        return context.uniform(step, masks)
