"""A buyer who looks ahead: prices that pay best over time instead of at the moment (MODEL 4.2)."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.creators import stocks
from mfsolve.kernels.creators.planning import patient_plan as sweep
from mfsolve.models.arguments import instance, member, number

from .finite_market import Schedule, check_steps
from .recursive_precision import CODES, DynamicParameters, Regime, market_constants

SWEEPS = 2000
SETTLED = 1e-6
"""Change of a sweep, as a share of the greatest value, up to which a plan counts as found."""


class Revenue(StrEnum):
    """Source of revenue: the growth of precision, as in the paper's profit of the moment, or its level."""

    GROWTH = "growth"
    LEVEL = "level"


def patient_plan(
    parameters: DynamicParameters, schedule: Schedule, discount: float, revenue: Revenue = Revenue.GROWTH
) -> Floats:
    """Value of a unit of data to a buyer who plans, along the path of its own prices (MODEL 4.2).

    Parameters
    ----------
    parameters : DynamicParameters
        The market and its stocks at the start.
    schedule : Schedule
        Euler steps; its regime says whether the buyer pays one price (STRICT_RIGHTS) or one for each kind
        (DISCRIMINATING).
    discount : float
        Rate in (0, 1e6]. As it grows the plan of `Revenue.GROWTH` tends to marginal values: the buyer of the moment.
    revenue : Revenue
        GROWTH: the buyer earns d Phi / dt. A unit that wears off earns its marginal value M once and loses it again,
        and at rest counts for discount M / (discount + depreciation), *less* than a myopic buyer values it at.
        LEVEL: the buyer earns Phi per unit of time; at rest a unit counts for M / (discount + depreciation).

    Returns
    -------
    array (2, steps + 1)
        Of innovators' and of imitators' data, at every step.

    Raises
    ------
    ValueError
        If an argument is out of its range, or where sweeps do not settle, as the best price jumps between two maxima.
    """
    check_steps(parameters, instance("schedule", schedule, Schedule).dt)
    number("discount", discount, "(0, 1e6]")
    earns = member("revenue", revenue, Revenue)
    plan, held = np.empty((2, schedule.steps + 1)), np.empty((2, schedule.steps + 1))
    regime = schedule.regime if schedule.regime is Regime.DISCRIMINATING else Regime.STRICT_RIGHTS
    start = stocks.Start(parameters.innovator_stock, parameters.imitator_stock, 0.0, CODES[regime])
    weight = discount if earns is Revenue.GROWTH else 1.0
    left = sweep(market_constants(parameters), start, schedule.dt, float(discount), weight, SWEEPS, held, plan)
    if left > SETTLED:
        raise ValueError(
            f"discount: {discount:g} given; allowed: a greater one, as the plan does not settle (change {left:.2g})"
        )
    return plan
