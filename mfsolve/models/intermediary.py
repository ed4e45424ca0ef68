"""The data intermediary: a two-part tariff that pays the planner's efforts, and who is owed what (MODEL 4.3).

The paper (Creators) states that the contract is incentive compatible, balances its budget, is individually
rational and solves the Nash bargaining problem. `audit` measures each, `random_markets` on as many markets as
one likes; the weights and their simulation are in `creators.attribution`.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.kernels.philox import stream_key, uniforms
from mfsolve.kernels.sums import total

from .creators.attribution import ShapleyValues, aumann_shapley, shapley
from .creators.static import StaticMarket, require, static_market
from .model import seed_word

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "Audit",
    "Contract",
    "ShapleyValues",
    "audit",
    "aumann_shapley",
    "contract",
    "linear_pricing",
    "originality_penalty",
    "random_markets",
    "shapley",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Contract:
    """A two-part tariff t_i(e) = unit_price_i e + base_payment_i and what all get by it; arrays are (n,).

    `weight` adds to 1 and is Aumann-Shapley's. A creator with loading x A far above 1 may get a *negative*
    weight, and then less than the outside option: `individually_rational` says whether anyone does.
    """

    unit_price: Array = field(repr=False)
    base_payment: Array = field(repr=False)
    licensing_fee: float
    weight: Array = field(repr=False)
    creator_payoff: Array = field(repr=False)
    buyer_payoff: float
    surplus: float
    bargaining_share: float
    operating_cost: float
    buyer_outside: float
    creator_outside: Array = field(repr=False)
    market: StaticMarket = field(repr=False)

    @property
    def individually_rational(self) -> bool:
        """Whether every creator and the buyer get at least their outside options."""
        return bool((self.weight >= 0.0).all() or self.surplus * self.bargaining_share == 0.0)

    def payment(self, effort: Array) -> Array:
        """Transfers (n,) to the creators for given efforts."""
        return self.unit_price * effort + self.base_payment

    def best_response(self) -> Array:
        """Efforts (n,) that maximise payment less cost: c'(e) = unit_price."""
        m = self.market
        return np.asarray((self.unit_price / m.cost_scale) ** (1.0 / (m.cost_exponent - 1.0)))


def contract(
    market: StaticMarket,
    operating_cost: float = 0.0,
    buyer_outside: float = 0.0,
    creator_outside: ArrayLike = 0.0,
    bargaining_share: float = 0.5,
) -> Contract:
    """The intermediary's contract for a market (MODEL 4.3).

    Parameters
    ----------
    market : StaticMarket
        Creators, cost and bias variance, solved.
    operating_cost, buyer_outside : float
        F_op >= 0 and u_B >= 0, in units of precision.
    creator_outside : float or array (n,)
        u_i >= 0.
    bargaining_share : float
        Share beta in [0, 1] of the net surplus that goes to the creators.

    Raises
    ------
    ValueError
        If an argument is out of range, or if outside options and costs exceed what the planner's efforts
        yield: there is then no contract, and the message gives the shortfall.
    """
    require(isinstance(market, StaticMarket), "market", type(market).__name__, "a StaticMarket")
    n = market.loading.size
    require(0.0 <= operating_cost < np.inf, "operating_cost", operating_cost, "[0, inf)")
    require(0.0 <= buyer_outside < np.inf, "buyer_outside", buyer_outside, "[0, inf)")
    require(0.0 <= bargaining_share <= 1.0, "bargaining_share", bargaining_share, "[0, 1]")
    outside = np.asarray(creator_outside, dtype=np.float64)
    require(outside.shape in ((), (n,)), "creator_outside", outside.shape, f"a number or a vector ({n},)")
    require(((outside >= 0.0) & (outside < np.inf)).all(), "creator_outside", float(outside.min()), "[0, inf)")
    outside = np.ascontiguousarray(np.broadcast_to(outside, (n,)))

    effort, k, g = market.effort_planner, market.cost_scale, market.cost_exponent
    price = k * effort ** (g - 1.0)
    cost = price * effort / g
    demands = operating_cost + buyer_outside + float(total(outside))
    surplus = market.precision_planner - float(total(cost)) - demands
    if not surplus >= 0.0:
        raise ValueError(
            f"creator_outside: outside options and operating cost of {demands:.6g} exceed the "
            f"{demands + surplus:.6g} that the planner's efforts yield: no contract; shortfall {-surplus:.6g}"
        )
    raw = aumann_shapley(market.loading, effort, market.bias_variance) - cost
    weight = raw / total(raw)
    share = weight * (bargaining_share * surplus)
    return Contract(
        unit_price=price,
        base_payment=outside + share - (price * effort - cost),
        licensing_fee=market.precision_planner - buyer_outside - (1.0 - bargaining_share) * surplus,
        weight=weight,
        creator_payoff=outside + share,
        buyer_payoff=buyer_outside + (1.0 - bargaining_share) * surplus,
        surplus=surplus,
        bargaining_share=float(bargaining_share),
        operating_cost=float(operating_cost),
        buyer_outside=float(buyer_outside),
        creator_outside=outside,
        market=market,
    )


