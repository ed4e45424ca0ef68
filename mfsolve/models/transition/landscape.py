"""Creators at rest while the AI volume is held: profits, choices, skill, and how adoption answers (MODEL 5.2).

With choice at once, the density of skill at rest is mu ~ f exp(V / kappa), kappa = sigma / nu, and the AI volume has to
reproduce itself: D = F(D) = volume E_mu P_A(s; D). Everything about rest points is a property of this scalar map.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.kernels import choice

from .parameters import Floats, Parameters, skill_grid
from .policies import Laissez, Policy, conditions


@dataclass(frozen=True, eq=False)
class Response:
    """Creators at rest at held AI volumes D (k,), on cells of skill (n,).

    Of human work, AI and exit, each (3, k, n): worth, profit after levies; served, share of the niche that is served
    and bears pollution; gross, profit before levies; falling, -d worth / dD; chance, probability. value (k, n) is V,
    weight (k, n) the masses of skill.
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
        """Average over skill of x (k, n)."""
        return np.asarray((self.weight * x).sum(axis=-1))

    @property
    def decline(self) -> Floats:
        """-dV/dD (k, n)."""
        return np.asarray((self.chance * self.falling).sum(axis=0))


class Landscape:
    """The map F of one economy, with AI at the end of its ramp and a policy in force.

    `bonus` is a subsidy on every profit before levies, as a share of it.
    """

    def __init__(
        self, parameters: Parameters, policy: Policy | None = None, cells: int = 400, bonus: float = 0.0
    ) -> None:
        self.parameters, self.bonus = parameters, bonus
        self.row = conditions(parameters, policy or Laissez(), np.array([np.inf]))[0]
        self.s, self.h, self.log_talent = skill_grid(parameters, cells)
        self.tau = parameters.temperature
        self.climb = parameters.learning / parameters.diffusion  # 1 / kappa

    @property
    def volume(self) -> float:
        """AI volume per adopter: the largest D there can be."""
        return float(self.row[choice.VOLUME])

    def worths(self, D: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
        """worth, served, gross, falling of `Response`."""
        at = np.atleast_1d(np.asarray(D, dtype=float))[:, None]
        T, alpha, gamma, k0, k1, u0, beta, eta = self.parameters.economy
        r = self.row
        B, dB = beta * np.log1p(eta * at), beta * eta / (1.0 + eta * at)
        borne = r[choice.HIDDEN] * B
        q = np.minimum(alpha * self.s, gamma / 3.0 * (T + np.sqrt(T * T + 6.0 * borne / gamma)))
        m = np.maximum(T * q - borne - q * q / (2.0 * gamma), 0.0) / (2.0 * T * q)
        qbar = r[choice.QBAR]
        m_A = np.maximum((T - r[choice.COST]) * qbar - B, 0.0) / (2.0 * T * qbar) + np.zeros_like(self.s)
        craft, machine, none = T * q * m * m, T * qbar * m_A**2, np.zeros_like(m)
        levy = (r[choice.TAX] + r[choice.FEE] * at) * r[choice.VOLUME] + r[choice.LABEL]
        net = machine - k0 - k1 * (1.0 - self.s) - levy
        gross = np.stack([craft, machine, none])
        served = np.stack([r[choice.HIDDEN] * m, m_A, none])
        falling = (1.0 + self.bonus) * served * dB
        falling[1] += r[choice.FEE] * r[choice.VOLUME]
        return np.stack([craft, net, none + u0]) + self.bonus * gross, served, gross, falling

    def logit(self, worth: Floats) -> tuple[Floats, Floats]:
        """Choice probabilities of worth (3, ...) and the value tau ln sum exp(worth / tau)."""
        if self.row[choice.OPEN] == 0.0:
            worth = np.stack([worth[0], np.full_like(worth[1], -np.inf), worth[2]])
        top = worth.max(axis=0)
        e = np.exp((worth - top) / self.tau)
        total = e.sum(axis=0)
        return e / total, top + self.tau * np.log(total)

    def at(self, D: ArrayLike) -> Response:
        """Everything at held AI volumes D (k,)."""
        volumes = np.atleast_1d(np.asarray(D, dtype=float))
        worth, served, gross, falling = self.worths(volumes)
        chance, value = self.logit(worth)
        weight = self.gibbs(value)
        return Response(volumes, worth, served, gross, falling, chance, value, weight)

    def gibbs(self, value: Floats) -> Floats:
        """Masses f exp(V / kappa) of skill, (..., n)."""
        tilt = self.log_talent + self.climb * value
        w = np.exp(tilt - tilt.max(axis=-1, keepdims=True))
        return np.asarray(w / w.sum(axis=-1, keepdims=True))

    def adoption(self, response: Response) -> Floats:
        """F(D) (k,)."""
        return self.volume * response.mean(response.chance[1])

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
