"""The rest point of an economy with frictions: who works how once everybody knows AI (MODEL 5.2)."""

from functools import lru_cache

import numpy as np

from mfsolve.kernels import choice, occupations

from . import records
from .parameters import Floats, Parameters, skill_grid
from .pigou import Pigou, best_rate, dearest, pigouvian
from .policies import CongestionFee, Laissez, Policy, Tax, conditions

STEP = 1e-4
"""Step of the numerical derivative of welfare, over the dearest tax."""
JOBS = np.array([occupations.HUMAN, occupations.ADOPTER, occupations.EXITED, occupations.RESKILLING], dtype=np.uint8)


def masses_at(parameters: Parameters, row: Floats, D: float, cells: int) -> Floats:
    """Masses (cells, 4) of human, adopter, exited, re-skilling at rest while the AI volume is held at D."""
    s, h, log_talent = skill_grid(parameters, cells)
    mass = np.empty((cells, JOBS.size))
    occupations.stationary(D, parameters.economy, row, parameters.motion, s, h, log_talent, mass)
    return mass


def standing(parameters: Parameters, policy: Policy | None = None, cells: int = 200) -> dict[str, float]:
    """Averages (`records.summary`) at the rest point with frictions, AI at the end of its ramp, a policy for ever.

    The AI volume is the root of volume * mass of adopters(D) - D; of several, the first that false position meets.

    Parameters
    ----------
    parameters : the economy.
    policy : none if not given.
    cells : cells of skill.
    """
    from scipy.optimize import brentq

    row = conditions(parameters, policy or Laissez(), np.array([np.inf]))[0]

    def gap(D: float) -> float:
        return float(row[choice.VOLUME] * masses_at(parameters, row, D, cells)[:, 1].sum()) - D

    D = float(brentq(gap, 0.0, row[choice.VOLUME], xtol=1e-15, rtol=8.9e-16))
    weight = masses_at(parameters, row, D, cells).T
    s = skill_grid(parameters, cells)[0]
    return records.summary(parameters, row, D, np.tile(s, JOBS.size), np.repeat(JOBS, cells), weight.ravel())


@lru_cache(maxsize=1024)
def second_best(parameters: Parameters, cells: int = 200) -> Pigou:
    """The tax on AI volume, >= 0, that maximises welfare (`records.summary`) at the rest point with frictions.

    `damage` is what a unit of volume costs others there at given choices; the best rate differs from it, for the tax
    also moves consumer surplus and re-skilling, which it was not made for.

    Parameters
    ----------
    parameters : the economy, AI at the end of its ramp.
    cells : cells of skill.
    """
    most = dearest(parameters)
    beta, eta = parameters.economy[6:]

    def outcome(rate: float) -> Pigou:
        here, below, above = (
            standing(parameters, Tax(rate=r), cells) for r in (rate, max(rate - step, 0.0), rate + step)
        )
        slope = (above["welfare"] - below["welfare"]) / (rate + step - max(rate - step, 0.0))
        D = here["ai_volume"]
        return Pigou(rate, beta * eta / (1.0 + eta * D) * (1.0 + 1.5 * here["served"]), D, here["welfare"], slope)

    step = STEP * most
    return best_rate(outcome, most)


def settled(parameters: Parameters, policy: Policy) -> Policy:
    """The policy with its rate: a tax or fee without one is charged at the best rate at rest of the economy."""
    if not isinstance(policy, Tax | CongestionFee):
        return policy
    if (policy.rate if isinstance(policy, Tax) else policy.slope) is not None:
        return policy
    best = second_best(parameters) if parameters.choice == "frictional" else pigouvian(parameters)
    return Tax(rate=best.rate) if isinstance(policy, Tax) else CongestionFee(slope=best.slope)
