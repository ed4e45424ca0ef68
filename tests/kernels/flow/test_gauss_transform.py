"""Gaussian pair energies and forces on the line against sums over all pairs."""

import numpy as np
import pytest
from mfsolve.kernels.flow import gauss_transform

from mfsolve.models.flow.pair_forces import direct_force

RNG = np.random.default_rng(4)


@pytest.mark.parametrize("m", [1, 8, 33, 700])
@pytest.mark.parametrize("length", [1e-6, 0.003, 0.05, 0.5, 30.0])
def test_sums_are_those_over_all_pairs(m, length):
    for x in (np.sort(RNG.normal(size=m)), np.sort(3.0 + RNG.normal(size=m) ** 3), np.zeros(m)):
        energy, force = np.empty(m), np.empty(m)
        gauss_transform.line_pairs(length, x, energy, force)
        r = (x[:, None] - x) / length
        close = np.exp(-0.5 * r * r)
        np.testing.assert_allclose(energy, close.mean(axis=1), rtol=1e-14 * 10)
        np.testing.assert_allclose(force, (r * close).mean(axis=1) / length, rtol=0, atol=2e-15 / length)
        out = np.empty((1, m))
        direct_force(length, x[None, :], out)
        np.testing.assert_allclose(force, out[0], rtol=0, atol=2e-15 / length)


def test_terms_that_are_left_out_are_below_rounding():
    """The largest of e^(-u^2/2) (u/4)^k / k! over u stands at u^2 = k."""
    k = np.arange(gauss_transform.TERMS, 40.0)
    factorial = np.cumsum(np.log(np.arange(1.0, 40.0)))[gauss_transform.TERMS - 1 :]
    assert np.exp(-k / 2 + k * np.log(np.sqrt(k) * gauss_transform.WIDTH / 2) - factorial).sum() < 2e-17
    assert np.exp(-0.5 * gauss_transform.REACH**2) < 3e-18
