"""Equilibrium kernels against quadrature and against their SciPy twin."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import equilibria, gaussian_pool
from naive import provenance as naive


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("s2", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("rho", [0.02, 0.5, 0.95])
def test_few_nodes_suffice(d, s2, rho):
    room, f = np.empty((4, equilibria.NODES)), np.empty(3)
    n = equilibria.nodes(s2, d, equilibria.STEPS, *room)
    m = np.sum(room[3, :n] * (room[0, :n] + np.log((1 - rho) * room[1, :n] + rho * room[2, :n])))
    gaussian_pool.gaussian_functionals(rho, 0.0, s2, d, f)
    assert m == pytest.approx(f[1], rel=1e-6)


@pytest.mark.parametrize(
    "point",
    [
        (0.305, 0.0, 0.6, 0.0, 0.0, 0.0, 0.4735, 1.0),
        (0.305, 0.2, 0.6, 0.0, 0.3, 0.1, 0.3, 2.0),
        (0.2, 0.0, 0.9, 1.3, 0.0, 0.0, 0.05, 1.0),
        (0.1, 0.02, 1.0, 2.0, 0.2, 0.0, 0.2, 2.0),
    ],
)
def test_scan_finds_the_roots_of_its_twin(point):
    counts, roots, slopes = np.empty(1, np.int64), np.empty((1, 8)), np.empty((1, 8))
    equilibria.scan(np.array([point]), 1, False, counts, roots, slopes)
    with np.errstate(divide="ignore"):
        want = naive.rest_points(*point)
    assert counts[0] == len(want)
    np.testing.assert_allclose(roots[0, : len(want)], want, rtol=0, atol=1e-7)  # the twin's trapezoid over costs
