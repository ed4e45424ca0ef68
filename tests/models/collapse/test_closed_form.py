"""Closed forms of the collapse market: chi-square, the law of collapse, and the variance of a divergence."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfsolve.models import collapse
from mfsolve.models.collapse.closed_form import variance_of_divergence

P = collapse.Parameters


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.floats(0.02, 1.9), st.integers(1, 6), st.floats(0, 1.5))
def test_chi_square_against_the_integral(s2, d, distance):
    """Per coordinate 1 + chi2 = int q^2 / p, a Gaussian integral about its own peak."""
    width, peak = 1 / math.sqrt(2 / s2 - 1), 2 * distance / (2 - s2)
    x, w = np.polynomial.hermite_e.hermegauss(40)

    def ratio(m, peak):
        at = peak + width * x
        log = -((at - m) ** 2) / s2 + at * at / 2 - math.log(2 * math.pi) / 2 - math.log(s2) + x * x / 2
        return float((w * np.exp(log)).sum() * width)

    want = ratio(distance, peak) * ratio(0.0, 0.0) ** (d - 1) - 1
    got = collapse.chi_square(s2, distance, d)
    assert abs(got - want) <= 1e-12 * (1 + want) * (1 + 4 * distance**2 / s2)


def test_chi_square_edges():
    assert collapse.chi_square(1.0) == 0.0
    assert collapse.chi_square(2.0) == math.inf
    assert collapse.chi_square(0.319) == pytest.approx(0.366, abs=5e-4)
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=r"generator_variance: .*\(0, inf\)"):
            collapse.chi_square(bad)
    for wrong, name in (((0.5, 0.0, 1.5), "dimension"), ((0.5, math.nan), "distance"), (([0.5, 0.6],), "generator")):
        with pytest.raises(ValueError, match=f"{name}.* given"):
            collapse.chi_square(*wrong)


@pytest.mark.parametrize("economy", [{}, {"dimension": 3}, {"content": "categorical", "vocabulary": 300}])
def test_collapse_law_coefficient(economy):
    """One generation at small, fixed contamination: quality loss / rho^2 -> b_law, with an error linear in rho."""
    law = collapse.collapse_law_coefficient(P(**economy))
    gap = []
    for rho in (2e-3, 1e-3):
        path = collapse.mean_field(P(initial_contamination=rho, imitation=0.0, **economy), "none", 1)
        gap.append(float(path.quality_loss[-1]) / rho**2 - law)
    assert gap[0] / gap[1] == pytest.approx(2.0, rel=0.05)
    assert abs(gap[1]) < 0.02 * law


@pytest.mark.parametrize("divergence", [1e-20, 1e-14, 1e-6, 0.02, 0.11, 1.0, 20.0])
def test_variance_of_divergence(divergence):
    """It inverts KL(N(0, s2) || N(0, 1)); near s2 = 1 KL is quadratic, so that half of the digits of s2 are left."""
    s2 = variance_of_divergence(divergence)
    assert 0.0 < s2 < 1.0
    rounding = 4.0 * 2.0**-53 / (1.0 - s2)  # of 1 - s2, relative, twice in its square
    logarithm = math.log(s2) if s2 < 0.5 else math.log1p(s2 - 1.0)
    assert 0.5 * (s2 - 1.0 - logarithm) == pytest.approx(divergence, rel=1e-9 + rounding)
    assert variance_of_divergence(1e-300) == 1.0
