"""Fisher information against closed forms, and against the definition."""

import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.models import provenance
from mfsolve.models.provenance import information


@pytest.mark.parametrize("s2", [0.1, 0.319, 1.0, 1.7])
@pytest.mark.parametrize("m", [0.0, 1.2])
def test_at_zero_it_is_chi_square(s2, m):
    want = math.expm1(m * m / (2 - s2) - 0.5 * math.log(s2 * (2 - s2)))
    synthetic = stats.norm(3 + 2 * m, 2 * math.sqrt(s2))
    assert provenance.fisher_information(0.0, stats.norm(3, 2), synthetic) == pytest.approx(want, rel=1e-9, abs=1e-12)
    assert information._quadrature(0.0, stats.norm(3, 2), synthetic) == pytest.approx(want, rel=1e-8, abs=1e-10)


def test_ends_swap_the_roles_and_diverge_together():
    p, q = stats.norm(), stats.norm(0.3, 0.9)
    for rho in (0.0, 0.3, 1.0):
        assert provenance.fisher_information(rho, p, q) == pytest.approx(
            provenance.fisher_information(1 - rho, q, p), rel=1e-9
        )
    assert provenance.fisher_information(1.0, p, stats.norm(scale=0.6)) == math.inf
    assert information._quadrature(1.0, p, stats.norm(scale=0.6)) == math.inf


@pytest.mark.parametrize("rho", [0.0, 0.2, 1.0])
def test_discrete_laws(rho):
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    want = np.sum((q - p) ** 2 / ((1 - rho) * p + rho * q))
    assert provenance.fisher_information(rho, p, q) == pytest.approx(want, rel=1e-14)
    assert provenance.fisher_information(0.0, stats.poisson(2), stats.poisson(3)) == pytest.approx(
        math.expm1(0.5), rel=1e-11
    )
    assert provenance.fisher_information(0.0, p, np.array([0.5, 0.5, 0.0])) == pytest.approx(0.04 / 0.3 + 0.2)
    assert provenance.fisher_information(1.0, p, np.array([0.5, 0.5, 0.0])) == math.inf


def test_watermark_multiplies_chi_square():
    """chi2 + 1 of independent parts multiply; a stripped mark adds nothing."""
    for m, s2, d in ((0.0, 1.0, 1), (1.0, 0.7, 1), (0.5, 0.7, 3), (0.0, 0.7, 20)):
        content = math.exp(m * m / (2 - s2)) / (s2 * (2 - s2)) ** (d / 2)
        got = provenance.gaussian_information(0.0, distance=m, variance=s2, dimension=d, watermark=1.5)
        assert got == pytest.approx(content * math.exp(2.25) - 1, rel=1e-9)
        got = provenance.gaussian_information(0.0, distance=m, variance=s2, dimension=d, watermark=1.5, stripping=0.4)
        assert got == pytest.approx(content * (1 + 0.36 * math.expm1(2.25)) - 1, rel=1e-9)
    assert provenance.gaussian_information(0.3, variance=0.5, watermark=2.0, stripping=1.0) == (
        provenance.gaussian_information(0.3, variance=0.5)
    )
    assert provenance.gaussian_information(0.3, watermark=0.0) == pytest.approx(0.0, abs=1e-15)


def test_mixtures_kernel_densities_functions():
    mixture = provenance.Mixture((0.5, 0.5), (stats.norm(-2), stats.norm(2)))
    x = np.linspace(-12, 12, 200_001)
    kde = stats.gaussian_kde(np.random.default_rng(0).normal(size=50))
    for p, q in ((mixture, stats.norm(0.5)), (kde, stats.norm(0.5)), (stats.norm.pdf, stats.norm(0.5).pdf)):
        a, b = (np.exp(information.log_density(f, x)) for f in (p, q))
        want = np.trapezoid((b - a) ** 2 / (0.8 * a + 0.2 * b), x)
        assert provenance.fisher_information(0.2, p, q) == pytest.approx(want, rel=1e-7)


def test_simulation_covers_quadrature():
    p, q = stats.multivariate_normal([0, 0, 0]), stats.multivariate_normal([1, 0, 0], 0.5)
    exact = provenance.fisher_information(0.2, p, q)
    assert exact == provenance.gaussian_information(0.2, distance=1.0, variance=0.5, dimension=3)
    got = provenance.simulated_information(0.2, p, q, 50_000, seed=4)
    assert abs(got.value - exact) < 4.5 * got.standard_error
    skewed = stats.multivariate_normal([0, 0, 0], np.diag([1, 1, 2]))
    with pytest.raises(ValueError, match="simulated_information"):
        provenance.fisher_information(0.2, p, skewed)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: provenance.fisher_information(1.2, [1.0], [1.0]), r"contamination: 1.2 given; allowed: \[0, 1\]"),
    (lambda: provenance.fisher_information(0.2, [0.5, 0.6], [0.5, 0.5]), "human: sum 1.1"),
    (lambda: provenance.fisher_information(0.2, [0.5, 0.5], [1.0]), "synthetic: 1 probabilities given"),
    (lambda: provenance.gaussian_information(0.2, variance=0.0), r"variance: 0.0 given; allowed: \(0, inf\)"),
    (lambda: provenance.estimate([0.0], [1.0, 2.0]), "log_synthetic: 2 values given"),
    (lambda: provenance.estimate([0.0, -np.inf], [0.0, -np.inf]), r"log_human\[1\]: -inf given"),
    (lambda: provenance.estimate([np.nan], [0.0]), r"log_human\[0\]: nan given"),
    (lambda: provenance.estimate([0.0], [1.0], "best"), "method: 'best' given; allowed: mle, one_step, moment, em"),
    (lambda: provenance.estimate([0.0], [1.0], "moment"), "calibration: None given"),
    (lambda: provenance.estimate([0.0], [1.0], level=1.0), r"level: 1.0 given; allowed: \(0, 1\)"),
    (lambda: provenance.estimate([0.0], [1.0], weights=[0.0]), "weights: "),
    (lambda: provenance.estimate_from_counts([1, 2], [1, 2], [0, 0]), "synthetic: least 0, sum 0 given"),
    (lambda: provenance.estimate_from_counts([1, 2], [1, 2], [1]), "pool, human, synthetic: 2, 2, 1 cells"),
    (lambda: provenance.kernel_log_density([0.0], [1.0, 1.0]), "sample: "),
    (lambda: provenance.Content(variance=-1.0), "variance: -1.0 given"),
])  # fmt: skip
def test_refusals_are_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
