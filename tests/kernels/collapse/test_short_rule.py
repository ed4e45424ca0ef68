"""The short rule for the loss of a Gaussian pool on the line, against the rule that halves its step and SciPy's."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import gaussian_pool, short_rule
from naive import collapse_content as naive

RULES = short_rule.rules()


def short(rho, m, s2, d=1):
    out = np.empty(3)
    short_rule.loss_and_slope(rho, m, s2, d, RULES, np.empty((short_rule.WORKSPACE, short_rule.ROOM)), out)
    return out[:2]


def halved(rho, m, s2, d=1):
    out = np.empty(3)
    gaussian_pool.gaussian_functionals(rho, m, s2, d, out)
    return out[:2]


def test_errors_are_below_the_stated_ones_all_over_the_range():
    """1e-11 of 1 or the slope, and 1e-9 of themselves; contaminations to 6e-6 of 0 and 1, variances about 1 as well."""
    rng, n = np.random.default_rng(4), 3000
    rho = 1 / (1 + np.exp(-rng.uniform(-12, 12, n)))
    m = np.where(rng.random(n) < 0.5, rng.uniform(0, 0.3, n), 0.0)
    s2 = np.exp(rng.uniform(np.log(0.06), np.log(1.4), n))
    s2[::5] = 1 + rng.uniform(-0.15, 0.15, s2[::5].size) * rng.random(s2[::5].size) ** 3
    found, expected = (np.array([f(*x) for x in zip(rho, m, s2)]) for f in (short, halved))
    assert (found[:, 0] != expected[:, 0]).mean() > 0.5  # most are by the short rule
    error = abs(found - expected)
    assert (error <= 1e-11 * (1 + expected[:, 1:])).all()
    assert (error <= 1e-9 * expected).all()


@pytest.mark.parametrize("pool", [(0.0113, 0.0, 0.4735), (0.4, 0.05, 0.3), (0.8, 0.1, 0.15), (0.5, 0.2, 1.2)])
def test_a_few_pools_against_scipy(pool):
    assert short(*pool) == pytest.approx(naive.gaussian_functionals(*pool)[:2], abs=1e-10)


@pytest.mark.parametrize(
    "pool", [(0.3, 0.1, 0.05, 1), (0.3, 0.1, 1.5, 1), (0.3, 0.4, 0.5, 1), (0.3, 0.1, 0.5, 2), (0.0, 0.1, 0.5, 1),
             (1.0, 0.1, 0.5, 1), (1e-7, 0.0, 0.5, 1), (0.9999, 0.2, 0.07, 1), (1e-3, 0.0, 0.99, 1)]
)  # fmt: skip
def test_beyond_its_range_stands_the_rule_that_halves_its_step(pool):
    assert short(*pool).tobytes() == halved(*pool).tobytes()
