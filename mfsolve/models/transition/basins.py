"""Number of rest points by pollution weight and diffusion, and the basins of each (MODEL 5.2)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, real
from mfsolve.models.arguments import instance, number, whole
from mfsolve.models.turning_points import turning_points

from .continuation import pollution_curve
from .grid import mean_field
from .parameters import MOST_CELLS, Parameters
from .rest_points import RestPoint, rest_points

BURDENS = 400
"""Burdens that are spaced evenly; half as many lie below the first, and one is 0."""
STEP = 0.5
"""Step of the flow to a rest point."""


def multiplicity(parameters: Parameters, weights: ArrayLike, diffusions: ArrayLike, cells: int = 200) -> Floats:
    """Number of rest points by pollution weight beta and diffusion sigma, without policy (MODEL 5.2).

    From the explicit curve beta(B) at each sigma: its crossings of each weight, between 601 burdens.
    `rest_points` proves the count at single points. Where nothing pollutes, profits do not depend on adoption: one.

    Parameters
    ----------
    parameters
        The economy; its own pollution weight and diffusion are not used.
    weights
        (n,) pollution weights > 0.
    diffusions
        (k,) diffusions > 0.
    cells
        Cells of skill, in [8, 2^14].

    Returns
    -------
    array (n, k)

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("parameters", parameters, Parameters)
    beta, sigmas = _vector("weights", weights, 0.0, np.inf), _vector("diffusions", diffusions, 0.0, 1e3)
    whole("cells", cells, 8, MOST_CELLS)
    counts = np.zeros((beta.size, sigmas.size))
    if parameters.market.pollution_rate == 0.0:
        return counts + 1.0
    burdens = _burdens(parameters, float(beta.max()))
    for k, sigma in enumerate(sigmas):
        curve = pollution_curve(parameters.changed(diffusion=float(sigma)), burdens, cells)
        above = curve[None, :] > beta[:, None]
        counts[:, k] = np.count_nonzero(above[:, 1:] != above[:, :-1], axis=1)
    return counts


def _vector(name: str, values: ArrayLike, low: float, high: float) -> Floats:
    """Numbers (n,) in (low, high)."""
    found = np.atleast_1d(real(name, values, own=True))
    if found.ndim != 1 or found.size == 0 or not np.all((found > low) & (found < high)):
        raise ValueError(f"{name}: {values!r} given; allowed: one or more numbers in ({low:g}, {high:g})")
    return found


def fold_curves(parameters: Parameters, diffusions: Floats, highest: float, cells: int = 200) -> tuple[Floats, Floats]:
    """Pollution weights (diffusions,) at which two rest points meet: the lower and the upper fold, NaN where none."""
    low, high = np.full(diffusions.size, np.nan), np.full(diffusions.size, np.nan)
    if parameters.market.pollution_rate == 0.0:
        return low, high
    burdens = _burdens(parameters, highest)
    for k, sigma in enumerate(diffusions):
        curve = pollution_curve(parameters.changed(diffusion=float(sigma)), burdens, cells)
        turns = turning_points(curve)
        if turns.size >= 2:
            high[k], low[k] = curve[turns[0]], curve[turns[1]]
    return low, high


def _burdens(parameters: Parameters, highest: float) -> Floats:
    """Penalties B from 0 to the largest there can be: geometric up to where they are spaced evenly."""
    market = parameters.market
    volume = (market.reference_cost / market.ai_cost) ** market.volume_exponent
    most = highest * float(np.log1p(market.pollution_rate * volume))
    even = most * np.arange(1, BURDENS + 1) / BURDENS
    return np.concatenate([[0.0], np.geomspace(1e-12 * most, even[0], BURDENS // 2, endpoint=False), even])


def beta_density(s: Floats, mean: float, concentration: float) -> Floats:
    """Beta density (n,), not normalised, of a mean in (0, 1) and a + b = concentration."""
    log_density = (mean * concentration - 1.0) * np.log(s) + ((1.0 - mean) * concentration - 1.0) * np.log(1.0 - s)
    return np.asarray(np.exp(log_density - log_density.max()))


def destination(parameters: Parameters, initial: Floats, rest: tuple[RestPoint, ...], horizon: float) -> float:
    """Which stable rest point (its place among them, by AI volume) the flow comes to from a density (cells,).

    The nearest in AI volume after the horizon. The flow begins before anybody adopts: where a density allows several AI
    volumes, choices settle on the lowest. NaN where no rest point is stable.
    """
    stable = np.array([point.ai_volume for point in rest if point.stable])
    if not stable.size:
        return math.nan
    p = parameters.changed(choice="instant", ramp=0.0)
    end = mean_field(p, initial.size, [horizon], dt=STEP, initial=initial)
    return float(np.argmin(np.abs(stable - float(end["ai_volume"][-1]))))


def basins(
    parameters: Parameters, means: ArrayLike, concentrations: ArrayLike, *, cells: int = 60, horizon: float = 60.0
) -> Floats:
    """Destinations of Beta densities of skill under instant choice: which stable rest point, by AI volume, from 0.

    MODEL 5.2.

    Parameters
    ----------
    parameters
        The economy.
    means
        (k,) in (0, 1), of the densities.
    concentrations
        (m,) > 0, a + b of the densities: the larger, the narrower.
    cells
        Cells of skill, in [8, 2^14].
    horizon
        Length of the flow, > 0.

    Returns
    -------
    array (m, k)

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("parameters", parameters, Parameters)
    middle, size = _vector("means", means, 0.0, 1.0), _vector("concentrations", concentrations, 0.0, np.inf)
    number("horizon", horizon, "(0, inf)")
    rest = rest_points(parameters, cells=cells)
    s = (np.arange(cells) + 0.5) / cells
    rows = [
        [destination(parameters, beta_density(s, float(mean), float(width)), rest, horizon) for mean in middle]
        for width in size
    ]
    return np.array(rows, dtype=float)
