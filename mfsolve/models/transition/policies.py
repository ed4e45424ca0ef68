"""Policies of the transition and the conditions they put on everybody (MODEL 5.2)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.kernels import choice
from mfsolve.kernels.elementary import natural_log
from mfsolve.kernels.langevin import decays
from mfsolve.models import supply_shock
from mfsolve.models.model import Frozen

from .parameters import Floats, Parameters


class Laissez(Frozen):
    """No policy."""


class Tax(Frozen):
    """A constant tax per unit of AI volume, paid back to everybody in equal parts."""

    rate: float | None = Field(None, ge=0.0, description="per unit of AI volume; not given: the best one at rest")


class CongestionFee(Frozen):
    """A fee per unit of AI volume that is proportional to the volume itself, paid back in equal parts."""

    slope: float | None = Field(
        None, ge=0.0, description="fee per unit, per unit of volume; not given: equal at rest to the best tax"
    )


class ReskillingSubsidy(Frozen):
    """Pay while re-skilling, from a levy on everybody in equal parts."""

    grant: float = Field(0.08, ge=0.0, description="paid per unit of time of re-skilling")


class Disclosure(Frozen):
    """AI works carry a label: buyers tell human works apart and bear less of the pollution."""

    effect: float = Field(0.5, ge=0.0, le=1.0, description="share of the pollution that buyers of human works escape")
    label_cost: float = Field(0.005, ge=0.0, description="what labelling costs an adopter")


class Moratorium(Frozen):
    """Nobody may adopt AI before a date."""

    until: float = Field(20.0, ge=0.0, description="date at which adoption opens")


Policy = Laissez | Tax | CongestionFee | ReskillingSubsidy | Disclosure | Moratorium
POLICIES: Mapping[str, type[Frozen]] = {
    "none": Laissez,
    "tax": Tax,
    "congestion_fee": CongestionFee,
    "reskilling_subsidy": ReskillingSubsidy,
    "disclosure": Disclosure,
    "moratorium": Moratorium,
}


def technology(
    market: supply_shock.Parameters, initial_cost: float, ramp: float, times: Floats
) -> tuple[Floats, Floats, Floats]:
    """What is left of the ramp, exp(-t / ramp), cost of a unit of AI quality, and volume per adopter, at times (n,).

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
    """Rows (n, 9) of kernels.choice at the given times: technology on its ramp, and the policy's levers.

    Raises
    ------
    ValueError
        For a tax or fee without a rate: `standing.settled` fills it in.
    """
    market = parameters.market
    rows = np.zeros((times.size, choice.CONDITIONS))
    left, rows[:, choice.COST], rows[:, choice.VOLUME] = technology(
        market, parameters.initial_cost, parameters.ramp, times
    )
    rows[:, choice.QBAR] = market.ai_quality + (parameters.initial_quality - market.ai_quality) * left
    rows[:, choice.HIDDEN] = 1.0
    rows[:, choice.OPEN] = 1.0 if market.ai_available else 0.0
    if isinstance(policy, Tax) and policy.rate is not None:
        rows[:, choice.TAX] = policy.rate
    elif isinstance(policy, CongestionFee) and policy.slope is not None:
        rows[:, choice.FEE] = policy.slope
    elif isinstance(policy, Tax | CongestionFee):
        raise ValueError("rate, slope: not given; allowed: a number >= 0 (see standing.settled)")
    elif isinstance(policy, ReskillingSubsidy):
        rows[:, choice.GRANT] = policy.grant
    elif isinstance(policy, Disclosure):
        rows[:, choice.HIDDEN] = 1.0 - policy.effect
        rows[:, choice.LABEL] = policy.label_cost
    elif isinstance(policy, Moratorium):
        rows[times < policy.until, choice.OPEN] = 0.0
    return rows
