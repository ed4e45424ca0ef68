"""Which samples have a t interval, and what is known beside them."""

import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import combined_means, sobol_indices, student_rule


def test_tails_of_few_replicates_have_half_the_degrees_of_freedom_beyond_the_level():
    found = student_rule.student(1.0, 0.5, 0.95, 9, 8.0)
    careful = student_rule.with_careful_tail(found)
    inside, beyond = 1.0 + 0.5 * 1.5, 1.0 + 0.5 * 6.0
    assert careful.tail(inside) == pytest.approx(2 * stats.t.sf(1.5, 8), rel=1e-9)
    assert careful.tail(beyond) == pytest.approx(2 * stats.t.sf(6.0, 4), rel=1e-9)
    many = student_rule.student(1.0, 0.5, 0.95, student_rule.TELLING, 63.0)
    assert student_rule.with_careful_tail(many) is many


@pytest.mark.parametrize(
    ("replicates", "support", "few"),
    [(7, (0.0, 1.0), True), (8, (0.0, 1.0), False), (7, (0.0, math.inf), False), (7, (-math.inf, 1.0), False)],
)
def test_few_replicates_rest_on_a_support_with_two_ends(replicates, support, few):
    assert student_rule.few_on_known_support(replicates, support) is few


def test_a_support_is_ordered_and_holds_every_replicate():
    values = np.array([0.2, 0.7])
    assert student_rule.checked_support(values, None) == student_rule.UNKNOWN
    assert student_rule.checked_support(values, (0, 0.7)) == (0.0, 0.7)
    for support, said in (((1.0, 1.0), "low < high"), ((0.3, 1.0), "0.2 to 0.7"), ((0.0, 0.6), "0.2 to 0.7")):
        with pytest.raises(ValueError, match=said):
            student_rule.checked_support(values, support)


def test_reaches_of_a_difference_add_in_squares():
    a, b = student_rule.student(5.0, 3.0, 0.95, 20, 1e9), student_rule.student(1.0, 4.0, 0.95, 20, 1e9)
    reach = 5.0 * stats.norm.isf(0.025)  # of errors 3 and 4
    assert combined_means.combined_ends(a, b) == pytest.approx((4.0 - reach, 4.0 + reach), rel=1e-7)


def test_an_index_of_unknown_noise_keeps_its_value_alone():
    found = student_rule.student(0.4, 0.1, 0.95, 20, 19.0)
    bare = sobol_indices.of_unknown_noise(found)
    assert (bare.value, bare.note) == (0.4, sobol_indices.UNKNOWN_NOISE)
    assert np.isnan([bare.low, bare.high, bare.standard_error]).all()
    assert sobol_indices.of_unknown_noise(bare) is bare
