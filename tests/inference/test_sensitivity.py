"""Sobol's indices and Morris's effects against functions whose own are known."""

import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.elementary_effects import elementary_effects, morris_effects, spread
from mfsolve.inference.estimate import Method
from mfsolve.inference.sobol_indices import UNKNOWN_NOISE, sobol_indices
from mfsolve.study.file import designs


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
    assert "gives no bound" in idle.total.note
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
        ends = [spread(draw(12), 0.9) for _ in range(300)]
        missed = np.mean([not one.low <= truth <= one.high for one in ends])
        assert missed <= 0.1 + 4 * np.sqrt(0.09 / 300)
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


class TestIndicesByHand:
    """Both indices of two settings from rows that are any numbers, by their formulas alone."""

    VALUES = np.random.default_rng(5).normal(3.0, 1.0, (4, 40))
    ERRORS = 0.1 * np.random.default_rng(6).random((4, 40))

    @staticmethod
    def shares(values, errors):
        """Values of both indices of both settings, one by one over the base points, and of the variance."""
        a, b, *mixed = values - values.mean()
        variance = 0.5 * ((a - b) ** 2 - errors[0] ** 2 - errors[1] ** 2)
        rows = [(b * (x - a), 0.5 * ((a - x) ** 2 - errors[0] ** 2 - error**2)) for x, error in zip(mixed, errors[2:])]
        return rows, variance

    @staticmethod
    def jackknife(top, bottom, of=lambda share: share):
        share = np.array([of(np.delete(top, k).mean() / np.delete(bottom, k).mean()) for k in range(top.size)])
        return np.sqrt((top.size - 1) * share.var())

    @pytest.mark.parametrize("noisy", [False, True])
    def test_every_field(self, noisy):
        errors = self.ERRORS * noisy
        rows, variance = self.shares(self.VALUES, errors)
        t = stats.t.ppf(0.95, 39)
        for (alone, whole), found in zip(rows, sobol_indices(self.VALUES, errors, 0.9), strict=True):
            for top, index in ((alone, found.first), (whole, found.total)):
                assert index.value == pytest.approx(top.mean() / variance.mean(), rel=1e-9)
                error = self.jackknife(top, variance)
                assert index.standard_error == pytest.approx(error, rel=1e-9)
                assert (index.level, index.replicates, index.degrees_of_freedom) == (0.9, 40, 39)
                assert (index.method, index.note) == (Method.JACKKNIFE, None)
                ends = (index.value - t * error, index.value + t * error)
                if top is whole and not noisy:
                    error = self.jackknife(top, variance, np.log)
                    ends = (index.value * np.exp(-t * error), index.value * np.exp(t * error))
                assert (index.low, index.high) == pytest.approx(ends, rel=1e-9)
        assert sobol_indices(self.VALUES, errors) == sobol_indices(self.VALUES, errors, 0.95)

    def test_equal_values_of_two_rows_are_one_point_without_noise(self):
        """Where a setting changes nothing at a point its values share one noise: there is none to take off."""
        values = self.VALUES.copy()
        values[2, :39] = values[0, :39]
        found = sobol_indices(values, self.ERRORS)[0].total
        variance = self.shares(values, self.ERRORS)[1]
        last = (values[0, 39] - values[2, 39]) ** 2 - self.ERRORS[0, 39] ** 2 - self.ERRORS[2, 39] ** 2
        assert found.value == pytest.approx(0.5 * last / 40 / variance.mean(), rel=1e-9)
        values[2] = values[0]
        idle = sobol_indices(values, self.ERRORS, 0.9)[0].total
        assert (idle.value, idle.level, idle.replicates, idle.degrees_of_freedom) == (0.0, 0.9, 40, 39)
        assert idle.note == "the output never changes with this setting, which gives no bound"
        assert np.isnan([idle.standard_error, idle.low, idle.high]).all()

    def test_fewer_than_32_base_points_have_no_interval(self):
        few, enough = (sobol_indices(self.VALUES[:, :n], np.zeros((4, n)), 0.9)[0].first for n in (31, 32))
        assert few.note == "too few base points for an interval: at least 32"
        assert (few.level, few.replicates, few.method, few.degrees_of_freedom) == (0.9, 31, Method.JACKKNIFE, 30)
        assert np.isnan([few.standard_error, few.low, few.high]).all()
        assert np.isfinite([few.value, enough.low, enough.high]).all()

    def test_an_output_that_noise_alone_moves_has_no_index(self):
        found = sobol_indices(self.VALUES, np.full((4, 40), 9.0), 0.9)[1].total
        assert (found.note, found.level, found.replicates) == ("the output does not vary", 0.9, 40)
        assert np.isnan([found.value, found.standard_error, found.low, found.high]).all()

    def test_what_is_left_at_zero_keeps_the_plain_interval(self):
        """All of an index at one base point: without it the logarithm is none."""
        values = self.VALUES.copy()
        values[2, 1:] = values[0, 1:]
        found = sobol_indices(values, np.zeros((4, 40)))[0].total
        rows, variance = self.shares(values, np.zeros((4, 40)))
        error = self.jackknife(rows[0][1], variance)
        assert found.low == pytest.approx(found.value - stats.t.ppf(0.975, 39) * error, rel=1e-9)


