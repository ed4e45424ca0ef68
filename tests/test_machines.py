"""Every study stores the same bits whatever the machine: its vectors, its linear algebra, what kernels are compiled for.

This machine stands in for others. Another C library cannot be had in this way and is not tested: kernels call none, and
what Python and NumPy compute outside of them is taken from the library that is there.
"""

import numpy as np
import pytest
from support.machines import computed, differing, machines

ROUNDED: dict[str, float] = {}
"""Studies that hold results of an optimiser or a solver of SciPy: equal to this share of the largest number, not to the bit."""


@pytest.fixture(scope="module")
def here():
    return computed({})


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("machine", machines())
def test_all_studies_store_the_same_bits(machine, here):
    other = differing(here, computed(machines()[machine]))
    assert len(here) > 1000
    assert {name: gap for name, gap in other.items() if gap > ROUNDED.get(name.partition(":")[0], 0.0)} == {}


def test_a_bit_that_differs_is_found():
    numbers = {"a": np.array([1.0, np.nan, 3.0]), "b": np.zeros(2)}
    assert differing(numbers, {name: values.copy() for name, values in numbers.items()}) == {}
    nudged = np.array([1.0, np.nan, np.nextafter(3.0, 4.0)])
    assert differing(numbers, {**numbers, "a": nudged})["a"] == pytest.approx(1.5e-16, rel=0.1)
    assert differing(numbers, {**numbers, "a": np.array([1.0, 2.0, 3.0])})["a"] == np.inf
    assert differing(numbers, {"a": numbers["a"]}) == {"b": np.inf}
