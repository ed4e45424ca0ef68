"""Taxes on AI volume at rest: the Pigouvian rate, and the rate that maximises welfare (MODEL 5.2).

A unit of AI volume raises pollution, and with it the penalty on everyone, and lowers what every niche earns and leaves
to its consumers: damage = dB/dD (1 + 3/2 E sum_j P_j served_j). The Pigouvian rate is the tax that equals the damage at
the rest point it brings about. It would maximise welfare if pollution were the only wedge; there are others. A niche
monopolist leaves a third of the surplus he makes to consumers, so works are too few, and taxed ones fewer. Choices are
noisy, training pays creators less than it is worth. So the rate that maximises welfare, a second best, differs from the
damage: both are computed, and what they lead to. `planner` has the case in which they agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mfsolve.models.arguments import instance, number, whole

from .held_volume import AdoptionMap
from .parameters import MOST_CELLS, Parameters
from .policies import LaissezFaire, PigouvianTax, Policy, Tax, checked
from .rest_averages import averages

SCAN = 24
STEP = 1e-4
"""Step of the numerical derivative of welfare, over the prohibitive tax."""


@dataclass(frozen=True)
class TaxOutcome:
    """A tax on AI volume and the rest point it brings about.

    Attributes
    ----------
    rate
        Per unit of volume.
    damage
        What a unit of volume costs others there at given choices.
    ai_volume, human, welfare
        AI volume, share of creators who work by hand, and welfare (`outputs`) there.
    """

    rate: float
    damage: float
    ai_volume: float
    human: float
    welfare: float


def market_under_tax(parameters: Parameters, rate: float, consumers: float = 1.0, cells: int = 200) -> TaxOutcome:
    """The rest point under a tax in force for ever, with what a unit of volume damages there (MODEL 5.2).

    Parameters
    ----------
    parameters
        The economy, AI at the end of its ramp.
    rate
        Tax per unit of AI volume, >= 0.
    consumers
        Weight in [0, 1] of consumer surplus in welfare and damage.
    cells
        Cells of skill, in [8, 2^14].

    Returns
    -------
    TaxOutcome

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    _checked(parameters, consumers, cells)
    return _market_under_tax(parameters, number("rate", rate, "[0, inf)"), consumers, cells)


def _checked(parameters: Parameters, consumers: float, cells: int) -> tuple[Parameters, float, int]:
    instance("parameters", parameters, Parameters)
    return parameters, number("consumers", consumers, "[0, 1]"), whole("cells", cells, 8, MOST_CELLS)


def _market_under_tax(parameters: Parameters, rate: float, consumers: float, cells: int) -> TaxOutcome:
    here = averages(parameters, Tax(rate=rate), cells)
    surplus = here["welfare"] - here["income"] + here["pollution"]
    damage = here["damage"] * (1.0 + (1.0 + 0.5 * consumers) * here["served"]) / (1.0 + 1.5 * here["served"])
    welfare = here["welfare"] - (1.0 - consumers) * surplus
    return TaxOutcome(float(rate), damage, here["ai_volume"], here["human"], welfare)


def prohibitive_tax(parameters: Parameters) -> float:
    """A tax at which next to nobody adopts: the largest advantage of AI and 20 temperatures, per unit of volume."""
    held = AdoptionMap(parameters, None, 200)
    human, ai, exit_ = held.at(0.0).worth[:, 0]
    return max(float(np.max(ai - np.maximum(human, exit_))) + 20.0 * held.tau, held.tau) / held.volume


