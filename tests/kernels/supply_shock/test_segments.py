"""Boundaries of the segments against brute force, over random economies of every order (MODEL 5.1)."""

import numpy as np
from mfsolve.kernels.supply_shock import segments
from naive import supply_shock as naive
from support.supply_shock import economy, random_economies

from mfsolve.models.supply_shock.many_economies import economy_rows


def test_boundaries_against_sign_changes_on_a_grid():
    given = random_economies()
    cut, option = np.empty(segments.OPTIONS + 1), np.empty(segments.OPTIONS, np.int64)
    checked = 0
    # all rare orders, and a sample of the frequent ones
    rare = np.flatnonzero(np.isin(given.order, np.flatnonzero(np.bincount(given.order) < 60)))[:60]
    for i in np.concatenate([rare, np.arange(30)]):
        p = economy(i)
        burden = float(given.pollution[i])
        count = segments.segments(economy_rows(p)[0], burden, cut, option)
        taken, ends = naive.division(p, burden)
        if np.diff(ends).min() < 1e-4 or np.diff(cut[: count + 1]).min() < 1e-4:
            continue  # the twin's grid cannot see it
        checked += 1
        np.testing.assert_array_equal(option[:count], taken)
        # without an outside option the human payoff leaves 0 without a change of sign: the twin sees a cell of 1/20000
        np.testing.assert_allclose(cut[: count + 1], ends, rtol=0, atol=1e-11 if p.outside_option > 0 else 6e-5)
    assert checked > 40
