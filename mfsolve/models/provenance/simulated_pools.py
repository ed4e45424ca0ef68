"""Ensembles of simulated pools and what every estimator makes of them, streamed: no pool is stored (MODEL 3.2).

Data set k of n items is a pure function of (seed, content, contamination, n, k), whichever estimators look at it.
"""

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.provenance import ensembles as pools
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import number, seed_word, whole
from mfsolve.models.parallel import run_blocks

from .contents import AnyContent, Content, contrasts, newton_rate

SETS = 64
"""Data sets per block of work of a thread; a data set's numbers do not depend on it."""
TOLERANCE = 1e-12
POWER = 0.6
"""Gains of stochastic Newton fall as j^-POWER."""


def ensemble(
    contamination: float,
    content: AnyContent,
    items: int,
    sets: int,
    seed: int,
    *,
    em_passes: int = 0,
    threads: int = 1,
    first: int = 0,
) -> Floats:
    """Estimates of `sets` simulated pools of `items` items each by every method (MODEL 3.2).

    Parameters
    ----------
    contamination
        rho in [0, 1].
    content
        What items look like: `Content` (Gaussian) or `Tokens`, marked or not. Tokens without a mark are drawn as
        counts, at a cost that does not depend on n.
    items, sets
        n in [1, 2^31 - 1], number of data sets in [1, 2^32 - 1].
    seed
        In [0, 2^64 - 1].
    em_passes
        Largest number of EM passes per data set; 0 leaves EM out.
    threads
        Threads; the bits do not depend on it.
    first
        Number of the first data set: sets k..k+m of one call are those of any other with the same seed.

    Returns
    -------
    ndarray (sets, 12)
        Columns of `kernels.pools.estimate_set`.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    rho, n, sets, first, key = _checked(contamination, items, sets, first, seed)
    last = np.array(contrasts(content)[:2]), whole("em_passes", em_passes, 0, 2**31 - 1), 2.0 * TOLERANCE
    out, step = np.empty((sets, pools.COLUMNS)), np.uint64(n)

    def work(index: int, start: int, stop: int) -> None:
        rows, begin = out[start:stop], first + start
        if isinstance(content, Content):
            pools.gaussian_ensemble(key, step, begin, rho, *content.letters(), *last, np.empty(n), rows)
        elif content.watermark == 0.0 or content.stripping == 1.0:
            pools.categorical_ensemble(key, step, begin, rho, *content.frequencies(), n, *last, rows)
        else:
            marked = content.nodes().ratio, *content.tables(), content.watermark, content.stripping
            pools.token_ensemble(key, step, begin, rho, *marked, *last, np.empty(n), rows)

    run_blocks(work, sets, threads, SETS)
    return out


def maximum_likelihood(
    contamination: float,
    content: Content,
    items: int,
    sets: int,
    seed: int,
    *,
    tolerance: float = TOLERANCE,
    threads: int = 1,
    first: int = 0,
) -> Floats:
    """MLE alone, of the same data sets as `ensemble` draws: (sets, 2) = estimate of rho, information per item.

    MODEL 3.2.

    Gaussian content; parameters and errors as `ensemble`. `tolerance` in [1e-15, 0.01] is the largest error of an
    estimate: from about 1e-5 on most are found in float32 and stand, and the information is right to 1e-3. Where items
    tell nothing an estimate is 1/2.
    """
    rho, n, sets, first, key = _checked(contamination, items, sets, first, seed)
    error = 2.0 * number("tolerance", tolerance, "[1e-15, 0.01]")  # of theta = 2 rho - 1
    out = np.empty((sets, 2))
    if not content.information(0.5) > 0.0:
        out[:] = 0.5, 0.0
        return out

    def work(index: int, start: int, stop: int) -> None:
        looks = rho, *content.letters(), error
        pools.gaussian_mle(key, np.uint64(n), first + start, *looks, np.empty(n), out[start:stop])

    run_blocks(work, sets, threads, SETS)
    return out


def stochastic_newton(
    contamination: float,
    content: Content,
    items: int,
    sets: int,
    seed: int,
    *,
    start: float = 0.5,
    threads: int = 1,
    first: int = 0,
) -> Floats:
    """PMIR's estimator alone, of the same data sets: averaged stochastic Newton from `start`, and one scoring step.

    MODEL 3.3.

    Gaussian content, which it knows; parameters, errors and columns as `maximum_likelihood`. Where items tell nothing
    it stays at `start`.
    """
    rho, n, sets, first, key = _checked(contamination, items, sets, first, seed)
    begin = number("start", start, "[0, 1]")
    out = np.empty((sets, 2))
    if not content.information(0.5) > 0.0:
        out[:] = begin, 0.0
        return out
    rate = newton_rate(content)

    def work(index: int, low: int, high: int) -> None:
        looks = rho, *content.letters(), begin, rate, POWER
        pools.gaussian_stochastic(key, np.uint64(n), first + low, *looks, np.empty(n), out[low:high])

    run_blocks(work, sets, threads, SETS)
    return out


def _checked(
    contamination: float, items: int, sets: int, first: int, seed: int
) -> tuple[float, int, int, int, np.ndarray]:
    seed_word("seed", seed, 64)
    return (
        number("contamination", contamination, "[0, 1]"),
        whole("items", items, 1, 2**31 - 1),
        whole("sets", sets, 1, 2**32 - 1),
        whole("first", first, 0, 2**32 - 2),
        stream_key(seed, "provenance/pool"),
    )
