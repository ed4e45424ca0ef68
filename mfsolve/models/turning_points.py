"""Places where a tabulated curve turns."""

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats


def turning_points(curve: Floats) -> NDArray[np.intp]:
    """Places (k,) in a curve (n,) where it turns, between two steps of opposite sign; of equal values, the last.

    Entries that are infinite or NaN are left out: those beside them are neighbours.
    """
    finite = np.flatnonzero(np.isfinite(curve))
    steps = np.sign(np.diff(curve[finite]))
    moved = np.flatnonzero(steps)
    turned = steps[moved[1:]] != steps[moved[:-1]]
    return np.asarray(finite[moved[1:][turned]])
