"""The contract: two-part tariffs, and the linear prices they are held against (MODEL 4.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.sums import total
from mfsolve.models.arguments import instance, number, numbers, require, vector
from mfsolve.models.creators.aggregate_root import powers
from mfsolve.models.creators.originality import originality_penalty
from mfsolve.models.creators.static_market import StaticMarket
from mfsolve.models.result_repr import legible

from .attribution import aumann_shapley


@legible
@dataclass(frozen=True)
class Contract:
    """A two-part tariff t_i(e) = unit_price_i e + base_payment_i and everybody's payoff under it; arrays are (n,).

    `weight` adds to 1 and is Aumann-Shapley's. A creator with loading x A far above 1 may get a *negative*
    weight, and then less than the outside option: `individually_rational` says whether anyone does. `floored` says
    whether negative weights count as 0. Linear prices have no bargaining share: it is NaN, and weights are 0.
    """

    unit_price: Floats
    base_payment: Floats
    licensing_fee: float
    weight: Floats
    creator_payoff: Floats
    buyer_payoff: float
    surplus: float
    bargaining_share: float
    operating_cost: float
    buyer_outside: float
    creator_outside: Floats
    market: StaticMarket = field(repr=False)
    floored: bool = False

    @property
    def individually_rational(self) -> bool:
        """True if every creator and the buyer get at least their outside options."""
        return bool((self.creator_payoff >= self.creator_outside).all() and self.buyer_payoff >= self.buyer_outside)

    def payment(self, effort: Floats) -> Floats:
        """Transfers (n,) to the creators for given efforts."""
        return self.unit_price * effort + self.base_payment

    def best_response(self) -> Floats:
        """Efforts (n,) that maximise payment less cost: c'(e) = unit_price."""
        m = self.market
        return powers(self.unit_price / m.cost_scale, 1.0 / (m.cost_exponent - 1.0))


