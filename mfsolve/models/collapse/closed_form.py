"""Closed forms: the information that a generator gives away, and the coefficient of the collapse law (MODEL 1.1)."""

import math

import numpy as np

from mfsolve.models.arguments import instance, number, whole

from .content import Gaussian, human_content
from .parameters import Family, Parameters, Refit, Workflow
from .pooling import curated, law_of

MOST_DIMENSIONS = 10**9
SERIES = 1e-12
"""Divergence in nats below which three terms of a series are exact to rounding."""


def chi_square(generator_variance: float, distance: float = 0.0, dimension: int = 1) -> float:
    """Chi-square divergence of a generator q = N(m, s2 I_d) from human content p = N(0, I_d) (MODEL 1.1).

    It is the Fisher information I(0) about the contamination in one pool item at contamination 0.

    Parameters
    ----------
    generator_variance
        s2 > 0 per dimension, in human variances.
    distance
        |m| in human standard deviations.
    dimension
        d in [1, 10^9].

    Returns
    -------
    float
        (s sqrt(2 - s2))^-d exp(|m|^2 / (2 - s2)) - 1; infinite for s2 >= 2.

    Raises
    ------
    ValueError
        For s2 <= 0, a dimension outside [1, 10^9] or a negative distance.
    """
    s2 = number("generator_variance", generator_variance, "(0, inf)")
    whole("dimension", dimension, 1, MOST_DIMENSIONS)
    number("distance", distance, "[0, inf]")
    if s2 >= 2.0:
        return math.inf
    # s2 (2 - s2) = 1 - (1 - s2)^2: whichever of the two does not cancel
    fall = math.log1p(-((1.0 - s2) ** 2)) if s2 > 0.5 else math.log(s2) + math.log(2.0 - s2)
    exponent = distance * distance / (2.0 - s2) - 0.5 * dimension * fall
    return math.expm1(exponent) if exponent < 709.0 else math.inf


def variance_of_divergence(divergence: float) -> float:
    """Variance s2 <= 1 of a generator with KL(N(0, s2) || N(0, 1)) = (s2 - 1 - ln s2) / 2 nats."""
    from scipy.special import lambertw

    if divergence < SERIES:  # where exp(-1 - 2 KL) is rounded to the branch point of W, or beyond it
        x = 2.0 * math.sqrt(divergence)
        return 1.0 - x * (1.0 - x / 3.0 + x * x / 36.0)
    return float(-np.real(lambertw(-np.exp(-1.0 - 2.0 * divergence), 0)))


def collapse_law_coefficient(parameters: Parameters) -> float:
    """Coefficient b_law = c I(0) / 2 of the first generator, of its curated items where they are (MODEL 1.1, 1.9).

    ln Q_t = ln Q_0 - b_law t rho^2 at a small constant contamination rho; with a floor of quality, 1 - f times that.

    Parameters
    ----------
    parameters : Parameters
        The economy.

    Returns
    -------
    float
        b_law >= 0, a fall of ln Q per generation and squared contamination.

    Raises
    ------
    ValueError
        For anything but parameters.
    """
    instance("parameters", parameters, Parameters)
    gamma = parameters.curation if parameters.workflow is Workflow.CURATED else 0.0
    s2 = parameters.variance_ratio / (1.0 + gamma * parameters.variance_ratio)
    if parameters.content is Family.GAUSSIAN:
        information = chi_square(s2, dimension=parameters.dimension)
    elif parameters.features is not None and parameters.refit is Refit.GAUSSIAN:  # q and p of one shape and centre
        information = chi_square(s2, dimension=parameters.features.rows.shape[1])
    else:
        human = human_content(parameters)
        content = curated(law_of(human), gamma) if gamma > 0.0 else human
        assert not isinstance(content, Gaussian)
        information = content.information(0.0)
    return 0.5 * parameters.quality_elasticity * information * (1.0 - parameters.quality_floor)
