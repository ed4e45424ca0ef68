"""Human potentials U with p = exp(-U) / Z: values, gradients and curvatures (MODEL 2.2).

A potential is a code and an array of coefficients, so that one compiled kernel serves them all:

GAUSSIAN      U = |x|^2 / 2; no parameters
DOUBLE_WELL   U = b ((x_0 / w)^2 - 1)^2 + sum_{k>0} x_k^2 / 2; shape[0] = (b, 1 / w^2)
MIXTURE       U = -ln sum_j w_j N(x; c_j, s_j^2 I); shape[j] = (ln w_j - d ln s_j, 1 / s_j^2, c_j0, ..., c_jd-1)
TABULATED     1-D: U' piecewise linear on n even nodes, constant outside; shape[0, :3] = (first node, spacing, n),
              shape[1, :n] = U' and shape[2, :n] = U at the nodes
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.elementary import exp, log
from ..numerics.special import LN_SQRT_2PI

GAUSSIAN, DOUBLE_WELL, MIXTURE, TABULATED = 0, 1, 2, 3


class Potential(NamedTuple):
    """A human potential U: its code and its coefficients."""

    kind: int
    shape: np.ndarray  # (rows, columns) as listed above


class Terms(NamedTuple):
    """Value, slope and curvature of a potential at a point of the line."""

    u: float
    g: float
    h: float


class Walls(NamedTuple):
    """Reflecting walls; there are none where low >= high."""

    low: float
    high: float


@inline
def log_component(row, x, i):
    """Log density of a mixture's component `row` at column i of x (d, n), without the term -d ln sqrt(2 pi)."""
    square = 0.0
    for k in range(x.shape[0]):
        gap = x[k, i] - row[2 + k]
        square += gap * gap
    return row[0] - 0.5 * square * row[1]


@inline
def mixture_gradient_on_line(shape, x, n, g, top, mass):
    """Gradient of -ln of the mixture for d = 1, in loops that LLVM vectorises."""
    for i in range(n):
        top[i] = -np.inf
        mass[i] = 0.0
        g[i] = 0.0
    for j in range(shape.shape[0]):
        weight, precision, centre = shape[j, 0], shape[j, 1], shape[j, 2]
        for i in range(n):
            gap = x[i] - centre
            top[i] = max(top[i], weight - 0.5 * gap * gap * precision)
    for j in range(shape.shape[0]):
        weight, precision, centre = shape[j, 0], shape[j, 1], shape[j, 2]
        for i in range(n):
            gap = x[i] - centre
            w = exp(weight - 0.5 * gap * gap * precision - top[i])
            mass[i] += w
            g[i] += w * precision * gap
    for i in range(n):
        g[i] /= mass[i]


@inline
def mixture_gradient(shape, x, n, g, work):
    """Gradient of -ln of the mixture; the largest exponent is taken out, so no tail underflows."""
    top, mass = work[0], work[1]
    d = x.shape[0]
    if d == 1:
        mixture_gradient_on_line(shape, x[0], n, g[0], top, mass)
        return
    for i in range(n):
        top[i] = -np.inf
        mass[i] = 0.0
    for j in range(shape.shape[0]):
        row = shape[j]
        for i in range(n):
            top[i] = max(top[i], log_component(row, x, i))
    for k in range(d):
        gk = g[k]
        for i in range(n):
            gk[i] = 0.0
    for j in range(shape.shape[0]):
        row = shape[j]
        for i in range(n):
            w = exp(log_component(row, x, i) - top[i])
            mass[i] += w
            for k in range(d):
                g[k, i] += w * row[1] * (x[k, i] - row[2 + k])
    for k in range(d):
        gk = g[k]
        for i in range(n):
            gk[i] /= mass[i]


@inline
def table_place(shape, x):
    """Index of the table's node left of x and the distance from it in spacings, both held inside the table."""
    t = (x - shape[0, 0]) / shape[0, 1]
    last = shape[0, 2] - 1.0
    t = min(max(t, 0.0), last)  # a NaN lands on a bound, never outside
    left = min(np.floor(t), last - 1.0)
    return int(left), t - left