def contract(
    market: StaticMarket,
    operating_cost: float = 0.0,
    buyer_outside: float = 0.0,
    creator_outside: ArrayLike = 0.0,
    bargaining_share: float = 0.5,
    floored: bool = False,
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
    floored : bool
        Negative weights count as 0 and the others are scaled to add to 1: nobody then gets less than outside.

    Returns
    -------
    Contract
        Unit prices, base payments, licensing fee, weights and payoffs.

    Raises
    ------
    ValueError
        If an argument is out of range, or if outside options and costs exceed what the planner's efforts
        yield: there is then no contract, and the message gives the shortfall and names the largest demand.
    """
    outside = checked_demands(market, operating_cost, buyer_outside, creator_outside)
    number("bargaining_share", bargaining_share, "[0, 1]")
    terms = planner_terms(market)
    demands = operating_cost + buyer_outside + float(total(outside))
    surplus = market.precision_planner - float(total(terms.cost)) - demands
    if not surplus >= 0.0:
        parts = {"operating_cost": operating_cost, "buyer_outside": buyer_outside, "creator_outside": total(outside)}
        raise ValueError(
            f"{max(parts, key=lambda name: parts[name])}: outside options and operating cost of {demands:.6g} exceed "
            f"the {demands + surplus:.6g} that the planner's efforts yield: no contract; shortfall {-surplus:.6g}"
        )
    raw = aumann_shapley(market.loading, market.effort_planner, market.bias_variance) - terms.cost
    if floored:
        raw = np.maximum(raw, 0.0)
    weight = raw / total(raw)
    share = weight * (bargaining_share * surplus)
    return Contract(
        unit_price=terms.price,
        base_payment=outside + share - (terms.paid - terms.cost),
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
        floored=bool(floored),
    )


def checked_demands(
    market: StaticMarket, operating_cost: float, buyer_outside: float, creator_outside: ArrayLike
) -> Floats:
    """Outside options (n,) of the creators; ValueError if an argument is out of its range."""
    n = instance("market", market, StaticMarket).loading.size
    number("operating_cost", operating_cost, "[0, inf)")
    number("buyer_outside", buyer_outside, "[0, inf)")
    require(np.shape(creator_outside) in ((), (n,)), "creator_outside", np.shape(creator_outside), f"(), ({n},)")
    return np.broadcast_to(numbers("creator_outside", creator_outside, "[0, inf)"), (n,)).copy()


class Terms(NamedTuple):
    """Marginal cost, payment at that price and cost of the planner's efforts; arrays (n,)."""

    price: Floats
    paid: Floats
    cost: Floats


def planner_terms(market: StaticMarket) -> Terms:
    """Cost of the planner's efforts to creators, and their earnings at linear prices p_i = c'(e_i)."""
    price = market.planner.point.slack(market.loading) ** 2  # k e^(g-1) at the planner's optimum
    paid = price * market.effort_planner
    return Terms(price, paid, paid / market.cost_exponent)


def linear_contract(
    market: StaticMarket,
    operating_cost: float = 0.0,
    buyer_outside: float = 0.0,
    creator_outside: ArrayLike = 0.0,
) -> Contract:
    """Linear prices alone that call forth the planner's efforts, the foil of two-part tariffs (MODEL 4.3).

    There is no base payment, and no division of a surplus: creators keep what the prices leave them, the buyer the
    rest, `linear_pricing`.

    Parameters
    ----------
    market, operating_cost, buyer_outside, creator_outside
        As in `contract`.

    Returns
    -------
    Contract
        With a `bargaining_share` of NaN and weights of 0. `surplus` may be negative: nobody need agree.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    outside = checked_demands(market, operating_cost, buyer_outside, creator_outside)
    terms, n = planner_terms(market), market.loading.size
    demands = operating_cost + buyer_outside + float(total(outside))
    return Contract(
        unit_price=terms.price,
        base_payment=np.zeros(n),
        licensing_fee=float(total(terms.paid)) + operating_cost,
        weight=np.zeros(n),
        creator_payoff=terms.paid - terms.cost,
        buyer_payoff=linear_pricing(market, operating_cost),
        surplus=market.precision_planner - float(total(terms.cost)) - demands,
        bargaining_share=float("nan"),
        operating_cost=float(operating_cost),
        buyer_outside=float(buyer_outside),
        creator_outside=outside,
        market=market,
    )


def linear_pricing(market: StaticMarket, operating_cost: float = 0.0) -> float:
    """The buyer's payoff when linear prices alone have to call forth the planner's efforts (MODEL 4.3).

    Phi(e*) - sum e_i* c'(e_i*) - F_op, which equals A^2/v - F_op: exactly -F_op when nobody has a loading, as
    the paper says; with common bias in the market the buyer keeps A^2/v, and linear pricing fails only if
    F_op exceeds it.

    Parameters
    ----------
    market : StaticMarket
        Creators, cost and bias variance, solved.
    operating_cost : float
        F_op >= 0, in units of precision.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    instance("market", market, StaticMarket)
    number("operating_cost", operating_cost, "[0, inf)")
    return market.precision_planner - market.cost_exponent * market.cost_planner - operating_cost


def distortion_spread(effort_ratio: ArrayLike) -> float:
    """Spread of distortions, 1 - least effort ratio / greatest, whoever is distorted more (MODEL 4.3).

    Which side it is that suffers is what `originality_penalty` says.

    Parameters
    ----------
    effort_ratio : array (n,)
        Efforts over those that the planner wants, in [0, inf].

    Returns
    -------
    float
        0 if all creators are distorted alike, 1 at the pole.

    Raises
    ------
    ValueError
        If a ratio is negative or not a number.
    """
    effort_ratio = vector("effort_ratio", effort_ratio, "[0, inf]")
    greatest = float(effort_ratio.max())
    return 1.0 - float(effort_ratio.min()) / greatest if np.isfinite(greatest) else 1.0


def distortions_left(agreement: Contract) -> tuple[float, float]:
    """`originality_penalty` and `distortion_spread` of the efforts that a contract calls forth, where any is."""
    planned = agreement.market.effort_planner
    on = planned > 0.0
    ratio = agreement.best_response()[on] / planned[on]
    return originality_penalty(agreement.market.loading[on], ratio), distortion_spread(ratio)