def pigouvian(parameters: Parameters, consumers: float = 1.0, cells: int = 200) -> TaxOutcome:
    """The tax on AI volume that equals the marginal damage at the rest point it brings about; of several the least.

    Parameters
    ----------
    parameters
        The economy, AI at the end of its ramp.
    consumers
        Weight in [0, 1] of consumer surplus in the damage.
    cells
        Cells of skill, in [8, 2^14].

    Returns
    -------
    TaxOutcome
        `rate` is `damage` to rounding, and 0 without pollution.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    return _pigouvian(*_checked(parameters, consumers, cells))


@lru_cache(maxsize=1024)
def _pigouvian(parameters: Parameters, consumers: float, cells: int) -> TaxOutcome:
    from scipy.optimize import brentq

    beta, eta = parameters.market.pollution_weight, parameters.market.pollution_rate
    if not beta * eta > 0.0:
        return _market_under_tax(parameters, 0.0, consumers, cells)

    def excess(rate: float) -> float:
        return rate - _market_under_tax(parameters, rate, consumers, cells).damage

    most = beta * eta * (1.0 + (1.0 + 0.5 * consumers) * 0.5)  # nobody serves more than half a niche
    rates = np.linspace(0.0, most, SCAN)
    first = next(k for k in range(1, SCAN) if k == SCAN - 1 or excess(rates[k]) >= 0.0)
    rate = float(brentq(excess, rates[first - 1], rates[first], xtol=1e-15, rtol=8.9e-16))
    return _market_under_tax(parameters, rate, consumers, cells)


def second_best(parameters: Parameters, consumers: float = 1.0, cells: int = 200) -> TaxOutcome:
    """The tax on AI volume, >= 0, that maximises welfare at rest among all such taxes.

    Parameters
    ----------
    parameters
        The economy, AI at the end of its ramp.
    consumers
        Weight in [0, 1] of consumer surplus in welfare.
    cells
        Cells of skill, in [8, 2^14].

    Returns
    -------
    TaxOutcome

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    return _second_best(*_checked(parameters, consumers, cells))


@lru_cache(maxsize=1024)
def _second_best(parameters: Parameters, consumers: float, cells: int) -> TaxOutcome:
    from scipy.optimize import brentq

    most = prohibitive_tax(parameters)
    step = STEP * most

    def slope(rate: float) -> float:
        low, high = max(rate - step, 0.0), rate + step
        worth = [_market_under_tax(parameters, r, consumers, cells).welfare for r in (low, high)]
        return (worth[1] - worth[0]) / (high - low)

    rates = np.linspace(0.0, most, SCAN)
    outcomes = [_market_under_tax(parameters, float(rate), consumers, cells) for rate in rates]
    best = int(np.argmax([o.welfare for o in outcomes]))
    low, high = float(rates[max(best - 1, 0)]), float(rates[min(best + 1, SCAN - 1)])
    if slope(low) <= 0.0 or slope(high) >= 0.0:
        return outcomes[best]
    rate = float(brentq(slope, low, high, xtol=1e-12 * most))
    return _market_under_tax(parameters, rate, consumers, cells)


def with_rate(parameters: Parameters, policy: object) -> Policy:
    """The policy with all its numbers: a Pigouvian tax has the rate of the economy.

    Raises
    ------
    ValueError
        For what is no policy, or one whose lever is not given.
    """
    found = checked(policy)
    return Tax(rate=pigouvian(parameters).rate) if isinstance(found, PigouvianTax) else found


def rest_state(parameters: Parameters, policy: Policy | None = None, cells: int = 200) -> dict[str, float]:
    """Averages at the rest point, AI at the end of its ramp, a policy in force for ever (MODEL 5.2).

    The AI volume is the least that reproduces itself: what adoption that grows from nothing comes to.

    Parameters
    ----------
    parameters
        The economy.
    policy
        None if not given.
    cells
        Cells of skill, in [8, 2^14].

    Returns
    -------
    dict
        The variables `outputs.STATE`.

    Raises
    ------
    ValueError
        For an argument outside its range, or a policy whose lever is not given.
    """
    instance("parameters", parameters, Parameters)
    return averages(parameters, with_rate(parameters, policy or LaissezFaire()), whole("cells", cells, 8, MOST_CELLS))
