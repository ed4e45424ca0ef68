"""Gauss-Legendre rules with the same bits on every CPU that has extended precision."""

from functools import cache
from typing import Any

import numpy as np

from mfsolve.arrays import Floats


@cache
def gauss_legendre(count: int) -> tuple[Floats, Floats]:
    """Nodes and weights (count,) of the Gauss-Legendre rule on [-1, 1], exact for polynomials of degree 2 count - 1.

    NumPy finds the nodes as eigenvalues, whose last bits depend on the linear-algebra library. Here they are only where
    Newton's method starts, in extended precision; what it ends at is rounded once. Where `numpy.longdouble` is no more
    than a float64, as under Windows and on macOS for ARM, nodes are off by one unit in the last place at most, weights
    by 1e-13 of themselves (up to 200 nodes), and these digits may be others with another library.

    Parameters
    ----------
    count : int
        Number of nodes, at least 1.
    """
    start, _ = np.polynomial.legendre.leggauss(count)
    x: Any = start.astype(np.longdouble)
    slope = np.ones_like(x)
    for _ in range(3):
        last, value = np.ones_like(x), x
        for degree in range(2, count + 1):
            last, value = value, ((2 * degree - 1) * x * value - (degree - 1) * last) / degree
        slope = count * (last - x * value) / (1 - x * x)
        x = x - value / slope
    weight = 2 / ((1 - x * x) * slope * slope)
    nodes, weights = x.astype(np.float64), weight.astype(np.float64)
    nodes.flags.writeable = weights.flags.writeable = False
    return nodes, weights
