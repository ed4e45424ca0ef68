"""Thresholds of the default economy, which take a second: searched for once a process."""

from functools import cache

from mfsolve.models.supply_shock import Parameters, Thresholds, thresholds


@cache
def default_thresholds() -> Thresholds:
    """Critical pollution weights of the default economy."""
    return thresholds(Parameters())
