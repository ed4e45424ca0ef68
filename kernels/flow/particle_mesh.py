"""Particle mesh: deposit of particles on an even grid by cubic B-splines, and interpolation back (MODEL 2.4).

The grid's node i stands at origin + i h. A particle at node coordinate t = i + f spreads over nodes i - 1 .. i + 2;
the caller divides by the spline's Fourier transform once for the deposit and once for the interpolation.
"""

import numpy as np

from .._jit import inline, kernel


@inline
def spline(f):
    """Weights of the cubic B-spline at the four nodes around a point at fraction f of its cell."""
    e = 1.0 - f
    return (
        e * e * e / 6.0,
        (3.0 * f * f * f - 6.0 * f * f + 4.0) / 6.0,
        (3.0 * e * e * e - 6.0 * e * e + 4.0) / 6.0,
        f * f * f / 6.0,
    )


@inline
def place(x, origin, per_h, nodes):
    """Index of the node left of x and the fraction of the cell beyond it, held inside the grid."""
    t = min(max((x - origin) * per_h, 1.0), nodes - 3.0)
    left = np.floor(t)
    return int(left), t - left


@kernel
def deposit(origin, per_h, x, grid):
    """Density on the nodes, grid (n,) = sum over particles x (m,) of their splines."""
    grid[:] = 0.0
    nodes = float(grid.size)
    for i in range(x.size):
        j, f = place(x[i], origin, per_h, nodes)
        a, b, c, d = spline(f)
        grid[j - 1] += a
        grid[j] += b
        grid[j + 1] += c
        grid[j + 2] += d


@kernel
def interpolate(origin, per_h, x, field, out):
    """Values out[i] of a field (n,) at the particles x (m,), by their splines."""
    nodes = float(field.size)
    for i in range(x.size):
        j, f = place(x[i], origin, per_h, nodes)
        a, b, c, d = spline(f)
        out[i] = a * field[j - 1] + b * field[j] + c * field[j + 1] + d * field[j + 2]


@kernel
def deposit_plane(origin, per_h, x, grid):
    """Density on the nodes of the plane, grid (n0, n1) = sum over particles x (2, m) of products of splines."""
    grid[:] = 0.0
    n0, n1 = float(grid.shape[0]), float(grid.shape[1])
    for i in range(x.shape[1]):
        j, f = place(x[0, i], origin[0], per_h, n0)
        k, g = place(x[1, i], origin[1], per_h, n1)
        a0, a1, a2, a3 = spline(f)
        b0, b1, b2, b3 = spline(g)
        for r, a in ((-1, a0), (0, a1), (1, a2), (2, a3)):
            row = grid[j + r]
            row[k - 1] += a * b0
            row[k] += a * b1
            row[k + 1] += a * b2
            row[k + 2] += a * b3


@kernel
def interpolate_plane(origin, per_h, x, field, out):
    """Values out[c, i] of a vector field (2, n0, n1) at the particles x (2, m), by products of splines."""
    n0, n1 = float(field.shape[1]), float(field.shape[2])
    for i in range(x.shape[1]):
        j, f = place(x[0, i], origin[0], per_h, n0)
        k, g = place(x[1, i], origin[1], per_h, n1)
        a0, a1, a2, a3 = spline(f)
        b0, b1, b2, b3 = spline(g)
        for c in range(2):
            total = 0.0
            for r, a in ((-1, a0), (0, a1), (1, a2), (2, a3)):
                row = field[c, j + r]
                total += a * (b0 * row[k - 1] + b1 * row[k] + b2 * row[k + 1] + b3 * row[k + 2])
            out[c, i] = total
