"""Human potentials as the kernels read them, and the distribution p = exp(-U)/Z of each (MODEL 2.2)."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.flow import potential as kernels

from .energies import DoubleWell, Mixture, Potential, Tabulated

TABLE_NODES = 4097
HUMAN_CELLS = 2**15
TAIL = 40.0
"""exp(-TAIL) is the density, relative to the mode, beyond which p is not tabulated."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A human potential in a dimension, as the kernels read it, with its bounds.

    Attributes
    ----------
    potential : code and coefficients.
    convexity : a lower bound of U'' along the first coordinate.
    stiffness : the largest U'' at a mode: beyond 2 / stiffness an explicit step cannot rest there.
    low, high : range (d,) that holds p but for exp(-TAIL).
    modes : minima of U along the first coordinate, increasing.
    """

    potential: kernels.Potential
    convexity: float
    stiffness: float
    low: Floats
    high: Floats
    modes: tuple[float, ...]

    def on_line(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Value, slope and curvature U, U', U'' along the first axis, the other coordinates being 0."""
        u, g, h = np.empty_like(x), np.empty_like(x), np.empty_like(x)
        kernels.on_line(self.potential, np.ascontiguousarray(x), u, g, h)
        return u, g, h

    def values(self, x: Floats) -> Floats:
        """Values U (n,) at the columns of x (d, n)."""
        u = np.empty(x.shape[1])
        kernels.values(self.potential, np.ascontiguousarray(x), u)
        return u

    def gradients(self, x: Floats) -> Floats:
        """Gradients of U (d, n) at the columns of x (d, n)."""
        g = np.empty_like(x)
        kernels.gradients(self.potential, np.ascontiguousarray(x), g)
        return g


@cache
def compiled(potential: Potential, dimension: int) -> Compiled:
    """Form of a potential in a dimension; ValueError where it does not confine."""
    if isinstance(potential, DoubleWell):
        kind, shape = kernels.DOUBLE_WELL, np.array([[potential.barrier, potential.width**-2]])
        reach = potential.width * np.sqrt(1.0 + np.sqrt(TAIL / potential.barrier))
        low, high = -reach, reach
    elif isinstance(potential, Mixture):
        kind = kernels.MIXTURE
        shape = np.zeros((len(potential.weights), 2 + dimension))
        for row, w, m, s in zip(shape, potential.weights, potential.means, potential.deviations):
            row[:3] = np.log(w) - dimension * np.log(s), s**-2, m
        span = np.sqrt(2.0 * (TAIL + 4.0)) * np.array(potential.deviations)
        low, high = float(np.min(potential.means - span)), float(np.max(potential.means + span))
    elif isinstance(potential, Tabulated):
        kind = kernels.TABULATED
        shape, low, high = _table(potential)
    else:
        kind, shape = kernels.GAUSSIAN, np.zeros((1, 2))
        low, high = -np.sqrt(2.0 * TAIL), np.sqrt(2.0 * TAIL)
    other = np.sqrt(2.0 * TAIL) * (max(potential.deviations) if isinstance(potential, Mixture) else 1.0)
    lows, highs = np.full(dimension, -other), np.full(dimension, other)
    lows[0], highs[0] = low, high
    line = shape[:, :3] if kind == kernels.MIXTURE else shape
    x = np.linspace(low, high, 20001)
    u, g, h = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    kernels.on_line(kernels.Potential(kind, np.ascontiguousarray(line)), x, u, g, h)
    turns = np.flatnonzero((g[:-1] < 0.0) & (g[1:] >= 0.0))
    modes = tuple(float(x[k] - g[k] * (x[k + 1] - x[k]) / (g[k + 1] - g[k])) for k in turns)
    convexity = float(h.min()) - (1e-3 * (1.0 + abs(float(h.min()))) if kind != kernels.GAUSSIAN else 0.0)
    stiffness = max([float(h[k]) for k in turns], default=0.0)
    return Compiled(kernels.Potential(kind, shape), convexity, stiffness, lows, highs, modes)


def _table(potential: Tabulated) -> tuple[Floats, float, float]:
    """Coefficients of a table, (header, U', U) on even nodes, and the range that holds p."""
    from scipy.interpolate import CubicSpline

    x = np.array(potential.x)
    nodes = np.linspace(x[0], x[-1], TABLE_NODES)
    spacing = float(nodes[1] - nodes[0])
    spline = CubicSpline(x, np.array(potential.values))
    slope = spline(nodes, 1)
    if slope[0] >= 0.0 or slope[-1] <= 0.0:
        raise ValueError(
            f"potential: slopes {slope[0]:g} and {slope[-1]:g} at the ends given; "
            f"allowed: a confining table, falling at x = {x[0]:g} and rising at x = {x[-1]:g}"
        )
    shape = np.zeros((3, TABLE_NODES))
    shape[0, :3] = nodes[0], spacing, TABLE_NODES
    shape[1] = slope
    shape[2, 1:] = np.cumsum(0.5 * spacing * (slope[1:] + slope[:-1]))
    shape[2] += float(spline(nodes[0]))
    floor = float(shape[2].min())
    low = nodes[0] - max(0.0, TAIL - (shape[2, 0] - floor)) / -slope[0]
    high = nodes[-1] + max(0.0, TAIL - (shape[2, -1] - floor)) / slope[-1]
    return shape, float(low), float(high)


@dataclass(frozen=True, eq=False)
class Human:
    """Human distribution on the line as a piecewise-uniform density: cumulated masses (n + 1,) at edges (n + 1,)."""

    edges: Floats
    cumulated: Floats
    log_z: float

    def quantile(self, u: Floats) -> Floats:
        """Quantiles of p at u in [0, 1]."""
        return np.asarray(np.interp(u, self.cumulated, self.edges))


@cache
def human(potential: Potential, domain: tuple[float, float] | None = None) -> Human:
    """Human distribution on the line, or restricted to a domain, in HUMAN_CELLS cells."""
    form = compiled(potential, 1)
    low, high = (float(form.low[0]), float(form.high[0])) if domain is None else domain
    edges = np.linspace(low, high, HUMAN_CELLS + 1)
    spacing = edges[1] - edges[0]
    ends = form.on_line(edges)[0]
    middle = form.on_line(0.5 * (edges[1:] + edges[:-1]))[0]
    floor = min(ends.min(), middle.min())
    density = (np.exp(floor - ends[:-1]) + 4.0 * np.exp(floor - middle) + np.exp(floor - ends[1:])) / 6.0  # Simpson
    mass = density * spacing
    total = float(mass.sum())
    cumulated = np.concatenate(([0.0], np.cumsum(mass / total)))
    cumulated[-1] = 1.0
    return Human(edges, cumulated, float(np.log(total) - floor))
