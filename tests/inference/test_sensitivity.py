"""Sobol's indices and Morris's effects against functions whose own are known."""

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.sensitivity import morris_effects, sobol_indices, spread
from mfsolve.study import designs


def ishigami(x):
    """Ishigami & Homma (1990), a = 7, b = 0.1, on the unit cube."""
    y = np.pi * (2.0 * x - 1.0)
    return np.sin(y[..., 0]) + 7.0 * np.sin(y[..., 1]) ** 2 + 0.1 * y[..., 2] ** 4 * np.sin(y[..., 0])


def test_indices_of_ishigami_lie_in_their_intervals():
    a, b = 7.0, 0.1
    first = [0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8, 0.0]
    third = 8 * b**2 * np.pi**8 / 225
    variance = sum(first) + third
    rows = designs.saltelli(1024, 3, 2).reshape(5, 1024, 3)
    found = sobol_indices(ishigami(rows), np.zeros((5, 1024)), 0.99)
    for index, alone, interacts in zip(found, first, (third, 0.0, third)):
        assert index.first.low <= alone / variance <= index.first.high
        assert index.total.low <= (alone + interacts) / variance <= index.total.high
        assert index.first.half_width < 0.2
        assert index.total.half_width < 0.15


def test_indices_of_the_g_function_and_where_there_is_no_interval():
    a = np.array([0.0, 0.5, 3.0, 9.0])
    parts = 1.0 / (3.0 * (1.0 + a) ** 2)
    variance = np.prod(1.0 + parts) - 1.0
    total = parts * np.prod(1.0 + parts) / (1.0 + parts) / variance

    def indices(count):
        rows = designs.saltelli(count, 5, 4).reshape(7, count, 5)  # the fifth setting is inactive
        values = np.prod((np.abs(4.0 * rows[..., :4] - 2.0) + a) / (1.0 + a), axis=-1)
        return sobol_indices(values, np.zeros(values.shape), 0.99)

    *active, idle = indices(512)
    for index, alone, whole in zip(active, parts / variance, total):
        assert index.first.low <= alone <= index.first.high
        assert index.total.low <= whole <= index.total.high
    assert (idle.first.value, idle.total.value) == (0.0, 0.0)
    assert "bounds nothing" in idle.total.note
    few = indices(16)[0].first
    assert np.isnan(few.low)
    assert few.note == "too few base points for an interval: at least 32"


def test_scipy_has_the_same_estimators():
    from scipy.stats import sobol_indices as peer

    rows = designs.saltelli(256, 3, 2).reshape(5, 256, 3)
    values = ishigami(rows)
    found = sobol_indices(values, np.zeros(values.shape))
    func = {"f_A": values[0][None], "f_B": values[1][None], "f_AB": values[2:][:, None]}
    theirs = peer(func=func, n=256)
    # theirs divides by the variance of the 2 n outputs, ours by half the mean square of n differences
    ratio = np.var(np.concatenate([values[0], values[1]])) / np.mean(0.5 * (values[0] - values[1]) ** 2)
    total = [index.total.value for index in found]
    assert total == pytest.approx(np.ravel(theirs.total_order) * ratio, rel=1e-9)


def test_errors_are_those_of_leaving_base_points_out():
    rows = designs.saltelli(64, 3, 2).reshape(5, 64, 3)
    values = ishigami(rows)
    values -= values.mean()
    found = sobol_indices(values, np.zeros(values.shape), 0.9)
    without = [sobol_indices(np.delete(values, i, axis=1), np.zeros((5, 63))) for i in range(64)]
    noisy = sobol_indices(values, np.full(values.shape, 1e-9), 0.9)
    t = stats.t.ppf(0.95, 63)
    for k, index in enumerate(found):
        total, first = (np.array([getattr(one[k], name).value for one in without]) for name in ("total", "first"))
        error, of_log, of_first = (
            np.sqrt(63 / 64 * ((x - x.mean()) ** 2).sum()) for x in (total, np.log(total), first)
        )
        value = index.total.value
        assert index.total.standard_error == pytest.approx(error, rel=1e-9)
        assert (index.total.low, index.total.high) == pytest.approx(
            (value * np.exp(-t * of_log), value * np.exp(t * of_log))
        )
        # without a base point the mean that is taken off is another one
        assert index.first.half_width == pytest.approx(t * of_first, rel=0.05)
        assert noisy[k].total.half_width == pytest.approx(t * error, rel=1e-6)
        assert noisy[k].first.half_width == pytest.approx(index.first.half_width, rel=1e-6)


