"""Lowest values of functions with one dip and with two."""

import math

import numpy as np
import pytest

from mfsolve.inference.minima import lowest


@pytest.mark.parametrize("lowest_at", [0.0, 0.003, 0.997, 1.004, 4.35, 9.0, 9.996, 10.0])
def test_a_dip_is_found_wherever_it_lies_among_the_places(lowest_at):
    assert lowest(lambda x: (x - lowest_at) ** 2, np.linspace(0.0, 10.0, 11)) == pytest.approx(lowest_at, abs=2e-7)
    # and to the same share of a short stretch
    short = lowest(lambda x: (1e9 * x - lowest_at) ** 2, np.linspace(0.0, 1e-8, 11))
    assert short == pytest.approx(1e-9 * lowest_at, abs=2e-16)


@pytest.mark.parametrize("slope", [-1.0, 1.0])
def test_the_search_ends_at_the_ends(slope):
    assert lowest(lambda x: slope * x, np.array([2.0, 2.5, 4.0])) == pytest.approx(3 - slope, abs=1e-6)


def test_the_deeper_of_two_dips_is_the_lowest():
    found = lowest(lambda x: math.cos(2 * math.pi * x) + 0.1 * x, np.linspace(0.0, 3.0, 31))
    assert found == pytest.approx(0.5 - math.asin(0.05 / math.pi) / (2 * math.pi), abs=1e-7)
