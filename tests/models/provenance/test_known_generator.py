"""The generator known, human content from a sample only: the limit of large references, coverage, refusals."""

import numpy as np
import pytest
from naive.profile_likelihood import ProfileLikelihood
from scipy import optimize, stats

from mfsolve.models.provenance import estimate_from_counts, estimate_with_known_generator

Z = 4.5  # standard errors allowed
HUMAN = np.array([6, 4, 7, 9, 12, 10, 8, 9, 10, 11, 6, 5, 3.0]) / 100
SYNTHETIC = HUMAN * np.exp(np.linspace(-1.2, 1.2, 13))
SYNTHETIC /= SYNTHETIC.sum()
GENERATOR = stats.norm(0.8, 0.5)


def counts(rng, rho):
    """A pool of 2000 items, 300 human ones beside it."""
    return rng.multinomial(2000, (1 - rho) * HUMAN + rho * SYNTHETIC), rng.multinomial(300, HUMAN)


def items(rng, rho, pool=2000, human=400):
    """Human content is Laplace, and nobody is told."""
    synthetic = rng.random(pool) < rho
    return np.where(synthetic, 0.8 + 0.5 * rng.normal(size=pool), rng.laplace(size=pool)), rng.laplace(size=human)


def test_it_is_the_limit_of_a_large_synthetic_reference():
    rng = np.random.default_rng(0)
    for rho in (0.0, 0.3, 1.0):
        pool, human = counts(rng, rho)
        known = estimate_with_known_generator(pool, human, SYNTHETIC)
        large = estimate_from_counts(pool, human, 1e9 * SYNTHETIC)
        assert known.estimate.value == pytest.approx(large.estimate.value, abs=1e-5)
        assert known.estimate.interval == pytest.approx(large.estimate.interval, abs=1e-5)
        assert known.estimate.standard_error == pytest.approx(large.estimate.standard_error, rel=1e-3)
        assert known.goodness_of_fit.statistic == pytest.approx(large.goodness_of_fit.statistic, rel=1e-3)


def test_best_human_frequencies():
    """Against a general optimiser."""
    pool, human, q = np.array([30.0, 50, 20]), np.array([12.0, 5, 3]), np.array([0.2, 0.3, 0.5])
    for rho in (0.2, 0.7):

        def loss(x, rho=rho):
            p = np.exp(np.append(x, 0.0)) / np.exp(np.append(x, 0.0)).sum()
            return -(pool @ np.log((1 - rho) * p + rho * q) + human @ np.log(p))

        found = optimize.minimize(loss, np.zeros(2), method="BFGS", options={"gtol": 1e-9})
        want = np.exp(np.append(found.x, 0.0)) / np.exp(np.append(found.x, 0.0)).sum()
        np.testing.assert_allclose(ProfileLikelihood(pool, human, q, known=True).sources(rho)[0], want, atol=1e-5)


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.01, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("drawn", [counts, items])
def test_coverage(drawn, rho):
    """At least nominal at the ends, nominal within, from counts and from a kernel density."""
    rng, sets, synthetic = np.random.default_rng(1), 120, SYNTHETIC if drawn is counts else GENERATOR
    found = [estimate_with_known_generator(*drawn(rng, rho), synthetic) for _ in range(sets)]
    covered = np.mean([f.estimate.interval[0] <= rho <= f.estimate.interval[1] for f in found])
    assert covered > 0.95 - Z * np.sqrt(0.95 * 0.05 / sets)
    alarms = np.mean([f.goodness_of_fit.p_value < 0.01 for f in found])
    assert alarms < 0.01 + Z * np.sqrt(0.01 * 0.99 / sets)


def test_a_pool_of_neither_is_found():
    rng = np.random.default_rng(2)
    _, human = items(rng, 0.0)
    found = estimate_with_known_generator(rng.uniform(-4.0, -2.0, 2000), human, GENERATOR)
    assert found.goodness_of_fit.p_value < 1e-6


@pytest.mark.parametrize(("arguments", "message"), [
    (([1, 2], [1, 2], [0.5, 0.6]), "synthetic: sum 1.1, least 0.5 given"),
    (([1, 2], [1, 2], [1.0]), "pool, human, synthetic: 2, 2, 1 cells given"),
    (([1, 2], [0, 0], [0.5, 0.5]), "human: least 0, sum 0 given"),
    (([1.0, 2.0], np.arange(39.0), GENERATOR), "human: 39 items given; allowed: at least 40"),
    (([1.0, np.nan], np.arange(50.0), GENERATOR), r"pool: nan given at index 1"),
    (([1, 2], [1, 2], None), "synthetic: None given; allowed: a vector"),
])  # fmt: skip
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        estimate_with_known_generator(*arguments)
    assert "\n" not in str(caught.value)
