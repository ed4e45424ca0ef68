"""Participation under strict rights, and membership of an intermediary that nobody has to join (MODEL 4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.intermediary.membership import mixed_aggregates
from mfsolve.kernels.numerics.sums import total
from mfsolve.models.arguments import instance, member, number, numbers, require
from mfsolve.models.creators.aggregate_root import power, powers
from mfsolve.models.creators.precision import precision_of_sums
from mfsolve.models.creators.static_market import StaticMarket
from mfsolve.models.result_repr import legible

from .attribution import along_diagonal, unit_rule

ROUNDS = 50
SLACK = 1e-9
"""Gain, as a share of the planner's welfare per creator, that moves nobody: what rounding could be."""
Flags = NDArray[np.bool_]


class Threat(StrEnum):
    """Alternative of the parties without a deal: payoffs of strict rights, or nothing, all data being withheld."""

    MARKET = "market"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Mixed:
    """Efforts (n,), marginal values of effort (n,), cost (n,) and precision of a market with members and others.

    `rent` (n,) is what a creator earns at the buyer's own prices.
    """

    effort: Floats
    value: Floats
    cost: Floats
    rent: Floats
    precision: float


def mixed_market(market: StaticMarket, inside: Flags, present: Flags) -> Mixed:
    """The market in which members work as the planner wants and others sell at the buyer's own prices (MODEL 4.3).

    Members and buyer maximise precision less members' costs and others' payments together; who is not present has no
    effort. Without members it is the market of strict rights, with all of them the planner's.
    """
    g, k, x, v = market.cost_exponent, market.cost_scale, market.loading, market.bias_variance
    q, times = 2.0 / (g - 1.0), 1.0 / (g - 1.0)
    kappa = np.where(inside, power(k, -times), power(g * k, -times)) * present
    out = np.empty(1)
    mixed_aggregates(x, np.ascontiguousarray(kappa)[None], q, v, out)
    y = 1.0 - x * out[0]
    effort = kappa * powers(np.abs(y), q)
    cost = k / g * powers(effort, g)
    price = k * powers(effort, g - 1.0)
    slope, curvature = float(total(x * effort)), float(total(x * x * effort))
    phi = precision_of_sums(float(total(effort)), slope, curvature, v)
    return Mixed(effort, y * y, cost, price * effort - cost, phi)


@legible
@dataclass(frozen=True)
class Participation:
    """Creators who sell under strict rights (n,), and precision then, over that of all creators' taking part."""

    present: Flags
    share: float
    precision_kept: float


def participation(market: StaticMarket, creator_outside: ArrayLike) -> Participation:
    """Creators who take part under strict rights, each with an outside option u_i (MODEL 4.3; Creators, section 3).

    The buyer sets its prices for those who are there and does not bid for others. From all creators the one who falls
    short the most leaves, and so on; then whoever would gain by joining comes back, until nobody moves.

    Parameters
    ----------
    market : StaticMarket
        Solved by `static_market`.
    creator_outside : float or array (n,)
        u_i >= 0, in units of precision.

    Returns
    -------
    Participation

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    n = instance("market", market, StaticMarket).loading.size
    require(np.shape(creator_outside) in ((), (n,)), "creator_outside", np.shape(creator_outside), f"(), ({n},)")
    u = np.broadcast_to(numbers("creator_outside", creator_outside, "[0, inf)"), (n,))
    nobody, here = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    whole = mixed_market(market, nobody, here).precision
    slack = SLACK * market.welfare_planner / n
    while here.any():
        short = np.where(here, u - mixed_market(market, nobody, here).rent, -np.inf)
        if short.max() <= slack:
            break
        here[int(np.argmax(short))] = False
    for _ in range(ROUNDS):
        moved = False
        for i in np.flatnonzero(~here):
            here[i] = True
            moved |= (stays := bool(mixed_market(market, nobody, here).rent[i] >= u[i] + slack))
            here[i] = stays
        if not moved:
            break
    left = mixed_market(market, nobody, here).precision if here.any() else 0.0
    return Participation(here, float(here.mean()), left / whole if whole > 0.0 else 1.0)


@legible
@dataclass(frozen=True)
class Membership:
    """Members (n,) of an intermediary whom nobody has to join, and what they and the buyer bring about.

    `share` of creators who are members; `all_stay`: nobody gains by leaving where all are members; `deal`: the members
    have a surplus to divide; `welfare_ratio`: welfare over the planner's; `loading_gap`: mean loading of outsiders less
    that of members, 0 where there are none of either.
    """

    members: Flags
    share: float
    all_stay: bool
    deal: bool
    welfare_ratio: float
    loading_gap: float


def voluntary_membership(
    market: StaticMarket,
    operating_cost: float = 0.0,
    bargaining_share: float = 0.5,
    threat: Threat = Threat.MARKET,
    floored: bool = False,
) -> Membership:
    """Creators who join the intermediary when staying out sells at strict-rights prices (MODEL 4.3; Creators, 5.4).

    Starting from membership of all, creators in turn compare what they get as members, u_i + w_i beta S of the members'
    surplus S, with what the buyer's own prices pay them outside while the others stay where they are, and move where
    that is better, until nobody does (at most 50 rounds).

    Parameters
    ----------
    market : StaticMarket
        Solved by `static_market`.
    operating_cost : float
        F_op >= 0, in units of precision.
    bargaining_share : float
        Share beta in [0, 1] of the members' surplus that goes to them.
    threat : Threat
        What u_i and u_B are: payoffs of strict rights, or nothing.
    floored : bool
        Negative weights count as 0.

    Returns
    -------
    Membership

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    instance("market", market, StaticMarket)
    number("operating_cost", operating_cost, "[0, inf)")
    number("bargaining_share", bargaining_share, "[0, 1]")
    kind = member("threat", threat, Threat)
    deal = MembersDeal(market, float(operating_cost), float(bargaining_share), kind, bool(floored))
    n = market.loading.size
    inside = np.ones(n, dtype=bool)
    slack = SLACK * market.welfare_planner / n
    here = deal.payoffs(inside)
    all_stay = not any(deal.gain(inside, i, here) < -slack for i in range(n))
    for _ in range(ROUNDS):
        moved = False
        for i in range(n):
            gain = deal.gain(inside, i, here)
            if (gain < -slack) if inside[i] else (gain > slack):
                inside[i] = not inside[i]
                here, moved = deal.payoffs(inside), True
        if not moved:
            break
    agreed = bool(inside.any()) and deal.surplus(inside, deal.state(inside)) >= -slack
    state = deal.state(inside & agreed)
    welfare = state.precision - float(total(state.cost))
    mixed_up = inside.any() and not inside.all()
    gap = float(market.loading[~inside].mean() - market.loading[inside].mean()) if mixed_up else 0.0
    return Membership(
        inside, float(inside.mean()), all_stay, bool(agreed), welfare / market.welfare_planner, gap
    )  # fmt: skip


