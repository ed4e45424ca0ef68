"""Laws put together, fits merged and items curated, against samples put together and dense linear algebra."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from mfsolve.models.collapse import Parameters
from mfsolve.models.collapse.content import human_content
from mfsolve.models.collapse.pooling import curated, deployed, law_of, merged

RNG = np.random.default_rng(8)
ROWS = RNG.normal(size=(60, 3)) @ RNG.normal(size=(3, 3))


@cache
def contents():
    """Human content of each family."""
    return (
        human_content(Parameters(content="empirical", features=ROWS)), human_content(Parameters(dimension=3)),
        human_content(Parameters(content="categorical", vocabulary=30, variance_ratio=0.5)),
    )  # fmt: skip


def test_merged_fits_are_the_fit_of_both_samples():
    empirical, gaussian, words = contents()
    x, y = RNG.normal(1.0, 2.0, (30, 3)), RNG.normal(-0.5, 0.3, (90, 3))
    both = np.concatenate([x, y])
    first, second, all_ = (
        replace(empirical, mean=z.mean(axis=0), covariance=np.cov(z.T, bias=True)) for z in (x, y, both)
    )
    found = merged(first, second, 0.75)
    np.testing.assert_allclose(found.mean, all_.mean, rtol=1e-12)
    np.testing.assert_allclose(found.covariance, all_.covariance, rtol=1e-12)
    first, second, all_ = (
        replace(gaussian, mean=z.mean(axis=0), variance=float(z.var(axis=0).mean())) for z in (x, y, both)
    )
    assert merged(first, second, 0.75).variance == pytest.approx(all_.variance, rel=1e-12)
    counts = RNG.dirichlet(np.ones(30), 2)
    tokens = merged(*(replace(words, fitted=f) for f in counts), 0.25)
    np.testing.assert_allclose(tokens.fitted, 0.75 * counts[0] + 0.25 * counts[1], rtol=1e-14)
    np.testing.assert_allclose(tokens.model, tokens.fitted**2 / (tokens.fitted**2).sum(), rtol=1e-12)


def test_a_law_is_sampled_as_it_is_fitted():
    empirical, gaussian, words = contents()
    for content in (empirical, gaussian, words):
        law = law_of(content)
        assert law.divergence() == pytest.approx(content.divergence(), rel=1e-12)
        assert deployed(content, 1.0, law, 0.5).variance_ratio == 1.0
    assert law_of(gaussian).variance == gaussian.generator_variance


def test_curation_adds_precision():
    gamma = 0.7
    empirical, gaussian, words = contents()
    scatter, human = np.cov(RNG.normal(size=(3, 40))), empirical.yardstick.reservoir.covariance
    law = replace(empirical, mean=RNG.normal(size=3), covariance=scatter, variance_ratio=1.0)
    precision = np.linalg.inv(scatter) + gamma * np.linalg.inv(human)
    found = curated(law, gamma)
    np.testing.assert_allclose(found.covariance, np.linalg.inv(precision), rtol=1e-10)
    np.testing.assert_allclose(found.mean, np.linalg.solve(precision, np.linalg.solve(scatter, law.mean)), rtol=1e-10)
    line = curated(replace(gaussian, mean=law.mean, variance=0.4, variance_ratio=1.0), gamma)
    assert line.variance == pytest.approx(1.0 / (1.0 / 0.4 + gamma), rel=1e-14)
    np.testing.assert_allclose(line.mean, law.mean / (1.0 + 0.4 * gamma), rtol=1e-14)
    p, q = words.human_frequency, words.model
    np.testing.assert_allclose(curated(law_of(words), gamma).model, q * p**gamma / (q * p**gamma).sum(), rtol=1e-12)
    assert curated(law, 0.0) is law
