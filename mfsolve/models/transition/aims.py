"""Aims of governance along a path: efficiency, equity, sustainability (MODEL 5.2).

With means over all time, discounted at the creators' rate, the path up to a time and the rest point from then on:

- efficiency: mean welfare over welfare before AI;
- equity: mean of 1 less the Gini coefficient of incomes after transfers;
- sustainability: creators who work by hand in the long run, at rest, over those before AI.
"""

from collections.abc import Mapping

import numpy as np

from mfsolve.arrays import Arrays, Floats

from .parameters import Parameters
from .pigouvian_tax import rest_state
from .policies import Moratorium, Policy

AIMS = {
    "efficiency": "efficiency: discounted welfare over that before AI",
    "equity": "equity: discounted 1 less the Gini coefficient",
    "sustainability": "sustainability: human creators at rest over those before AI",
}


def aims(parameters: Parameters, times: Floats, paths: Mapping[str, Floats], rest: Mapping[str, float]) -> Arrays:
    """The three aims along a path whose first place is before AI (MODEL 5.2).

    Parameters
    ----------
    parameters
        The economy: its discount rate r.
    times
        (n,).
    paths, rest
        welfare, equality and human (n,), and the value at which each comes to rest.

    Returns
    -------
    dict
        efficiency, equity, sustainability (n,). A mean over time is r int_0^t e^(-r u) x(u) du + e^(-r t) x_rest, the
        integral by trapezia with weights that add to 1.
    """
    left = np.exp(-parameters.discount_rate * times)

    def mean(name: str) -> Floats:
        x = paths[name]
        pieces = (left[:-1] - left[1:]) * 0.5 * (x[1:] + x[:-1])
        return np.asarray(np.concatenate([[0.0], np.cumsum(pieces)]) + left * rest[name])

    return {
        "efficiency": mean("welfare") / paths["welfare"][0],
        "equity": mean("equality"),
        "sustainability": np.full(times.size, rest["human"] / paths["human"][0]),
    }


def long_run(parameters: Parameters, policy: Policy, horizon: float, cells: int) -> dict[str, float]:
    """The rest point (`outputs.STATE`) of what is in force at the horizon: of a moratorium beyond it, no AI."""
    if isinstance(policy, Moratorium) and (policy.until or 0.0) > horizon:
        shut = parameters.market.model_copy(update={"ai_available": False})
        return rest_state(parameters.changed(market=shut), cells=cells)
    return rest_state(parameters, policy, cells)
