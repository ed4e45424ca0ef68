"""Effects of feedback of precision on the bias: the same path with it and without it (MODEL 4.2)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.creators import stocks, stocks_stiff
from mfsolve.models.arguments import instance, number, numbers, require
from mfsolve.models.result_repr import legible

from .recursive_precision import (
    CODES,
    DynamicParameters,
    Instants,
    Regime,
    instants,
    market_constants,
    precision_barrier,
    regime_named,
)

LIFETIMES = 40.0
SCARCE = 0.1
RTOL, ATOL = 1e-5, 1e-8


class Effect(IntEnum):
    """Effect of feedback on the share of its peak that precision loses.

    NONE: no decline, with feedback or without. ANYWAY: a decline that is the same without feedback. WORSE: a greater
    one with feedback. CURSE: a decline with feedback only. MILDER: a smaller share lost with feedback.
    """

    NONE = 0
    ANYWAY = 1
    WORSE = 2
    CURSE = 3
    MILDER = 4


@legible
class Effects(NamedTuple):
    """Effects of n markets, the shares of their peaks lost with feedback and without, and what feedback costs: (n,).

    `level_cost` is the share of precision at the horizon that feedback takes. The others are at the horizon too:
    `price_change` and `correlation_change`, price (of the innovators' data) with feedback over that without less 1, and
    correlation of two new signals of the rank and file, whose effort is their price, with feedback less without;
    `scarcity`, the price once innovators' data have fallen to a tenth over that before, less 1; `innovator_value`, the
    precision that a unit of innovators' data adds; `value_over_mu`, that of a unit of imitators' data over it, over
    mu = 1 / (1 + l^2 v K_c)^2; `barrier_ratio`, precision over Prop. 6's barrier. All but these three are 0 of a market
    without data.
    """

    effect: Floats
    lost: Floats
    lost_without: Floats
    level_cost: Floats
    price_change: Floats
    correlation_change: Floats
    scarcity: Floats
    innovator_value: Floats
    value_over_mu: Floats
    barrier_ratio: Floats


def feedback_effects(
    base: DynamicParameters,
    bias_feedback: Floats,
    elasticity_gap: Floats,
    depreciation: Floats,
    horizon: float,
    regime: Regime = Regime.STRICT_RIGHTS,
    rest_multiple: float = 1.0,
    tolerance: float = 0.01,
) -> Effects:
    """Effects of feedback on n markets, each started alike with it and without it (MODEL 4.2).

    Parameters
    ----------
    base : DynamicParameters
        Everything else, and the innovators' elasticity, to which the gap is added for imitators. Nobody has a
        reservation price.
    bias_feedback, elasticity_gap, depreciation : array (n,)
        In [0, 1e6], (0, 20] and (0, 1e3].
    horizon : float
        Time over which precision is followed, (0, 1e6].
    regime : Regime
        Who sets prices.
    rest_multiple : float
        Stocks at the start, as a multiple of those at which strict rights rest without feedback, [0, 1e6]. At 1 there
        is no decline without feedback under strict rights, and any decline is the curse.
    tolerance : float
        Shares of the peak that differ by no more do not differ; [0, 1).

    Returns
    -------
    Effects

    Raises
    ------
    ValueError
        If an argument is out of its range, or where the best price keeps jumping.
    """
    p = instance("base", base, DynamicParameters)
    for name in ("innovator_reservation", "imitator_reservation"):
        require(getattr(p, name) == 0.0, name, getattr(p, name), "0, as the best price jumps otherwise")
    number("horizon", horizon, "(0, 1e6]")
    number("rest_multiple", rest_multiple, "[0, 1e6]")
    number("tolerance", tolerance, "[0, 1)")
    alpha = numbers("bias_feedback", bias_feedback, "[0, 1e6]")
    gap = numbers("elasticity_gap", elasticity_gap, "(0, 20]")
    decay = numbers("depreciation", depreciation, "(0, 1e3]")
    fed = np.repeat(np.array(market_constants(p))[None], alpha.size, axis=0)
    columns = dict(zip(stocks.Market._fields, fed.T, strict=True))
    columns["alpha"][:], columns["dep"][:], columns["x_c"][:] = alpha, decay, p.innovator_elasticity + gap
    unfed = fed.copy()
    unfed[:, stocks.Market._fields.index("alpha")] = 0.0
    start = rest_multiple * rest_stocks(p, unfed)
    lost, held = followed(fed, start, horizon, regime)
    lost_without, held_without = followed(unfed, start, horizon, regime)
    end, end_without = now(fed, held, regime), now(unfed, held_without, regime)
    more, declines, anyway = lost - lost_without, lost > tolerance, lost_without > tolerance
    effect = np.select(
        [more < -tolerance, (more > tolerance) & anyway, more > tolerance, declines | anyway],
        [Effect.MILDER, Effect.WORSE, Effect.CURSE, Effect.ANYWAY],
        Effect.NONE,
    )
    scarce = now(fed, held * np.array([[SCARCE], [1.0]]), regime).innovator_price
    barriers = [precision_barrier(p.bias_floor, float(a), p.imitator_loading) for a in alpha]
    return Effects(
        effect=effect.astype(np.float64),
        lost=lost,
        lost_without=lost_without,
        level_cost=share_below(end.precision, end_without.precision),
        price_change=-share_below(end.innovator_price, end_without.innovator_price),
        correlation_change=correlation(p, end) - correlation(p, end_without),
        scarcity=-share_below(scarce, end.innovator_price),
        innovator_value=end.innovator_value,
        value_over_mu=end.imitator_value / end.innovator_value / worth(p, held[1], end),
        barrier_ratio=end.precision / np.array(barriers),
    )


def now(markets: Floats, held: Floats, regime: Regime) -> Instants:
    """Precision, values and prices of n markets at stocks (2, n)."""
    return instants(markets, regime_named(regime), held, np.ones(markets.shape[0]))


def worth(p: DynamicParameters, stock: Floats, at: Instants) -> Floats:
    """Equation 13's mu (n,): what a unit of imitators' data adds at a given bias, innovators' adding 1."""
    return np.asarray(1.0 / (1.0 + p.imitator_loading**2 * at.bias_variance * stock) ** 2)


def correlation(p: DynamicParameters, at: Instants) -> Floats:
    """Correlation (n,) of two new signals of the rank and file: l^2 v / (l^2 v + 1 / e) at effort e, their price."""
    common = p.imitator_loading**2 * at.bias_variance * at.imitator_price
    return np.asarray(common / (1.0 + common))


def rest_stocks(p: DynamicParameters, markets: Floats) -> Floats:
    """Stocks (2, n) at which strict rights rest: in units of the lifetime of data all markets take the same time."""
    scaled = markets.copy()
    columns = dict(zip(stocks.Market._fields, scaled.T, strict=True))
    columns["a_o"][:] /= columns["dep"]
    columns["a_c"][:] /= columns["dep"]
    columns["dep"][:] = 1.0
    start = np.repeat(np.array([[p.innovator_stock], [p.imitator_stock]]), markets.shape[0], axis=1)
    held, _ = integrated(scaled, start, LIFETIMES, Regime.STRICT_RIGHTS)
    return np.maximum(held[:, :, -1], 0.0)


def followed(markets: Floats, start: Floats, horizon: float, regime: Regime) -> tuple[Floats, Floats]:
    """Share of the peak lost at the horizon (n,), and stocks there (2, n)."""
    held, peaks = integrated(markets, start, horizon, regime)
    last = np.maximum(held[:, :, -1], 0.0)
    return share_below(now(markets, last, regime).precision, peaks[0]), last


def integrated(markets: Floats, start: Floats, horizon: float, regime: Regime) -> tuple[Floats, Floats]:
    """Stocks (2, n, 2) at the start and at the horizon, and peaks (2, n) of precision."""
    n = markets.shape[0]
    held, exits, peaks = np.empty((2, n, 2)), np.empty(n), np.empty((2, n))
    held[:, :, 0] = start
    rule = stocks.Start(0.0, 0.0, 0.0, CODES[regime_named(regime)])
    stuck = stocks_stiff.integrate(markets, rule, np.array([0.0, horizon]), RTOL, ATOL, held, exits, peaks)
    if stuck >= 0:
        raise ValueError(
            f"horizon: {horizon:g} given; allowed: a shorter one, as the buyer's best price keeps jumping in market "
            f"{stuck}"
        )
    return held, peaks


def share_below(values: Floats, peaks: Floats) -> Floats:
    """Share of each peak by which the value lies below it; 0 where the peak is 0, as nothing is lost of nothing."""
    return np.asarray(1.0 - np.divide(values, peaks, out=np.ones_like(values), where=peaks > 0.0))