def test_spread_is_bonetts_and_covers_what_is_not_normal():
    """Bonett (2006): for uniform values, of kurtosis 1.8, the log variance varies by 0.8 / n; for normal ones by 2 / n."""
    rng = np.random.default_rng(6)
    for draw, truth, kurtosis in ((rng.random, 12**-0.5, 1.8), (rng.standard_normal, 1.0, 3.0)):
        large = spread(draw(100_000), 0.95)
        assert large.value == pytest.approx(truth, rel=0.01)
        assert large.standard_error / large.value == pytest.approx(0.5 * np.sqrt((kurtosis - 1) / 100_000), rel=0.02)
        assert np.log(large.high / large.low) == pytest.approx(
            4 * stats.norm.ppf(0.975) * large.standard_error / 2 / large.value, rel=1e-3
        )
        ends = [spread(draw(12), 0.9) for _ in range(1000)]
        missed = np.mean([not one.low <= truth <= one.high for one in ends])
        assert missed <= 0.1 + 4 * np.sqrt(0.09 / 1000)
    four, five = (spread(np.arange(count) ** 2.0, 0.95) for count in (4, 5))
    assert "at least 5" in four.note
    assert (five.low < five.value < five.high, five.replicates) == (True, 5)


def test_noise_of_replicates_is_no_interaction():
    """f = x_0 + noise of a standard error of 0.5: without the correction the total index of x_1 were 3/4."""
    rng = np.random.default_rng(3)
    rows = designs.saltelli(4096, 2, 1).reshape(4, 4096, 2)
    errors = np.full((4, 4096), 0.5)
    values = rows[..., 0] + errors * rng.normal(size=errors.shape)
    x0, x1 = sobol_indices(values, errors, 0.999)
    assert x1.total.low <= 0.0 <= x1.total.high
    assert x0.first.low <= 1.0 <= x0.first.high
    raw = sobol_indices(values, 0.0 * errors)[1].total.value
    assert raw == pytest.approx(0.25 / (0.25 + 1.0 / 12.0), rel=0.1)


def test_nothing_varies():
    found = sobol_indices(np.ones((3, 8)), np.zeros((3, 8)))
    assert np.isnan(found[0].first.value)
    assert found[0].first.note == "the output does not vary"


def test_effects_of_a_linear_function_are_its_coefficients_and_of_a_product_are_spread():
    points = designs.morris(40, 3, 7).reshape(40, 4, 3)
    values = 3.0 * points[..., 0] - 2.0 * points[..., 1] + points[..., 1] * points[..., 2]
    x, y, z = morris_effects(values, points)
    assert (x.size.value, x.mean.value) == pytest.approx((3.0, 3.0), rel=1e-12)
    assert x.spread.value == pytest.approx(0.0, abs=1e-12)
    # the mean of the third coordinate over starts of steps is 1/2
    assert y.mean.low <= -1.5 <= y.mean.high
    assert z.mean.low <= 0.5 <= z.mean.high
    assert y.spread.value > 0.1
    assert y.size.value == pytest.approx(-y.mean.value)
    # steps along y while z is 0, 1/3, 2/3 or 1: effects of -2 + z
    assert y.spread.low <= np.std([0.0, 1 / 3, 2 / 3, 1.0]) <= y.spread.high
    assert np.isnan(spread(np.array([1.0, 2.0, 4.0]), 0.95).low)
    assert np.isnan(spread(np.ones(9), 0.95).low)
