"""Measurement of a contract's promises: incentives, budget, rationality, bargaining (MODEL 4.3)."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.quadrature import gauss_legendre
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.arguments import instance, seed_word, whole
from mfsolve.models.creators.aggregate_root import powers
from mfsolve.models.creators.effort_search import best_efforts
from mfsolve.models.creators.precision import precision_of_sums
from mfsolve.models.creators.static_market import StaticMarket

from .contract import Contract

PANELS, NODES = 64, 16
FINEST = 1e-6


@dataclass(frozen=True)
class Audit:
    """Shortfall of each promise of a contract, in units of precision: the promise is kept where it is <= `rounding`.

    incentive   most that a creator gains by another effort (and |best response - planner's effort| shows in it)
    planner     most that welfare gains by another effort of one creator: nothing, at the planner's
    budget      |fee - operating cost - payments|
    response    the same, at payments for the efforts that creators are found to choose: to about 1e-7 of the payments
    creator     most that a creator gets below the outside option
    buyer       what the buyer gets below the outside option
    stated      most that a payoff or the surplus, as the contract states it, differs from what its payments give
    weight      most that a creator's share of the surplus by weight differs from the Aumann-Shapley share; NaN without
                a bargaining share
    nash        log of the Nash product, times the surplus: the best feasible alternative less what the payments give;
                NaN if there is no product, some Aumann-Shapley share being below 0, no surplus, or no bargaining share
    rounding    bound on the rounding error of all these

    The contract is taken at its payments: gains are payment less cost less outside option, precision less fee less
    outside option. The shares that are the exponents of the Nash product are computed anew, from the integral along
    the diagonal, and not taken from the contract.
    """

    incentive: float
    planner: float
    budget: float
    response: float
    creator: float
    buyer: float
    stated: float
    weight: float
    nash: float
    rounding: float


def audit(agreement: Contract, alternatives: int = 64, seed: int = 0, replicate: int = 0) -> Audit:
    """Measure a contract's incentive compatibility, budget, individual rationality and Nash optimality (MODEL 4.3).

    Every creator tries `alternatives` random efforts up to three times the planner's, and none. The parties try the
    division that maximises the Nash product, and three times that many random ones: any, those near the best one, and
    those near the contract's own, from 1 to 1e-6 apart; every other one of the surplus of randomly distorted efforts.

    Parameters
    ----------
    agreement : Contract
        From `contract`, or from `linear_contract`.
    alternatives : int
        At least 1.
    seed, replicate : int
        The alternatives are a function of both.

    Returns
    -------
    Audit

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    a = instance("agreement", agreement, Contract)
    count, m = whole("alternatives", alternatives, 1, 10**6), a.market
    n, k, g = m.loading.size, m.cost_scale, m.cost_exponent
    draws = random(seed, "intermediary.audit", replicate, count * (2 * n + 1)).reshape(count, -1)
    stretch, splits = draws[:, :n], draws[:, n:]

    effort = m.effort_planner
    cost = k * powers(effort, g) / g
    payoff = a.payment(effort) - cost
    tried = np.concatenate([3.0 * stretch * effort, np.zeros((1, n)), a.best_response()[None]])
    gain = a.payment(tried) - k * powers(tried, g) / g - payoff

    paid = float(a.payment(effort).sum())
    chosen = searched_responses(a)
    scale = a.licensing_fee + float(np.abs(a.base_payment).sum() + (a.unit_price * effort).sum())
    rounding = 8.0 * (n + 8) * float(np.finfo(float).eps) * (scale + m.precision_planner)
    called = a.best_response()
    gains = np.append(
        a.payment(called) - k * powers(called, g) / g - a.creator_outside,
        precision(m, called) - a.licensing_fee - a.buyer_outside,
    )
    stated = np.append(a.creator_payoff - a.creator_outside, a.buyer_payoff - a.buyer_outside) - gains
    net = precision(m, effort) - float(cost.sum()) - demands(a)
    shares = aumann_shapley_shares(m, cost, a.floored)
    return Audit(
        incentive=float(gain.max()),
        planner=welfare_gained(m, tried),
        budget=abs(a.licensing_fee - a.operating_cost - paid),
        response=abs(a.licensing_fee - a.operating_cost - float(a.payment(chosen).sum())),
        creator=float((a.creator_outside - payoff).max()),
        buyer=a.buyer_outside - (m.precision_planner - a.licensing_fee),
        stated=max(float(np.abs(stated).max()), abs(net - a.surplus)),
        weight=float(np.abs(shares - a.weight).max()) * a.surplus + 0.0 * a.bargaining_share,
        nash=nash_shortfall(a, shares, gains, stretch, splits, rounding),
        rounding=rounding,
    )


def searched_responses(a: Contract) -> Floats:
    """Efforts (n,) that creators choose at a contract's payments, found by search."""
    m = a.market

    def payoff(effort: Floats) -> Floats:
        return a.payment(effort) - m.cost_scale * powers(effort, m.cost_exponent) / m.cost_exponent

    return best_efforts(payoff, 4.0 * m.effort_planner)


def welfare_gained(m: StaticMarket, tried: Floats) -> float:
    """Most that precision less cost gains if one creator takes another effort (k, n), the others the planner's."""
    effort, x = m.effort_planner, m.loading
    change = tried - effort
    slope, curvature = float((x * effort).sum()), 1.0 / m.bias_variance + float((x**2 * effort).sum())
    common = (slope + x * change) ** 2 / (curvature + x**2 * change) - slope**2 / curvature
    cost = m.cost_scale / m.cost_exponent * (powers(tried, m.cost_exponent) - powers(effort, m.cost_exponent))
    return float((change - common - cost).max())


def random(seed: int, purpose: str, replicate: int, count: int) -> Floats:
    """Uniforms (count,) on (0, 1] of a purpose and replicate."""
    seed_word("seed", seed, 64)
    out, zero = np.empty(count), np.uint64(0)
    uniforms(stream_key(seed, purpose), zero, zero, seed_word("replicate", replicate, 32), zero, out)
    return out


def precision(m: StaticMarket, effort: Floats) -> float:
    """Phi of any efforts (n,), from its definition."""
    slope, curvature = float((m.loading * effort).sum()), float((m.loading**2 * effort).sum())
    return precision_of_sums(float(effort.sum()), slope, curvature, m.bias_variance)


def demands(a: Contract) -> float:
    """Sum of operating cost and outside options, which come before any surplus."""
    return a.operating_cost + a.buyer_outside + float(a.creator_outside.sum())


@cache
def halving_rule() -> tuple[Floats, Floats]:
    """Nodes and weights on [0, 1]: Gauss-Legendre on panels that halve towards 0, near which A(z) bends."""
    node, weight = gauss_legendre(NODES)
    right = 0.5 ** np.arange(PANELS)[:, None]
    left = np.where(np.arange(PANELS)[:, None] < PANELS - 1, 0.5 * right, 0.0)
    return (0.5 * (right + left) + 0.5 * (right - left) * node).ravel(), (0.5 * (right - left) * weight).ravel()


def aumann_shapley_shares(m: StaticMarket, cost: Floats, floored: bool) -> Floats:
    """Shares (n,) proportional to int_0^1 e_i d_i[Phi - sum c](z e) dz: another way than `aumann_shapley` takes."""
    z, w = halving_rule()
    slope, curvature = (m.loading * m.effort_planner).sum(), (m.loading**2 * m.effort_planner).sum()
    A = z * slope / (1.0 / m.bias_variance + z * curvature)
    marginal = (1.0 - m.loading[:, None] * A) ** 2
    raw = m.effort_planner * (marginal * w).sum(axis=1) - cost  # int e c'(z e) dz = c(e)
    raw = np.maximum(raw, 0.0) if floored else raw
    return np.asarray(raw / raw.sum())


def nash_shortfall(
    a: Contract, shares: Floats, gains: Floats, stretch: Floats, splits: Floats, rounding: float
) -> float:
    """Log Nash product of the best alternative less that of the gains (n + 1,), times the surplus.

    A stake that is worth no more than rounding counts as none.
    """
    m, stakes = a.market, np.append(a.bargaining_share * shares, 1.0 - a.bargaining_share)
    if not a.surplus > rounding or np.isnan(stakes).any() or (stakes < 0.0).any():
        return float("nan")
    on = stakes * a.surplus > rounding
    if (gains[on] <= 0.0).any():
        return float("inf")  # a party to whom a share is owed gets nothing: the product is 0
    count = len(stretch)
    distorted = np.arange(count)[:, None] % 2 == 1
    effort = m.effort_planner * np.where(distorted, 0.5 + stretch, 1.0)
    slope = (m.loading * effort).sum(axis=1)
    curvature = 1.0 / m.bias_variance + (m.loading**2 * effort).sum(axis=1)
    cost = m.cost_scale / m.cost_exponent * powers(effort, m.cost_exponent).sum(axis=1)
    pie = effort.sum(axis=1) - slope**2 / curvature - cost - demands(a)
    apart = (FINEST ** np.linspace(0.0, 1.0, count))[:, None] * (splits - 0.5)
    own = np.maximum(gains, 0.0)
    parts = np.concatenate([stakes[None], -np.log(splits), stakes * np.exp(apart), own * np.exp(apart)])
    pie = np.concatenate([[a.surplus], pie, pie, pie])
    feasible = pie > 0.0
    divided = parts[feasible] / parts[feasible].sum(axis=1, keepdims=True) * pie[feasible][:, None]
    logs = np.log(np.maximum(divided[:, on], 1e-300)) @ stakes[on]
    return a.surplus * (float(logs.max()) - float(np.log(gains[on]) @ stakes[on]))
