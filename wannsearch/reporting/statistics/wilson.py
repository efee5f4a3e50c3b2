"""Wilson's score interval (1927) of a share: k of n runs solved the task.

    (p + z^2 / 2n  +-  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n),  p = k / n

It stays inside [0, 1] and has a width even where all or none succeeded.
"""

from __future__ import annotations

import math

_Z = 1.959963984540054  # the 97.5 % quantile of the normal distribution


def wilson_interval(successes: int, n: int, z: float = _Z) -> tuple[float, float]:
    """Return the lower and upper bound of a share's interval; the default `z` makes it a 95 % interval.

    Raise ValueError unless 0 <= successes <= n and n >= 1.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} of {n} is no share")
    share, spread = successes / n, z * z / n
    middle = share + spread / 2
    half_width = z * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    low, high = (middle - half_width) / (1 + spread), (middle + half_width) / (1 + spread)
    # The ends are exact where all or none succeeded; rounding must not move them.
    return (0.0 if successes == 0 else low), (1.0 if successes == n else high)
