"""Lazy retraining of a fraction of the pool per generation, the process of which the flow is a limit (MODEL 2.8)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.models.arguments import number

from .energies import Gaussian
from .parameters import Parameters, checked_times, refuse_many_steps

MOST_GENERATIONS = 1_000_000


def check_content(parameters: Parameters) -> None:
    """Refuse content other than Gaussian on the line; ValueError names the setting."""
    potential = parameters.potential
    if not isinstance(potential, Gaussian):
        given = potential if isinstance(potential, str) else potential.kind
        raise ValueError(f"potential: {given!r} given; allowed for lazy retraining: 'gaussian'")
    if parameters.dimension != 1:
        raise ValueError(f"dimension: {parameters.dimension} given; allowed for lazy retraining: 1")
    for name in ("domain", "interaction"):
        if getattr(parameters, name) is not None:
            raise ValueError(f"{name}: given; allowed for lazy retraining: none")


def refuse_many_generations(parameters: Parameters, tau: float, times: Floats) -> None:
    """Refuse a fraction of which the times hold more than MOST_GENERATIONS; ValueError says which would do."""
    refuse_many_steps("tau", tau, 2.0 * parameters.diffusivity * times[-1] / tau, MOST_GENERATIONS)


def lazy_retraining(parameters: Parameters, tau: float, times: Sequence[float]) -> dict[str, NDArray[np.float64]]:
    """Mean (n,) and variance (n,) of a lazily retrained pool in one dimension, exact for any tau (MODEL 2.8).

    In a generation, which takes the time tau / (2 sigma), a fraction tau of the pool is replaced by draws of
    (1 - rho) p + rho N(m, delta v), (m, v) being the pool's mean and variance:

        m' = c m,                                                      c = 1 - tau (1 - rho)
        v' = (1 - tau) v + tau ((1 - rho) + rho delta v) + c (1 - c) m^2

    a sum of terms that are not negative, so that no mean, however large, costs the variance a digit.

    Parameters
    ----------
    parameters : Gaussian potential, dimension 1, no pair energy, no domain.
    tau : fraction retrained, in (0, 1], so that there are at most 10^6 generations.
    times : (n,) increasing; each is reached after the nearest whole number of generations.

    Raises
    ------
    ValueError : an argument out of its range.
    """
    at = checked_times(parameters, times)
    number("tau", tau, "(0, 1]")
    check_content(parameters)
    refuse_many_generations(parameters, tau, at)
    step = tau / (2.0 * parameters.diffusivity)
    goals = np.rint(at / step).astype(int)
    delta, m, v = parameters.variance_ratio, float(parameters.mean_vector[0]), parameters.initial_variance
    if parameters.initial == "human":
        m, v = 0.0, 1.0
    rhos = parameters.rho(np.minimum(np.arange(goals[-1] + 1) * step, at[-1]))
    path = [(m, v)]
    for rho in rhos[: goals[-1]]:
        drawn_in = tau * (1.0 - rho)  # 1 - c
        v = (1.0 - tau) * v + tau * ((1.0 - rho) + rho * (delta * v)) + (1.0 - drawn_in) * drawn_in * (m * m)
        m = (1.0 - tau) * m + tau * rho * m
        path.append((m, v))
    mean, variance = np.array(path)[goals].T
    return {"mean": mean, "variance": variance}
