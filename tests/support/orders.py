"""Orders of replicates as a study fits them, without a study."""

import numpy as np

from mfsolve.inference.convergence import fit_order_of_means
from mfsolve.study.statistics.order_estimands import magnitude


def fit_order(size, errors_by_size, level=0.95, prediction=None):
    """Order of the root-mean-square error of the replicates at each size."""
    means, spread = np.array([magnitude(np.asarray(errors), True) for errors in errors_by_size]).T
    fewest = min(map(len, errors_by_size))
    return fit_order_of_means(size, means, spread, level, prediction, replicates=fewest)