@dataclass(frozen=True)
class Audit:
    """What each promise of a contract falls short by, in units of precision: kept where it is <= 0.

    incentive   most that a creator gains by another effort (and |best response - planner's effort| shows in
    it) budget      |fee - operating cost - payments|, to be compared with `rounding`
    creator     most that a creator gets below the outside option
    buyer       what the buyer gets below the outside option
    nash        log of the Nash product: the best random feasible alternative less the contract; NaN if a
    weight < 0 rounding    bound on the rounding error of the sums above
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
    cost = k * effort**g / g
    payoff = a.payment(effort) - cost
    tried = np.concatenate([3.0 * stretch * effort, np.zeros((1, n)), a.best_response()[None]])
    gain = a.payment(tried) - k * tried**g / g - payoff

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
    powers = np.append(a.bargaining_share * a.weight, 1.0 - a.bargaining_share)
    if (powers < 0.0).any() or a.surplus <= 0.0:
        return float("nan")
    effort = m.effort_planner * np.where(np.arange(len(stretch))[:, None] % 2 == 0, 1.0, 0.5 + stretch)
    slope = (m.loading * effort).sum(axis=1)
    curvature = 1.0 / m.bias_variance + (m.loading**2 * effort).sum(axis=1)
    precision = effort.sum(axis=1) - slope**2 / curvature
    cost = (m.cost_scale / m.cost_exponent * effort**m.cost_exponent).sum(axis=1)
    pie = precision - cost - a.operating_cost - a.buyer_outside - a.creator_outside.sum()
    parts = -np.log(splits)  # exponentials: normalised, a uniform point of the simplex
    near = powers * np.exp(0.1 * (splits - 0.5))  # and points close to the contract's own
    shares = np.concatenate([parts / parts.sum(axis=1, keepdims=True), near / near.sum(axis=1, keepdims=True)])
    pie = np.concatenate([pie, pie])
    feasible = pie > 0.0
    on = powers > 0.0
    own = float(np.sum(powers[on] * np.log(powers[on] * a.surplus)))
    logs = np.log(shares[feasible][:, on] * pie[feasible][:, None])
    return float((logs @ powers[on]).max()) - own


def linear_pricing(market: StaticMarket, operating_cost: float = 0.0) -> float:
    """The buyer's payoff when linear prices alone have to call forth the planner's efforts (MODEL 4.3).

    Phi(e*) - sum e_i* c'(e_i*) - F_op, which equals A^2/v - F_op: exactly -F_op when nobody has a loading, as
    the paper says; with common bias in the market the buyer keeps A^2/v, and linear pricing fails only if
    F_op exceeds it.
    """
    return market.precision_planner - market.cost_exponent * market.cost_planner - operating_cost


def originality_penalty(effort_ratio: Array) -> float:
    """1 - (least effort ratio / greatest): 0 if all creators are distorted alike, 1 at the pole."""
    greatest = float(effort_ratio.max())
    return 1.0 - float(effort_ratio.min()) / greatest if np.isfinite(greatest) else 1.0


def random_markets(count: int, seed: int = 0, most: int = 40, alternatives: int = 16) -> "xr.Dataset":
    """Audit the contract on random markets: the paper's claims away from its examples (MODEL 4.3).

    A market has 1 to `most` creators with loadings top x U^p (top up to 2, p up to 3), bias variance in
    [0.03, 30], g in [1.2, 4.2], k in [0.3, 3], outside options and operating cost that take a random share of
    what the planner's efforts yield, and a random bargaining share.

    Returns
    -------
    Dataset (market)
        The fields of `Audit`; `negative_weights`, creators with a weight below 0; `least_weight`;
        `linear_payoff`, the buyer's payoff under linear pricing of the planner's efforts, and
        `linear_surplus`, the same without operating cost; `penalty_before` and `penalty_after`,
        `originality_penalty` of the market and of the contract's best responses; `creators`, `reach` (largest
        loading x A of the planner).
    """
    import xarray as xr

    require(1 <= count < 2**32, "count", count, "[1, 4294967295]")
    require(1 <= most <= 1000, "most", most, "[1, 1000]")
    rows: dict[str, list[float]] = {}
    for index in range(count):
        u = random(seed, "intermediary.market", index, 2 * most + 10)
        n = 1 + int((1.0 - u[0]) * most)
        loading = 2.0 * u[1] * u[10 : 10 + n] ** (3.0 * u[2])
        market = static_market(loading, 0.03 * 1000.0 ** u[3], 1.2 + 3.0 * u[4], 0.3 * 10.0 ** u[5])
        yielded = 0.999 * u[6] * market.welfare_planner
        outside = u[10 + most : 10 + most + n]
        outside = outside / outside.sum() * yielded * u[7]
        rest = yielded * (1.0 - u[7])
        agreement = contract(market, rest * u[8], rest * (1.0 - u[8]), outside, 1.0 - u[9])
        checks = audit(agreement, alternatives, seed, index)
        ratio = agreement.best_response() / market.effort_planner
        row = {
            **checks.__dict__,
            "negative_weights": float((agreement.weight < 0.0).sum()),
            "least_weight": float(agreement.weight.min()),
            "linear_payoff": linear_pricing(market, agreement.operating_cost),
            "linear_surplus": linear_pricing(market),
            "penalty_before": originality_penalty(market.effort_ratio),
            "penalty_after": originality_penalty(ratio[market.effort_planner > 0.0]),
            "creators": float(n),
            "reach": float(loading.max()) * market.aggregate_planner,
        }
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
    return xr.Dataset(
        {name: ("market", np.array(values)) for name, values in rows.items()},
        coords={"market": np.arange(count)},
    )
