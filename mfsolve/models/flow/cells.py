"""Even cells of a grid: the range that they cover and the masses of the initial law in them (MODEL 2.5)."""

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.finite_volume import TINY

from .parameters import Parameters
from .potentials import compiled

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
