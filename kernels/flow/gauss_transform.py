"""Gaussian pair energy and force of all items on the line, in time that grows with their number (MODEL 2.6).

Items that are within half a length of one another are a group. With u and v the distances of x and y from its centre,
in lengths,

    exp(-(u - v)^2 / 2) = exp(-u^2 / 2) sum_k u^k [v^k exp(-v^2 / 2) / k!],    |v| <= 1/4

so that the sum over the group's y is a power series in u. Its terms from `TERMS` on are below 2e-17 (Greengard & Strain
1991).
"""

import numpy as np

from .._jit import kernel
from ..numerics.elementary import exp

TERMS = 17
REACH = 9.0
"""Lengths within which items are counted: exp(-40) is below rounding."""
WIDTH = 0.5
"""Lengths that a group extends over."""
FEW = 4
"""Items of a group up to which pairs are dearer as a series."""


@kernel
def line_pairs(length, x, energy, force):
    """Means over ascending x_j (M,) of exp(-r^2 / 2) into energy (M,) and of r exp(-r^2 / 2) / length into force (M,).

    r = (x_i - x_j) / length. The pair of an item with itself counts.
    """
    m = x.size
    per = 1.0 / length
    energy[:] = 0.0
    force[:] = 0.0
    series = np.empty(TERMS)
    begin = low = high = 0
    while begin < m:
        end = begin + 1
        while end < m and x[end] - x[begin] <= WIDTH * length:
            end += 1
        centre = x[begin] + 0.5 * (x[end - 1] - x[begin])
        while x[begin] - x[low] > REACH * length:
            low += 1
        while high < m and x[high] - x[end - 1] < REACH * length:
            high += 1
        if end - begin <= FEW:
            for j in range(begin, end):
                for i in range(low, high):
                    r = (x[i] - x[j]) * per
                    near = exp(-0.5 * r * r)
                    energy[i] += near
                    force[i] += r * near
        else:
            series[:] = 0.0
            for j in range(begin, end):
                v = (x[j] - centre) * per
                term = exp(-0.5 * v * v)
                for k in range(TERMS):
                    series[k] += term
                    term *= v / (k + 1.0)
            for i in range(low, high):
                u = (x[i] - centre) * per
                value = series[TERMS - 1]
                slope = 0.0  # of the series in u
                for k in range(TERMS - 2, -1, -1):
                    slope = slope * u + value
                    value = value * u + series[k]
                near = exp(-0.5 * u * u)
                energy[i] += near * value
                force[i] += near * (u * value - slope)
        begin = end
    for i in range(m):
        energy[i] /= m
        force[i] *= per / m
