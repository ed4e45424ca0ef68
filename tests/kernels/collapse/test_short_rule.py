"""The short rule for the loss of a Gaussian pool on the line, against the rule that halves its step and SciPy's."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import gaussian_pool, short_rule
from naive import collapse_content as naive

RULES = short_rule.rules()


def short(*pool):
    """Loss and slope of one pool or of many, NaN where no rule is good enough."""
    rho, m, s2 = (np.atleast_1d(np.asarray(x, dtype=float)) for x in pool)
    found = np.empty((2, rho.size))
    work, chosen = np.empty((4, short_rule.ROOM)), np.empty((4, rho.size))
    short_rule.many_losses(short_rule.BOTH, short_rule.Pools(rho, m, s2), RULES, chosen, work, found)
    for part in (short_rule.LOSS, short_rule.SLOPE):
        alone = np.full((2, rho.size), -1.0)
        short_rule.many_losses(part, short_rule.Pools(rho, m, s2), RULES, chosen, work, alone)
        assert alone[part].tobytes() == found[part].tobytes()
        assert (alone[1 - part] == -1.0).all()
    return found.T


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
    found, expected = short(rho, m, s2), np.array([halved(*x) for x in zip(rho, m, s2)])
    served = np.isfinite(found)
    assert served.mean() > 0.5
    error = abs(found - expected)
    assert (error <= 1e-11 * (1 + expected[:, 1:]))[served].all()
    assert (error <= 1e-9 * expected)[served].all()


@pytest.mark.parametrize("pool", [(0.0113, 0.0, 0.4735), (0.4, 0.05, 0.3), (0.8, 0.1, 0.15), (0.5, 0.2, 1.2)])
def test_a_few_pools_against_scipy(pool):
    assert short(*pool)[0] == pytest.approx(naive.gaussian_functionals(*pool)[:2], abs=1e-10)


def test_beyond_its_range_it_says_so():
    """A variance or a mean too far, next to no contamination or none but it, a zero too near, a loss that is rounding."""
    pools = [
        (0.3, 0.1, 0.05),
        (0.3, 0.1, 1.5),
        (0.3, 0.4, 0.5),
        (1e-7, 0.0, 0.5),
        (0.9999, 0.2, 0.07),
        (1e-3, 0.0, 0.99),
    ]
    assert np.isnan(short(*np.transpose(pools))).any(axis=1).all()


def test_pools_of_one_source_are_in_closed_form():
    for pool in ((0.0, 0.1, 0.5), (1.0, 0.1, 0.5), (1.0, 0.1, 1.0), (1.0, 3.0, 4.0)):
        assert short(*pool)[0].tobytes() == halved(*pool).tobytes()
