"""Vectors of variates that kernels draw one by one."""

import numpy as np
from mfsolve.kernels._jit import kernel
from mfsolve.kernels.random.variates import chi_square, poisson


@kernel
def poissons(key, step, replicate, lane, mean, out):
    """out[i] ~ Poisson(mean[i]), float64 (k,)."""
    for i in range(out.size):
        out[i] = poisson(key[0], key[1], lane + np.uint64(i), step, replicate, mean[i])


@kernel
def chi_squares(key, step, replicate, lane, degrees, out):
    """out[i] ~ chi-square with degrees[i] degrees of freedom."""
    for i in range(out.size):
        out[i] = chi_square(key[0], key[1], lane + np.uint64(i), step, replicate, degrees[i])
