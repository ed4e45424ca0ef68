"""An economy of the transition with several rest points, and paths against their limit."""

import numpy as np

from mfsolve.models import supply_shock, transition

SEVERAL = transition.Parameters(  # AI that is dear and better than human work
    choice="instant", ramp=0.0, temperature=0.01, learning=1.0, diffusion=4e-3,
    market=supply_shock.Parameters(
        skill_a=3.0, skill_b=3.0, ai_quality=2.1, ai_cost=0.6, reference_cost=0.6, human_efficiency=2.0,
        adoption_skill_cost=0.01, outside_option=0.0, pollution_weight=0.8,
    ),
)  # fmt: skip


def off_the_limit(paths, limit, names):
    """Means over replicates against the limit, in standard errors (names, times)."""
    found = []
    for name in names:
        x = np.array([path[name].values for path in paths])
        error = x.std(axis=0, ddof=1) / np.sqrt(len(x))
        gap = x.mean(axis=0) - limit[name].values
        found.append(gap / np.where(error > 0.0, error, 1e-12))  # what cannot vary, such as no AI at time 0, is equal
    return np.array(found)
