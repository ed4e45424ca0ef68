"""Anytime-valid means: coverage under optional stopping, where the fixed interval fails."""

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from mfsolve.inference import stopping
from mfsolve.inference.estimate import Method
from mfsolve.inference.stopping import AnytimeMean, anytime_p_value, anytime_reach, mixture_weight

LENGTH, STUDIES, FIRST = 600, 4000, 16


def paths(samples):
    """Running means and standard errors, column n - 1 after n samples."""
    count = np.arange(1, LENGTH + 1)
    mean = np.cumsum(samples, axis=1) / count
    variance = (np.cumsum(samples**2, axis=1) - count * mean**2) / np.maximum(count - 1, 1)
    return mean[:, FIRST - 1 :], np.sqrt(variance / count)[:, FIRST - 1 :]


@pytest.fixture(scope="module")
def reach():
    weight = mixture_weight(64, 0.95)
    return np.array([anytime_reach(count, 0.95, weight) for count in range(FIRST, LENGTH + 1)])


@pytest.fixture(scope="module")
def student():
    return stats.t.ppf(0.975, np.arange(FIRST - 1, LENGTH))


def test_no_stopping_rule_beats_the_anytime_interval(reach, student):
    mean, error = paths(np.random.default_rng(1).normal(size=(STUDIES, LENGTH)))
    anytime_missed = (np.abs(mean) > reach * error).any(axis=1).mean()
    student_missed = (np.abs(mean) > student * error).any(axis=1).mean()
    bound = 4 * math.sqrt(0.05 * 0.95 / STUDIES)
    assert anytime_missed <= 0.05 + bound
    # One who looks until the fixed interval misses the truth soon finds it does.
    assert student_missed > 0.05 + 20 * bound


def test_coverage_at_a_target_half_width_of_skewed_replicates(reach, student):
    mean, error = paths(np.random.default_rng(2).exponential(size=(STUDIES, LENGTH)) - 1)
    missed = {}
    for name, factor in [("anytime", reach), ("student", student)]:
        half = factor * error
        assert (half <= 0.25).any(axis=1).all()
        stop = np.argmax(half <= 0.25, axis=1)
        rows = np.arange(STUDIES)
        missed[name] = (np.abs(mean) > half)[rows, stop].mean()
    bound = 4 * math.sqrt(0.05 * 0.95 / STUDIES)
    assert missed["anytime"] <= 0.05 + bound
    assert missed["student"] > 0.05 + bound


def test_the_class_reports_the_interval_that_was_simulated(reach):
    samples = np.random.default_rng(3).normal(size=(1, LENGTH))
    mean, error = paths(samples)
    running = AnytimeMean(expected_replicates=64, first=FIRST).update(samples[0, : FIRST - 1])
    assert math.isnan(running.estimate().half_width)
    for column, sample in enumerate(samples[0, FIRST - 1 : 200]):
        estimate = running.update(sample).estimate()
        # Sums of 200 numbers of order one, in two orders.
        assert estimate.value == pytest.approx(mean[0, column], abs=1e-13)
        assert estimate.half_width == pytest.approx(reach[column] * error[0, column], rel=1e-11)
    assert estimate.replicates == 200


def test_a_study_that_stops_by_itself_covers(agrees):
    """The class as it is used: batches of eight until the half-width is 0.4 standard deviations."""
    rng = np.random.default_rng(4)
    missed = 0
    for _ in range(2000):
        running, half_width = AnytimeMean(level=0.8, expected_replicates=32), math.nan
        while not half_width <= 0.4:
            estimate = running.update(rng.normal(5.0, 1.0, 8)).estimate()
            half_width = estimate.half_width
        missed += not estimate.low <= 5.0 <= estimate.high
    assert missed / 2000 <= 0.2 + 4 * math.sqrt(0.2 * 0.8 / 2000)


