"""Closed forms of the flow for Gaussian human content: the oracle of every solver (MODEL 2.3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.inference.quadrature import gauss_legendre
from mfsolve.models.arguments import instance, number

from .energies import Gaussian
from .outputs import labelled
from .parameters import Parameters, checked_times
from .schedule import Schedule

if TYPE_CHECKING:
    import xarray as xr

PANEL, DECAY = 5.0, 45.0
"""Growth of the exponent E over a panel of a quadrature; exponent beyond which e^-E is less than rounding."""
ROWS = 1000
"""Pieces of a schedule that are integrated at once."""


def gaussian_kl(mean: Floats, variance: ArrayLike, dimension: int) -> Floats:
    """KL(N(mean, variance I) || N(0, I)); mean (..., d), variance (...); by a series where the variance is near 1."""
    s2 = np.asarray(variance, dtype=float)
    e = s2 - 1.0
    v = e / (s2 + 1.0)  # ln s2 = 2 artanh v
    near = e * v - 2.0 * v**3 * polynomial.polyval(v * v, 1.0 / np.arange(3, 25, 2))
    loss = np.where(np.abs(v) < 0.2, near, e - np.log(s2))
    return np.asarray(0.5 * dimension * loss + 0.5 * np.sum(np.square(mean), axis=-1))


def gaussian_w2(mean: Floats, variance: ArrayLike, dimension: int) -> Floats:
    """W2 between N(mean, variance I) and N(0, I); mean (..., d), variance (...)."""
    v = np.asarray(variance, dtype=float)
    return np.asarray(np.sqrt(np.sum(np.square(mean), axis=-1) + dimension * (1.0 - np.sqrt(v)) ** 2))


def stationary_variance(contamination: float, variance_ratio: float) -> float:
    """Rest point of the variance, (1 - rho)/(1 - rho delta); 0 at rho = 1 with delta < 1, 1 at rho = delta = 1.

    MODEL 2.3.

    Parameters
    ----------
    contamination : float
        rho, in [0, 1].
    variance_ratio : float
        delta, in [0, 1].

    Returns
    -------
    float
        In [0, 1], in human variances.

    Raises
    ------
    ValueError
        For a contamination outside [0, 1], a variance ratio outside [0, 1].
    """
    contamination = number("contamination", contamination, "[0, 1]")
    variance_ratio = number("variance_ratio", variance_ratio, "[0, 1]")
    if contamination == 1.0:
        return 1.0 if variance_ratio == 1.0 else 0.0
    return (1.0 - contamination) / (1.0 - contamination * variance_ratio)


def gaussian_moments(parameters: Parameters, times: ArrayLike) -> xr.Dataset:
    """Mean, variance and functionals of the flow of Gaussian content, to rounding (MODEL 2.3).

    Parameters
    ----------
    parameters : gaussian potential, no interaction, no domain; contamination constant or scheduled.
    times : (n,) increasing, >= 0.

    Returns
    -------
    Dataset over `time` (and `coordinate` where dimension > 1): mean, variance (per dimension), w2_drift (W2 to the
    human distribution), kl, free_energy, dissipation, contamination.

    Raises
    ------
    ValueError : a potential, interaction or domain without closed form; times outside the schedule.
    """
    instance("parameters", parameters, Parameters)
    if not isinstance(parameters.potential, Gaussian):
        raise ValueError(f"potential: {parameters.potential!r} given; allowed with a closed form: gaussian")
    if parameters.interaction is not None or parameters.domain is not None:
        raise ValueError("interaction, domain: allowed with a closed form: none")
    at = checked_times(parameters, times)
    d = parameters.dimension
    if parameters.initial == "human":
        mean_0, variance_0 = np.zeros(d), 1.0
    else:
        mean_0, variance_0 = parameters.mean_vector, parameters.initial_variance
    fall, shrink, gain = _propagators(parameters, at)
    mean = fall[:, None] * mean_0
    variance = shrink * variance_0 + gain
    rho, sigma, delta = parameters.rho(at), parameters.diffusivity, parameters.variance_ratio
    pull = rho * (1.0 - delta)
    left = 1.0 - rho  # weight of human content: where it is 0, so is what is weighed, infinite or not
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(left > 0.0, left * (1.0 - 1.0 / variance), 0.0) + pull
        kl = gaussian_kl(mean, variance, d)
        from_human = np.where(left > 0.0, left * kl, 0.0)
    return labelled(
        at,
        {
            "mean": mean,
            "variance": variance,
            "w2_drift": gaussian_w2(mean, variance, d),
            "kl": kl,
            "free_energy": sigma * (from_human + 0.5 * pull * d * variance),
            "dissipation": sigma**2 * ((1.0 - rho) ** 2 * np.sum(mean**2, axis=1) + d * variance * rate**2),
            "contamination": rho,
        },
        parameters,
        solver="closed form",
    )


def _propagators(parameters: Parameters, times: Floats) -> tuple[Floats, Floats, Floats]:
    """Decay factors of mean and variance, and the inhomogeneous part of the variance, at each time.

    mean' = -a mean, var' = -b var + 2 a, a = sigma (1 - rho), b = 2 sigma (1 - rho delta), rho piecewise linear: the
    exponents are exact, and so is the inhomogeneous part where rho is constant.
    """
    sigma, delta = parameters.diffusivity, parameters.variance_ratio
    knots = parameters.contamination.times if isinstance(parameters.contamination, Schedule) else ()
    stops = np.unique(np.concatenate(([0.0], times, [k for k in knots if 0.0 < k < times[-1]])))
    h, rho = np.diff(stops), parameters.rho(stops)
    centre = 0.5 * (rho[:-1] + rho[1:])
    inside = 2.0 * sigma * (1.0 - centre) * h * _mean_decay(2.0 * sigma * h * (1.0 - delta * centre))
    ramps = np.flatnonzero(rho[:-1] != rho[1:])
    for k in np.split(ramps, range(ROWS, ramps.size, ROWS)):
        inside[k] = _ramp_gains(2.0 * sigma * h[k], delta, rho[k + 1], rho[k + 1] - rho[k])
    decay = np.exp(-2.0 * sigma * h * (1.0 - delta * centre))
    gains = [0.0]
    for factor, gain in zip(decay.tolist(), inside.tolist()):
        gains.append(gains[-1] * factor + gain)
    fall = np.exp(-np.concatenate(([0.0], np.cumsum(sigma * h * (1.0 - centre)))))
    shrink = np.exp(-np.concatenate(([0.0], np.cumsum(2.0 * sigma * h * (1.0 - delta * centre)))))
    at = np.searchsorted(stops, times)
    return fall[at], shrink[at], np.array(gains)[at]


def _mean_decay(x: Floats) -> Floats:
    """Mean of e^-y over y in [0, x], (1 - e^-x) / x, 1 at x = 0."""
    return np.asarray(np.where(x > 0.0, -np.expm1(-x) / np.where(x > 0.0, x, 1.0), 1.0))


def _ramp_gains(length: Floats, delta: float, last: Floats, rise: Floats) -> Floats:
    """Inhomogeneous part of the variance over pieces on which rho rises linearly by `rise` (n,) to `last` (n,).

    length * int_0^1 (1 - rho) e^-E du, with u the time that is left as a share of the piece, length = 2 sigma h and
    E(u) = length (u (1 - delta last) + delta rise u^2 / 2), by Gauss-Legendre on panels over which E grows by 5, up to
    the E beyond which e^-E is rounding: however stiff, there are no more than nine panels.
    """
    slope, bend = length * (1.0 - delta * last), 0.5 * length * delta * rise
    whole = slope + bend
    level = PANEL * np.arange(math.ceil(min(max(whole.max(initial=0.0), PANEL), DECAY) / PANEL) + 1.0)
    root = slope[:, None] + np.sqrt(np.maximum(slope[:, None] ** 2 + 4.0 * bend[:, None] * level, 0.0))
    inner = (level > 0.0) & (level < whole[:, None])
    edge = np.where(level > 0.0, 1.0, 0.0) * np.ones_like(root)
    edge = np.minimum(np.divide(2.0 * level, root, out=edge, where=inner), 1.0)
    low, width = edge[:, :-1, None], np.diff(edge, axis=1)[:, :, None]
    z, weight = gauss_legendre(20)
    u = low + width * (0.5 * (z + 1.0))
    rho = last[:, None, None] - rise[:, None, None] * u
    exponent = u * (slope[:, None, None] + bend[:, None, None] * u)
    return np.asarray(0.5 * length * np.sum(width * weight * (1.0 - rho) * np.exp(-exponent), axis=(1, 2)))