def bonett(values, level):
    """Standard deviation, its error and its interval (Bonett 2006), written out."""
    n, z = values.size, stats.norm.ppf((1 + level) / 2)
    trimmed = stats.trim_mean(values, 1 / (2 * np.sqrt(n - 4)))
    kurtosis = n * ((values - trimmed) ** 4).sum() / ((values - values.mean()) ** 2).sum() ** 2
    factor = n / (n - z)
    error = factor * np.sqrt((kurtosis - (n - 3) / n) / (n - 1))
    variance = values.var(ddof=1)
    ends = np.sqrt([np.exp(np.log(factor * variance) + side * z * error) for side in (-1, 1)])
    return np.sqrt(variance), 0.5 * np.sqrt(variance) * error, *ends


@pytest.mark.parametrize(("count", "level"), [(5, 0.9), (6, 0.95), (30, 0.8)])
def test_every_field_of_a_spread(count, level):
    values = np.random.default_rng(count).exponential(size=count) ** 2
    found = spread(values, level)
    expected = bonett(values, level)
    assert (found.value, found.standard_error, found.low, found.high) == pytest.approx(expected, rel=1e-9)
    assert (found.level, found.replicates, found.method, found.note) == (level, count, Method.LOG_VARIANCE, None)


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ([2.0], "too few trajectories for a spread: at least 5"),
        ([2.0, 3.0], "too few trajectories for a spread: at least 5"),
        ([2.0, 3.0, 5.0, 9.0], "too few trajectories for a spread: at least 5"),
        ([2.0] * 5, "all effects are equal, which gives no bound"),
    ],
)
def test_a_spread_without_an_interval_says_why(values, note):
    found = spread(np.array(values), 0.9)
    assert (found.note, found.level, found.replicates, found.method) == (note, 0.9, len(values), Method.LOG_VARIANCE)
    assert np.isnan([found.standard_error, found.low, found.high]).all()
    assert found.value == pytest.approx(np.std(values, ddof=1) if len(values) > 1 else np.nan, nan_ok=True)


def test_effects_are_changes_over_steps():
    """Three trajectories that move their coordinates in different orders, up and down."""
    points = np.array(
        [
            [[0.0, 0.0], [0.5, 0.0], [0.5, 0.25]],
            [[1.0, 1.0], [1.0, 0.5], [0.0, 0.5]],
            [[0.5, 0.0], [0.5, 1.0], [0.75, 1.0]],
        ]
    )
    values = np.array([[1.0, 3.0, 2.5], [4.0, 3.0, 9.0], [0.0, 2.0, 1.0]])
    effects = [[4.0, -2.0], [-6.0, 2.0], [-4.0, 2.0]]
    np.testing.assert_allclose(elementary_effects(values, points), effects, rtol=1e-15)
    first, second = morris_effects(values, points, 0.9)
    assert [first.size.value, first.mean.value] == pytest.approx([14 / 3, -2.0])
    assert [second.size.value, second.mean.value] == pytest.approx([2.0, 2 / 3])
    assert second.spread.value == pytest.approx(np.std([-2.0, 2.0, 2.0], ddof=1))
    for estimate in (*first, *second):
        assert (estimate.level, estimate.replicates) == (0.9, 3)
    many = [x.repeat(4, axis=0) + 0.0 for x in (values, points)]
    many[0][:, 2] += np.linspace(0.0, 1.0, 12)
    assert morris_effects(*many)[0] == morris_effects(*many, 0.95)[0]
    assert morris_effects(*many)[0].mean.half_width > 0


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_levels_out_of_range_are_refused(level):
    with pytest.raises(ValueError, match="level: "):
        sobol_indices(np.zeros((3, 40)), np.zeros((3, 40)), level)
    with pytest.raises(ValueError, match="level: "):
        morris_effects(np.zeros((3, 3)), np.zeros((3, 3, 2)), level)


