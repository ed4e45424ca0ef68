"""Measured coverage held against the one that an interval claims."""

import math
from collections.abc import Callable

import pytest


@pytest.fixture
def agrees() -> Callable[[int, int, float], bool]:
    """Return a check that hits / trials agrees with `share` to four binomial standard errors.

    At least 2000 trials are asked for: four standard errors then tell a coverage of 0.90 from 0.95.
    """

    def check(hits: int, trials: int, share: float, trials_behind_share: float = math.inf) -> bool:
        assert trials >= 2000
        error = math.sqrt(share * (1 - share) * (1 / trials + 1 / trials_behind_share))
        assert 4 * error < 0.95 - 0.90 or trials_behind_share < math.inf
        print(f"measured {hits / trials:.4f}, claimed {share:.4f}, standard error {error:.4f}")
        return abs(hits / trials - share) <= 4 * error

    return check