@dataclass(frozen=True)
class MembersDeal:
    """A surplus that members of the intermediary and the buyer divide, and the rule by which they do."""

    market: StaticMarket
    operating_cost: float
    bargaining_share: float
    threat: Threat
    floored: bool

    def state(self, inside: Flags) -> Mixed:
        """The market in which everybody is present and these are members."""
        return mixed_market(self.market, inside, np.ones_like(inside))

    @cached_property
    def alone(self) -> Mixed:
        """The market without members."""
        return self.state(np.zeros(self.market.loading.size, dtype=bool))

    @cached_property
    def outside(self) -> tuple[Floats, float]:
        """Payoffs of creators (n,) and of the buyer without a deal."""
        if self.threat is Threat.NOTHING:
            return np.zeros(self.market.loading.size), 0.0
        return self.alone.rent, self.market.profit

    def surplus(self, inside: Flags, state: Mixed) -> float:
        """Net surplus S of the members and the buyer, in the state that these members bring about."""
        rent, profit = self.outside
        paid = np.where(inside, state.cost + rent, state.cost + state.rent)
        return state.precision - float(total(paid)) - self.operating_cost - profit

    def payoffs(self, inside: Flags) -> Floats:
        """Payoffs (n,) of members and of those who sell at the buyer's prices."""
        state = self.state(inside)
        net = self.surplus(inside, state)
        if not inside.any() or net < 0.0:
            return self.alone.rent
        raw = np.where(inside, attribution(self.market, state.effort, inside) - state.cost, 0.0)
        raw = np.maximum(raw, 0.0) if self.floored else raw
        whole = float(total(raw))
        weight = raw / whole if whole > 0.0 else np.zeros_like(raw)
        return np.where(inside, self.outside[0] + weight * (self.bargaining_share * net), state.rent)

    def gain(self, inside: Flags, i: int, here: Floats) -> float:
        """Gain of creator i as a member over staying outside, the others staying; payoffs (n,) are those of now."""
        other = inside.copy()
        other[i] = not inside[i]
        there = float(self.payoffs(other)[i])
        return float(here[i]) - there if inside[i] else there - float(here[i])


def attribution(market: StaticMarket, effort: Floats, inside: Flags) -> Floats:
    """Aumann-Shapley shares (n,) of precision along the members' diagonal, others' efforts being there."""
    z, w = unit_rule()
    x, e = market.loading, effort
    mine, others = np.where(inside, e, 0.0), np.where(inside, 0.0, e)
    slope = float(total(x * others)) + z * float(total(x * mine))
    curvature = 1.0 / market.bias_variance + float(total(x * x * others)) + z * float(total(x * x * mine))
    A = slope / curvature
    return along_diagonal(x, mine, float(w @ A), float(w @ (A * A)))
