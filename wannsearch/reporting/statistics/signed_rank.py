"""Wilcoxon's (1945) signed-rank test: are paired differences as often and as far below 0 as above?

Differences of 0 say neither and are left out, as he did.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def signed_rank_p_value(differences: Iterable[float]) -> float:
    """The two-sided p-value of (n,) differences; 1 where all are 0."""
    from scipy.stats import wilcoxon

    values = np.sort(np.array(list(differences), np.float64))
    values = values[values != 0]
    return float(wilcoxon(values).pvalue) if len(values) else 1.0
