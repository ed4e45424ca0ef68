"""The tax that makes those who pollute pay for it: computed from the externality at rest (MODEL 5.2).

Welfare of a rest point, noise being taste (random utility): Omega = int mu [sum_j P_j (pi_j + w surplus_j) + tau H(P)]
- kappa KL(mu | f) - B(D), H the entropy of choices, w the weight of consumers; levies are paid back. Creators who face
a tax t per unit of volume reach the mu and P that maximise the same functional without the two terms they do not meet:
the surplus of consumers and the pollution of others. So

    dOmega/dt = dD/dt (t - damage) + w dS/dt,   damage = dB/dD (1 + E sum_j P_j served_j)

and without the weight of consumers the tax equal to the marginal damage is the planner's optimum itself. With it, the
planner's optimum takes a second instrument, a subsidy of w/2 of every profit (a niche monopolist leaves half of the
profit to consumers); with the tax alone the best rate is that at which dOmega/dt vanishes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mfsolve.kernels import choice

from .landscape import Landscape, Response
from .parameters import Floats, Parameters
from .policies import Tax

SCAN = 24


@dataclass(frozen=True)
class Pigou:
    """A tax on AI volume and the rest point it brings about.

    `rate` is per unit of volume; `damage` what a unit of volume costs others there at given choices; `slope` the
    congestion fee, per unit of volume and per unit of volume, that is the same there; `derivative` that of welfare by
    the rate.
    """

    rate: float
    damage: float
    ai_volume: float
    welfare: float
    derivative: float

    @property
    def slope(self) -> float:
        """Rate over volume."""
        return self.rate / self.ai_volume


class Fiscal:
    """Rest points of one economy under a tax on volume and a subsidy on profits; `consumers` is w."""

    def __init__(self, parameters: Parameters, rate: float, bonus: float, consumers: float, cells: int) -> None:
        self.land = Landscape(parameters, Tax(rate=0.0), cells, bonus)
        self.land.row[choice.TAX] = rate
        self.rate, self.consumers = rate, consumers
        self.state = self.land.at(self._volume())

    def _volume(self) -> float:
        """The AI volume at rest; of several, the first that false position meets."""
        from scipy.optimize import brentq

        land = self.land
        return float(
            brentq(lambda D: float(land.adoption(land.at(D))[0]) - D, 0.0, land.volume, xtol=1e-15, rtol=1e-15)
        )

    @property
    def damage(self) -> float:
        """What a unit of volume costs creators, consumers of their niches, and everybody, at given choices."""
        r, beta, eta = self.state, *self.land.parameters.economy[6:]
        met = float(r.mean((r.chance * r.served).sum(axis=0))[0])
        return beta * eta / (1.0 + eta * float(r.D[0])) * (1.0 + (1.0 + 0.5 * self.consumers) * met)

    @property
    def welfare(self) -> float:
        """Omega."""
        land, r = self.land, self.state
        D = float(r.D[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            taste = -land.tau * np.where(r.chance > 0.0, r.chance * np.log(r.chance), 0.0).sum(axis=0)
            apart = np.where(r.weight > 0.0, r.weight * (np.log(r.weight / land.h) - land.log_talent), 0.0)
        worth = r.worth - land.bonus * r.gross + 0.5 * self.consumers * r.gross
        beta, eta = land.parameters.economy[6:]
        kept = float(r.mean((r.chance * worth).sum(axis=0) + taste)[0])
        distance = float(apart.sum()) / land.climb if land.climb > 0.0 else 0.0
        return kept - distance + self.rate * D - beta * float(np.log1p(eta * D))

    @property
    def derivative(self) -> float:
        """dOmega/dt along the rest points, by the implicit function theorem."""
        land, r = self.land, self.state
        paid = np.zeros_like(r.worth)
        paid[1] = -land.volume
        at_tax = self._answers(r, paid, np.zeros_like(r.gross))
        beta, eta = land.parameters.economy[6:]
        eased = -r.served * (beta * eta / (1.0 + eta * float(r.D[0])))
        at_volume = self._answers(r, -r.falling, eased)
        answer = at_tax[0] / (1.0 - at_volume[0])  # dD/dt
        bought = at_tax[1] + at_volume[1] * answer
        private = beta * eta / (1.0 + eta * float(r.D[0])) * (1.0 + float(r.mean((r.chance * r.served).sum(axis=0))[0]))
        return answer * (self.rate - private) + self.consumers * bought

    def _answers(self, r: Response, worth: Floats, gross: Floats) -> tuple[float, float]:
        """Changes of F and of consumer surplus as worths and gross profits (3, 1, n) change."""
        land = self.land
        change = (r.chance * worth).sum(axis=0)
        chance = r.chance * (worth - change) / land.tau
        weight = r.weight * land.climb * (change - r.mean(change)[:, None])
        surplus = 0.5 * r.gross
        bought = weight * (r.chance * surplus).sum(axis=0) + r.weight * (
            (chance * surplus).sum(axis=0) + 0.5 * (r.chance * gross).sum(axis=0)
        )
        adopted = weight * r.chance[1] + r.weight * chance[1]
        return land.volume * float(adopted.sum()), float(bought.sum())


def market_under_tax(parameters: Parameters, rate: float, consumers: float = 1.0, cells: int = 400) -> Pigou:
    """The rest point under a given tax, with what a unit of volume damages there and dOmega/dt."""
    at = Fiscal(parameters, rate, 0.0, consumers, cells)
    return Pigou(rate, at.damage, float(at.state.D[0]), at.welfare, at.derivative)


def dearest(parameters: Parameters) -> float:
    """A tax at which next to nobody adopts: the largest advantage of AI and 20 temperatures, per unit of volume."""
    land = Landscape(parameters, None, 200)
    human, ai, exit_ = land.at(0.0).worth[:, 0]
    return float(np.max(ai - np.maximum(human, exit_)) + 20.0 * land.tau) / land.volume


@lru_cache(maxsize=256)
def pigouvian(parameters: Parameters, consumers: float = 1.0, cells: int = 400) -> Pigou:
    """The tax on AI volume, >= 0, that maximises Omega at rest among all taxes, with choice at once.

    Parameters
    ----------
    parameters : the economy, AI at the end of its ramp; choices are taken at once whatever `choice` says.
    consumers : w in [0, 1], weight of consumer surplus in welfare; at 0 the rate is the marginal damage and the rest
        point the planner's optimum.
    cells : cells of skill.
    """
    return best_rate(lambda rate: market_under_tax(parameters, rate, consumers, cells), dearest(parameters))


def best_rate(outcome: Callable[[float], Pigou], most: float) -> Pigou:
    """The outcome of greatest welfare over rates in [0, most]: the best of a scan, then the root of the derivative."""
    from scipy.optimize import brentq

    rates = np.linspace(0.0, most, SCAN)
    outcomes = [outcome(float(rate)) for rate in rates]
    best = int(np.argmax([o.welfare for o in outcomes]))
    low, high = max(best - 1, 0), min(best + 1, SCAN - 1)
    if outcomes[low].derivative <= 0.0 or outcomes[high].derivative >= 0.0:
        return outcomes[best]
    return outcome(float(brentq(lambda rate: outcome(rate).derivative, rates[low], rates[high], xtol=1e-14)))


def planner(parameters: Parameters, consumers: float = 1.0, cells: int = 400) -> tuple[Pigou, Fiscal]:
    """The planner's optimum: the tax equal to the marginal damage, with a subsidy of consumers/2 of every profit."""
    from scipy.optimize import brentq

    def gap(rate: float) -> float:
        return rate - Fiscal(parameters, rate, 0.5 * consumers, consumers, cells).damage

    rate = float(brentq(gap, 0.0, 10.0 * parameters.market.pollution_weight * parameters.market.pollution_rate + 1e-9))
    at = Fiscal(parameters, rate, 0.5 * consumers, consumers, cells)
    return Pigou(rate, at.damage, float(at.state.D[0]), at.welfare, 0.0), at
