"""Payoffs of a producer by option, skill and pollution: the kernels' formulas over arrays (MODEL 5.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.supply_shock import economy
from mfsolve.models.arguments import instance, number, numbers

from .many_economies import economy_rows
from .parameters import Parameters


def volume(parameters: Parameters) -> float:
    """Volume of AI content per adopter, (c_ref / c_A)^x (MODEL 5.1).

    Parameters
    ----------
    parameters : Parameters
        The economy.

    Returns
    -------
    float
        In [1, inf) where AI is no dearer than the reference.

    Raises
    ------
    ValueError
        For anything but parameters.
    """
    return float(economy.volume_per_adopter(economy_rows(parameters)[0]))


def pollution(parameters: Parameters, ai_volume: ArrayLike) -> Floats:
    """Penalty B = beta ln(1 + eta D_A) on every consumer, at AI volumes (MODEL 5.1).

    Parameters
    ----------
    parameters
        The economy.
    ai_volume
        D_A >= 0, of any shape.

    Returns
    -------
    ndarray
        Of the shape of the volume.

    Raises
    ------
    ValueError
        For a volume that is negative or not finite.
    """
    p = instance("parameters", parameters, Parameters)
    at = numbers("ai_volume", ai_volume, "[0, inf)")
    out = np.empty(at.size)
    economy.pollution_penalties(at.ravel(), p.pollution_weight, p.pollution_rate, out)
    return out.reshape(at.shape)


def sales_profit(quality: ArrayLike, cost: ArrayLike, burden: ArrayLike, market_size: float) -> Floats:
    """Profit (thbar q - B - C)^2 / (4 thbar q) of a niche monopolist; 0 where nobody would buy.

    Consumers of a niche have tastes uniform on [0, thbar]; at the profit-maximising price (thbar q - B + C) / 2 their
    surplus is half of the profit.

    Parameters
    ----------
    quality, cost, burden
        Quality q >= 0, unit cost C >= 0 and pollution B >= 0, of shapes that broadcast together.
    market_size
        thbar > 0.

    Raises
    ------
    ValueError
        For a value outside its range.
    """
    named = (("quality", quality), ("cost", cost), ("burden", burden))
    q, c, b = np.broadcast_arrays(*(numbers(name, values, "[0, inf)") for name, values in named))
    number("market_size", market_size, "(0, inf)")
    out = np.empty(q.size)
    economy.sales_profits(q.flatten(), c.flatten(), b.flatten(), float(market_size), out)
    return out.reshape(q.shape)


def best_quality(parameters: Parameters, burden: ArrayLike) -> Floats:
    """Quality that a human without a capacity would choose at pollution B (MODEL 5.1).

    The profit (thbar q - B - q^2 / (2 gamma))^2 / (4 thbar q) rises in q up to the positive root of
    3 q^2 / (2 gamma) = thbar q + B.

    Parameters
    ----------
    parameters : Parameters
        The economy.
    burden : float or array (...)
        Pollution B, in [0, inf).

    Returns
    -------
    ndarray
        Of the shape of the burden.

    Raises
    ------
    ValueError
        For a burden outside [0, inf).
    """
    return _payoff(parameters, 0.0, burden, 0)


def human_quality(parameters: Parameters, skill: ArrayLike, burden: ArrayLike) -> Floats:
    """Quality that a human of a skill in [0, 1] chooses at pollution B: capacity alpha s, unless less is best.

    MODEL 5.1.

    Parameters
    ----------
    parameters : Parameters
        The economy.
    skill : float or array
        In [0, 1]; broadcasts against `burden`.
    burden : float or array
        Pollution B, in [0, inf).

    Returns
    -------
    ndarray
        Of the shape to which skill and burden broadcast.

    Raises
    ------
    ValueError
        For a skill outside [0, 1] or a burden outside [0, inf).
    """
    return _payoff(parameters, skill, burden, 1)


def human_profit(parameters: Parameters, skill: ArrayLike, burden: ArrayLike) -> Floats:
    """Profit of a human of a skill in [0, 1] at pollution B; it rises in skill up to where capacity does not bind.

    MODEL 5.1.

    Parameters
    ----------
    parameters : Parameters
        The economy.
    skill : float or array
        In [0, 1]; broadcasts against `burden`.
    burden : float or array
        Pollution B, in [0, inf).

    Returns
    -------
    ndarray
        Of the shape to which skill and burden broadcast.

    Raises
    ------
    ValueError
        For a skill outside [0, 1] or a burden outside [0, inf).
    """
    return _payoff(parameters, skill, burden, 2)


def ai_profit(parameters: Parameters, skill: ArrayLike, burden: ArrayLike) -> Floats:
    """Profit of an adopter of a skill in [0, 1] at pollution B, adoption cost paid; -inf before AI (MODEL 5.1).

    Parameters
    ----------
    parameters : Parameters
        The economy.
    skill : float or array
        In [0, 1]; broadcasts against `burden`.
    burden : float or array
        Pollution B, in [0, inf).

    Returns
    -------
    ndarray
        Of the shape to which skill and burden broadcast.

    Raises
    ------
    ValueError
        For a skill outside [0, 1] or a burden outside [0, inf).
    """
    profit = _payoff(parameters, skill, burden, 3)
    return profit if parameters.ai_available else np.full_like(profit, -np.inf)


def _payoff(parameters: Parameters, skill: ArrayLike, burden: ArrayLike, column: int) -> Floats:
    """A column of `economy.payoffs` at skills and pollutions that broadcast together."""
    s, b = np.broadcast_arrays(numbers("skill", skill, "[0, 1]"), numbers("burden", burden, "[0, inf)"))
    out = np.empty((s.size, 4))
    economy.payoffs(economy_rows(parameters)[0], s.flatten(), b.flatten(), out)
    return out[:, column].reshape(s.shape)
