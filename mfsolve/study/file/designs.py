"""Designs of experiments on the unit cube: random, Latin hypercube, Sobol, and those behind sensitivities (MODEL 8.13).

A design of `points` points in d dimensions is an array (rows, d) in [0, 1]; the same seed gives the same bits on any
machine: only whole numbers are drawn, from Philox, and Sobol's direction numbers are those of Joe & Kuo (2008).
"""

import enum
import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from mfsolve.arrays import Floats

LEVELS = 4
"""Values of every coordinate in a Morris design: 0, 1/3, 2/3, 1; a step is 2/3."""
MOST_DIMENSIONS = 1000


class DesignKind(enum.StrEnum):
    """Kinds of designs that a study file can ask for."""

    ZIP = "zip"
    RANDOM = "random"
    LATIN_HYPERCUBE = "latin_hypercube"
    SOBOL = "sobol"
    SALTELLI = "saltelli"
    MORRIS = "morris"
    ONE_AT_A_TIME = "one_at_a_time"


def random(points: int, dimensions: int, seed: int) -> Floats:
    """Independent uniform points, in the middle of 2^32 cells along every coordinate."""
    return np.asarray((_whole("random", points, dimensions, seed) + 0.5) / 2.0**32)


def latin_hypercube(points: int, dimensions: int, seed: int) -> Floats:
    """Every coordinate has one value in each of `points` cells of equal width (McKay, Beckman & Conover 1979)."""
    order = np.argsort(_whole("latin hypercube, order", points, dimensions, seed), axis=0, kind="stable")
    within = (_whole("latin hypercube, within", points, dimensions, seed) + 0.5) / 2.0**32
    return np.asarray((order + within) / points)


def sobol(points: int, dimensions: int, seed: int) -> Floats:
    """Sobol points with a random digital shift: every coordinate has one value in each of `points` equal cells.

    Raises
    ------
    ValueError
        Where `points` is no power of two: only then are they balanced.
    """
    from scipy.stats import qmc

    if points & (points - 1):
        below = 1 << (points.bit_length() - 1)
        raise ValueError(f"points: {points} given; a power of two is needed, such as {below} or {2 * below}")
    plain = qmc.Sobol(dimensions, scramble=False, bits=32).random_base2(points.bit_length() - 1)
    shift = _whole("sobol", 1, dimensions, seed)
    return np.asarray((((plain * 2.0**32).astype(np.uint64) ^ shift) + 0.5) / 2.0**32)


def saltelli(points: int, dimensions: int, seed: int) -> Floats:
    """Rows A, B, then A with one column of B, column by column: points (dimensions + 2) rows (Saltelli et al. 2010).

    A and B are one Latin hypercube of 2 `dimensions` columns. The variance of a mean over its n rows is at most
    n / (n - 1) times that over independent ones, whatever the function (Owen 1997): intervals for these hold.
    Coordinates of few Sobol points can move as one, which no digital shift and no scrambling mends: their first bits
    stay tied, in all rows alike, so that errors do not show in the spread over rows.
    """
    both = latin_hypercube(points, 2 * dimensions, seed)
    a, b = both[:, :dimensions], both[:, dimensions:]
    mixed = []
    for column in range(dimensions):
        mixed.append(a.copy())
        mixed[-1][:, column] = b[:, column]
    return np.concatenate([a, b, *mixed])


def morris(points: int, dimensions: int, seed: int) -> Floats:
    """`points` trajectories of dimensions + 1 rows, each a step of 2/3 in one more coordinate (Morris 1991)."""
    start = _whole("morris, start", points, dimensions, seed) % (LEVELS // 2)
    down = _whole("morris, direction", points, dimensions, seed) % 2 == 1
    order = np.argsort(_whole("morris, order", points, dimensions, seed), axis=1, kind="stable")
    place = np.argsort(order, axis=1, kind="stable")  # the step at which a coordinate moves
    moved = place[:, None, :] < np.arange(dimensions + 1)[None, :, None]
    high = moved ^ down[:, None, :]
    return np.concatenate((start[:, None, :] + high * (LEVELS // 2)) / (LEVELS - 1.0))


MADE: Mapping[DesignKind, Callable[[int, int, int], Floats]] = {
    DesignKind.RANDOM: random,
    DesignKind.LATIN_HYPERCUBE: latin_hypercube,
    DesignKind.SOBOL: sobol,
    DesignKind.SALTELLI: saltelli,
    DesignKind.MORRIS: morris,
}


def rows_of(kind: DesignKind, points: int, dimensions: int) -> int:
    """Number of rows of a design."""
    return {
        DesignKind.SALTELLI: points * (dimensions + 2),
        DesignKind.MORRIS: points * (dimensions + 1),
        DesignKind.ONE_AT_A_TIME: 2 * dimensions + 1,
    }.get(kind, points)


def _whole(purpose: str, points: int, dimensions: int, seed: int) -> np.ndarray:
    """Whole numbers below 2^32 (points, dimensions); those of a row do not depend on the number of rows."""
    key = int.from_bytes(hashlib.sha256(f"design/{purpose}/{seed}".encode()).digest()[:16], "little")
    words = np.random.Philox(key=key).random_raw(points * dimensions)
    return np.asarray(words >> np.uint64(32)).reshape(points, dimensions)
