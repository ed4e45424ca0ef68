"""Skewness in any unit, one replicate at a time, and the note where there are too few for it."""

import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import anytime
from mfsolve.inference.skewness import skewness, skewness_error, too_skewed
from mfsolve.inference.stopping import EQUAL, AnytimeMean

RNG = np.random.default_rng(12)
SAMPLES = {
    "lognormal": RNG.lognormal(size=300),
    "mirrored": -RNG.lognormal(size=300),
    "far from zero": 1e6 + RNG.exponential(size=200),
    "zeros first": np.r_[np.zeros(40), 5.0, RNG.normal(size=50), 1e8],
    "tiny first": np.r_[1e-300, RNG.exponential(size=60)],
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("unit", [1.0, 1e140, 1e-140])
def test_skewness_is_that_of_all_replicates_in_any_unit(name, unit):
    values = SAMPLES[name] * (1e-8 if name == "zeros first" else 1.0)
    truth = stats.skew(values)
    assert skewness(unit * values) == pytest.approx(truth, rel=1e-6)
    needed = math.ceil(25 * truth**2)
    for batches in ([values], np.array_split(values, 7)):
        running = AnytimeMean()
        for batch in batches:
            running.update(unit * batch)
        assert running.estimate().note == too_skewed(truth, values.size)
        assert (running.estimate().note is not None) == (values.size < needed), needed


def test_equal_replicates_have_no_skewness():
    assert skewness(np.full(9, 3.0)) == 0.0
    assert AnytimeMean().update(np.full(40, 3.0)).estimate().note == EQUAL


def test_the_note_stands_below_twenty_five_times_the_squared_skewness():
    assert too_skewed(2.0, 100) is None
    assert too_skewed(-2.0, 99) == (
        "the interval assumes near-normal means, which need about 100 replicates as skewed as these (-2)"
    )


def test_normal_replicates_have_it_in_one_sample_of_a_hundred_at_most():
    """The distribution of the skewness has longer tails than the normal one at few replicates."""
    rng = np.random.default_rng(6)
    for n in (5, 16, 32, 64):
        notes = [too_skewed(skewness(rng.normal(size=n)), n) for _ in range(1000)]
        assert sum(note is not None for note in notes) <= 30, n


def test_a_gain_has_the_note_of_its_residuals_where_it_has_an_interval():
    b = np.random.default_rng(3).lognormal(size=200)
    rare = np.zeros(200)
    rare[[17, 120]] = 0.5
    found = anytime.gain(1.1 * b * (1.0 + rare), b)
    apart = 1.1 * b * (1.0 + rare) - (1.0 + found.value) * b
    assert found.note == too_skewed(skewness(apart), 200) is not None
    assert "skewed" not in anytime.gain(1.1 * b[:10] * (1.0 + rare[10:20]), b[:10]).note
    normal = np.random.default_rng(4).normal(10.0, 1.0, (2, 100))
    assert anytime.gain(*normal).note is None


@pytest.mark.parametrize(("n", "square"), [(5, 3 / 8), (7, 3 / 8), (13, 33 / 112), (23, 126 / 624)])
def test_a_skewness_of_normal_samples_by_accident_is_passed_over(n, square):
    """Up to 2.576 standard errors, of which the square is 6 (n - 2) / ((n + 1) (n + 3))."""
    assert skewness_error(n) == pytest.approx(math.sqrt(square), rel=1e-14)
    edge = 2.576 * skewness_error(n)
    for sign in (1.0, -1.0):
        assert too_skewed(sign * edge, n) is None
        assert too_skewed(sign * math.nextafter(edge, 9.0), n) is not None
