"""Ends of the dynamic market from many starts: whether the past decides where it comes to rest (MODEL 4.2)."""

from dataclasses import dataclass

import numpy as np

from mfsolve.models.arguments import instance, number

from .finite_market import Schedule, stepped_path
from .recursive_precision import DynamicParameters, Regime, regime_named

FEW = 1e-3
"""Stock of a scanty start, as a share of what a price of 1 would keep up; and innovators with no more are away."""
SETTLED = 5.0
"""Lifetimes of data at the end of a path over which its stocks are averaged: the best price may jump to and fro."""


@dataclass(frozen=True)
class RestPoints:
    """Ends of a market from four starts, each kind's data scanty or abundant.

    Precision of the lowest and of the highest end, the innovators' stock there, and whether their precision differs by
    more than the tolerance. `most` is the innovators' stock that a price of 1 would keep up.
    """

    lowest: float
    highest: float
    innovators_lowest: float
    innovators_highest: float
    several: bool
    most: float

    @property
    def away_lowest(self) -> bool:
        """True if innovators are away at the lowest end, as they are where there are none."""
        return self.innovators_lowest <= FEW * self.most

    @property
    def away_highest(self) -> bool:
        """True if innovators are away at the highest end, as they are where there are none."""
        return self.innovators_highest <= FEW * self.most


def rest_points(
    parameters: DynamicParameters,
    regime: Regime = Regime.STRICT_RIGHTS,
    lifetimes: float = 30.0,
    step: float = 0.02,
    tolerance: float = 0.02,
) -> RestPoints:
    """The ends of a market's paths from scanty and abundant stocks of either kind (MODEL 4.2).

    Parameters
    ----------
    parameters : DynamicParameters
        The market; its own stocks at the start and its exit threshold do not count. Depreciation is above 0.
    regime : Regime
        Who sets prices.
    lifetimes : float
        How long paths run, in units of 1 / depreciation, (5, 1e3].
    step : float
        Euler step in the same unit, (0, 1].
    tolerance : float
        Relative difference of precision above which ends count as several, (0, 1).

    Returns
    -------
    RestPoints
        Stocks and precision are means over the last five lifetimes.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    p = instance("parameters", parameters, DynamicParameters)
    number("depreciation", p.depreciation, "(0, inf)")
    number("lifetimes", lifetimes, "(5, 1e3]")
    number("step", step, "(0, 1]")
    number("tolerance", tolerance, "(0, 1)")
    schedule = Schedule(step / p.depreciation, int(np.ceil(lifetimes / step)), regime_named(regime))
    last = int(np.ceil(SETTLED / step))
    most = p.innovator_supply / p.depreciation, p.imitator_supply / p.depreciation
    ends = []
    for share_o in (FEW, 1.0):
        for share_c in (FEW, 1.0):
            stocks = {
                "innovator_stock": share_o * most[0], "imitator_stock": share_c * most[1], "exit_threshold": 0.0
            }  # fmt: skip
            path = stepped_path(p.model_copy(update=stocks), schedule)
            ends.append((float(np.mean(path["precision"][-last:])), float(np.mean(path["innovator_stock"][-last:]))))
    low, high = min(ends), max(ends)
    several = high[0] > (1.0 + tolerance) * low[0]
    return RestPoints(low[0], high[0], low[1], high[1], bool(several), most[0])