@inner
def gradient(potential, x, n, g, work):
    """Gradient g[:, :n] = grad U at x[:, :n]; work (2, n) is scratch."""
    kind, shape = potential
    if kind == MIXTURE:
        mixture_gradient(shape, x, n, g, work)
    elif kind == TABULATED:
        x0, g0 = x[0], g[0]
        slope = shape[1]
        for i in range(n):
            left, f = table_place(shape, x0[i])
            g0[i] = slope[left] + f * (slope[left + 1] - slope[left])
    else:
        for k in range(x.shape[0]):
            xk, gk = x[k], g[k]
            if k == 0 and kind == DOUBLE_WELL:
                iw2 = shape[0, 1]
                scale = 4.0 * shape[0, 0] * iw2
                for i in range(n):
                    gk[i] = scale * xk[i] * (xk[i] * xk[i] * iw2 - 1.0)
            else:
                for i in range(n):
                    gk[i] = xk[i]


@inline
def mixture_value(shape, x, i):
    """Value U = -ln sum_j w_j N(x; c_j, s_j^2 I) at column i of x (d, n)."""
    top = -np.inf
    for j in range(shape.shape[0]):
        top = max(top, log_component(shape[j], x, i))
    mass = 0.0
    for j in range(shape.shape[0]):
        mass += exp(log_component(shape[j], x, i) - top)
    return x.shape[0] * LN_SQRT_2PI - top - log(mass)


@inline
def table_value(shape, x):
    """Value of a tabulated U at x: the integral of its piecewise-linear slope, linear outside the table."""
    left, f = table_place(shape, x)
    h = shape[0, 1]
    a, b = shape[1, left], shape[1, left + 1]
    u = shape[2, left] + h * f * (a + 0.5 * f * (b - a))
    last = shape[0, 0] + h * (shape[0, 2] - 1.0)
    outside = min(x - shape[0, 0], 0.0) + max(x - last, 0.0)
    return u + outside * (a + f * (b - a))


@kernel
def values(potential, x, u):
    """Values u[i] = U at the columns i of x (d, n)."""
    kind, shape = potential
    d = x.shape[0]
    for i in range(u.size):
        if kind == MIXTURE:
            u[i] = mixture_value(shape, x, i)
        elif kind == TABULATED:
            u[i] = table_value(shape, x[0, i])
        else:
            first = 0.5 * x[0, i] * x[0, i]
            if kind == DOUBLE_WELL:
                well = x[0, i] * x[0, i] * shape[0, 1] - 1.0
                first = shape[0, 0] * well * well
            for k in range(1, d):
                first += 0.5 * x[k, i] * x[k, i]
            u[i] = first


@kernel
def gradients(potential, x, g):
    """Gradients g (d, n) = grad U at the columns of x (d, n)."""
    work = np.empty((2, x.shape[1]))
    gradient(potential, x, x.shape[1], g, work)


@inline
def line_terms(potential, x):
    """Value, slope and curvature (U, U', U'') at a point x of the line."""
    kind, shape = potential
    u = 0.5 * x * x
    g = x
    h = 1.0
    if kind == DOUBLE_WELL:
        b, iw2 = shape[0, 0], shape[0, 1]
        well = x * x * iw2 - 1.0
        u = b * well * well
        g = 4.0 * b * iw2 * x * well
        h = 4.0 * b * iw2 * (3.0 * x * x * iw2 - 1.0)
    elif kind == MIXTURE:
        top = -np.inf
        for j in range(shape.shape[0]):
            gap = x - shape[j, 2]
            top = max(top, shape[j, 0] - 0.5 * gap * gap * shape[j, 1])
        mass = 0.0
        first = 0.0
        second = 0.0
        square = 0.0
        for j in range(shape.shape[0]):
            gap = x - shape[j, 2]
            pull = gap * shape[j, 1]
            w = exp(shape[j, 0] - 0.5 * gap * pull - top)
            mass += w
            first += w * pull
            square += w * pull * pull
            second += w * shape[j, 1]
        u = LN_SQRT_2PI - top - log(mass)
        g = first / mass
        h = second / mass - square / mass + g * g
    elif kind == TABULATED:
        u = table_value(shape, x)
        left, f = table_place(shape, x)
        a, b = shape[1, left], shape[1, left + 1]
        g = a + f * (b - a)
        inside = x >= shape[0, 0] and x <= shape[0, 0] + shape[0, 1] * (shape[0, 2] - 1.0)
        h = (b - a) / shape[0, 1] if inside else 0.0
    return Terms(u, g, h)


@kernel
def on_line(potential, x, u, g, h):
    """Values u = U, slopes g = U' and curvatures h = U'' at the points x (n,) of the line."""
    for i in range(x.size):
        u[i], g[i], h[i] = line_terms(potential, x[i])