@pytest.mark.parametrize("unit", [1e-120, 1e120])
def test_a_spread_of_any_unit_has_one_interval(unit):
    values = np.array([0.3, -1.2, 0.8, 2.5, 0.1, -0.4])
    one, other = spread(values, 0.95), spread(unit * values, 0.95)
    assert (other.low / unit, other.high / unit) == pytest.approx((one.low, one.high), rel=1e-12)


def test_a_spread_has_no_interval_at_a_level_beyond_its_trajectories():
    found = spread(np.arange(5.0), 1 - 1e-8)
    assert np.isnan(found.low)
    assert found.note == "too few trajectories for a spread at this level: at least 6"


def test_indices_of_a_sum_of_ten_settings_are_covered():
    """With Sobol points the total index of the fifth of ten was covered in 0.33 of designs of 32 base points."""
    held = 0
    for seed in range(40):
        rows = designs.saltelli(32, 10, seed).reshape(12, 32, 10)
        found = sobol_indices(rows.sum(axis=-1), np.zeros((12, 32)))
        held += found[4].total.low <= 0.1 <= found[4].total.high
    assert held >= 33  # of 40 at 0.95: fewer in one of 2000


def test_a_note_says_where_few_base_points_carry_the_variance():
    rows = designs.saltelli(64, 3, 1).reshape(5, 64, 3)
    plain = sobol_indices(rows @ [3.0, 2.0, 1.0], np.zeros((5, 64)))
    assert all(one.note is None for each in plain for one in each)
    rare = sobol_indices((rows[..., 0] > 0.95) + 0.01 * rows[..., 1], np.zeros((5, 64)))
    assert all("few base points dominate this index" in one.note for each in rare[:2] for one in each)
    assert "never changes" in rare[2].total.note
    normal = np.random.default_rng(3).standard_normal((5, 4096))
    assert sobol_indices(normal, np.zeros((5, 4096)))[0].first.note is None


def test_a_variance_that_one_base_point_makes_bounds_nothing():
    values = np.zeros((4, 40))
    values[0, 7] = values[2, 7] = 1.0
    for each in sobol_indices(values, np.zeros((4, 40))):
        assert math.isnan(each.total.low)
        assert "one base point" in each.total.note or "never changes" in each.total.note


class TestNoiseThatIsNotKnown:
    """One replicate of x_0 + noise of 0.3: taken for exact, the idle setting had a total index of 0.54 and an interval."""

    ROWS = designs.saltelli(256, 2, 1).reshape(4, 256, 2)
    VALUES = ROWS[..., 0] + 0.3 * np.random.default_rng(3).normal(size=ROWS.shape[:2])

    def test_indices_have_no_interval_and_say_why(self):
        errors = np.full((4, 256), 0.3)
        errors[2, 7] = np.nan
        for index in (index for both in sobol_indices(self.VALUES, errors) for index in both):
            assert np.isnan([index.low, index.high, index.standard_error]).all()
            assert index.note == UNKNOWN_NOISE

    def test_what_changes_nothing_keeps_its_reason(self):
        values = self.VALUES.copy()
        values[3] = values[0]
        active, idle = sobol_indices(values, np.full((4, 256), np.nan))
        assert active.total.note == UNKNOWN_NOISE
        assert idle == sobol_indices(values, np.zeros((4, 256)))[1]
        few = sobol_indices(values[:, :8], np.full((4, 8), np.nan))[0].total
        assert few.note == f"too few base points for an interval: at least 32; {UNKNOWN_NOISE}"

    def test_effects_whose_noise_is_negligible_are_without_a_note(self):
        points = designs.morris(40, 3, 7).reshape(40, 4, 3)
        values = 3.0 * points[..., 0] - 2.0 * points[..., 1] + points[..., 1] * points[..., 2]
        plain = morris_effects(values, points)
        assert morris_effects(values, points, errors=np.full((40, 4), 1e-9))[1] == plain[1]
        noisy = morris_effects(values, points, errors=np.full((40, 4), 0.1))[1]
        # a step of 2/3 between two values with errors of 0.1
        assert noisy.spread.note == f"includes the noise of replicates, which alone would give {0.1 * 2**0.5 * 1.5:.2g}"
        assert (noisy.mean.value, noisy.size.value) == (plain[1].mean.value, plain[1].size.value)


