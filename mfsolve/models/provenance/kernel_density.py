"""Gaussian kernel density estimate on the line, for samples of any size (MODEL 3.2)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.models.arguments import number, vector


def kernel_log_density(points: ArrayLike, sample: ArrayLike, bandwidth: float | None = None) -> Floats:
    """Log of a Gaussian kernel density estimate on the line (MODEL 3.2).

    Linear binning into G = 2^14 to 2^20 cells and a convolution: the cost is O(n + G log G).

    Parameters
    ----------
    points
        Places at which it is evaluated, vector (n,).
    sample
        Reference sample, vector (k,), k >= 2.
    bandwidth
        Standard deviation of the kernel, > 0; by default Silverman's 0.9 min(s, IQR / 1.34) k^(-1/5).

    Returns
    -------
    ndarray (n,)
        Log density; never below that of a single reference item at a distance of 8 bandwidths.

    Raises
    ------
    ValueError
        Naming the argument, the value and the range.
    """
    from scipy.signal import fftconvolve

    x, data = vector("points", points, "(-inf, inf)"), vector("sample", sample, "(-inf, inf)")
    if data.size < 2 or data.min() == data.max():
        raise ValueError(f"sample: {data.size} values, all equal or too few, given; allowed: at least 2 distinct ones")
    if bandwidth is None:
        quartiles = np.quantile(data, [0.25, 0.75])
        spread = min(data.std(ddof=1), (quartiles[1] - quartiles[0]) / 1.34) or data.std(ddof=1)
        bandwidth = float(0.9 * spread * data.size**-0.2)
    h = number("bandwidth", bandwidth, "(0, inf)")
    low, high = data.min() - 9.0 * h, data.max() + 9.0 * h
    cells = max(2**14, min(2**20, math.ceil((high - low) / h * 8.0)))
    step = (high - low) / cells
    place = (data - low) / step
    left = place.astype(np.int64)
    part = place - left
    mass = np.bincount(left, 1.0 - part, cells + 2) + np.bincount(left + 1, part, cells + 2)
    reach = math.ceil(9.0 * h / step)
    z = np.arange(-reach, reach + 1) * (step / h)
    weight = np.exp(-0.5 * z * z)
    density = fftconvolve(mass, weight / (weight.sum() * step * data.size), mode="same")
    floor = math.exp(-32.0) / (data.size * h * math.sqrt(2.0 * math.pi))
    grid = low + step * np.arange(cells + 2)
    return np.asarray(np.interp(x, grid, np.log(np.maximum(density, floor))), dtype=np.float64)
