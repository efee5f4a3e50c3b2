"""Lexicase selection of one parent as the papers describe it, in plain NumPy, for tests."""

import numpy as np


def median_absolute_deviation(returns):
    return np.median(np.abs(returns - np.median(returns)))


def select_plain(pool, returns, connections, num_drawn, tolerance, ties, uniforms):
    """The row of the parent; the first `num_drawn` of the uniforms draw cases, the next one the tie."""
    cases = list(range(returns.shape[1]))
    left = list(pool)
    for uniform in uniforms[:num_drawn]:
        case = cases[drawn := int(uniform * len(cases))]
        cases[drawn] = cases[0]  # partial shuffle of Fisher and Yates
        cases = cases[1:]
        values = returns[left, case]
        epsilon = {
            "dynamic": median_absolute_deviation(values),
            "static": median_absolute_deviation(returns[pool, case]),
            "none": 0.0,
        }[tolerance]
        left = [row for row in left if returns[row, case] >= values.max() - epsilon]
    if ties == "fewest_connections":
        left = [row for row in left if connections[row] == min(connections[left])]
    return sorted(left)[int(uniforms[num_drawn] * len(left))]
