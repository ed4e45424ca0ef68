"""What a producer earns by each option, given skill and pollution (MODEL 5.1)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .parameters import Parameters

Floats = NDArray[np.float64]


def floats(values: ArrayLike) -> Floats:
    """Values as a float64 array."""
    return np.asarray(values, dtype=np.float64)


def volume(parameters: Parameters) -> float:
    """Volume of AI content per adopter, (c_ref / c_A)^x."""
    return float((parameters.reference_cost / parameters.ai_cost) ** parameters.volume_exponent)


def pollution(parameters: Parameters, ai_volume: ArrayLike) -> Floats:
    """Penalty B = beta ln(1 + eta D_A) on every consumer, at AI volumes D_A >= 0."""
    return parameters.pollution_weight * np.log1p(parameters.pollution_rate * floats(ai_volume))


def sale(quality: ArrayLike, cost: ArrayLike, burden: ArrayLike, market_size: float) -> Floats:
    """Profit (thbar q - B - C)^2 / (4 thbar q) of a niche monopolist; 0 where nobody would buy.

    Consumers of a niche have tastes uniform on [0, thbar]; at the profit-maximising price (thbar q - B + C) / 2 their
    surplus is half of the profit.

    Parameters
    ----------
    quality, cost, burden
        Quality q >= 0, unit cost C >= 0 and pollution B >= 0.
    market_size
        thbar > 0.
    """
    q = floats(quality)
    margin = np.maximum(market_size * q - floats(burden) - floats(cost), 0.0)
    return floats(margin**2 / (4.0 * market_size * np.where(q > 0.0, q, 1.0)))


def best_quality(parameters: Parameters, burden: ArrayLike) -> Floats:
    """Quality that a human without a capacity would choose at pollution B.

    The profit (thbar q - B - q^2 / (2 gamma))^2 / (4 thbar q) rises in q up to the positive root of
    3 q^2 / (2 gamma) = thbar q + B.
    """
    size, gamma = parameters.market_size, parameters.human_efficiency
    return floats(gamma / 3.0 * (size + np.sqrt(size**2 + 6.0 * floats(burden) / gamma)))


def human_quality(parameters: Parameters, skill: ArrayLike, burden: ArrayLike) -> Floats:
    """Quality that a human of a skill in [0, 1] chooses at pollution B: capacity alpha s, unless less is best."""
    return np.minimum(parameters.human_capacity * floats(skill), best_quality(parameters, burden))


def human_profit(parameters: Parameters, skill: ArrayLike, burden: ArrayLike) -> Floats:
    """Profit of a human of a skill in [0, 1] at pollution B; it rises in skill up to where capacity does not bind."""
    q = human_quality(parameters, skill, burden)
    return sale(q, q**2 / (2.0 * parameters.human_efficiency), burden, parameters.market_size)


def ai_profit(parameters: Parameters, skill: ArrayLike, burden: ArrayLike) -> Floats:
    """Profit of an adopter of a skill in [0, 1] at pollution B, adoption cost paid; -inf before AI."""
    if not parameters.ai_available:
        return np.full(np.broadcast_shapes(np.shape(skill), np.shape(burden)), -np.inf)
    q = parameters.ai_quality
    gross = sale(q, parameters.ai_cost * q, burden, parameters.market_size)
    return gross - (parameters.adoption_cost + parameters.adoption_skill_cost * (1.0 - floats(skill)))
