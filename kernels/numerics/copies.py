"""Copies between arrays of one shape, without the check of the shapes.

`out[:] = x` checks them, and the message that NumPy has for shapes that differ takes three seconds to compile.
"""

from .._jit import inline


@inline
def copy(x, out):
    """Write x (n,) into out (n,)."""
    for i in range(out.size):
        out[i] = x[i]


@inline
def copy_rows(x, out):
    """Write x (m, n) into out (m, n)."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = x[i, j]
