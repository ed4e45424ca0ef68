"""Operations that workflows form pools with: laws of generators put together, fits merged, items curated (MODEL 1.9).

A *law* is content that is sampled as it is fitted: its mean and variance, or its token frequencies, are those of the
items themselves. Of a blend of generators the family keeps its own fit: exact for tokens, two moments for numbers.
"""

from dataclasses import replace

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import categorical
from mfsolve.kernels.numerics import sums

from .content import AnyContent, Categorical, Gaussian
from .empirical import EmpiricalGaussian
from .human_rows import cholesky
from .kernel_density import EmpiricalKernel


def law_of(content: AnyContent) -> AnyContent:
    """Law of the items that the generator of fitted content samples."""
    if isinstance(content, Gaussian):
        return replace(content, variance=content.generator_variance, variance_ratio=1.0)
    if isinstance(content, Categorical):
        return replace(content, fitted=content.model, variance_ratio=1.0)
    assert not isinstance(content, EmpiricalKernel)
    return replace(content, covariance=content.variance_ratio * content.covariance, variance_ratio=1.0)


def merged(first: AnyContent, second: AnyContent, weight: float) -> AnyContent:
    """Content fitted to two pools at once, the second with a weight in [0, 1], the first with the rest.

    Means and variances are mixed, with the spread between the means: w1 v1 + w2 v2 + w1 w2 |m1 - m2|^2 / d.
    """
    w1, w2 = 1.0 - weight, weight
    if isinstance(first, Gaussian):
        assert isinstance(second, Gaussian)
        gap = first.mean - second.mean
        spread = w1 * w2 * float(sums.total(gap * gap)) / gap.size
        return replace(
            first, mean=w1 * first.mean + w2 * second.mean, variance=w1 * first.variance + w2 * second.variance + spread
        )
    if isinstance(first, Categorical):
        assert isinstance(second, Categorical)
        return _at(first, w1 * first.fitted + w2 * second.fitted, first.variance_ratio)
    assert isinstance(first, EmpiricalGaussian)
    assert isinstance(second, EmpiricalGaussian)
    gap = first.mean - second.mean
    return replace(
        first,
        mean=w1 * first.mean + w2 * second.mean,
        covariance=w1 * first.covariance + w2 * second.covariance + w1 * w2 * gap[:, None] * gap[None],
    )


def curated(law: AnyContent, strength: float) -> AnyContent:
    """Law of items kept for how human they look: density proportional to q p^strength, p the law of human items.

    Precisions add: N(m, s2 I) curated towards N(0, I) has precision 1 / s2 + strength and mean m / (1 + strength s2).
    """
    if strength == 0.0:
        return law
    if isinstance(law, Gaussian):
        shrink = 1.0 / (1.0 + strength * law.generator_variance)
        return replace(law, mean=shrink * law.mean, variance=shrink * law.variance)
    if isinstance(law, Categorical):
        tilt = np.empty_like(law.model)
        categorical.temper(law.human_frequency, 1.0 / strength, tilt)
        mass = law.model * tilt
        return _at(law, mass / float(sums.total(mass)), 1.0)
    assert isinstance(law, EmpiricalGaussian)
    factor = cholesky(law.yardstick.reservoir.covariance + strength * law.covariance)
    columns, white = _forward(factor, law.covariance), _forward(factor, law.mean[:, None])
    inner, shift = np.zeros_like(law.covariance), np.zeros_like(law.mean)
    for row, x in zip(columns, white):
        inner += row[:, None] * row[None]
        shift += row * x
    return replace(law, mean=law.mean - strength * shift, covariance=law.covariance - strength * inner)


def deployed(content: AnyContent, delta: float, source: AnyContent, contamination: float) -> AnyContent:
    """Fit of a pool (1 - rho) p + rho q, q the law of `source`, as content whose generator is sampled at delta."""
    if isinstance(content, Gaussian):
        return replace(content, variance_ratio=delta)
    if isinstance(content, Categorical):
        return _at(content, content.fitted, delta)
    if isinstance(content, EmpiricalGaussian):
        assert isinstance(source, EmpiricalGaussian)
        error = float(source.functionals(contamination)[3])
        return replace(content, variance_ratio=delta, loss_error=error)
    return content


def _at(content: Categorical, fitted: Floats, delta: float) -> Categorical:
    """Tokens with given fitted frequencies (K,), sampled at temperature delta."""
    model = np.empty_like(fitted)
    categorical.temper(fitted, delta, model)
    return Categorical(fitted, content.human_frequency, delta, model)


def _forward(factor: Floats, x: Floats) -> Floats:
    """Solution of factor y = x by substitution for every column of x (d, n); factor (d, d) is lower triangular."""
    y = np.array(x)
    for k in range(y.shape[0]):
        for j in range(k):
            y[k] -= factor[k, j] * y[j]
        y[k] /= factor[k, k]
    return y