@pytest.mark.parametrize("count", [2, 5, 40])
def test_p_value_inverts_the_mixture_it_claims(count):
    """One over the likelihood ratio, integrated over effect size and scale numerically."""
    samples = np.random.default_rng(5).normal(0.4, 1.3, count)
    weight = 3.0
    square, total = float(samples @ samples), float(samples.sum())

    def marginal(effect):
        """Likelihood over the scale-invariant prior d sigma / sigma, in u = 1 / sigma."""

        def integrand(u):
            exponent = square * u * u - 2 * effect * total * u + count * effect**2
            return u ** (count - 1) * math.exp(-0.5 * exponent)

        peak = math.sqrt(count / square)
        return integrate.quad(integrand, 0, 12 * peak, points=[peak], epsabs=0, epsrel=1e-10, limit=200)[0]

    mixture = integrate.quad(
        lambda e: marginal(e) * stats.norm.pdf(e, scale=weight**-0.5), -8, 8, epsabs=0, epsrel=1e-8, limit=200
    )[0]
    statistic = samples.mean() / (samples.std(ddof=1) / math.sqrt(count))
    assert anytime_p_value(statistic, count, weight) == pytest.approx(min(1.0, marginal(0.0) / mixture), rel=1e-7)


def test_bits_do_not_depend_on_batches():
    samples = np.random.default_rng(6).normal(size=100)
    whole = AnytimeMean().update(samples).estimate()
    pieces = AnytimeMean()
    for start in range(0, 100, 7):
        pieces.update(samples[start : start + 7])
    assert pieces.estimate() == whole


def test_little_or_no_evidence_has_no_interval():
    running = AnytimeMean()
    with pytest.raises(ValueError, match="samples"):
        running.estimate()
    assert math.isnan(running.update(1.0).estimate().standard_error)
    # A rare event not seen yet: equal samples must not stop the study.
    assert math.isnan(running.update([1.0] * 99).estimate().half_width)


def test_the_interval_is_shortest_near_the_expected_number():
    at_64 = {n: anytime_reach(64, 0.95, mixture_weight(n, 0.95)) for n in (16, 64, 256)}
    assert at_64[64] == min(at_64.values())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: AnytimeMean(level=0.0), "level"),
        (lambda: AnytimeMean(expected_replicates=1), "expected_replicates: 1 given; allowed: at least 2"),
        (lambda: AnytimeMean(first=1), "first: 1 given; allowed: at least 2"),
        (lambda: AnytimeMean().update([0.0, math.nan]), r"samples\[1\]"),
    ],
)
def test_arguments_out_of_range_are_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("count", [2, 64, 10_000])
def test_the_weight_makes_the_half_width_least(level, count):
    """The large-sample half-width, squared: (1 + c^2/n) ln((n + c^2) / (c^2 (1 - level)^2))."""

    def width(log_weight):
        weight = math.exp(log_weight)
        return (1 + weight / count) * math.log((count + weight) / (weight * (1 - level) ** 2))

    best = optimize.minimize_scalar(width, (math.log(count) - 5, math.log(count)), tol=1e-9)
    assert mixture_weight(count, level) == pytest.approx(math.exp(best.x), rel=1e-5)


@pytest.mark.parametrize("weight", [0.3, 7.0])
@pytest.mark.parametrize("count", [2, 3, 17, 1000])
def test_p_value_is_one_over_the_bayes_factor_of_a_t_test(count, weight):
    """Of a normal prior of variance 1 / weight on the effect (Rouder et al. 2009, in the manner of Goenen et al. 2005)."""
    for statistic in (0.0, 0.7, -2.5, 30.0):
        free, spread = count - 1, 1 + count / weight
        factor = ((1 + statistic**2 / free) / (1 + statistic**2 / (free * spread))) ** (count / 2) / math.sqrt(spread)
        found = anytime_p_value(statistic, count, weight)
        assert found == pytest.approx(min(1.0, 1 / factor), rel=1e-9)
        assert found == anytime_p_value(-statistic, count, weight) <= 1.0
    # the interval ends where the p-value does, and is nowhere bounded where no statistic is rare enough
    rarest = spread ** (0.5 - count / 2)
    for level in (0.3, 0.9, *((1 - 0.9 * rarest, 1 - 1.1 * rarest) if rarest > 1e-9 else ())):
        reach = anytime_reach(count, level, weight)
        assert math.isinf(reach) is (rarest >= 1 - level)
        if math.isfinite(reach):
            assert anytime_p_value(reach, count, weight) == pytest.approx(1 - level, rel=1e-6)


def test_fewer_than_two_replicates_reach_nowhere():
    assert anytime_reach(1, 0.1, 1e-6) == math.inf
    assert math.isfinite(anytime_reach(2, 0.1, 1e-6))


