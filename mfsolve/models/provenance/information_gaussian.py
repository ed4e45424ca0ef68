"""Fisher information about the contamination in one item of Gaussian content, with or without a mark (MODEL 3.1)."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import gaussian_nodes, gaussian_pool, gaussian_rules
from mfsolve.models.arguments import number, whole
from mfsolve.models.collapse.closed_form import chi_square

STEPS = (8.0, 16.0, 32.0, 64.0, 128.0)
"""Nodes per unit length of successive rules for content and score, refined until two agree."""
AGREED = 1e-10


class Nodes(NamedTuple):
    """Quadrature nodes of one item: log likelihood ratio ln(q / p), masses under p and under q, vectors (n,)."""

    ratio: Floats
    human: Floats
    synthetic: Floats


def gaussian_information(
    contamination: float,
    *,
    distance: float = 0.0,
    variance: float = 1.0,
    dimension: int = 1,
    watermark: float = 0.0,
    stripping: float = 0.0,
) -> float:
    """Fisher information I(rho) for p = N(0, I_d), q = N(m, s2 I_d), with a watermark score if w > 0 (MODEL 3.1).

    Parameters
    ----------
    contamination
        rho in [0, 1].
    distance
        |m| in [0, 1e6], in human standard deviations.
    variance
        s2 in [1e-300, 1e300], in human variances.
    dimension
        d in [1, 100000].
    watermark
        Mean w in [0, 30] of a marked synthetic item's score, N(w, 1); the score of any other item is N(0, 1).
    stripping
        Probability in [0, 1] that the mark is stripped.

    Returns
    -------
    float
        Joint information of content and score, relative error about 1e-9; infinite where it diverges.

    Raises
    ------
    ValueError
        For an argument outside its range.
    ArithmeticError
        Where successive quadratures do not agree.
    """
    rho = number("contamination", contamination, "[0, 1]")
    m = number("distance", distance, "[0, 1e6]")
    s2 = number("variance", variance, "[1e-300, 1e300]")
    d = whole("dimension", dimension, 1, 100_000)
    w, strip = number("watermark", watermark, "[0, 30]"), number("stripping", stripping, "[0, 1]")
    marked = w > 0.0 and strip < 1.0
    if rho in (0.0, 1.0):
        content = chi_square(s2, m, d) if rho == 0.0 else chi_square(1.0 / s2, m / math.sqrt(s2), d)
        score = 0.0 if not marked else (1.0 - strip) ** 2 * chi_square(1.0, w) if rho == 0.0 else _stripped(w, strip)
        return content + score + content * score if math.isfinite(content + score) else math.inf  # 1 + chi2 multiply
    out = np.empty(3)
    if marked:
        out[2] = _agreed(
            lambda steps: gaussian_nodes.joint_information(
                rho, *content_rule(m, s2, d, steps, rho), *score_rule(w, strip, steps, rho)
            )
        )
    else:
        gaussian_pool.gaussian_functionals(rho, m, s2, d, out)
    if not out[2] <= (1.0 + 1e-9) / (rho * (1.0 - rho)):  # the information of a label
        raise ArithmeticError(
            f"information: no two quadratures agree at contamination {rho:g}, distance {m:g}, variance {s2:g}, "
            f"dimension {d}, watermark {w:g}, stripping {strip:g}"
        )
    return float(out[2])


def _stripped(w: float, strip: float) -> float:
    """Divergence chi2(p || q) of a score whose mark is stripped with probability `strip`."""
    if strip == 0.0:
        return chi_square(1.0, w)

    def rule(steps: float) -> float:
        ratio, p, q = score_rule(w, strip, steps, lowest=-w)
        if ratio.min() > -300.0:
            return float(np.sum(q * np.expm1(-ratio) ** 2))
        far = ratio < -300.0  # the square overflows where q e^-ratio = p makes good for it
        return float(np.sum(q[~far] * np.expm1(-ratio[~far]) ** 2) + np.sum(p[far] * np.exp(-ratio[far])))

    return _agreed(rule)


def _agreed(rule: Callable[[float], float]) -> float:
    """Value on which two successive rules agree to 1e-10; NaN where none do."""
    before = math.nan
    for steps in STEPS:
        value = float(rule(steps))
        if abs(value - before) <= AGREED * value:
            return value
        before = value
    return math.nan


def content_rule(m: float, s2: float, d: int, steps: float = 16.0, contamination: float = 0.5) -> Nodes:
    """Quadrature nodes of content, by `kernels.collapse.gaussian_pool`, as far out as a small contamination needs."""
    none = np.empty(0)
    count = gaussian_nodes.content_nodes(contamination, m, s2, d, steps, none, none, none)
    nodes = Nodes(*(np.empty(count) for _ in range(3)))
    gaussian_nodes.content_nodes(contamination, m, s2, d, steps, *nodes)
    return nodes


def score_rule(
    watermark: float, stripping: float, steps: float = 16.0, contamination: float = 0.5, lowest: float = 0.0
) -> Nodes:
    """Quadrature nodes of a score: N(0, 1) if human, (1 - stripping) N(w, 1) + stripping N(0, 1) if synthetic.

    Without a mark there is a single node with ratio 1. `lowest` is the lowest centre that the nodes cover.
    """
    if watermark == 0.0 or stripping == 1.0:
        return Nodes(np.zeros(1), np.ones(1), np.ones(1))
    reach = float(gaussian_rules.reach_of(contamination))
    z = np.arange(math.floor((lowest - reach) * steps), math.ceil((watermark + reach) * steps) + 1) / steps
    ratio = np.logaddexp(
        watermark * (z - 0.5 * watermark) + math.log1p(-stripping), math.log(stripping) if stripping else -np.inf
    )
    log_p = -0.5 * (z * z + math.log(2.0 * math.pi))
    return Nodes(ratio, np.exp(log_p) / steps, np.exp(log_p + ratio) / steps)
