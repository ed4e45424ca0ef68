"""Random directions, uniform on the unit sphere (MODEL 2.7)."""

import numpy as np

from .._jit import kernel
from .normals import normal_pair


@kernel
def random_directions(key, replicate, out):
    """Directions out (n, d), uniform on the sphere: normal vectors of length 1, lane i for row i."""
    d = out.shape[1]
    for i in range(out.shape[0]):
        square = 0.0
        for k in range(0, d, 2):
            a, b = normal_pair(key[0], key[1], np.uint64(i), np.uint64(k // 2), np.uint64(0), replicate)
            out[i, k] = a
            square += a * a
            if k + 1 < d:
                out[i, k + 1] = b
                square += b * b
        scale = 1.0 / np.sqrt(square)
        for k in range(d):
            out[i, k] *= scale
