"""Classifiers fitted to items that a classifier has labelled and a verifier has kept (MODEL 9.5)."""

from typing import NamedTuple

import numpy as np

from .._jit import kernel
from ..random.normals import normal_pair
from ..random.variates import binomial, chi_square
from .tails import upper_tail

ERROR, USELESS, KEPT = range(3)
MEASURES = 3
WRONG = np.uint64(0)
RIGHT_KEPT = np.uint64(1)
WRONG_KEPT = np.uint64(2)
ALONG = np.uint64(3)
ACROSS = np.uint64(4)
ZERO = np.uint64(0)


class Task(NamedTuple):
    """Items x = y mu + N(0, I_d) of labels y = -1, 1: n candidates a generation, |mu|, d; the error e of the first
    labels; chances that a verifier keeps an item whose label is right, phi, or wrong, psi."""

    n: float
    mu: float
    d: float
    e: float
    phi: float
    psi: float


@kernel
def label_paths(task, key, first, replicates, sums):
    """Add the measures of classifiers to sums (T + 1, MEASURES).

    Of right and wrong kept items K_r, K_w the classifier is the sum of y x: (K_r - K_w) mu + sqrt(K_r + K_w) N(0, I_d).
    Its test error is P(N(0, 1) > |mu| cos), cos its cosine with mu, and is the label error of the next generation.
    """
    k0, k1 = key[0], key[1]
    for r in range(replicates):
        replicate = np.uint64(first + r)
        error = task.e
        sums[0, ERROR] += error
        sums[0, USELESS] += 1.0 if error > 0.5 else 0.0
        for t in range(1, sums.shape[0]):
            step = np.uint64(t)
            wrong = binomial(k0, k1, WRONG, step, replicate, task.n, error)
            right = binomial(k0, k1, RIGHT_KEPT, step, replicate, task.n - wrong, task.phi)
            wrong = binomial(k0, k1, WRONG_KEPT, step, replicate, wrong, task.psi)
            kept = right + wrong
            z, _ = normal_pair(k0, k1, ALONG, ZERO, step, replicate)
            along = (right - wrong) * task.mu + np.sqrt(kept) * z
            across = kept * chi_square(k0, k1, ACROSS, step, replicate, task.d - 1.0)
            length = np.sqrt(along * along + across)
            cosine = along / length if length > 0.0 else 0.0
            error = upper_tail(task.mu * cosine)
            sums[t, ERROR] += error
            sums[t, USELESS] += 1.0 if error > 0.5 else 0.0
            sums[t, KEPT] += kept