class TestTrajectoriesThatMeet:
    """The noise of a point is one and the same in all trajectories through it."""

    @staticmethod
    def designed(count, settings, seed):
        points = designs.morris(count, settings, seed).reshape(count, settings + 1, settings)
        return points, np.unique(points.reshape(-1, settings).round(9), axis=0, return_inverse=True)[1]

    def test_the_variance_of_a_mean_is_that_of_its_points(self):
        """Against the sum over points, each with the weight that all steps to and from it give."""
        points, point = self.designed(12, 2, 4)
        errors = np.random.default_rng(0).uniform(0.5, 2.0, point.max() + 1)
        at = np.eye(point.max() + 1)[point.reshape(12, 3)]  # the values as linear functions of those of points
        weights = np.array([elementary_effects(at[..., j], points) for j in range(at.shape[2])]) / 12  # (points, r, d)
        more = errors**2 @ (weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1))
        values = np.random.default_rng(1).normal(size=point.max() + 1)[point].reshape(12, 3)
        exact = [each.mean.standard_error**2 for each in morris_effects(values, points)]
        noisy = morris_effects(values, points, errors=errors[point].reshape(12, 3))
        assert more.max() > 0.1
        np.testing.assert_allclose(
            [each.mean.standard_error**2 for each in noisy], exact + np.maximum(more, 0.0), rtol=1e-9
        )

    def test_the_mean_of_pure_noise_is_covered(self):
        """64 trajectories over 16 points: intervals of trajectories that never meet missed in half of the designs."""
        rng, missed, before = np.random.default_rng(2), 0, 0
        for seed in range(100):
            points, point = self.designed(64, 2, seed)
            values = rng.normal(size=point.max() + 1)[point].reshape(64, 3)
            found = morris_effects(values, points, errors=np.ones_like(values))
            missed += sum(not each.mean.low <= 0.0 <= each.mean.high for each in found)
            before += sum(not each.mean.low <= 0.0 <= each.mean.high for each in morris_effects(values, points))
        assert missed <= stats.binom.ppf(0.999, 200, 0.05)
        assert before >= 70

    def test_without_known_errors_the_mean_has_no_interval(self):
        points, point = self.designed(64, 2, 0)
        values = np.random.default_rng(1).normal(size=point.max() + 1)[point].reshape(64, 3)
        assert {each.mean.note for each in morris_effects(values, points, errors=np.full((64, 3), np.nan))} == {
            UNKNOWN_NOISE
        }
        points = np.array([[[0.0, 0.0], [2 / 3, 0.0], [2 / 3, 2 / 3]], [[1.0, 1.0], [1 / 3, 1.0], [1 / 3, 1 / 3]]])
        alone = morris_effects(np.arange(6.0).reshape(2, 3) ** 2, points, errors=np.full((2, 3), np.nan))
        assert alone[0].mean.note != UNKNOWN_NOISE  # these two do not meet


def test_effects_that_are_no_number_leave_the_other_settings_theirs():
    """An output without a value at one point was a ValueError once all replicates were there."""
    points = designs.morris(12, 3, 5).reshape(12, 4, 3)
    values = points @ [1.0, 2.0, 0.5]
    clean = morris_effects(values, points)
    values[3, 3] = math.nan  # the end of a trajectory is moved to by one setting
    (last,) = np.flatnonzero(points[3, 3] != points[3, 2])
    for errors in (None, np.where(np.isnan(values), math.nan, 0.1), np.full(values.shape, 0.1)):
        found = morris_effects(values, points, errors=errors)
        for setting, effects in enumerate(found):
            if setting == last:
                assert all(math.isnan(one.value) and math.isnan(one.low) for one in effects)
                assert {one.note for one in effects} == {"not a finite number at 1 of 48 points"}
            else:
                assert effects.size.value == pytest.approx(clean[setting].size.value, rel=1e-12)
    values[:] = math.inf
    assert all(one.note.endswith("at 48 of 48 points") for effects in morris_effects(values, points) for one in effects)


def test_indices_say_that_the_output_has_no_value_somewhere_not_that_it_does_not_vary():
    rows = designs.saltelli(64, 3, 2).reshape(5, 64, 3)
    values, errors = ishigami(rows), np.zeros((5, 64))
    whole = sobol_indices(values, errors)
    values[3, :26] = math.nan
    errors[3, :26] = math.nan
    first, second, third = sobol_indices(values, errors)
    for index in second:
        assert math.isnan(index.value)
        assert index.note == "not a finite number at 26 of 320 points"
    for found, before in ((first, whole[0]), (third, whole[2])):
        assert found.first.value == pytest.approx(before.first.value, abs=0.05)
        assert found.total.value == pytest.approx(before.total.value, rel=1e-9)
        assert math.isfinite(found.total.low)
    values[0, 0] = math.nan
    assert {i.note for index in sobol_indices(values, errors) for i in index} == {
        "not a finite number at 27 of 320 points"
    }
