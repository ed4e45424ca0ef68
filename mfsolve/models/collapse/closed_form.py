"""Closed form of the information that a generator gives away (MODEL 1.1)."""

import math


def chi_square(generator_variance: float, distance: float = 0.0, dimension: int = 1) -> float:
    """chi2(q || p) for q = N(m, s2 I_d), p = N(0, I_d): the Fisher information about the contamination at 0.

    MODEL 1.1.

    Parameters
    ----------
    generator_variance
        s2 > 0 per dimension, in human variances.
    distance
        |m| in human standard deviations.
    dimension
        d >= 1.

    Returns
    -------
    float
        (s sqrt(2 - s2))^-d exp(|m|^2 / (2 - s2)) - 1; infinite for s2 >= 2.

    Raises
    ------
    ValueError
        For s2 <= 0, dimension < 1 or a negative distance.
    """
    s2 = generator_variance
    if not s2 > 0.0:
        raise ValueError(f"generator_variance: {s2!r} given; allowed: (0, inf)")
    if dimension < 1:
        raise ValueError(f"dimension: {dimension!r} given; allowed: [1, inf)")
    if not distance >= 0.0:
        raise ValueError(f"distance: {distance!r} given; allowed: [0, inf)")
    if s2 >= 2.0:
        return math.inf
    # s2 (2 - s2) = 1 - (1 - s2)^2: whichever of the two does not cancel
    fall = math.log1p(-((1.0 - s2) ** 2)) if s2 > 0.5 else math.log(s2) + math.log(2.0 - s2)
    exponent = distance * distance / (2.0 - s2) - 0.5 * dimension * fall
    return math.expm1(exponent) if exponent < 709.0 else math.inf
