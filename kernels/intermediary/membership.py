"""A market in which some are paid for the planner's efforts and others at the buyer's own prices (MODEL 4.3)."""

import numpy as np

from .._jit import kernel
from ..creators.effort import power
from ..numerics.search import has_converged, kept_between, shrink

NEWTON = 200


@kernel
def mixed_aggregates(loading, kappa, q, v, out):
    """Aggregates A (m,) of m markets, roots of A / v = sum kappa_i lambda_i |y_i|^q y_i, y_i = 1 - lambda_i A.

    loading (n,); kappa (m, n): efforts are kappa_i |y_i|^q, and 0 is a creator who stays away. The difference of the
    two sides rises with A, from below 0 at A = 0 to 0 or more at v sum kappa_i lambda_i.
    """
    n = loading.size
    for j in range(out.size):
        low, high = 0.0, 0.0
        for i in range(n):
            high += v * kappa[j, i] * loading[i]
        A = 0.0
        last = np.inf
        for _ in range(NEWTON):
            f, slope = A / v, 1.0 / v
            for i in range(n):
                y = 1.0 - loading[i] * A
                p = kappa[j, i] * loading[i] * power(y, q)
                f -= p * y
                slope += (q + 1.0) * loading[i] * p
            if f == 0.0 or high == 0.0:
                break
            low, high = shrink(low, high, A, f < 0.0)
            step = kept_between(A - f / slope, low, high)
            size, A = abs(step - A), step
            if has_converged(size, last, A):
                break
            last = size
        out[j] = A
