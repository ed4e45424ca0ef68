"""Tails of weighted sums of chi-squares, against closed forms: beta, F, sums of exponentials, and two normals."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import optimize, stats

from mfsolve.inference.chi_square_sums import positive_probability


@pytest.mark.parametrize(("size", "ones"), [(1, 0), (2, 1), (16, 0), (16, 3), (200, 3)])
@pytest.mark.parametrize("point", [0.001, 0.2, 0.9])
def test_dirichlet_weights_on_two_points_are_a_beta(size, ones, point):
    values = np.repeat([0.0, 1.0], [size - ones, ones + 1])
    expected = stats.beta.sf(point, ones + 1, size - ones)
    assert positive_probability(values - point, 2.0) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("above", "below"), [(1, 1), (1, 50), (2, 3), (30, 4), (300, 1), (1, 999), (700, 300)])
@pytest.mark.parametrize("freedom", [1.0, 2.0, 5.0])
def test_equal_weights_of_either_sign_give_the_f_distribution(above, below, freedom):
    for ratio in (0.2, 1.0, 4.0, 30.0):
        weights = np.repeat([1 / above, 0.0, -ratio / below], [above, 2, below])
        expected = stats.f.sf(ratio, freedom * above, freedom * below)
        assert positive_probability(weights, freedom) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_unequal_exponentials_have_a_sum_of_fractions(seed):
    """P(sum w_i E_i > 0) = sum over positive w_i of the product over the others of w_i / (w_i - w_j)."""
    exact = [
        Fraction(int(w), 64) for w in np.random.default_rng(seed).permutation(np.arange(-90, 60))[: 5 + 3 * seed] if w
    ]
    expected = sum(math.prod(w / (w - v) for v in exact if v != w) for w in exact if w > 0)
    for scale in (1.0, 1e-150, 1e150):
        weights = np.array([float(w) for w in exact]) * scale
        assert positive_probability(weights, 2.0) == pytest.approx(float(expected), rel=1e-7)
        assert positive_probability(-weights, 2.0) == pytest.approx(1 - float(expected), rel=1e-7)


@pytest.mark.parametrize("ratio", [1e-12, 1e-3, 0.5, 1.0, 7.0, 1e4])
def test_two_normals_make_an_angle(ratio):
    expected = 2 / math.pi * math.atan(math.sqrt(ratio))
    assert positive_probability(np.array([ratio, -1.0])) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("above", "below"), [(100, 1000), (1000, 100), (600, 600)])
@pytest.mark.parametrize("ratio", [0.8, 1 - 1e-4, 1 - 1e-9, 1.0, 1 + 1e-7, 1.02, 1.3])
def test_many_weights_take_the_saddlepoint(above, below, ratio):
    """Within a share of about 1 / weights of the tail, and without a step where the sum has a mean of zero."""
    weights = np.repeat([1 / above, -ratio / below], [above, below])
    assert positive_probability(weights) == pytest.approx(stats.f.sf(ratio, above, below), rel=1e-4)


@pytest.mark.parametrize("ratio", [0.9, 2.0, 8.0])
def test_more_than_a_thousand_weights_have_the_tail_of_lugannani_and_rice(ratio):
    weights = np.repeat([1.0, -ratio / 1000], [1, 1000])
    sign = 1 if ratio > 1 else -1

    def cumulant(s):
        return -0.5 * np.log(1 - 2 * sign * weights * s).sum()

    pole = 0.5 if sign > 0 else 500 / ratio
    s = optimize.minimize_scalar(cumulant, bounds=(0, pole), method="bounded", options={"xatol": 1e-12}).x
    w = math.sqrt(-2 * cumulant(s))
    u = s * math.sqrt(0.5 * ((2 * weights / (1 - 2 * sign * weights * s)) ** 2).sum())
    tail = stats.norm.sf(w) + stats.norm.pdf(w) * (1 / u - 1 / w)
    assert positive_probability(weights) == pytest.approx(tail if sign > 0 else 1 - tail, rel=1e-6)
    assert positive_probability(weights) == pytest.approx(stats.f.sf(ratio, 1, 1000), rel=0.03)


def test_one_sign_is_certain():
    assert positive_probability(np.array([1.0, 0.0])) == 1.0
    assert positive_probability(np.array([-1.0, 0.0])) == positive_probability(np.zeros(3)) == 0.0
    assert positive_probability(np.array([])) == 0.0


@pytest.mark.parametrize("freedom", [1.0, 2.0])
def test_weights_next_to_nothing_beside_others_leave_the_sign_of_the_others(freedom):
    assert positive_probability(np.array([1e-310, -1.0, -0.5]), freedom) == pytest.approx(0.0, abs=1e-80)
    assert positive_probability(np.array([-1e-310, 1.0, 0.5]), freedom) == 1.0
