"""Every study stores the same bits whatever the machine: vectors, linear algebra, C library, what kernels are made for.

This machine stands in for others. Its C library without fused multiplication and addition is another one: exponentials,
logarithms and sines that Python, NumPy and SciPy take from there have other last bits. Kernels call none of them.
"""

import platform
import sys
from pathlib import Path

import numpy as np
import pytest
from support.machines import computed, differing, machines, of_libm

LAST = (
    "atlas", "atlas_text", "cramer_rao", "dissipation", "edvex_regimes", "empirical_measure", "faults_loop", "forecast",
    "frictions", "grid_order", "impossibility", "input_output", "low_pollution", "mode_collapse", "multiplicity", "pmir_rate",
    "pollution_levels", "pollution_welfare", "quantal_response", "replication_attack", "retreat",
    "splitting_order", "static_limit", "static_transition", "upfront_or_share", "weak_order",
)  # fmt: skip
ROUNDED = dict.fromkeys(LAST, 1e-14) | {"cramer_rao_contents": 1e-12, "policy_regimes": 1e-10, "flow_transition": 1e-8}
"""Studies equal not to the bit but to this part of an array's largest number, or of 1: they hold sums, or results of root
finders and optimisers, of NumPy and SciPy. The power of ten is the next but one above what was measured, 1e-14 the least.
"""


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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library is there already")
def test_another_c_library_has_other_bits():
    """A CPU that never had what is switched off would have nothing to show."""
    known = Path("/proc/cpuinfo").read_text().split() if sys.platform == "linux" else []
    first, second = of_libm({}), of_libm(machines()["functions of another C library"])
    for name, values in first.items():
        np.testing.assert_allclose(second[name], values, rtol=1e-15)
    assert (first != second) == ("fma" in known)


def test_a_bit_that_differs_is_found():
    numbers = {"a": np.array([1.0, np.nan, 3.0]), "b": np.zeros(2)}
    assert differing(numbers, {name: values.copy() for name, values in numbers.items()}) == {}
    nudged = np.array([1.0, np.nan, np.nextafter(3.0, 4.0)])
    assert differing(numbers, {**numbers, "a": nudged})["a"] == pytest.approx(1.5e-16, rel=0.1)
    assert differing(numbers, {**numbers, "a": np.array([1.0, 2.0, 3.0])})["a"] == np.inf
    assert differing(numbers, {"a": numbers["a"]}) == {"b": np.inf}
