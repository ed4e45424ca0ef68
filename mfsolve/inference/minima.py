"""Lowest value of a function of one number that may have several dips."""

from collections.abc import Callable

import numpy as np

from mfsolve.arrays import Floats


def lowest(function: Callable[[float], float], places: Floats) -> float:
    """Return where a function is lowest, by Brent's method between the neighbours of the best of some places.

    Parameters
    ----------
    function : callable
        One number to one number.
    places : ndarray, shape (m,)
        Ascending, so close that no two dips lie between neighbours; the search ends at the first and the last.
    """
    from scipy.optimize import minimize_scalar

    best = int(np.argmin([function(float(place)) for place in places]))
    beside = places[max(best - 1, 0) : best + 2]
    low, high = float(beside[0]), float(beside[-1])
    found = minimize_scalar(function, bounds=(low, high), method="bounded", options={"xatol": 1e-9 * (high - low)})
    return float(found.x)
