"""Least favourable persistence and variances, against exact tails of quadratic forms and against simulation."""

import math

import numpy as np
import pytest
from scipy import integrate, signal, stats

from mfsolve.inference.least_squares import _fixed_b
from mfsolve.inference.persistence import Heterogeneous, Persistent
from mfsolve.inference.regression import Covariance


def imhof(form):
    """P(z' form z > 0) by the inversion of the characteristic function (Imhof 1961)."""
    weights = np.linalg.eigvalsh(form)
    weights = weights[abs(weights) > 1e-14] / abs(weights).max()

    def integrand(v):
        u = np.expm1(v)  # the tail is a power of u
        angle = 0.5 * np.arctan(weights * u).sum()
        size = math.exp(0.25 * np.log1p((weights * u) ** 2).sum())
        return math.sin(angle) / (u * size) * (1 + u) if u > 0 else 0.5 * weights.sum()

    return 0.5 + integrate.quad(integrand, 0, 12, epsabs=1e-10, epsrel=1e-8, limit=400)[0] / math.pi


def design(lengths, seed=1):
    """Regressor that wanders and one constant; runs of these lengths."""
    rng = np.random.default_rng(seed)
    columns = np.column_stack([np.cumsum(rng.normal(size=sum(lengths))), np.ones(sum(lengths))])
    return columns, np.repeat(np.arange(len(lengths)), lengths)


def same_run(label):
    """Steps apart, and whether in one run."""
    place = np.arange(len(label))
    return abs(place[:, None] - place), label[:, None] == label


def autoregressive(label, coefficient):
    apart, same = same_run(label)
    return np.where(same, float(coefficient) ** apart, 0.0)


def forms(columns, label, lags):
    """Slope's weights, form of its squared standard error in the errors, and what clears of the regressors."""
    apart, same = same_run(label)
    count, parameters = columns.shape
    weights = np.linalg.pinv(columns)[0]
    clear = np.eye(count) - columns @ np.linalg.pinv(columns)
    kernel = np.where(same & (apart <= lags), 1 - apart / (lags + 1), 0.0)
    return weights, clear @ (kernel * np.outer(weights, weights)) @ clear * count / (count - parameters), clear


def tail(columns, label, lags, coefficient, statistic):
    """P(|slope| > statistic * standard error) under AR(1) errors."""
    weights, form, _ = forms(columns, label, lags)
    root = np.linalg.cholesky(autoregressive(label, coefficient))
    return imhof(root.T @ (np.outer(weights, weights) - statistic**2 * form) @ root)


def bounded(columns, label, residual, lags=2):
    return Persistent.of_residuals(columns, label, lags, _fixed_b(columns, label, lags, Covariance.HAC), residual)


@pytest.mark.parametrize("lengths", [(30,), (7, 12), (128,), (60, 68)])
def test_the_bound_leaves_the_residuals_a_probability_of_a_tenth(lengths):
    columns, label = design(lengths)
    _, _, clear = forms(columns, label, 2)
    noise = signal.lfilter([1], [1, -0.4], np.random.default_rng(2).normal(size=label.size))
    residual = clear @ noise
    found = bounded(columns, label, residual)
    products = residual[1:] * residual[:-1] * (label[1:] == label[:-1])
    measured = products.sum() / (residual**2).sum()
    apart, same = same_run(label)
    below = clear @ (measured * np.eye(label.size) - np.where(same & (apart == 1), 0.5, 0.0)) @ clear
    root = np.linalg.cholesky(autoregressive(label, found.coefficient))
    assert 0 < found.coefficient < 0.98
    assert imhof(root.T @ below @ root) == pytest.approx(0.1, abs=1e-5)


@pytest.mark.parametrize("length", [20, 300])
def test_the_bound_lies_between_none_and_a_random_walk(length):
    columns, label = np.ones((length, 1)), np.zeros(length, int)
    step = np.arange(length)
    assert bounded(columns, label, (-1.0) ** step).coefficient == 0.0
    assert bounded(columns, label, step - step.mean()).coefficient == 0.98
    assert bounded(columns, label, np.sign(step - step.mean() + 0.1)).coefficient == 0.98


