"""Exponentially fitted finite volumes on even cells (Scharfetter & Gummel 1969, Chang & Cooper 1970; MODEL 2.5).

Masses mu_i of cells of width h diffuse in a potential V with diffusivity sigma T:

    d mu_i / dt = J_{i-1} - J_i,    J_i = (sigma / h^2) (T B(w_i) mu_i - T B(-w_i) mu_{i+1}),
    w_i = (V_{i+1} - V_i) / T,      B(w) = w / (e^w - 1).

The flux J vanishes at the discrete Gibbs density exp(-V / T). An implicit step solves an M-matrix: the masses stay
positive and their sum is conserved, however long the step.
"""

import numpy as np

from .._jit import inline, kernel
from .elementary import TINY, exp


@inline
def bernoulli(w):
    """Bernoulli function B(w) = w / (e^w - 1) for w >= 0; B(-w) = B(w) + w."""
    z = w * w
    tail = 3.3068783068783069e-5 - z * (8.2671957671957672e-7 - z * 2.0876756987868099e-8)
    series = 1.0 - 0.5 * w + z * (8.3333333333333333e-2 - z * (1.3888888888888889e-3 - z * tail))
    large = max(w, 0.25)
    return series if w < 0.25 else large / (exp(min(large, 700.0)) - 1.0)


@inline
def jump_rates(scale, t, dv):
    """Jump rates to the right and to the left across a face: scale T B(dv / T) and scale T B(-dv / T).

    dv = V_{i+1} - V_i; scale = sigma / h^2, times the step's length where a step is wanted.
    """
    size = abs(dv)
    with_slope = scale * t * bernoulli(size / max(t, TINY))
    against = with_slope if size <= 600.0 * t else 0.0
    down = against + scale * size
    return (against, down) if dv > 0.0 else (down, against)


@inline
def solve_tridiagonal(right, left, factor, b):
    """b <- solution x of (I + L) x = b, L the generator with rates right[i]: i -> i+1 and left[i]: i+1 -> i.

    Elimination in which no subtraction occurs (Grassmann, Taksar & Heyman 1985): every entry keeps its relative
    accuracy and its sign, and mass is conserved to rounding, however long the step. `factor` (n,) is scratch.
    """
    n = b.size
    s = 1.0  # pivot less its right rate
    for i in range(n - 1):
        pivot = s + right[i]
        factor[i] = pivot
        share = 1.0 / pivot
        b[i + 1] += right[i] * share * b[i]
        s = 1.0 + left[i] * (s * share)
    b[n - 1] /= s
    for i in range(n - 1):
        j = n - 2 - i
        b[j] = (b[j] + left[j] * b[j + 1]) / factor[j]


@kernel
def sweep(scale, t, u, tilt, mu):
    """One implicit step along the first axis of the masses mu (n, lines), in place; scale = dt sigma / h^2.

    The potential is V = T u + W: u (n, lines) is given at the centres, tilt (n - 1,) is the difference of W across the
    faces, the same for every line; an empty tilt stands for none. The lines are eliminated side by side, as in
    `solve_tridiagonal`.
    """
    n, lines = mu.shape
    right = np.empty((n, lines))
    left = np.empty((n, lines))
    factor = np.empty((n, lines))
    s = np.ones(lines)
    for i in range(n - 1):
        slope = tilt[i] if tilt.size > 0 else 0.0
        a, b, r, q = u[i], u[i + 1], right[i], left[i]
        for k in range(lines):
            r[k], q[k] = jump_rates(scale, t, t * (b[k] - a[k]) + slope)
    for i in range(n - 1):
        r, q, f, here, there = right[i], left[i], factor[i], mu[i], mu[i + 1]
        for k in range(lines):
            pivot = s[k] + r[k]
            f[k] = pivot
            share = 1.0 / pivot
            there[k] += r[k] * share * here[k]
            s[k] = 1.0 + q[k] * (s[k] * share)
    for k in range(lines):
        mu[n - 1, k] /= s[k]
    for i in range(n - 1):
        j = n - 2 - i
        q, f, here, there = left[j], factor[j], mu[j], mu[j + 1]
        for k in range(lines):
            here[k] = (here[k] + q[k] * there[k]) / f[k]


@kernel
def face_fluxes(sigma, t, h, dv, mu, out):
    """Fluxes J through the faces: out[i, k] is the mass that passes from cell i to i + 1 of line k per unit of time.

    dv (n - 1, lines) is the difference of the potential V across the faces, mu (n, lines) the masses.
    """
    scale = 1.0 / (h * h)
    for i in range(mu.shape[0] - 1):
        for k in range(mu.shape[1]):
            right, left = jump_rates(scale, t, dv[i, k])
            out[i, k] = sigma * (right * mu[i, k] - left * mu[i + 1, k])
