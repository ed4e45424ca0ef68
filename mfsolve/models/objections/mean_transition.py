"""Phase transition of the flow in a double well: its self-consistency, and its place in the flow itself (MODEL 7.9)."""

from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import number
from mfsolve.models.flow.energies import DoubleWell
from mfsolve.models.flow.grid import fokker_planck
from mfsolve.models.flow.parameters import Parameters
from mfsolve.models.flow.potentials import compiled

NODES = 4001
SEED_MEAN = 1e-3
"""Mean from which growth is measured: far below the means at rest, where growth is linear."""
HIGHEST = 0.98
"""Contamination beyond which content at rest is too narrow for the nodes."""


class Sites(NamedTuple):
    """Nodes of a quadrature and the human potential there."""

    x: Floats
    u: Floats


def sites() -> Sites:
    """Even nodes over the range that holds human content; a trapezoid rule there is accurate to rounding."""
    form = compiled(DoubleWell(), 1)
    x = np.linspace(float(form.low[0]), float(form.high[0]), NODES)
    u = form.on_line(x)[0]
    return Sites(x, u - u.min())


def pull(contamination: float, variance_ratio: float) -> float:
    """Attraction to the mean in units of the noise, k = rho (1 - delta) / (1 - rho)."""
    return contamination * (1.0 - variance_ratio) / (1.0 - contamination)


def moments(at: Sites, k: float, mean: float) -> tuple[float, float]:
    """Mean and variance of the density proportional to exp(-U - k (x - mean)^2 / 2)."""
    weight = np.exp(-at.u - 0.5 * k * (at.x - mean) ** 2)
    weight /= weight.sum()
    first = float(weight @ at.x)
    return first, float(weight @ (at.x - first) ** 2)


def critical_contamination(variance_ratio: float) -> float:
    """Contamination rho_c where symmetric content turns unstable: k Var = 1, Var at mean 0 (MODEL 7.9).

    Parameters
    ----------
    variance_ratio
        delta in (0, 1]; at 1 nothing attracts.

    Returns
    -------
    float
        rho_c in (0, 0.98); NaN where symmetric content is stable up to there, as it is at 1.

    Raises
    ------
    ValueError
        For a variance ratio outside its range.
    """
    from scipy.optimize import brentq

    delta = number("variance_ratio", variance_ratio, "(0, 1]")
    at = sites()

    def excess(rho: float) -> float:
        k = pull(rho, delta)
        return k * moments(at, k, 0.0)[1] - 1.0

    if not excess(HIGHEST) > 0.0:
        return float("nan")
    return float(brentq(excess, 1e-6, HIGHEST, xtol=1e-14))


def rest_mean(contamination: float, variance_ratio: float) -> float:
    """Mean m >= 0 of content at rest, the solution of m = F(m) that is stable: 0 up to rho_c, above it beyond."""
    from scipy.optimize import brentq

    at = sites()
    k = pull(contamination, variance_ratio)
    if not k * moments(at, k, 0.0)[1] > 1.0:
        return 0.0
    return float(brentq(lambda m: moments(at, k, m)[0] - m, 1e-9, float(at.x[-1]), xtol=1e-13))


def flowing_mean(
    contamination: float, variance_ratio: float, initial_mean: float, times: tuple[float, ...], cells: int
) -> Floats:
    """Mean of content at the given times, from a normal law of a given mean, by the Fokker-Planck grid."""
    p = Parameters(
        contamination=contamination, variance_ratio=variance_ratio, potential=DoubleWell(), initial_mean=initial_mean
    )
    found = fokker_planck(p, cells, times, tolerance=1e-6)["mean"].values
    return np.asarray(found.reshape(len(times), -1)[:, 0])


def growth(contamination: float, variance_ratio: float, cells: int) -> float:
    """Rate at which a small mean grows in the flow once its other modes are gone: below 0 where it dies out."""
    first, last = flowing_mean(contamination, variance_ratio, SEED_MEAN, (15.0, 30.0), cells)
    return float(np.log(last / first) / 15.0)


def located(variance_ratio: float, cells: int, low: float, high: float) -> float:
    """Contamination where growth in the flow changes sign, between low and high; NaN where it does not."""
    from scipy.optimize import brentq

    if not growth(low, variance_ratio, cells) < 0.0 < growth(high, variance_ratio, cells):
        return float("nan")
    return float(brentq(growth, low, high, args=(variance_ratio, cells), xtol=1e-7))


class ContentLoop(NamedTuple):
    """Means of content at contaminations (n,) from the higher to the lower end, on the way down and on the way up."""

    contamination: Floats
    down: Floats
    up: Floats

    def crossing(self, means: Floats, level: float) -> float:
        """Contamination at which a way first comes to a level of the mean that it passes; NaN where it passes none."""
        side = np.sign(means - level)
        off = np.flatnonzero(side)
        at = off[:-1][side[off[:-1]] != side[off[1:]]]
        if at.size == 0:
            return float("nan")
        i = int(at[0])
        part = (level - means[i]) / (means[i + 1] - means[i])
        return float(self.contamination[i] + part * (self.contamination[i + 1] - self.contamination[i]))


def ramped(variance_ratio: float, ends: tuple[float, float], ramp_time: float, cells: int, places: int) -> ContentLoop:
    """Flow whose contamination falls from the higher end to the lower one and rises again, `ramp_time` either way.

    It starts at the normal law with the mean of content at rest there (MODEL 7.9).
    """
    low, high = ends
    times = np.linspace(0.0, 2.0 * ramp_time, 2 * places - 1)
    p = Parameters(
        contamination={"times": [0.0, ramp_time, 2.0 * ramp_time], "values": [high, low, high]},
        variance_ratio=variance_ratio, potential=DoubleWell(), initial_mean=rest_mean(high, variance_ratio),
        initial_variance=0.1,
    )  # fmt: skip
    mean = fokker_planck(p, cells, times, tolerance=1e-5)["mean"].values.reshape(times.size, -1)[:, 0]
    return ContentLoop(np.linspace(high, low, places), mean[:places], mean[places - 1 :][::-1].copy())
