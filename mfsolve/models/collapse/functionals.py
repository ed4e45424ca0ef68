"""Collapse loss and its slope of many Gaussian pools: by the short rule, and where that does not serve one by one."""

from functools import cache

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import short_rule
from mfsolve.kernels.collapse.gaussian_pool import gaussian_functionals

short_rules = cache(short_rule.rules)


class Functionals:
    """Room for the integrals over L pools (1 - rho) N(0, I_d) + rho N(m, s2 I_d) (MODEL 1.1)."""

    def __init__(self, lanes: int, d: int) -> None:
        self._d = d
        self._chosen, self._work = np.empty((4, lanes)), np.empty((4, short_rule.ROOM))
        self._three = np.empty(3)

    def write(self, wanted: int, pools: short_rule.Pools, found: Floats) -> None:
        """Write losses and slopes, to 1e-11 of 1 and 1e-9 of themselves, into the rows of found (2, L).

        `wanted` is `LOSS`, `SLOPE` or `BOTH` of the short rule. NaN where no rule serves.
        """
        rows = slice(None) if wanted == short_rule.BOTH else slice(wanted, wanted + 1)
        if self._d == 1:
            short_rule.many_losses(wanted, pools, short_rules(), self._chosen, self._work, found)
        else:
            found[rows] = np.nan
        left = np.isnan(found[rows])
        for j in np.flatnonzero(left.any(axis=0)) if left.any() else ():
            gaussian_functionals(pools.rho[j], pools.m[j], pools.s2[j], self._d, self._three)
            found[rows, j] = np.where(left[:, j], self._three[:2][rows], found[rows, j])


def loss_and_slope(rho: float, m: float, s2: float, d: int) -> tuple[float, float]:
    """Collapse loss and its slope of one pool."""
    found = np.empty((2, 1))
    Functionals(1, d).write(short_rule.BOTH, short_rule.Pools(*np.array([[rho], [m], [s2]])), found)
    return float(found[0, 0]), float(found[1, 0])