@pytest.mark.parametrize("coefficient", [0.2, 0.8])
def test_the_bound_of_a_long_series_is_passed_by_a_tenth_of_samples(coefficient):
    """What least squares take away beside a trend is given back, on the average and to the sample at the tenth."""
    count, trials = 400, 2500
    columns, label = np.column_stack([np.arange(1.0, count + 1), np.ones(count)]), np.zeros(count, int)
    noise = np.random.default_rng(3).normal(size=(trials, count))
    noise[:, 0] /= math.sqrt(1 - coefficient**2)
    noise = signal.lfilter([1], [1, -coefficient], noise)
    residuals = noise - noise @ columns @ np.linalg.pinv(columns)
    measured = (residuals[:, 1:] * residuals[:, :-1]).sum(axis=1) / (residuals**2).sum(axis=1)
    error = math.sqrt((1 - coefficient**2) / count)
    middle = residuals[np.argmin(abs(measured - measured.mean()))]
    expected = coefficient + stats.norm.isf(0.1) * error
    assert bounded(columns, label, middle).coefficient == pytest.approx(expected, abs=3 * error / trials**0.5)
    tenth = residuals[np.argsort(measured)[trials // 10]]
    assert bounded(columns, label, tenth).coefficient == pytest.approx(coefficient, abs=0.1 * error)


@pytest.mark.parametrize("lengths", [(20,), (8, 13), (128,)])
def test_the_tail_is_the_largest_of_all_coefficients_up_to_the_bound(lengths):
    columns, label = design(lengths)
    found = Persistent(columns, label, 3, _fixed_b(columns, label, 3, Covariance.HAC), 0.6)
    tried = [0.6] if label.size > 100 else np.linspace(0, 0.6, 13)
    for statistic in (1.0, 2.5):
        largest = max(tail(columns, label, 3, f, statistic) for f in tried)
        assert found.exceedance(statistic) == pytest.approx(largest, rel=2e-3)
    assert found.exceedance(found.critical(0.9)) == pytest.approx(0.1, rel=1e-6)


@pytest.mark.parametrize("length", [6, 60])
def test_without_autocorrelation_errors_are_white_to_the_last_digit(length):
    columns, label = design((length,))
    white = _fixed_b(columns, label, 3, Covariance.HAC)
    none = Persistent(columns, label, 3, white, 0.0)
    for statistic in (0.5, 1.0, 2.0, 3.0, 8.0):
        assert none.exceedance(statistic) == white.exceedance(statistic)
    assert none.critical(0.9) == white.critical(0.9)


@pytest.mark.parametrize("length", [24, 129])
def test_the_tail_need_not_be_largest_at_the_bound(length):
    """A regressor that alternates: persistent errors cancel in its slope, and white ones are the least favourable."""
    columns, label = (-1.0) ** np.arange(length)[:, None], np.zeros(length, int)
    white = _fixed_b(columns, label, 2, Covariance.HAC)
    found = Persistent(columns, label, 2, white, 0.9)
    assert tail(columns, label, 2, 0.9, 2.0) < 0.5 * tail(columns, label, 2, 0.0, 2.0)
    assert found.exceedance(2.0) == white.exceedance(2.0) == pytest.approx(tail(columns, label, 2, 0.0, 2.0), rel=1e-6)
    assert found.critical(0.9) == white.critical(0.9)


@pytest.mark.parametrize("lengths", [(129,), (50, 100)])
def test_long_series_are_stretched_by_their_two_variances(lengths):
    """Of the slope, and of what its standard error estimates, by the matrices themselves; the largest of coefficients."""
    columns, label = design(lengths, 4)
    white = _fixed_b(columns, label, 5, Covariance.HAC)
    found = Persistent(columns, label, 5, white, 0.8)
    apart, same = same_run(label)
    weights, kernel = np.linalg.pinv(columns)[0], np.where(same & (apart <= 5), 1 - apart / 6, 0.0)
    ratios = []
    for f in np.linspace(0, 0.8, 17):
        errors = autoregressive(label, f)
        ratios.append((weights @ errors @ weights) / (weights @ (errors * kernel) @ weights))
    stretch = math.sqrt(max(ratios))
    assert found.critical(0.9) == pytest.approx(stretch * white.critical(0.9), rel=1e-3)
    for statistic in (0.5, 3.0):
        assert found.exceedance(statistic * stretch) == pytest.approx(white.exceedance(statistic), rel=0.02)
    assert found.exceedance(found.critical(0.9)) == pytest.approx(0.1, rel=1e-9)
    none = Persistent(columns, label, 5, white, 0.0)
    assert (none.critical(0.9), none.exceedance(2.0)) == (white.critical(0.9), white.exceedance(2.0))


@pytest.mark.parametrize("lengths", [(9, 14), (60, 75)])
def test_the_order_of_runs_does_not_matter(lengths):
    columns, label = design(lengths)
    residual = np.random.default_rng(5).normal(size=label.size)
    residual[lengths[0] - 1 : lengths[0] + 1] = 3.0  # a large product across runs
    turned = np.argsort(1 - label, kind="stable")
    found, other = bounded(columns, label, residual), bounded(columns[turned], 1 - label[turned], residual[turned])
    assert other.coefficient == pytest.approx(found.coefficient, abs=1e-6)
    assert other.critical(0.95) == pytest.approx(found.critical(0.95), rel=1e-5)


@pytest.mark.parametrize("runs", [2, 3, 7])
def test_least_favourable_variances_of_runs(runs):
    """k equal variances among zeros: S^2 / (k Q) is a squared cosine, which has a beta distribution (k = 1: t^2 is 1)."""
    found = Heterogeneous(runs)

    def naive(statistic):
        share = runs * statistic**2 / (runs - 1 + statistic**2)
        return max(stats.beta.sf(share / k, 0.5, (k - 1) / 2) for k in range(2, runs + 1))

    for statistic in (1.0, 1.2, 2.0, 3.0, 40.0):
        assert found.exceedance(statistic) == pytest.approx(naive(statistic), rel=1e-8)
    assert found.exceedance(1 - 1e-12) == 1.0
    assert found.exceedance(1e140) == pytest.approx(2 * stats.t.sf(1e140, runs - 1), rel=1e-9)
    for level in (0.6, 0.8, 0.95, 0.9999):
        assert found.critical(level) > 1
        assert found.exceedance(found.critical(level)) == pytest.approx(1 - level, rel=1e-9)
    assert found.critical(0.95) == pytest.approx(stats.t.ppf(0.975, runs - 1), rel=1e-12)
    assert found.critical(0.1) == 1.0
