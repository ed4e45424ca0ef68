"""The rest point of an economy, with frictions or with choice at once: averages over creators (MODEL 5.2)."""

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.transition import choice, occupations, rest_point

from . import outputs
from .held_volume import AdoptionMap, lowest_root
from .parameters import Parameters, skill_grid
from .policies import Policy, conditions

JOBS = np.array([occupations.HUMAN, occupations.ADOPTER, occupations.EXITED, occupations.RESKILLING], dtype=np.uint8)


def masses_at(parameters: Parameters, row: Floats, D: float, cells: int) -> Floats:
    """Masses (cells, 4) of human, adopter, exited, re-skilling at rest with frictions while the AI volume is held."""
    mass = np.empty((cells, JOBS.size))
    rest_point.stationary_masses(D, parameters.economy, row, parameters.motion, skill_grid(parameters, cells), mass)
    return mass


def averages(parameters: Parameters, policy: Policy, cells: int) -> dict[str, float]:
    """Averages (`outputs.STATE`) at the rest point under a policy whose lever is set, in force for ever.

    AI is at the end of its ramp. The AI volume is the least that reproduces itself.
    """
    s = skill_grid(parameters, cells).s
    row = conditions(parameters, policy, np.array([np.inf]))[0]
    if parameters.choice == "instant":
        held = AdoptionMap(parameters, policy, cells)
        D = lowest_root(held.gap, held.volume)
        state = held.at(D)
        weight, jobs = state.chance[:, 0] * state.weight[0], JOBS[:3]
    else:
        D = lowest_root(
            lambda D: float(row[choice.VOLUME] * masses_at(parameters, row, D, cells)[:, 1].sum()) - D,
            float(row[choice.VOLUME]),
        )
        weight, jobs = masses_at(parameters, row, D, cells).T, JOBS
    return outputs.summary(parameters, row, D, np.tile(s, jobs.size), np.repeat(jobs, cells), weight.ravel())
