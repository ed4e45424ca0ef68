"""The planner of an economy in which noise is taste: where the tax equal to the marginal damage is right (MODEL 5.2).

Read as random utility, the noise of choices is worth tau H(P), H the entropy of choices, and skill that differs from
talent costs kappa KL(mu | f). With w the weight of consumers, levies paid back,

    Omega = int mu [sum_j P_j (pi_j + w surplus_j) + tau H(P)] - kappa KL(mu | f) - B(D)

is welfare (`outputs`) with these two terms added. Creators with choice at once, who face a tax t per unit of volume,
reach the mu and P that maximise the same functional without what they do not meet: the surplus of consumers and the
pollution of others. So

    dOmega/dt = dD/dt (t - damage) + w dS/dt,   damage = dB/dD (1 + (1 + w/2) E sum_j P_j served_j)

and without the weight of consumers the Pigouvian tax is the planner's optimum itself. With it, the optimum takes a
second instrument, a subsidy of w/2 of every profit (a niche monopolist leaves half of the profit to consumers). This is
the oracle of `pigouvian_tax`; welfare, which counts neither term, stays the measure of policies.
"""

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import instance, number, whole

from .held_volume import AdoptionMap, Response, lowest_root
from .parameters import MOST_CELLS, Parameters
from .policies import Tax


class TaxedRestPoint:
    """A rest point of one economy under a tax on volume and a subsidy on profits, choice at once; `consumers` is w."""

    def __init__(self, parameters: Parameters, rate: float, bonus: float, consumers: float, cells: int) -> None:
        self.held = AdoptionMap(parameters, Tax(rate=rate), cells, bonus)
        self.rate, self.consumers = rate, consumers
        self.state = self.held.at(lowest_root(self.held.gap, self.held.volume))

    @property
    def ai_volume(self) -> float:
        """AI volume D at the rest point."""
        return float(self.state.D[0])

    def _damage(self, share_of_surplus: float) -> float:
        r, market = self.state, self.held.parameters.market
        beta, eta = market.pollution_weight, market.pollution_rate
        met = float(r.mean((r.chance * r.served).sum(axis=0))[0])
        return beta * eta / (1.0 + eta * self.ai_volume) * (1.0 + (1.0 + 0.5 * share_of_surplus) * met)

    @property
    def damage(self) -> float:
        """Cost of a unit of volume to creators, to consumers of their niches with weight w, and to everybody."""
        return self._damage(self.consumers)

    @property
    def omega(self) -> float:
        """Omega at the rest point."""
        held, r = self.held, self.state
        with np.errstate(divide="ignore", invalid="ignore"):
            taste = -held.tau * np.where(r.chance > 0.0, r.chance * np.log(r.chance), 0.0).sum(axis=0)
            apart = np.where(r.weight > 0.0, r.weight * (np.log(r.weight / held.h) - held.log_talent), 0.0)
        worth = r.worth - held.bonus * r.gross + 0.5 * self.consumers * r.gross
        beta, eta = held.parameters.market.pollution_weight, held.parameters.market.pollution_rate
        kept = float(r.mean((r.chance * worth).sum(axis=0) + taste)[0])
        distance = float(apart.sum()) / held.climb if held.climb > 0.0 else 0.0
        return kept - distance + self.rate * self.ai_volume - beta * float(np.log1p(eta * self.ai_volume))

    @property
    def derivative(self) -> float:
        """dOmega/dt along the rest points without the subsidy, by the implicit function theorem."""
        held, r = self.held, self.state
        paid = np.zeros_like(r.worth)
        paid[1] = -held.volume
        at_tax = self._answers(r, paid, np.zeros_like(r.gross))
        beta, eta = held.parameters.market.pollution_weight, held.parameters.market.pollution_rate
        eased = -r.served * (beta * eta / (1.0 + eta * self.ai_volume))
        at_volume = self._answers(r, -r.falling, eased)
        answer = at_tax[0] / (1.0 - at_volume[0])  # dD/dt
        bought = at_tax[1] + at_volume[1] * answer
        return answer * (self.rate - self._damage(0.0)) + self.consumers * bought

    def _answers(self, r: Response, worth: Floats, gross: Floats) -> tuple[float, float]:
        """Changes of F and of consumer surplus as worths and gross profits (3, 1, n) change."""
        held = self.held
        change = (r.chance * worth).sum(axis=0)
        chance = r.chance * (worth - change) / held.tau
        weight = r.weight * held.climb * (change - r.mean(change)[:, None])
        surplus = 0.5 * r.gross
        bought = weight * (r.chance * surplus).sum(axis=0) + r.weight * (
            (chance * surplus).sum(axis=0) + 0.5 * (r.chance * gross).sum(axis=0)
        )
        adopted = weight * r.chance[1] + r.weight * chance[1]
        return held.volume * float(adopted.sum()), float(bought.sum())


def planner(parameters: Parameters, consumers: float = 1.0, cells: int = 400) -> TaxedRestPoint:
    """The planner's optimum: the tax equal to the marginal damage, with a subsidy of consumers/2 of every profit.

    MODEL 5.2.

    Parameters
    ----------
    parameters
        The economy, AI at the end of its ramp; choices are taken at once whatever `choice` says.
    consumers
        w in [0, 1], weight of consumer surplus.
    cells
        Cells of skill, in [8, 2^14].

    Returns
    -------
    TaxedRestPoint
        `rate`, `damage`, `ai_volume`, `omega`, and the rest point as `state`.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    from scipy.optimize import brentq

    instance("parameters", parameters, Parameters)
    number("consumers", consumers, "[0, 1]")
    n = whole("cells", cells, 8, MOST_CELLS)
    beta, eta = parameters.market.pollution_weight, parameters.market.pollution_rate

    def gap(rate: float) -> float:
        return rate - TaxedRestPoint(parameters, rate, 0.5 * consumers, consumers, n).damage

    most = beta * eta * (1.0 + (1.0 + 0.5 * consumers) * 0.5)  # nobody serves more than half a niche
    rate = float(brentq(gap, 0.0, most, xtol=1e-15, rtol=8.9e-16)) if most > 0.0 else 0.0
    return TaxedRestPoint(parameters, rate, 0.5 * consumers, consumers, n)
