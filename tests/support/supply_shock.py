"""Thresholds of the default economy and random economies, found once a process and where they are asked for."""

from functools import cache

from naive import supply_shock as naive

from mfsolve.models.supply_shock import Markets, Parameters, Thresholds, scan, thresholds

COLUMNS = naive.economies(20_000, 1)


@cache
def random_economies() -> Markets:
    """Aggregates of the economies of `COLUMNS`."""
    return scan(Parameters(), COLUMNS)


def economy(i: int) -> Parameters:
    """The economy of a row of `COLUMNS`."""
    return Parameters(**{name: float(values[i]) for name, values in COLUMNS.items()})


@cache
def default_thresholds() -> Thresholds:
    """Critical pollution weights of the default economy."""
    return thresholds(Parameters())
