"""Ensembles of simulated pools and their estimates, one data set after the other: none is stored (MODEL 3.2).

Data set k of n items is a pure function of (seed, content, contamination, n, k), whichever estimators read it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.provenance import ensembles
from mfsolve.kernels.provenance.stochastic_newton import Gains
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, number, seed_word, thread_count, whole
from mfsolve.models.parallel import run_blocks

from .contents import AnyContent, GaussianContent, contrast_moments, newton_rate

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
    """Estimate the contamination of simulated pools by every method (MODEL 3.2).

    Parameters
    ----------
    contamination
        rho in [0, 1].
    content
        Law of the items: `GaussianContent` or `Tokens`, marked or not. Tokens without a mark are drawn as counts, at a
        cost that does not depend on n.
    items, sets
        Items n of a pool in [1, 2^31 - 1], number of pools (data sets) in [1, 2^32 - 1].
    seed
        In [0, 2^64 - 1].
    em_passes
        Largest number of EM passes over a data set; 0 omits EM.
    threads
        Number of threads; the result does not depend on it.
    first
        Index of the first data set: data set k is the same in every call with the same seed.

    Returns
    -------
    ndarray (sets, 12)
        Columns as in `kernels.provenance.ensembles.estimate_set`.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("content", content, AnyContent)
    thread_count(threads)
    rho, n, sets, first, key = _checked(contamination, items, sets, first, seed)
    known, passes = contrast_moments(content), whole("em_passes", em_passes, 0, 2**31 - 1)
    estimation = ensembles.Estimation(known.human, known.synthetic, passes, 2.0 * TOLERANCE)
    out, step = np.empty((sets, ensembles.COLUMNS)), np.uint64(n)

    def work(index: int, start: int, stop: int) -> None:
        rows, begin = out[start:stop], first + start
        if isinstance(content, GaussianContent):
            ensembles.gaussian_ensemble(key, step, begin, content.pool(rho), estimation, np.empty(n), rows)
        elif content.watermark == 0.0 or content.stripping == 1.0:
            ensembles.categorical_ensemble(key, step, begin, content.pool(rho, n), estimation, rows)
        else:
            ensembles.token_ensemble(key, step, begin, content.marked_pool(rho), estimation, np.empty(n), rows)

    run_blocks(work, sets, threads, SETS)
    return out


def maximum_likelihood(
    contamination: float,
    content: GaussianContent,
    items: int,
    sets: int,
    seed: int,
    *,
    tolerance: float = TOLERANCE,
    threads: int = 1,
    first: int = 0,
) -> Floats:
    """Maximum-likelihood estimates alone, of the data sets that `ensemble` draws (MODEL 3.2).

    Parameters
    ----------
    contamination, content, items, sets, seed, threads, first
        As in `ensemble`; Gaussian content.
    tolerance
        Largest error of an estimate, in [1e-15, 0.01]. From about 1e-5 on most estimates are final after a pass in
        float32, and the information is accurate to 1e-3.

    Returns
    -------
    ndarray (sets, 2)
        Estimate of rho, observed information per item; 1/2 and 0 where items carry no information.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("content", content, GaussianContent)
    thread_count(threads)
    rho, n, sets, first, key = _checked(contamination, items, sets, first, seed)
    error = 2.0 * number("tolerance", tolerance, "[1e-15, 0.01]")  # of theta = 2 rho - 1
    out = np.empty((sets, 2))
    if not content.information(0.5) > 0.0:
        out[:] = 0.5, 0.0
        return out

    def work(index: int, start: int, stop: int) -> None:
        pool, rows = content.pool(rho), out[start:stop]
        ensembles.gaussian_mle(key, np.uint64(n), first + start, pool, error, np.empty(n), rows)

    run_blocks(work, sets, threads, SETS)
    return out


def stochastic_newton(
    contamination: float,
    content: GaussianContent,
    items: int,
    sets: int,
    seed: int,
    *,
    start: float = 0.5,
    threads: int = 1,
    first: int = 0,
) -> Floats:
    """Estimates of PMIR's estimator alone, the generator known, of the data sets that `ensemble` draws (MODEL 3.3).

    Averaged stochastic Newton from `start`, and one scoring step.

    Parameters
    ----------
    contamination, content, items, sets, seed, threads, first
        As in `ensemble`; Gaussian content.
    start
        Contamination that the iteration starts from, in [0, 1].

    Returns
    -------
    ndarray (sets, 2)
        Estimate of rho, observed information per item; `start` and 0 where items carry no information.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("content", content, GaussianContent)
    thread_count(threads)
    rho, n, sets, first, key = _checked(contamination, items, sets, first, seed)
    begin = number("start", start, "[0, 1]")
    out = np.empty((sets, 2))
    if not content.information(0.5) > 0.0:
        out[:] = begin, 0.0
        return out
    gains = Gains(newton_rate(content), POWER)

    def work(index: int, low: int, high: int) -> None:
        pool, rows = content.pool(rho), out[low:high]
        ensembles.gaussian_stochastic(key, np.uint64(n), first + low, pool, begin, gains, np.empty(n), rows)

    run_blocks(work, sets, threads, SETS)
    return out


class _Ensemble(NamedTuple):
    """Validated arguments of an ensemble, and the key of its random numbers."""

    rho: float
    items: int
    sets: int
    first: int
    key: np.ndarray


def _checked(contamination: float, items: int, sets: int, first: int, seed: int) -> _Ensemble:
    seed_word("seed", seed, 64)
    return _Ensemble(
        number("contamination", contamination, "[0, 1]"),
        whole("items", items, 1, 2**31 - 1),
        whole("sets", sets, 1, 2**32 - 1),
        whole("first", first, 0, 2**32 - 2),
        stream_key(seed, "provenance/pool"),
    )
