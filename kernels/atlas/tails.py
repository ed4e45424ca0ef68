"""Tail mass of normal laws (MODEL 9.2)."""

from .._jit import inline, kernel
from ..numerics.elementary import exp

FARTHEST = 7.07
"""Standard deviations beyond which a tail counts as there: its mass is 8e-13."""


@inline
def upper_tail(x):
    """P(N(0, 1) > x) with an error below 1e-12: Hart's rational function, which needs no branch (Hart et al. 1968)."""
    a = min(abs(x), FARTHEST)
    top = 3.52624965998911e-02
    top = top * a + 0.700383064443688
    top = top * a + 6.37396220353165
    top = top * a + 33.912866078383
    top = top * a + 112.079291497871
    top = top * a + 221.213596169931
    top = top * a + 220.206867912376
    bottom = 8.83883476483184e-02
    bottom = bottom * a + 1.75566716318264
    bottom = bottom * a + 16.064177579207
    bottom = bottom * a + 86.7807322029461
    bottom = bottom * a + 296.564248779674
    bottom = bottom * a + 637.333633378831
    bottom = bottom * a + 793.826512519948
    bottom = bottom * a + 440.413735824752
    tail = exp(-0.5 * a * a) * top / bottom
    return tail if x >= 0.0 else 1.0 - tail


@inline
def two_tails(m, s, edge):
    """P(|X| > edge) of X ~ N(m, s^2)."""
    return upper_tail((edge - m) / s) + upper_tail((edge + m) / s)


@kernel
def tail_masses(m, s, edge, out):
    """Fill out[i] with `two_tails` of m[i], s[i] (n,)."""
    for i in range(out.size):
        out[i] = two_tails(m[i], s[i], edge)
