"""Copies write what they are given, and nothing beside it."""

import numpy as np
from mfsolve.kernels.numerics.copies import copy, copy_rows


def test_vectors_and_rows_are_copied_into_slices():
    x, out = np.arange(12.0), np.full(9, -1.0)
    copy(x[::2], out[1:7])
    assert out.tolist() == [-1.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, -1.0, -1.0]
    rows = np.full((3, 5), -1.0)
    copy_rows(x.reshape(3, 4)[:, 1:3], rows[:, 2:4])
    assert np.array_equal(rows[:, 2:4], x.reshape(3, 4)[:, 1:3])
    assert (rows[:, [0, 1, 4]] == -1.0).all()