def test_every_field_of_an_anytime_mean():
    samples = np.random.default_rng(7).normal(3.0, 2.0, 20)
    running = AnytimeMean(0.8, 8, 5)
    weight = mixture_weight(8, 0.8)
    for count, sample in enumerate(samples, start=1):
        assert running.update(sample) is running
        found = running.estimate()
        assert found.value == pytest.approx(samples[:count].mean(), rel=1e-12)
        assert (found.level, found.replicates, found.method) == (0.8, count, Method.ANYTIME)
        assert (found.prior_replicates, found.degrees_of_freedom) == (weight, math.inf)
        assert found.note == (
            "too few replicates for an interval at any stopping time: at least 5" if count < 5 else None
        )
        if count == 1:
            assert math.isnan(found.standard_error)
        else:
            assert found.standard_error == pytest.approx(stats.sem(samples[:count]), rel=1e-12)
        if count < 5:
            assert math.isnan(found.low)
            assert math.isnan(found.high)
        else:
            half = anytime_reach(count, 0.8, weight) * found.standard_error
            assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), rel=1e-12)


def test_too_few_for_their_level_have_no_interval():
    found = AnytimeMean(0.999999, 1000, 2).update([1.0, 2.0, 4.0]).estimate()
    assert (math.isnan(found.low), math.isnan(found.high), found.standard_error > 0) == (True, True, True)
    assert found.note == "too few replicates for an interval at any stopping time at this level"
    equal = AnytimeMean(0.5, 2, 2).update([3.0, 3.0, 3.0]).estimate()
    assert equal.note == "all replicates are equal so far: future values are unbounded"
    assert (equal.value, equal.standard_error, math.isnan(equal.low)) == (3.0, 0.0, True)
    assert AnytimeMean(0.5, 2, 2).update([3.0, 3.1, 3.0]).estimate().half_width > 0


def test_what_is_left_out_is_95_percent_near_64_replicates_from_16_on():
    samples = np.random.default_rng(8).normal(size=16)
    left_out, given = AnytimeMean().update(samples), AnytimeMean(0.95, 64, 16).update(samples)
    assert left_out.estimate() == given.estimate()
    assert left_out.estimate().half_width > 0
    assert math.isnan(AnytimeMean().update(samples[:15]).estimate().low)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: AnytimeMean(1.0), r"level: 1\.0 given; allowed"),
        (lambda: AnytimeMean(expected_replicates=1), "expected_replicates: 1 given; allowed: at least 2"),
        (lambda: AnytimeMean(first=1), "first: 1 given; allowed: at least 2"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_fewest_counts_are_allowed():
    assert AnytimeMean(0.3, 2, 2).update([1.0, 2.0]).estimate().half_width > 0


def test_what_differs_by_rounding_does_not_stop_a_study():
    """Of a difference under common random numbers, before its rare jump has been seen."""
    b = 10.0 * np.random.default_rng(0).normal(size=64)
    apart = (b + 0.1) - b
    assert np.ptp(apart) > 0.0
    scale = float(np.abs(b).max())
    found = AnytimeMean(0.95, 256, 16).update(apart, scale).estimate()
    assert math.isnan(found.half_width)
    assert found.value == pytest.approx(0.1)
    again = AnytimeMean(0.95, 256, 16).update(apart[:30], scale).update(np.append(apart[30:], 1.1))
    assert again.estimate().half_width > 1e-3
    for tiny in (apart, 1e-300 * apart):  # without a scale they may be numbers of their own
        assert AnytimeMean(0.95, 256, 16).update(tiny).estimate().half_width >= 0.0


def test_intervals_that_have_too_few_replicates_say_why():
    assert stopping.why_silent(4, 5, 1.0).endswith("at least 5")
    assert stopping.why_silent(5, 5, np.inf).endswith("at this level")
    assert stopping.why_silent(5, 5, 1.0) is None


@pytest.mark.parametrize(("expected", "first", "named"), [(2, 1, "first: 1"), (1, 2, "expected_replicates: 1")])
def test_counts_of_replicates_below_two_are_refused(expected, first, named):
    with pytest.raises(ValueError, match=named):
        stopping.check_counts(expected, first)
    stopping.check_counts(2, 2)
