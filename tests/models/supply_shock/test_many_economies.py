"""Markets of many economies at once (MODEL 5.1)."""

import numpy as np
from naive import supply_shock as naive

from mfsolve.models.supply_shock import Parameters
from mfsolve.models.supply_shock.many_economies import economy_rows, solve_markets

COLUMN = naive.economies(20_000, 1)


def test_the_threads_and_the_company_of_an_economy_do_not_matter():
    table = economy_rows(Parameters(), {name: values[:3000] for name, values in COLUMN.items()})
    one = solve_markets(table)
    np.testing.assert_array_equal(one[::-1], solve_markets(table[::-1].copy(), threads=2))
