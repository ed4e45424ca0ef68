"""Even cells of a grid: the range that they cover and the masses of the initial law in them (MODEL 2.5)."""

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.elementary import TINY

from .parameters import Parameters
from .potentials import TAIL, compiled

HELD = 8
"""Cells along an axis that hold human content, to densities of e^-40 of the mode: no fewer are a grid of it."""
FINEST_LINE, FINEST_PLANE = 2**20, 2**12
"""Most cells along an axis, in dimension 1 and 2."""
MIXED = 100.0
"""Deviations, in widths of the domain, from which on the reflected law is even: long before, to rounding."""
FAR = 100.0
"""Widths of the domain from which on a mean beyond it is folded into it first."""


def grid_range(parameters: Parameters, axis: int) -> tuple[float, float]:
    """Range of the grid along an axis: the domain, or an interval that holds the human and the initial law."""
    if parameters.domain is not None:
        return parameters.domain
    form = compiled(parameters.potential, parameters.dimension)
    low, high = float(form.low[axis]), float(form.high[axis])
    if parameters.initial == "gaussian":
        centre, reach = float(parameters.mean_vector[axis]), 8.5 * np.sqrt(parameters.initial_variance)
        low, high = min(low, centre - reach), max(high, centre + reach)
    return low, high


def refuse_coarse(parameters: Parameters, cells: int, name: str = "cells") -> None:
    """Refuse cells so wide, as the grid reaches so far, that fewer than 8 along an axis hold human content.

    Raises
    ------
    ValueError
        With the number of cells that would do.
    """
    most = FINEST_LINE if parameters.dimension == 1 else FINEST_PLANE
    for axis in range(parameters.dimension):
        held = _cells_of_human_content(parameters, axis, cells)
        if held >= HELD:
            continue
        needed = 2 * cells
        while needed <= most and _cells_of_human_content(parameters, axis, needed) < HELD:
            needed *= 2
        low, high = grid_range(parameters, axis)
        reach = "domain" if parameters.domain is not None else "initial_mean, initial_variance and potential"
        would = f"about {needed} or more" if needed <= most else f"no number up to {most}"
        raise ValueError(
            f"{name}: {cells} given; {would} would do: from {low:g} to {high:g}, as far as {reach} reach, "
            f"{held} hold human content; at least {HELD} must"
        )


def _cells_of_human_content(parameters: Parameters, axis: int, cells: int) -> int:
    """Cells along an axis, through a mode, whose density of human content is at least e^-40 of the largest."""
    form = compiled(parameters.potential, parameters.dimension)
    low, high = grid_range(parameters, axis)
    points = np.zeros((parameters.dimension, cells))
    points[0] = form.modes[0] if form.modes else 0.0
    points[axis] = low + (np.arange(cells) + 0.5) * ((high - low) / cells)
    u = form.values(points)
    return int(np.count_nonzero(u - u.min() <= TAIL))


def initial_masses(parameters: Parameters, low: float, h: float, n: int, u: Floats, axis: int) -> Floats:
    """Masses (n,) of the initial law along an axis: integrals of the (reflected) Gaussian, or the discrete p."""
    if parameters.initial == "human":
        mu = np.exp(-u)
    else:
        from scipy.special import ndtr

        m, s = float(parameters.mean_vector[axis]), np.sqrt(parameters.initial_variance)
        width = n * h
        edges = low + np.arange(n + 1) * h
        if parameters.domain and s > MIXED * width:
            return np.full(n, 1.0 / n)
        if parameters.domain and abs(m - low) > FAR * width:
            m = low + abs((m - low + width) % (2.0 * width) - width)  # the walls' images of a mean are one law
        images = int(np.ceil((abs(m - low) + 9.0 * s) / width)) if parameters.domain else 0
        mu = np.zeros(n)
        for k in range(-images, images + 1):
            for centre in (m + 2.0 * k * width, 2.0 * low - m + 2.0 * k * width)[: 2 if parameters.domain else 1]:
                z = (edges - centre) / s
                mu += np.where(z[1:] < 0.0, ndtr(z[1:]) - ndtr(z[:-1]), ndtr(-z[:-1]) - ndtr(-z[1:]))
    mu = np.maximum(mu, TINY)
    return np.asarray(mu / mu.sum())
