"""Creators at rest while the AI volume is held: profits, choices, skill, and how adoption answers (MODEL 5.2).

With choice at once, the density of skill at rest is mu ~ f exp(V / kappa), kappa = sigma / nu, and the AI volume has to
reproduce itself: D = F(D) = volume E_mu P_A(s; D). Everything about rest points is a property of this scalar map.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.transition import choice, skill_flow
from mfsolve.models.result_repr import legible

from .parameters import Parameters, skill_grid
from .policies import LaissezFaire, Policy, conditions

PLACES = 16
"""AI volumes between which a root is looked for."""


@legible
@dataclass(frozen=True, eq=False)
class Response:
    """Creators at rest at held AI volumes.

    Attributes
    ----------
    D
        AI volumes (k,).
    worth, served, gross, falling, chance
        Of human work, AI and exit, each (3, k, n): profit after levies; share of the niche that is served and bears
        pollution; profit before levies; -d worth / dD; probability.
    value, weight
        V, and the masses of skill (k, n).
    """

    D: Floats
    worth: Floats
    served: Floats
    gross: Floats
    falling: Floats
    chance: Floats
    value: Floats
    weight: Floats

    def mean(self, x: Floats) -> Floats:
        """Average over skill of x (k, n): (k,)."""
        return np.asarray((self.weight * x).sum(axis=-1))

    @property
    def decline(self) -> Floats:
        """Fall -dV/dD (k, n) of the value with the AI volume."""
        return np.asarray((self.chance * self.falling).sum(axis=0))


class AdoptionMap:
    """The map F of one economy, with AI at the end of its ramp and a policy in force.

    `bonus` is a subsidy on every profit before levies, as a share of it.
    """

    def __init__(
        self, parameters: Parameters, policy: Policy | None = None, cells: int = 400, bonus: float = 0.0
    ) -> None:
        self.parameters, self.bonus = parameters, bonus
        self.row = conditions(parameters, policy or LaissezFaire(), np.array([np.inf]))[0]
        self.grid = skill_grid(parameters, cells)
        self.s, self.h, self.log_talent = self.grid
        self.tau = parameters.temperature
        self.climb = parameters.learning / parameters.diffusion  # 1 / kappa

    @property
    def volume(self) -> float:
        """AI volume per adopter: the largest D there can be."""
        return float(self.row[choice.VOLUME])

    def logit(self, worth: Floats) -> tuple[Floats, Floats]:
        """Choice probabilities (3, k, n) of worth (3, k, n), and the value tau ln sum exp(worth / tau) (k, n)."""
        chance, value = np.empty(worth.shape), np.empty(worth.shape[1:])
        skill_flow.logit_choices(np.ascontiguousarray(worth), self.tau, self.row[choice.OPEN], chance, value)
        return chance, value

    def at(self, D: ArrayLike) -> Response:
        """Everything at held AI volumes D (k,)."""
        volumes = np.atleast_1d(np.asarray(D, dtype=float))
        table = option_table(self.parameters, self.row, volumes, self.s, self.bonus)
        chance, value = self.logit(table.worth)
        return Response(
            volumes, table.worth, table.served, table.gross, table.falling, chance, value, self.gibbs(value)
        )

    def gibbs(self, value: Floats) -> Floats:
        """Masses f exp(V / kappa) of skill, (..., n)."""
        tilt = self.log_talent + self.climb * value
        w = np.exp(tilt - tilt.max(axis=-1, keepdims=True))
        return np.asarray(w / w.sum(axis=-1, keepdims=True))

    def adoption(self, response: Response) -> Floats:
        """AI volume F(D) (k,) that the choices at D bring about."""
        return self.volume * response.mean(response.chance[1])

    def gap(self, D: float) -> float:
        """Residual F(D) - D of a held AI volume."""
        return float(self.adoption(self.at(D))[0]) - D

    def slope(self, response: Response) -> Floats:
        """F'(D) (k,): choices answer with 1 / tau, skill with 1 / kappa."""
        r = response
        chosen = r.chance[1] * (r.decline - r.falling[1])
        about = r.decline - r.mean(r.decline)[:, None]
        return self.volume * (r.mean(chosen) / self.tau - self.climb * r.mean(r.chance[1] * about))

    def by_log_diffusion(self, response: Response) -> Floats:
        """dF / d ln sigma (k,) at held D."""
        r = response
        about = r.value - r.mean(r.value)[:, None]
        return -self.volume * self.climb * r.mean(r.chance[1] * about)


def option_table(parameters: Parameters, row: Floats, D: Floats, s: Floats, bonus: float = 0.0) -> skill_flow.Table:
    """The options at AI volumes D (k,) and skills s (n,) under the conditions row (choice.CONDITIONS,)."""
    table = skill_flow.Table(*(np.empty((3, D.size, s.size)) for _ in range(4)))
    skill_flow.option_table(D, bonus, parameters.economy, row, s, table)
    return table


def lowest_root(gap: Callable[[float], float], top: float) -> float:
    """The least volume in [0, top] that reproduces itself, gap(0) >= 0 >= gap(top), told apart from others by `PLACES`
    in between: what adoption that grows from nothing comes to.
    """
    from scipy.optimize import brentq

    low = 0.0
    for high in (top * k / PLACES for k in range(1, PLACES + 1)):
        if gap(high) <= 0.0:
            return low if gap(low) <= 0.0 else float(brentq(gap, low, high, xtol=1e-15, rtol=8.9e-16))
        low = high
    return top
