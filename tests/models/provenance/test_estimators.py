"""Estimators: agreement, the bound, coverage; tolerances are binomial or Monte Carlo standard errors."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import chdtri, ndtr

from mfsolve.models import provenance
from mfsolve.models.provenance import GaussianContent, Method, ensemble, estimate
from mfsolve.models.provenance.contents import contrast_moments
from mfsolve.models.provenance.efficiency import moment_variance

Z = 4.5  # standard errors allowed: 7e-6 per comparison


def items(seed, n, rho, sd=0.5, mean=0.4):
    rng = np.random.default_rng(seed)
    x = np.where(rng.random(n) < rho, mean + sd * rng.normal(size=n), rng.normal(size=n))
    return stats.norm.logpdf(x), stats.norm.logpdf(x, mean, sd)


def test_methods_agree_on_one_pool():
    p, q = items(1, 20_000, 0.2)
    reference = [np.subtract(*items(s, 50_000, r)[::-1]) for s, r in ((2, 0.0), (3, 1.0))]
    calibration = provenance.calibrate(*reference)
    found = {m: estimate(p, q, m, calibration=calibration) for m in Method}
    best = found[Method.MLE]
    assert found[Method.EM].value == pytest.approx(best.value, abs=1e-8)
    assert abs(found[Method.ONE_STEP].value - best.value) < 0.05 * best.standard_error
    assert abs(estimate(p, q, "one_step").value - best.value) < 0.2 * best.standard_error
    assert found[Method.MOMENT].efficiency < 0.9
    assert best.interval[0] < 0.2 < best.interval[1]
    assert best.fisher_information == pytest.approx(
        provenance.fisher_information(best.value, stats.norm(), stats.norm(0.4, 0.5)), rel=0.05
    )
    counted = estimate(np.repeat(p[:50], 3), np.repeat(q[:50], 3))
    weighted = estimate(p[:50], q[:50], weights=np.full(50, 3.0))
    assert weighted.value == pytest.approx(counted.value, abs=1e-12)
    assert weighted.interval == pytest.approx(counted.interval, abs=1e-10)


def test_efficiency_is_one_over_n_i_over_variance():
    """By the model's I: given, or from reference items; without it by the items' own, and never above 1 for the moment."""
    p, q = items(1, 20_000, 0.2)
    model = lambda rho: provenance.fisher_information(rho, stats.norm(), stats.norm(0.4, 0.5))  # noqa: E731
    reference = provenance.calibrate(*(np.subtract(*items(s, 200_000, r)[::-1]) for s, r in ((2, 0.0), (3, 1.0))))
    exact = provenance.Calibration(reference.human, reference.synthetic)
    for method in (Method.MLE, Method.ONE_STEP, Method.EM):
        alone = estimate(p, q, method)
        # -dS / d rho = S^2, item by item
        assert alone.efficiency == pytest.approx(1.0, abs=1e-6)
        for known in ({"information": model}, {"calibration": reference}):
            found = estimate(p, q, method, **known)
            assert found.efficiency == pytest.approx(alone.fisher_information / model(alone.value), rel=0.01)
            assert found.efficiency != 1.0
    moment = estimate(p, q, "moment", calibration=exact)
    assert moment.efficiency == pytest.approx(
        1 / moment_variance(0.2, GaussianContent(distance=0.4, variance=0.25)), rel=0.05
    )
    assert estimate(p, q, "moment", calibration=exact, information=model).efficiency == pytest.approx(
        moment.efficiency, rel=0.05
    )
    assert estimate(p, q, information=math.inf).efficiency == 0.0
    with pytest.raises(ValueError, match="information: 0 given"):
        estimate(p, q, information=0)


@pytest.mark.parametrize("rho", [0.0, 1.0])
def test_at_an_end_there_is_no_efficiency_above_one(rho):
    for seed in range(40):
        p, q = items(seed, 300, rho, sd=0.3, mean=0.0)
        exact = provenance.Calibration(*contrast_moments(GaussianContent(variance=0.09))[:2])
        assert not estimate(p, q, "moment", calibration=exact).efficiency > 1.0
        for method in (Method.MLE, Method.EM):
            found = estimate(p, q, method)
            assert math.isnan(found.efficiency) == (estimate(p, q).value in (0.0, 1.0))


def test_moment_of_items_that_are_alike_is_uncertain():
    """Their spread is unknown: at most that of contrasts in [-1, 1] with their mean (Bhatia & Davis 2000)."""
    known = provenance.Calibration(-0.1, 0.2)
    one = estimate([0.0], [0.3], "moment", calibration=known)
    assert one.interval == (0.0, 1.0)
    t = math.tanh(0.15)
    assert one.standard_error == pytest.approx(math.sqrt(1 - t**2) / 0.3)
    alike = estimate(np.zeros(50), np.full(50, 0.3), "moment", calibration=known)
    assert alike.standard_error == pytest.approx(math.sqrt((1 - t**2) / 50) / 0.3)
    assert alike.interval[1] - alike.interval[0] > 0.5


@pytest.mark.parametrize(("rho", "n", "references"), [(0.3, 20, 0), (0.3, 2000, 0), (0.02, 2000, 0), (0.3, 300, 300)])
def test_moment_interval_covers(rho, n, references):
    """Nominal, by Student's t for few items, and with the noise of few reference items too."""
    content, rng, sets, hits = GaussianContent(variance=0.2), np.random.default_rng(3), 1500, 0
    exact = provenance.Calibration(*contrast_moments(content)[:2])

    def pool(size, share):
        x = rng.normal(size=size) * np.where(rng.random(size) < share, math.sqrt(0.2), 1.0)
        return stats.norm.logpdf(x), stats.norm.logpdf(x, scale=math.sqrt(0.2))

    for _ in range(sets):
        known = exact
        if references:
            known = provenance.calibrate(*(np.subtract(*pool(references, r)[::-1]) for r in (0.0, 1.0)))
        low, high = estimate(*pool(n, rho), "moment", calibration=known).interval
        hits += low <= rho <= high
    # of skewed contrasts the t interval's coverage is off by O(1 / n)
    assert abs(hits / sets - 0.95) < Z * math.sqrt(0.95 * 0.05 / sets) + 0.1 / n


