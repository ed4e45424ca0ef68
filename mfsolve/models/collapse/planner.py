"""Path of subsidies that maximises welfare over a horizon of generations in the mean field (MODEL 1.3, 1.5)."""

from functools import lru_cache

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import instance, number, require, whole

from .market import mean_field_path
from .parameters import Family, Parameters, Population, Record, Refit
from .policy import Schedule

MOST = 200
STARTS = (0.0, 0.1, 0.5, 1.0)
DIGITS = 4
"""Digits to which a plan is set: far coarser than the search, so that it is the same whatever the processor."""


def welfare_of(parameters: Parameters, subsidies: Floats, discount: float) -> float:
    """Discounted welfare of generations 1..T under the subsidies s_0..s_{T-1}, sum_t beta^(t-1) W_t."""
    size = Population(generations=len(subsidies))
    path = mean_field_path(parameters, Schedule(subsidies=tuple(map(float, subsidies))), size, Record())
    total, weight = 0.0, 1.0
    for value in path["welfare"][1:]:
        total, weight = total + weight * float(value), weight * discount
    return total


def check_horizon(parameters: Parameters, generations: int) -> None:
    """Refuse horizons that are too long to plan, and content that has no mean field.

    Raises
    ------
    ValueError
        For more than 200 generations, and for `refit = "kernel"`.
    """
    require(1 <= generations <= MOST, "generations", generations, f"[1, {MOST}] for a plan")
    if parameters.content is Family.EMPIRICAL and parameters.refit is Refit.KERNEL:
        raise ValueError("refit: 'kernel' given; allowed: 'gaussian', for a plan in the mean field")


def planned_subsidies(parameters: Parameters, generations: int, discount: float = 1.0) -> tuple[float, ...]:
    """Subsidies s_0..s_{T-1} in [0, 1] that maximise discounted welfare in the market's own dynamics (MODEL 1.3).

    Found by a quasi-Newton search from four constant subsidies, and set to four digits. They are an open-loop plan:
    the mean field holds no surprises, and a finite population follows the same plan whatever happens to it.

    Parameters
    ----------
    parameters
        The economy.
    generations
        Horizon T in [1, 200].
    discount
        beta in (0, 1].

    Returns
    -------
    tuple of float
        One a generation.

    Raises
    ------
    ValueError
        For a horizon or a discount outside its range, and for `refit = "kernel"`, which has no mean field.
    """
    instance("parameters", parameters, Parameters)
    whole("generations", generations, 1, MOST)
    check_horizon(parameters, generations)
    return _planned(parameters, generations, number("discount", discount, "(0, 1]"))


@lru_cache(maxsize=64)
def _planned(parameters: Parameters, generations: int, discount: float) -> tuple[float, ...]:
    from scipy.optimize import minimize

    def lost(subsidies: Floats) -> float:
        return -welfare_of(parameters, np.clip(subsidies, 0.0, 1.0), discount)

    best: Floats | None = None
    most = -np.inf
    for start in STARTS:
        found = minimize(
            lost, np.full(generations, start), method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * generations, options={"ftol": 1e-13, "gtol": 1e-9},
        )  # fmt: skip
        plan: Floats = np.asarray(np.round(np.clip(found.x, 0.0, 1.0), DIGITS) + 0.0, dtype=np.float64)
        value = welfare_of(parameters, plan, discount)
        if value > most + 1e-9:  # plans that are as good stay with the first start
            best, most = plan, value
    assert best is not None
    return tuple(map(float, best))
