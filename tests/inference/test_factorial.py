"""Effects of factorials: least squares on signs, and outcomes whose effects are known."""

import numpy as np
import pytest

from mfsolve.inference.factorial import cells, effects, subsets


def test_effects_are_twice_the_coefficients_of_a_regression_on_signs():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(8, 3))
    signs = 2 * cells(3) - 1
    columns = [np.ones(8)] + [
        signs[:, ["abc".index(x) for x in chosen]].prod(axis=1) for chosen in subsets(("a", "b", "c"))
    ]
    fit = np.linalg.lstsq(np.column_stack(columns), y, rcond=None)[0]
    assert effects(y, 3) == pytest.approx(2 * fit[1:], abs=1e-12)


def test_known_effects():
    a, b = cells(2).T
    assert effects(1.0 + 3.0 * a - 2.0 * b, 2) == pytest.approx([3.0, -2.0, 0.0])
    assert effects(4.0 * a * b, 2) == pytest.approx([2.0, 2.0, 2.0])
    assert subsets(("a", "b", "c")) == [
        ("a",),
        ("b",),
        ("c",),
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
        ("a", "b", "c"),
    ]
    assert cells(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert effects([1.0, 4.0], 1) == pytest.approx([3.0])


def test_missing_combinations_are_refused():
    for values in (np.zeros(7), np.zeros((2, 8)), 1.0):
        with pytest.raises(ValueError, match=r"values: \(.*\) given; allowed: 2\^3 = 8 along the first axis"):
            effects(values, 3)
