"""Divergences of content without closed form: kernel densities, functionals from log ratios (MODEL 1.1, 1.7)."""

import numpy as np

from .._jit import kernel
from ..numerics.elementary import exp, log
from ..numerics.linear_algebra import log_determinant, solve_lower
from ..numerics.special import LN_SQRT_2PI
from ..numerics.sums import LANES, fold
from .gaussian_pool import log_mixture


@kernel
def log_density(x, centres, factor, out):
    """Log density of the equal mixture of N(centres[c], factor factor^T), c < K, at points x (n, d); centres (K, d)."""
    count, d = centres.shape
    white = np.empty((d, count))
    u = np.empty(d)
    for c in range(count):
        for k in range(d):
            u[k] = centres[c, k]
        solve_lower(factor, u)
        for k in range(d):
            white[k, c] = u[k]
    log_norm = log(float(count)) + d * LN_SQRT_2PI + log_determinant(factor)
    distance = np.empty(count)
    lanes = np.empty(LANES)
    for i in range(x.shape[0]):
        for k in range(d):
            u[k] = x[i, k]
        solve_lower(factor, u)
        distance[:] = 0.0
        for k in range(d):
            row = white[k]
            for c in range(count):
                gap = u[k] - row[c]
                distance[c] += gap * gap
        nearest = distance[0]
        for c in range(1, count):
            nearest = min(nearest, distance[c])
        lanes[:] = 0.0
        for start in range(0, count, LANES):
            for c in range(min(LANES, count - start)):
                lanes[c] += exp(0.5 * (nearest - distance[start + c]))
        out[i] = log(fold(lanes)) - 0.5 * nearest - log_norm


@kernel
def functionals(rho, ratio_p, weight_p, ratio_q, weight_q, out):
    """Functionals of the pool (1 - rho) p + rho q from log ratios ln(q / p) at points of p and at points of q.

    out[0] = KL(pool || p), out[1] = its derivative in rho, out[2] = I(rho), out[3] and out[4] = standard errors of the
    first two where the points are random draws. The weights (n,) sum to 1: equal for random draws, else those of a
    quadrature. E_pool[(1 - rho) / g] = 1 - rho with g = pool / p serves as a control variate, so that the averaged
    terms are of second order in rho.
    """
    sums = np.zeros((5, LANES))
    spread = np.zeros((4, LANES))
    pure = 1.0 - rho
    for origin in range(2):
        ratio = ratio_p if origin == 0 else ratio_q
        weight = weight_p if origin == 0 else weight_q
        share = pure if origin == 0 else rho
        sign = -1.0 if origin == 0 else 1.0
        loss = np.zeros(LANES)
        slope = np.zeros(LANES)
        for start in range(0, ratio.size, LANES):
            for i in range(min(LANES, ratio.size - start)):
                w = weight[start + i]
                lr = ratio[start + i]
                ln_g = log_mixture(rho, lr)
                human = pure * exp(-ln_g) if pure > 0.0 else 0.0  # posterior probability of being human
                a = ln_g - pure + human
                b = sign * ln_g - share * (human - pure)
                loss[i] += w * a
                slope[i] += w * b
                gap = exp(lr - ln_g) - exp(-ln_g)
                sums[2, i] += share * w * gap * gap
                spread[2 * origin, i] += w * w * a * a
                spread[2 * origin + 1, i] += w * w * b * b
        mean_loss = fold(loss)
        mean_slope = fold(slope)
        sums[0, 0] += share * mean_loss
        sums[1, 0] += mean_slope
        n = ratio.size
        sums[3, 0] += share * share * max(fold(spread[2 * origin]) - mean_loss * mean_loss / n, 0.0)
        sums[4, 0] += max(fold(spread[2 * origin + 1]) - mean_slope * mean_slope / n, 0.0)
    for k in range(5):
        out[k] = fold(sums[k])
    out[3] = np.sqrt(out[3])
    out[4] = np.sqrt(out[4])


@kernel
def trapezoid_weights(log_p, step, out):
    """Weights of a trapezoid rule for expectations under p: out = step exp(log_p)."""
    for i in range(out.size):
        out[i] = step * exp(log_p[i])
