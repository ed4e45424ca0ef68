"""Moments, Cholesky factors and triangular solves of a few dozen dimensions, in a fixed order.

LAPACK picks other routines for other CPUs, and with them other last bits.
"""

import numpy as np

from .._jit import inline, kernel
from .elementary import log
from .sums import BLOCK, LANES, LEVELS, carried, carry, fold


@kernel
def moments(x, mean, covariance):
    """Mean (d,) and covariance (d, d), divisor n, of rows x (n, d), in two passes."""
    n, d = x.shape
    lanes = np.empty(LANES)
    levels = np.empty(LEVELS)
    for k in range(d):
        for begin in range(0, n, BLOCK):
            lanes[:] = 0.0
            for i in range(begin, min(begin + BLOCK, n)):
                lanes[i % LANES] += x[i, k]
            carry(levels, begin // BLOCK, fold(lanes))
        mean[k] = carried(levels, (n + BLOCK - 1) // BLOCK, 0.0) / n
    for k in range(d):
        for j in range(k + 1):
            for begin in range(0, n, BLOCK):
                lanes[:] = 0.0
                for i in range(begin, min(begin + BLOCK, n)):
                    lanes[i % LANES] += (x[i, k] - mean[k]) * (x[i, j] - mean[j])
                carry(levels, begin // BLOCK, fold(lanes))
            covariance[k, j] = carried(levels, (n + BLOCK - 1) // BLOCK, 0.0) / n
            covariance[j, k] = covariance[k, j]


@kernel
def cholesky(a, factor):
    """Lower factor with factor factor^T = a, symmetric (d, d).

    Returns the first column that the columns before it explain to 12 digits, or -1; from there on the factor is NaN.
    """
    d = a.shape[0]
    factor[:] = 0.0
    for k in range(d):
        pivot = a[k, k]
        for j in range(k):
            pivot -= factor[k, j] * factor[k, j]
        if not pivot > 1e-12 * a[k, k]:
            factor[k:] = np.nan
            return k
        factor[k, k] = np.sqrt(pivot)
        for i in range(k + 1, d):
            rest = a[i, k]
            for j in range(k):
                rest -= factor[i, j] * factor[k, j]
            factor[i, k] = rest / factor[k, k]
    return -1


@inline
def solve_lower(factor, x):
    """x (d,) becomes the solution of factor y = x."""
    for k in range(x.size):
        rest = x[k]
        for j in range(k):
            rest -= factor[k, j] * x[j]
        x[k] = rest / factor[k, k]


@inline
def solve_upper(factor, x):
    """x (d,) becomes the solution of factor^T y = x, factor lower."""
    for i in range(x.size):
        k = x.size - 1 - i
        rest = x[k]
        for j in range(k + 1, x.size):
            rest -= factor[j, k] * x[j]
        x[k] = rest / factor[k, k]


@inline
def log_determinant(factor):
    """ln det of a lower factor."""
    total = 0.0
    for k in range(factor.shape[0]):
        total += log(factor[k, k])
    return total


@kernel
def gaussian_divergence(m, s, factor):
    """KL(N(m, s s^T) || N(0, factor factor^T)) of lower factors s and factor, in nats."""
    d = m.size
    column = np.empty(d)
    total = log_determinant(factor) - log_determinant(s) - 0.5 * d
    for j in range(d + 1):
        for k in range(d):
            column[k] = m[k] if j == d else s[k, j]
        solve_lower(factor, column)
        for k in range(d):
            total += 0.5 * column[k] * column[k]
    return total