def test_shifts_and_impossible_items():
    p, q = items(1, 500, 0.4)
    assert estimate(p - 800, q - 800).value == pytest.approx(estimate(p, q).value, abs=1e-12)
    assert estimate([0.0, 0.0, -1.0], [-np.inf, -np.inf, -1.0]).value == 0.0
    surely = estimate([0.0, 0.0, 0.0, -np.inf], [-np.inf, -np.inf, -np.inf, 0.0])
    assert surely.value == pytest.approx(0.25, abs=1e-10)
    nothing = estimate(np.zeros(5), np.zeros(5))
    assert math.isnan(nothing.value)
    assert nothing.interval == (0.0, 1.0)


# mean 2 and unit variance: chi2 = e^4 - 1, so that 0.01 is far inside for 10^4 items
SHARP = GaussianContent(distance=2.0, variance=1.0)


@pytest.mark.parametrize("rho", [0.0, 0.01, 0.3, 0.9, 1.0])
def test_interval_covers(rho):
    """Nominal inside; at 0 and 1 the deviance is half a chi-square and half zero, so 97.5 % are covered."""
    sets = 4000
    rows = ensemble(rho, SHARP, 4000, sets, seed=11)
    covered = np.mean(2.0 * rows[:, 6] <= chdtri(1, 0.05))
    want = 0.975 if rho in (0.0, 1.0) else 0.95
    assert abs(covered - want) < Z * math.sqrt(want * (1 - want) / sets)


def test_interval_near_an_end_covers_more_than_nominal():
    """One standard error mu from 0 the limit is P(|X - mu| <= z or X < 0 with mu^2 - 2 mu X <= z^2), X ~ N(mu, 1)."""
    content, n, sets, rho = GaussianContent(variance=0.319), 10_000, 4000, 0.01
    mu = rho * math.sqrt(n * content.information(rho))
    z2 = float(chdtri(1, 0.05))
    lowest = min(mu - math.sqrt(z2), -(z2 - mu * mu) / (2 * mu)) if mu * mu < z2 else mu - math.sqrt(z2)
    want = ndtr(math.sqrt(z2)) - ndtr(lowest - mu)
    rows = ensemble(rho, content, n, sets, seed=12)
    covered = np.mean(2.0 * rows[:, 6] <= z2)
    assert want > 0.97
    # the limit is that of n -> infinity; skewness adds O(n^-1/2)
    assert abs(covered - want) < Z * math.sqrt(want * (1 - want) / sets) + 1 / math.sqrt(n)


def test_intervals_printed_are_those_counted():
    z2 = chdtri(1, 0.05)
    for seed, rho in ((1, 0.0), (2, 0.05), (3, 0.5), (4, 1.0)):
        p, q = items(seed, 400, rho)
        found = estimate(p, q)
        for truth in np.linspace(0, 1, 41):
            gap = 2 * sum(
                s * np.logaddexp(np.log(max(1 - x, 1e-300)) + p, np.log(max(x, 1e-300)) + q).sum()
                for s, x in ((1, found.value), (-1, truth))
            )
            assert (gap <= z2 + 1e-6) == (found.interval[0] - 1e-9 <= truth <= found.interval[1] + 1e-9)
