"""Markets of many economies at once (MODEL 5.1)."""

import numpy as np
import pytest
from naive import supply_shock as naive

from mfsolve.models.supply_shock import ORDERS, Parameters, scan, segments
from mfsolve.models.supply_shock.many_economies import economy_rows, solve_markets

COLUMN = naive.economies(20_000, 1)


def test_the_threads_and_the_company_of_an_economy_do_not_matter():
    table = economy_rows(Parameters(), {name: values[:3000] for name, values in COLUMN.items()})
    one = solve_markets(table)
    np.testing.assert_array_equal(one[::-1], solve_markets(table[::-1].copy(), threads=2))


def test_an_economy_of_a_scan_is_its_static_market():
    """A scan looks for fixed points in fewer cells: where there is one, it is the same to rounding."""
    costs, weights = np.array([0.02, 0.05])[:, None], np.array([0.0, 0.01, 0.02])[None, :]
    found = scan(Parameters(), {"ai_cost": costs, "pollution_weight": weights})
    assert found.welfare.shape == (6,)
    for i, (cost, weight) in enumerate((c, w) for c in costs[:, 0] for w in weights[0]):
        here = segments(Parameters(ai_cost=float(cost), pollution_weight=float(weight)))
        assert found.welfare[i] == pytest.approx(here.welfare, rel=1e-13)
        assert ORDERS[int(found.order[i])] == " ".join(here.options)
