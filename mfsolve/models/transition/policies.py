"""Policies of the transition and the conditions they put on everybody (MODEL 5.2)."""

from collections.abc import Mapping
from typing import get_args

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.flow.langevin import decays
from mfsolve.kernels.numerics.elementary import natural_log
from mfsolve.kernels.transition import choice
from mfsolve.models import supply_shock
from mfsolve.models.frozen import Frozen

from .parameters import Parameters


class LaissezFaire(Frozen):
    """No policy: everybody does as it pays."""


class Tax(Frozen):
    """A constant tax per unit of AI volume, paid back to everybody in equal parts."""

    rate: float | None = Field(None, ge=0.0, description="per unit of AI volume; if omitted, it is optimised")


class PigouvianTax(Frozen):
    """A constant tax equal to the marginal damage of AI volume at the rest point that it brings about."""


class CongestionFee(Frozen):
    """A fee per unit of AI volume that is proportional to the volume itself, paid back in equal parts."""

    slope: float | None = Field(
        None, ge=0.0, description="rise of the fee per unit of volume; if omitted, it is optimised"
    )


class ReskillingSubsidy(Frozen):
    """Pay while re-skilling, from a levy on everybody in equal parts."""

    grant: float | None = Field(
        None, ge=0.0, description="paid per unit of time of re-skilling; if omitted, it is optimised"
    )


class Disclosure(Frozen):
    """AI works carry a label: buyers of human works escape a share of what pollution does to their niche.

    The penalty B that falls on everyone, whatever they buy, stays as it is.
    """

    effect: float | None = Field(
        None, ge=0.0, le=1.0, description="share of pollution kept from human work; if omitted, it is optimised"
    )
    label_cost: float = Field(
        0.01,
        ge=0.0,
        description="cost to an adopter of a perfectly effective label; proportionally less for a weaker one",
    )


class Moratorium(Frozen):
    """Nobody may adopt AI before a date."""

    until: float | None = Field(None, ge=0.0, description="time at which adoption opens; if omitted, it is optimised")


class InputTax(Frozen):
    """A tax on what AI content is made of, in proportion to its unit cost, paid back to everybody in equal parts.

    Input side: adopters make the volume that the cost they face calls for.
    """

    rate: float | None = Field(None, ge=0.0, description="share of the unit cost; if omitted, it is optimised")
    volume_follows: bool = Field(True, description="whether the volume per adopter responds to the taxed cost")


class Licence(Frozen):
    """A charge on every adopter per unit of time, whatever the volume, paid back in equal parts. Input side."""

    fee: float | None = Field(None, ge=0.0, description="per adopter and unit of time; if omitted, it is optimised")


Policy = (
    LaissezFaire | Tax | PigouvianTax | CongestionFee | ReskillingSubsidy | Disclosure | Moratorium | InputTax | Licence
)
INPUT_SIDE = (InputTax, Licence)
POLICIES: Mapping[str, type[Frozen]] = {
    "none": LaissezFaire,
    "tax": Tax,
    "pigouvian_tax": PigouvianTax,
    "congestion_fee": CongestionFee,
    "reskilling_subsidy": ReskillingSubsidy,
    "disclosure": Disclosure,
    "moratorium": Moratorium,
    "input_tax": InputTax,
    "licence": Licence,
}
KINDS: tuple[type[Policy], ...] = tuple(kind for kind in get_args(Policy) if kind not in INPUT_SIDE)
"""Regimes that a contest is among; those of the input side are compared at equal cost instead."""
LEVERS: Mapping[type[Frozen], str] = {
    Tax: "rate",
    CongestionFee: "slope",
    ReskillingSubsidy: "grant",
    Disclosure: "effect",
    Moratorium: "until",
    InputTax: "rate",
    Licence: "fee",
}
"""The setting of each policy that a government chooses."""


def lever(policy: Policy) -> float | None:
    """Value of a policy's lever; None where it has none, or none yet."""
    return getattr(policy, LEVERS.get(type(policy), ""), None)


def checked(policy: object) -> Policy:
    """A policy whose lever is set.

    Raises
    ------
    ValueError
        For what is no policy, or one whose lever is not given.
    """
    if not isinstance(policy, Policy):
        names = ", ".join(kind.__name__ for kind in KINDS)
        raise ValueError(f"policy: {policy!r} given; allowed: one of {names}, with its settings")
    if type(policy) in LEVERS and lever(policy) is None:
        raise ValueError(f"{LEVERS[type(policy)]}: not given; allowed: a number >= 0 (see best_levers.lever_scan)")
    return policy


def technology(
    market: supply_shock.Parameters, initial_cost: float, ramp: float, times: Floats
) -> tuple[Floats, Floats, Floats]:
    """Rest of the ramp, exp(-t / ramp), cost of a unit of AI quality, and volume per adopter, at times (n,).

    The cost falls geometrically from `initial_cost` to the market's; the volume is (c_ref / c_A)^x.
    """
    left, cost, volume = np.zeros(times.size), np.empty(times.size), np.empty(times.size)
    if ramp > 0.0:
        decays(times / ramp, left)
    log_cost = natural_log(market.ai_cost) + left * natural_log(initial_cost / market.ai_cost)
    decays(-log_cost, cost)
    decays(-market.volume_exponent * (natural_log(market.reference_cost) - log_cost), volume)
    return left, cost, volume


def conditions(parameters: Parameters, policy: Policy, times: Floats) -> Floats:
    """Rows (n, choice.CONDITIONS) at the given times: technology on its ramp, and the policy's levers.

    Raises
    ------
    ValueError
        For a policy whose lever, or whose Pigouvian rate, is not given: see `pigouvian_tax.with_rate`.
    """
    market = parameters.market
    rows = np.zeros((times.size, choice.CONDITIONS))
    left, rows[:, choice.COST], rows[:, choice.VOLUME] = technology(
        market, parameters.initial_cost, parameters.ramp, times
    )
    rows[:, choice.QBAR] = market.ai_quality + (parameters.initial_quality - market.ai_quality) * left
    rows[:, choice.HIDDEN] = 1.0
    rows[:, choice.OPEN] = 1.0 if market.ai_available else 0.0
    value = lever(checked(policy)) or 0.0
    match policy:
        case Tax():
            rows[:, choice.TAX] = value
        case CongestionFee():
            rows[:, choice.FEE] = value
        case ReskillingSubsidy():
            rows[:, choice.GRANT] = value
        case Licence():
            rows[:, choice.TAX] = value / rows[:, choice.VOLUME]
        case InputTax():
            rows[:, choice.INPUT] = value * rows[:, choice.COST] * rows[:, choice.QBAR]
            rows[:, choice.COST] *= 1.0 + value
            if policy.volume_follows:
                fall = np.empty(1)
                decays(np.array([market.volume_exponent * natural_log(1.0 + value)]), fall)
                rows[:, choice.VOLUME] *= fall[0]
        case Disclosure():
            rows[:, choice.HIDDEN] = 1.0 - value
            rows[:, choice.LABEL] = policy.label_cost * value
        case Moratorium():
            rows[times < value, choice.OPEN] = 0.0
        case PigouvianTax():
            raise ValueError(
                "policy: a Pigouvian tax without its rate; allowed: what pigouvian_tax.with_rate makes of it"
            )
    return rows
