"""Steps of root finders: invariants of a bracket, and the order of convergence of what they make up."""

import math

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mfsolve.kernels.numerics import search
from mfsolve.kernels.numerics.search import Chord

jit = numba.njit(error_model="numpy")
NUMBERS = st.floats(-1e6, 1e6)


@jit
def shrink(low, high, x, above):
    return search.shrink(low, high, x, above)


@jit
def kept(x, low, high):
    return search.kept_between(x, low, high), search.kept_inside(x, low, high)


@jit
def cubic(x):
    return (x * x + 1.0) * x - 3.0


@jit
def illinois_root(low, high, tolerance):
    """Root of `cubic`, and how often it was evaluated inside the bracket."""
    chord = Chord(low, cubic(low), high, cubic(high))
    for count in range(1, 200):
        x = search.false_position(chord)
        f = cubic(x)
        if f * chord.f_last > 0.0 and f * chord.f > 0.0:
            return math.nan, count
        moved = abs(x - chord.x)
        chord = search.illinois(chord, x, f)
        if f == 0.0 or moved <= tolerance:
            return x, count
    return math.nan, 200


@jit
def newton_root(low, high, x):
    """The same by Newton's steps kept in the bracket."""
    last = high - low
    for count in range(1, 200):
        f = cubic(x)
        low, high = search.shrink(low, high, x, f < 0.0)
        new = search.kept_between(x - f / (3.0 * x * x + 1.0), low, high)
        size = abs(new - x)
        if search.has_converged(size, last, new):
            return new, count
        x, last = new, size
    return math.nan, 200


CARDANO = sum(math.cbrt(1.5 + s * math.sqrt(2.25 + 1 / 27)) for s in (1, -1))
"""The root of x^3 + x = 3."""


@pytest.mark.parametrize(("low", "high"), [(0.0, 2.0), (1.2, 1.3), (-50.0, 10.0), (0.0, 1e4)])
def test_illinois_finds_the_root(low, high):
    """Its order is 1.44, that of plain false position is 1: it would take thousands of steps over the last range."""
    root, count = illinois_root(low, high, 1e-15)
    assert root == pytest.approx(CARDANO, rel=1e-15)
    assert count < 70


@pytest.mark.parametrize(("low", "high"), [(0.0, 2.0), (1.2, 1.3), (-50.0, 10.0), (0.0, 1e4)])
def test_newton_in_a_bracket_finds_the_root(low, high):
    root, count = newton_root(low, high, 0.5 * (low + high))
    assert root == pytest.approx(CARDANO, rel=4e-16)
    assert count < 40


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_step_stays_in_its_bracket(x, low, high):
    low, high = min(low, high), max(low, high)
    between, inside = kept(x, low, high)
    assert low <= between <= high
    assert low <= inside <= high
    if low < x < high:
        assert between == inside == x
    if x in (low, high) and low < high:
        assert between == x
        assert inside == 0.5 * (low + high)
    assert kept(math.nan, low, high) == (0.5 * (low + high), 0.5 * (low + high))


def test_a_smaller_bracket_keeps_the_side_of_the_root():
    assert shrink(0.0, 4.0, 1.0, True) == (1.0, 4.0)
    assert shrink(0.0, 4.0, 1.0, False) == (0.0, 1.0)


@given(st.lists(st.integers(-5, 5), max_size=20).map(sorted), st.integers(-6, 6), st.data())
def test_the_first_place_that_is_not_below(values, wanted, data):
    """Ties, nothing at all, and a part of the values; integers and floats alike."""
    low = data.draw(st.integers(0, len(values)))
    high = data.draw(st.integers(low, len(values)))
    for kind in (np.int64, np.float64):
        ascending = np.array(values, kind)
        found = search.lower_bound(ascending, low, high, kind(wanted))
        assert found == low + np.searchsorted(ascending[low:high], kind(wanted))
