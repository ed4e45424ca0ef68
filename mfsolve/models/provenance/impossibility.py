"""Impossibility under limited information: Le Cam's two-point lower bound on the regret of every rule (MODEL 3.4).

A regulator pays a subsidy s without knowing rho. With the marginal value m(rho) of a human item the best subsidy is
s*(rho) = min(1, m(rho) / (2 kappa)); any other forgoes kappa (s - s*)^2 of welfare.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import gaussian_nodes, gaussian_pool
from mfsolve.models.arguments import instance, number, optional_number, vector

from .contents import GaussianContent
from .information_gaussian import content_rule, score_rule

PLACES = np.linspace(0.0, 1.0, 2049)  # contaminations at which the best subsidy is tabulated
WIDTHS = np.geomspace(1e-4, 1.0, 33)  # distances of the two contaminations that are tried


SMALL = 1e-6  # distances of one item below which log(1 - distance) has lost digits


def best_subsidy(contamination: float, content: GaussianContent, curvature: float, stake: float | None = None) -> float:
    """Best subsidy s*(rho) = min(1, m(rho) / (2 kappa)), in units of the cost curvature (MODEL 3.4).

    Parameters
    ----------
    contamination
        rho in [0, 1].
    content
        Law of the items.
    curvature
        kappa > 0.
    stake
        None: the marginal value is m(rho) = d/d rho KL(q_rho || p), which vanishes with KL(q || p). A number: a human
        item is worth rho * stake whatever q is (a buyer's liability, a right), so that there is something to know even
        where items carry no information.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    number("contamination", contamination, "[0, 1]")
    instance("content", content, GaussianContent)
    number("curvature", curvature, "(0, inf)")
    optional_number("stake", stake, "[0, inf)")
    return _best_subsidy(contamination, content, curvature, stake)


def _best_subsidy(contamination: float, content: GaussianContent, curvature: float, stake: float | None) -> float:
    if stake is not None:
        return min(1.0, contamination * stake / (2.0 * curvature))
    out = np.empty(3)
    gaussian_pool.gaussian_functionals(contamination, content.distance, content.variance, content.dimension, out)
    return min(1.0, float(out[1]) / (2.0 * curvature))


def best_subsidies(
    contamination: Floats, content: GaussianContent, curvature: float, stake: float | None = None
) -> Floats:
    """Best subsidies at many contaminations (n,), interpolated between 2049 of them (MODEL 3.4)."""
    return np.asarray(np.interp(contamination, PLACES, _subsidies(content, curvature, stake)))


@lru_cache(maxsize=32)
def _subsidies(content: GaussianContent, curvature: float, stake: float | None) -> Floats:
    return np.array([_best_subsidy(float(x), content, curvature, stake) for x in PLACES])


def affinity(first: float, second: float, content: GaussianContent) -> float:
    """Bhattacharyya coefficient int sqrt(q_a q_b) of one item at two contaminations (MODEL 3.4).

    It is 1 where items carry no information.
    """
    return 1.0 - hellinger(first, second, content)


def hellinger(first: float, second: float, content: GaussianContent) -> float:
    """1 - `affinity`, half the squared Hellinger distance, without the rounding of 1 (MODEL 3.4)."""
    nodes = content_rule(content.distance, content.variance, content.dimension, steps=32.0)
    score = score_rule(content.watermark, content.stripping, steps=32.0)
    return float(gaussian_nodes.joint_distance(first, second, *nodes, *score))


def minimax_regret(
    contamination: float, content: GaussianContent, curvature: float, items: ArrayLike, stake: float | None = None
) -> Floats:
    """Le Cam's two-point lower bound on the minimax regret around a contamination (MODEL 3.4).

    The average of any rule's regrets at rho_0 and rho_1, and so the greater of the two, is at least
    kappa (s*_1 - s*_0)^2 / 4 (1 - TV_n): the best subsidy in view of a sample is the posterior mean of s*. And
    TV_n <= sqrt(1 - BC^(2n)) with the affinity BC of one item (Le Cam 1973; Tsybakov 2009, 2.4). The pair is centred at
    rho as far as [0, 1] allows, with the width that makes the bound largest.

    Parameters
    ----------
    contamination
        rho in [0, 1].
    content
        Law of the items.
    curvature
        kappa > 0.
    items
        Numbers of items n, vector (k,), non-negative.
    stake
        As in `best_subsidy`.

    Returns
    -------
    ndarray (k,)
        Bound for each n, in units of welfare; no rule stays below it at every contamination in [0, 1].

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("content", content, GaussianContent)
    optional_number("stake", stake, "[0, inf)")
    return hardest_pairs(contamination, content, curvature, items, stake)[0]


def hardest_pairs(
    contamination: float, content: GaussianContent, curvature: float, items: ArrayLike, stake: float | None = None
) -> tuple[Floats, Floats]:
    """Bounds of `minimax_regret` (k,), and the pairs rho_0, rho_1 that attain them (k, 2) (MODEL 3.4).

    The bound holds for the average of a rule's regrets at the two contaminations, with which it is to be compared.
    """
    rho = number("contamination", contamination, "[0, 1]")
    kappa = number("curvature", curvature, "(0, inf)")
    n = vector("items", items, "[0, inf)")
    bounds, pairs = np.empty((WIDTHS.size, n.size)), np.empty((WIDTHS.size, 2))
    for k, width in enumerate(WIDTHS):
        low = min(max(0.0, rho - 0.5 * width), 1.0 - width)
        high = low + width
        gap = _best_subsidy(high, content, kappa, stake) - _best_subsidy(low, content, kappa, stake)
        distance = hellinger(low, high, content)
        log_bc = math.log1p(-distance) if distance < SMALL else math.log(max(1.0 - distance, 1e-300))
        variation = np.sqrt(-np.expm1(np.minimum(2.0 * n * log_bc, 0.0)))
        bounds[k], pairs[k] = kappa * gap * gap / 4.0 * (1.0 - variation), (low, high)
    best = bounds.argmax(axis=0)
    return bounds[best, np.arange(n.size)], pairs[best]
