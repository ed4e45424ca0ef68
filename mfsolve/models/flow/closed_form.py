"""Closed forms of the flow for Gaussian human content: the oracle of every solver (MODEL 2.3)."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats

from .energies import Gaussian
from .outputs import labelled
from .parameters import Parameters, checked_times
from .schedule import Schedule

if TYPE_CHECKING:
    import xarray as xr


def gaussian_kl(mean: Floats, variance: ArrayLike, dimension: int) -> Floats:
    """KL(N(mean, variance I) || N(0, I)); mean (..., d), variance (...)."""
    v = np.asarray(variance, dtype=float)
    return np.asarray(0.5 * dimension * (v - 1.0 - np.log(v)) + 0.5 * np.sum(np.square(mean), axis=-1))


def gaussian_w2(mean: Floats, variance: ArrayLike, dimension: int) -> Floats:
    """W2 between N(mean, variance I) and N(0, I); mean (..., d), variance (...)."""
    v = np.asarray(variance, dtype=float)
    return np.asarray(np.sqrt(np.sum(np.square(mean), axis=-1) + dimension * (1.0 - np.sqrt(v)) ** 2))


def stationary_variance(contamination: float, variance_ratio: float) -> float:
    """Rest point of the variance, (1 - rho)/(1 - rho delta); 0 at rho = 1 with delta < 1, 1 at rho = delta = 1.

    MODEL 2.3.
    """
    if contamination == 1.0:
        return 1.0 if variance_ratio == 1.0 else 0.0
    return (1.0 - contamination) / (1.0 - contamination * variance_ratio)


def gaussian_moments(parameters: Parameters, times: ArrayLike) -> "xr.Dataset":
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
    kl = gaussian_kl(mean, variance, d)
    pull = rho * (1.0 - delta)
    rate = (1.0 - rho) * (1.0 - 1.0 / variance) + pull
    return labelled(
        at,
        {
            "mean": mean,
            "variance": variance,
            "w2_drift": gaussian_w2(mean, variance, d),
            "kl": kl,
            "free_energy": sigma * ((1.0 - rho) * kl + 0.5 * pull * d * variance),
            "dissipation": sigma**2 * ((1.0 - rho) ** 2 * np.sum(mean**2, axis=1) + d * variance * rate**2),
            "contamination": rho,
        },
        parameters,
        solver="closed form",
    )


def _propagators(parameters: Parameters, times: Floats) -> tuple[Floats, Floats, Floats]:
    """Decay factors of mean and variance, and the inhomogeneous part of the variance, at each time.

    mean' = -a mean, var' = -b var + 2 a, a = sigma (1 - rho), b = 2 sigma (1 - rho delta), rho piecewise linear: the
    exponents are exact, the inhomogeneous part by Gauss-Legendre on pieces over which b integrates to at most 1.
    """
    sigma, delta = parameters.diffusivity, parameters.variance_ratio
    knots = parameters.contamination.times if isinstance(parameters.contamination, Schedule) else ()
    stops = np.unique(np.concatenate(([0.0], times, [k for k in knots if 0.0 < k < times[-1]])))
    z, weight = np.polynomial.legendre.leggauss(20)
    fall, shrink, gain = 1.0, 1.0, 0.0
    kept = {0.0: (fall, shrink, gain)}
    for begin, end in pairwise(stops):
        pieces = max(1, int(np.ceil(2.0 * sigma * (end - begin))))
        edges = np.linspace(begin, end, pieces + 1)
        for left, right in pairwise(edges):
            h = right - left
            ends = parameters.rho(np.array([left, right]))
            at = 0.5 * (z + 1.0)
            rho = ends[0] + (ends[1] - ends[0]) * at
            to_end = h * (1.0 - at) * (1.0 - delta * 0.5 * (rho + ends[1])) * 2.0 * sigma  # int of b from s to right
            centre = 0.5 * (ends[0] + ends[1])
            decay = np.exp(-2.0 * sigma * h * (1.0 - delta * centre))
            inside = 0.5 * h * float(np.sum(weight * np.exp(-to_end) * 2.0 * sigma * (1.0 - rho)))
            fall *= np.exp(-sigma * h * (1.0 - centre))
            shrink *= decay
            gain = gain * decay + inside
        kept[float(end)] = (fall, shrink, gain)
    table = np.array([kept[float(t)] for t in times])
    return table[:, 0], table[:, 1], table[:, 2]
