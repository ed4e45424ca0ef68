"""Levers of a stressed market, and the answers of those who strip, evade and move (MODEL 7.1, 7.4, 7.5, 7.6)."""

import math
from typing import NamedTuple

from mfsolve.models.arguments import number, optional_number
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.collapse.response import closed_form_subsidy

from .stress import Instrument, Stress


class Levers(NamedTuple):
    """Levers of a generation: subsidy s, levy, mark's strength w, share x of marks stripped, verified share phi."""

    subsidy: float
    levy: float
    mark: float
    stripped: float
    verified: float


IDLE = Levers(0.0, 0.0, 0.0, 0.0, 0.0)


def stripping(mark: float, value: float, cost: float | None) -> float:
    """Best-response share x = min(1, w value / g) of marks stripped: the maximum of x w value - g x^2 / 2 (MODEL 7.5).

    Parameters
    ----------
    mark : float
        Strength w of the mark, in [0, 1].
    value : float
        What passing for a verified item earns, in nats per unit of the mark, in [0, inf).
    cost : float, optional
        g, in (0, inf); None: nobody can strip.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    number("mark", mark, "[0, 1]")
    number("value", value, "[0, inf)")
    optional_number("cost", cost, "(0, inf)")
    return _stripping(mark, value, cost)


def _stripping(mark: float, value: float, cost: float | None) -> float:
    return 0.0 if cost is None else min(1.0, mark * value / cost)


def mark_strength(divergence: float, verified: float, curvature: float, strip_cost: float | None = None) -> float:
    """Strength w* of a watermark, closed form (MODEL 7.5).

    Without a cost of stripping the maximum of (1 - psi) w KL - kappa psi w^2 (MODEL 1.3). With one, that of
    (1 - psi) w (1 - w KL / g) KL - kappa psi w^2, which reckons with stripping x = w KL / g: never more than half.
    Where every strength does as well, a tie at gain 0 and price 0, it is 1.

    Parameters
    ----------
    divergence
        KL(q || p) >= 0 in nats.
    verified
        Share psi in [0, 1] of authentic items that is verified without a mark.
    curvature
        kappa > 0.
    strip_cost
        g > 0, or None.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    number("divergence", divergence, "[0, inf)")
    number("verified", verified, "[0, 1]")
    number("curvature", curvature, "(0, inf)")
    optional_number("strip_cost", strip_cost, "(0, inf)")
    return _mark_strength(divergence, verified, curvature, strip_cost)


def _mark_strength(divergence: float, verified: float, curvature: float, strip_cost: float | None) -> float:
    gain, price = (1.0 - verified) * divergence, curvature * verified
    if strip_cost is not None:
        price += (1.0 - verified) * divergence * divergence / strip_cost
    return 1.0 if gain >= 2.0 * price else gain / (2.0 * price)


def levers(parameters: Parameters, stress: Stress, divergence: float) -> Levers:
    """Levers that the instrument's closed form sets at a divergence in nats, and the stripping that meets them."""
    psi, kappa = parameters.verified_share, parameters.cost_curvature
    if stress.instrument is Instrument.SUBSIDY:
        return Levers(closed_form_subsidy(divergence, kappa), 0.0, 0.0, 0.0, psi)
    if stress.instrument is Instrument.FIXED:
        return Levers(stress.subsidy, 0.0, 0.0, 0.0, psi)
    if stress.instrument is Instrument.LEVY:
        return Levers(0.0, divergence, 0.0, 0.0, psi)
    mark = _mark_strength(divergence, psi, kappa, stress.strip_cost if stress.anticipating else None)
    stripped = _stripping(mark, divergence, stress.strip_cost)
    return Levers(0.0, 0.0, mark, stripped, psi + (1.0 - psi) * mark * (1.0 - stripped))


def evading(ratio: float, cost: float) -> float:
    """Best-response evasion e in [0, 1] of a levy KL(N(0, r + e (1 - r)) || N(0, 1)) at cost gamma e^2 (MODEL 7.6).

    The positive root of 2 gamma (1 - r) e^2 + (2 gamma r + (1 - r)^2 / 2) e - (1 - r)^2 / 2 = 0, r < 1 the generator's
    variance in units of human variance; 0 from 1 on.
    """
    gap = 1.0 - ratio
    if gap <= 0.0:
        return 0.0
    a, b, c = 2.0 * cost * gap, 2.0 * cost * ratio + 0.5 * gap * gap, 0.5 * gap * gap
    return 2.0 * c / (b + math.sqrt(b * b + 4.0 * a * c))


def profit(gain: float, kappa: float, levy: float) -> float:
    """Profit max over h in [0, 1] of gain h - kappa h^2, less the levy on an all-synthetic producer."""
    h = min(1.0, max(0.0, gain / (2.0 * kappa)))
    return gain * h - kappa * h * h - levy


def outside_share(stress: Stress, gap: float) -> float:
    """Share of producers outside when profit there is greater by `gap`: costs of moving are uniform (MODEL 7.4)."""
    moving = min(1.0, stress.relocation * abs(gap))
    if gap > 0.0:
        return stress.outside + (1.0 - stress.outside) * moving
    return stress.outside * (1.0 - moving)
