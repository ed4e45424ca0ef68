"""Generations of networks against their twins, and bits that do not depend on what is drawn together."""

import numpy as np
from mfsolve.kernels.atlas import networks as kernels
from mfsolve.kernels.random.philox import stream_key
from naive import atlas_networks as naive

from mfsolve.models.atlas.networks import network

KEY = stream_key(5, "atlas.networks.test")
ZERO = np.uint64(0)
W = np.array([[0.0, 0.6, 0.4, 0.0, 0.0], [0.3, 0.0, 0.0, 0.0, 0.2], [0.0, 0.0, 0.0, 0.0, 0.0],
              [0.25, 0.25, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.9, 0.1]])  # fmt: skip
NET = network(5, *np.nonzero(W), W[np.nonzero(W)], 1.0 - W.sum(axis=1))
SPREAD = np.array([0.1, 0.2, 0.3, 0.4, 0.5])


def test_linear_models():
    theta, after = np.zeros((5, 3)), np.empty((5, 3))
    expected = np.stack([naive.linear(KEY, 8 + r, W, SPREAD, 4) for r in range(3)], axis=2)
    for t in range(4):
        draw = kernels.Draw(KEY, np.uint64(8), ZERO, np.uint64(t))
        kernels.linear_step(draw, NET.rows, SPREAD, theta, 2, 5, after)  # blocks in any order
        kernels.linear_step(draw, NET.rows, SPREAD, theta, 0, 2, after)
        theta, after = after, theta
        np.testing.assert_allclose(theta, expected[t], rtol=1e-12)
    out = np.empty((3, 3))
    kernels.summary(theta, out)
    np.testing.assert_allclose(out, [(theta**2).mean(0), theta.mean(0) ** 2, theta.var(0)], rtol=1e-12)


def test_squares_along_many_generations():
    squares, draw = np.empty(2), kernels.Draw(KEY, np.uint64(4), np.uint64(9), ZERO)
    kernels.linear_squares(draw, NET.rows, SPREAD, np.array([2, 5]), np.zeros((5, 3)), squares)
    paths = np.array([naive.linear(KEY, 4 + r, W, SPREAD, 5, block=9) for r in range(3)])
    np.testing.assert_allclose(squares, (paths[:, [1, 4]] ** 2).sum(axis=2).mean(axis=0), rtol=1e-12)


def test_gaussian_models():
    rng = np.random.default_rng(2)
    now, after = (rng.normal(size=(5, 2)), rng.uniform(0.5, 2.0, (5, 2))), (np.empty((5, 2)), np.empty((5, 2)))
    draw = kernels.Draw(KEY, np.uint64(6), ZERO, np.uint64(3))
    for start, stop in ((2, 5), (0, 2)):
        kernels.gaussian_step(draw, NET.rows, 7, now, start, stop, after)
    for r in range(2):
        expected = naive.gaussian(KEY, 3, 6 + r, W, now[0][:, r], now[1][:, r], 7)
        np.testing.assert_allclose([after[0][:, r], after[1][:, r]], expected, rtol=1e-12)


def test_sums_along_rows_end_at_one_without_human_items():
    begin, upto = np.array([0, 2, 5]), np.empty(5)
    kernels.running_sums(begin, np.array([0.25, 0.5, 0.1, 0.2, 0.7]), np.array([0.25, 0.0]), upto)
    np.testing.assert_allclose(upto, [0.25, 0.75, 0.1, 0.3, 1.0], rtol=1e-15)
    assert upto[4] == 1.0
