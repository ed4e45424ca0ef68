"""The loop of the three faults (MODEL 6.3).

dg/dt = G(r) - g,    dy/dt = Y(g) - y,    dr/dt = R(y) - dep r,    each response low + span / (1 + exp(-k (x - c)))
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.elementary import exp

STEP = 0.1
STEPS = 20_000


class Response(NamedTuple):
    """A logistic response: least value, span above it, steepness k and midpoint c."""

    low: float
    span: float
    steepness: float
    midpoint: float


class Loop(NamedTuple):
    """Responses of bargaining to lineage (G), of pricing to bargaining (Y), of lineage to pricing (R); depreciation."""

    G: Response
    Y: Response
    R: Response
    dep: float


@inline
def logistic(f, x):
    """Value of a response at x."""
    return f.low + f.span / (1.0 + exp(-f.steepness * (x - f.midpoint)))


@kernel
def around(loop, r, out):
    """Once around the loop: out (n,) = R(Y(G(r))) of lineage r (n,). Rest points solve out = dep r."""
    for i in range(r.size):
        out[i] = logistic(loop.R, logistic(loop.Y, logistic(loop.G, r[i])))


@inline
def motion(loop, g, y, r):
    """Time derivatives of g, y and r."""
    return logistic(loop.G, r) - g, logistic(loop.Y, g) - y, logistic(loop.R, y) - loop.dep * r


@inner
def crosses(loop, g, y, r, saddle):
    """True where the path from (g, y, r) ends above the saddle (3,), by Runge-Kutta steps.

    All responses increase: a path that is once above, or once below, the saddle in every coordinate stays there. A path
    that reaches neither counts by its lineage in the end.
    """
    h = STEP
    for _ in range(STEPS):
        if g > saddle[0] and y > saddle[1] and r > saddle[2]:
            return True
        if g < saddle[0] and y < saddle[1] and r < saddle[2]:
            return False
        a0, a1, a2 = motion(loop, g, y, r)
        b0, b1, b2 = motion(loop, g + 0.5 * h * a0, y + 0.5 * h * a1, r + 0.5 * h * a2)
        c0, c1, c2 = motion(loop, g + 0.5 * h * b0, y + 0.5 * h * b1, r + 0.5 * h * b2)
        d0, d1, d2 = motion(loop, g + h * c0, y + h * c1, r + h * c2)
        g += h / 6.0 * (a0 + 2.0 * b0 + 2.0 * c0 + d0)
        y += h / 6.0 * (a1 + 2.0 * b1 + 2.0 * c1 + d1)
        r += h / 6.0 * (a2 + 2.0 * b2 + 2.0 * c2 + d2)
    return r > saddle[2]


@inline
def lifted(x, on, size):
    """Move x by `size` of its distance to 1 where the intervention is on."""
    return x + on * size * (1.0 - x)


@kernel
def least_size(loop, start, saddle, mask, halvings):
    """Least size in [0, 1] of a push of the masked coordinates (3,) from `start` (3,) that crosses; NaN for none.

    Sizes are ordered: a greater push starts above a smaller one, and so does its path.
    """
    if not crosses(
        loop, lifted(start[0], mask[0], 1.0), lifted(start[1], mask[1], 1.0), lifted(start[2], mask[2], 1.0), saddle
    ):
        return np.nan
    low, high = 0.0, 1.0
    for _ in range(halvings):
        a = 0.5 * (low + high)
        if crosses(
            loop, lifted(start[0], mask[0], a), lifted(start[1], mask[1], a), lifted(start[2], mask[2], a), saddle
        ):
            high = a
        else:
            low = a
    return high


@kernel
def upper_basin(loop, saddle, places):
    """Share of a grid of `places`^3 starts in the unit cube whose paths end above the saddle.

    Paths keep the order of their starts, as all responses increase: in every plane the starts that cross lie above a
    staircase, which is walked along; 2 places paths are followed there instead of places^2.
    """
    count = 0
    for i in range(places):
        below = places
        for j in range(places):
            g, y = (i + 0.5) / places, (j + 0.5) / places
            while below > 0 and crosses(loop, g, y, (below - 0.5) / places, saddle):
                below -= 1
            count += places - below
    return count / places**3
