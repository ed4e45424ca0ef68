"""Main effects and interactions of a full two-level factorial (MODEL 8.12)."""

from collections.abc import Sequence
from itertools import combinations, product
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats

Name = TypeVar("Name")


def cells(factors: int) -> NDArray[np.int64]:
    """All combinations (2^k, k) of k factors, 1 where a factor is changed; the first factor changes slowest."""
    return np.array(list(product((0, 1), repeat=factors)), dtype=np.int64)


def subsets(names: Sequence[Name]) -> list[tuple[Name, ...]]:
    """Effects of a factorial, by the factors they concern: single ones first, then pairs, up to all of them."""
    return [chosen for others in range(len(names)) for chosen in combinations(names, others + 1)]


def effects(values: ArrayLike, factors: int) -> Floats:
    """Effects (2^k - 1, ...) of an outcome (2^k, ...) at `cells`, in the order of `subsets`.

    A main effect is the mean, over the combinations of the other factors, of the outcome with the factor changed less
    that without. An interaction of two is half the difference of the effects of one with the other changed and
    unchanged; of more, likewise: the contrast of signs over 2^(k - 1).

    Raises
    ------
    ValueError
        Where there are not 2^k values.
    """
    y = np.asarray(values, dtype=np.float64)
    if y.shape[:1] != (2**factors,):
        raise ValueError(f"values: {y.shape[:1]} given; allowed: 2^{factors} = {2**factors} along the first axis")
    signs = 2.0 * cells(factors) - 1.0
    contrasts = np.array([signs[:, list(j)].prod(axis=1) for j in subsets(range(factors))])
    return np.asarray(np.tensordot(contrasts, y, axes=1) / 2.0 ** (factors - 1))
