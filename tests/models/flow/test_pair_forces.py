"""Pair forces: the mesh against all pairs, ranks against signs."""

import numpy as np
import pytest

from mfsolve.models.flow import pair_forces


def spread(d, n):
    return np.random.default_rng(0).normal(size=(d, n)) * 1.3


@pytest.mark.parametrize("d", [1, 2])
def test_mesh_force_agrees_with_pairs_to_its_stated_error(d):
    x = spread(d, 3000)
    direct, mesh = np.empty_like(x), np.empty_like(x)
    pair_forces.direct_force(0.4, x, direct)
    errors = []
    for nodes in (pair_forces.NODES_PER_LENGTH, 2 * pair_forces.NODES_PER_LENGTH):
        pair_forces.mesh_force(0.4, x, mesh, nodes_per_length=nodes)
        errors.append(np.abs(mesh - direct).max() / np.abs(direct).max())
    assert errors[0] < 2e-4
    # aliasing of the cubic spline: fourth power of the spacing; a factor of 2 is left for the maximum's luck
    assert np.log2(errors[0] / errors[1]) > 3.0


def test_rank_force_is_the_mean_sign():
    x = spread(1, 101)
    out = np.empty_like(x)
    pair_forces.rank_force(x, out)
    np.testing.assert_allclose(out[0], np.mean(np.sign(x[0][:, None] - x[0][None, :]), axis=1), atol=1e-15)
