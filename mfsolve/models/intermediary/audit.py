"""What the contract promises, measured: incentives, budget, rationality, bargaining (MODEL 4.3)."""

from dataclasses import dataclass

import numpy as np

from mfsolve.kernels.philox import stream_key, uniforms

from ..creators.roots import powers
from ..model import seed_word
from .contract import Array, Contract


@dataclass(frozen=True)
class Audit:
    """What each promise of a contract falls short by, in units of precision: kept where it is <= 0.

    incentive   most that a creator gains by another effort (and |best response - planner's effort| shows in it)
    budget      |fee - operating cost - payments|, to be compared with `rounding`
    creator     most that a creator gets below the outside option
    buyer       what the buyer gets below the outside option
    nash        log of the Nash product: the best random feasible alternative less the contract; NaN if a weight is
                below 0, or none above
    rounding    bound on the rounding error of the sums above
    """

    incentive: float
    budget: float
    creator: float
    buyer: float
    nash: float
    rounding: float


def audit(agreement: Contract, alternatives: int = 64, seed: int = 0, replicate: int = 0) -> Audit:
    """Measure a contract's incentive compatibility, budget, individual rationality and Nash optimality.

    Every creator tries `alternatives` random efforts up to three times the planner's, and none; the parties
    try that many random divisions, each of the surplus of randomly distorted efforts (every other one
    undistorted).
    """
    a, m = agreement, agreement.market
    n, k, g = m.loading.size, m.cost_scale, m.cost_exponent
    draws = random(seed, "intermediary.audit", replicate, alternatives * (2 * n + 1)).reshape(alternatives, -1)
    stretch, splits = draws[:, :n], draws[:, n:]

    effort = m.effort_planner
    cost = k * powers(effort, g) / g
    payoff = a.payment(effort) - cost
    tried = np.concatenate([3.0 * stretch * effort, np.zeros((1, n)), a.best_response()[None]])
    gain = a.payment(tried) - k * powers(tried, g) / g - payoff

    paid = float(a.payment(effort).sum())
    scale = a.licensing_fee + float(np.abs(a.base_payment).sum() + (a.unit_price * effort).sum())
    return Audit(
        incentive=float(gain.max()),
        budget=abs(a.licensing_fee - a.operating_cost - paid),
        creator=float((a.creator_outside - payoff).max()),
        buyer=a.buyer_outside - (m.precision_planner - a.licensing_fee),
        nash=best_alternative(a, stretch, splits),
        rounding=8.0 * (n + 8) * float(np.finfo(float).eps) * (scale + m.precision_planner),
    )


def random(seed: int, purpose: str, replicate: int, count: int) -> Array:
    """Uniforms (count,) on (0, 1] of a purpose and replicate."""
    seed_word("seed", seed, 64)
    out, zero = np.empty(count), np.uint64(0)
    uniforms(stream_key(seed, purpose), zero, zero, seed_word("replicate", replicate, 32), zero, out)
    return out


def best_alternative(a: Contract, stretch: Array, splits: Array) -> float:
    """Largest log Nash product among random feasible alternatives, less the contract's own."""
    m = a.market
    stakes = np.append(a.bargaining_share * a.weight, 1.0 - a.bargaining_share)
    if (stakes < 0.0).any() or not stakes.any() or a.surplus <= 0.0:
        return float("nan")
    effort = m.effort_planner * np.where(np.arange(len(stretch))[:, None] % 2 == 0, 1.0, 0.5 + stretch)
    slope = (m.loading * effort).sum(axis=1)
    curvature = 1.0 / m.bias_variance + (m.loading**2 * effort).sum(axis=1)
    precision = effort.sum(axis=1) - slope**2 / curvature
    cost = m.cost_scale / m.cost_exponent * powers(effort, m.cost_exponent).sum(axis=1)
    pie = precision - cost - a.operating_cost - a.buyer_outside - a.creator_outside.sum()
    parts = -np.log(splits)  # exponentials: normalised, a uniform point of the simplex
    near = stakes * np.exp(0.1 * (splits - 0.5))  # and points close to the contract's own
    shares = np.concatenate([parts / parts.sum(axis=1, keepdims=True), near / near.sum(axis=1, keepdims=True)])
    pie = np.concatenate([pie, pie])
    feasible = pie > 0.0
    on = stakes > 0.0
    own = float(np.sum(stakes[on] * np.log(stakes[on] * a.surplus)))
    logs = np.log(shares[feasible][:, on] * pie[feasible][:, None])
    return float((logs @ stakes[on]).max()) - own
