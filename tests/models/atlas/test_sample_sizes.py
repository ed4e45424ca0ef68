"""Sizes of samples are whole numbers, by one rule in every family: exact powers and quotients, rounded up and down."""

import math
from fractions import Fraction

import numpy as np
import pytest

from mfsolve.models import atlas
from mfsolve.models.atlas.closed_form import mixed_closed_form
from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.gaussian import Gaussian, gaussian_means
from mfsolve.models.atlas.regression import RegressionData
from mfsolve.models.atlas.token_closed_form import mixed_tokens_closed_form
from mfsolve.models.atlas.workflows import Growing, Mixed, growing_sizes, sample_sizes, synthetic_items


@pytest.mark.parametrize(
    ("items", "growth"), [(100, "2"), (1000, "2"), (100, "0.5"), (7, "0.2"), (4, "0.25"), (3, "3")]
)
def test_samples_grow_by_the_exact_power_rounded_up(items, growth):
    # 171 of 5000 generations of 100 items at s = 2 had an item too many
    power, most = 1 + Fraction(growth), 2.0**47
    found = growing_sizes(items, float(growth), 5000)
    checked = 0
    for t, size in enumerate(found, start=1):
        if size > most:
            break
        whole, exact = int(size), items**power.denominator * t**power.numerator  # of n t^(p/q): n^q t^p
        assert (whole - 1) ** power.denominator < exact <= whole**power.denominator, (t, size)
        checked += 1
    assert checked > 1000


def test_a_regression_grows_as_the_other_families_do():
    for growth in (0.0, 0.5, 2.0, 3.0):
        mine = RegressionData(workflow="growing", growth=growth).fresh(1000, 200)
        assert np.array_equal(mine, sample_sizes(Growing(growth=growth), 1000, 200))
    for kind in (Growing, RegressionData):
        with pytest.raises(ValueError, match="growth"):
            kind(growth=3.5)


@pytest.mark.parametrize("hundredths", [1, 7, 29, 33, 70, 100, 150, 300, 700, 9999])
def test_synthetic_items_are_the_exact_quotient_rounded_down(hundredths):
    # 7 items at a ratio of 0.07 are 100 synthetic ones; the quotient of floats is below 100
    for items in [*range(1, 400), 10**6, 10**9]:
        assert synthetic_items(items, hundredths / 100) == math.floor(Fraction(items * 100, hundredths))


def test_a_third_of_100_items_are_33_in_every_family():
    """n/k had been 33.3 items of a Gaussian, and 33 of others."""
    human, thirty_three = Mixed(ratio=3.0, weight=0.4), Mixed(ratio=100 / 33, weight=0.4)
    families = (Gaussian(items=100), Gaussian(items=100, divisor="n", dimension=3))
    for family in families:
        one, two = (gaussian_means(family, workflow, Run(5, range(50), 3)) for workflow in (human, thirty_three))
        assert all(np.array_equal(one[name], two[name]) for name in one)
    for unbiased in (True, False):
        one, two = (mixed_closed_form(100, 6, workflow, unbiased) for workflow in (human, thirty_three))
        assert np.array_equal(one.mean_square, two.mean_square)
        assert np.array_equal(one.variance, two.variance)
    # generation 2 by hand
    w, m = 0.4, 33
    assert mixed_closed_form(100, 2, human).mean_square[2] == pytest.approx(
        w**2 / 100 + (1 - w) ** 2 * (1 / 100 + 1 / m)
    )
    assert mixed_closed_form(100, 2, human, False).variance[2] == pytest.approx(0.99 * (w + (1 - w) * (1 - 1 / m)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: atlas.accumulate_limit(2.5), "items: 2.5 given; allowed: whole numbers"),
        (lambda: atlas.accumulate_closed_form(2.5, 3), "items: 2.5 given; allowed: whole numbers"),
        (lambda: atlas.sampled_closed_form([5.0, 5.5]), r"sizes: 5.5 given; allowed: whole numbers in \[2,"),
        (lambda: atlas.replace_tokens_closed_form([0.5, 0.5], [1.5]), "sizes: 1.5 given; allowed: whole numbers"),
        (lambda: mixed_tokens_closed_form([0.5, 0.5], 5, 3, Mixed(ratio=6.0)), r"ratio: 6.0 given; allowed: \(0, 5\]"),
        (lambda: mixed_tokens_closed_form([0.5, 0.5], 2.5, 3, Mixed()), "items: 2.5 given"),
        (lambda: mixed_tokens_closed_form([0.5, 0.5], 5, 0, Mixed()), "generations: 0 given"),
    ],
)
def test_parts_of_items_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
