"""Anytime-valid means: coverage under optional stopping, where the fixed interval fails."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from mfsolve.inference.stopping import AnytimeMean, anytime_p_value, anytime_reach, mixture_weight, replicates_needed

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
        running = AnytimeMean(level=0.8, expected_replicates=32)
        while not running.reached(0.4):
            running.update(rng.normal(5.0, 1.0, 8))
        estimate = running.estimate()
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
    assert not running.reached(1e9)
    with pytest.raises(ValueError, match="samples"):
        running.estimate()
    assert math.isnan(running.update(1.0).estimate().standard_error)
    # A rare event not seen yet: equal samples must not stop the study.
    assert not running.update([1.0] * 99).reached(1e9)


def test_the_interval_is_shortest_near_the_expected_number():
    at_64 = {n: anytime_reach(64, 0.95, mixture_weight(n, 0.95)) for n in (16, 64, 256)}
    assert at_64[64] == min(at_64.values())


@pytest.mark.parametrize("expected", [None, 64])
def test_replicates_needed_is_the_smallest_sufficient_number(expected):
    needed = replicates_needed(2.0, 0.5, expected_replicates=expected)

    def half_width(count):
        weight = mixture_weight(expected or count, 0.95)
        return anytime_reach(count, 0.95, weight) * 2.0 / math.sqrt(count)

    assert half_width(needed) <= 0.5 < half_width(needed - 1)
    assert replicates_needed(1e-9, 1.0, first=20) == 20


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: AnytimeMean(level=0.0), "level"),
        (lambda: AnytimeMean(expected_replicates=1), "expected_replicates must be at least 2"),
        (lambda: AnytimeMean(first=1), "first must be at least 2"),
        (lambda: AnytimeMean().update([0.0, math.nan]), r"samples\[1\]"),
        (lambda: replicates_needed(0.0, 1.0), "standard_deviation"),
        (lambda: replicates_needed(1.0, 0.0), "half_width"),
        (lambda: replicates_needed(1.0, 1.0, expected_replicates=0), "expected_replicates"),
    ],
)
def test_arguments_out_of_range_are_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
