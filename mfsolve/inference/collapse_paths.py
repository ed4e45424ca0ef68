"""Paths of measured quality in the form that the collapse law is fitted to (MODEL 8.10)."""

import enum
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats, same_labels
from mfsolve.inference.estimate import EstimateError, finite_vector, same_length
from mfsolve.inference.least_squares import labels


class Start(enum.StrEnum):
    """Knowledge of the quality that a run starts from."""

    MEASURED = "measured"
    """Its measurement has an error like every other: the intercept is estimated."""
    EXACT = "exact"
    """It is exact: the line starts from it."""


def starts(run: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Mask (n,) of the first of each run, from the runs (n,) of all, ascending."""
    return np.append(True, run[1:] != run[:-1])


@dataclass(frozen=True)
class Grid:
    """Contamination at every generation, measured quality or not.

    Attributes
    ----------
    share : ndarray (m,)
        Contamination in [0, 1], by run and generation; that of a run's first one may be NaN, which takes no part.
    run : ndarray (m,)
        Run of each, numbered from 0 and ascending.
    place : ndarray (n,)
        Which of them the observations belong to.
    unknown : ndarray (m,) of bool, optional
        Those whose contamination is not known, but filled in.
    """

    share: Floats
    run: NDArray[np.intp]
    place: NDArray[np.intp]
    unknown: NDArray[np.bool_] | None = None

    def exposure(self, exponent: float) -> Floats:
        """Cumulated contamination^exponent (n,) since a run's first generation."""
        total = np.cumsum(np.where(np.isnan(self.share), 0.0, self.share) ** exponent)
        return (total - total[starts(self.run)][self.run])[self.place]


@dataclass(frozen=True)
class Paths:
    """Observations of one run or several, by run and generation.

    Attributes
    ----------
    run : ndarray (n,)
        Run of each observation, numbered from 0 and ascending.
    time : ndarray (n,)
        Generations since the run's first.
    exposure : ndarray (n,)
        Cumulated squared contamination since the run's first generation, where it is 0.
    loss : ndarray (n,)
        -ln Q.
    error : ndarray (n,) or None
        Standard errors of ln Q, > 0; of an exact start it is not used.
    exact : ndarray (runs,) of bool
        Runs whose first observation is exact.
    grid : Grid or None
        Contamination generation by generation, where that is known.
    """

    run: NDArray[np.intp]
    time: Floats
    exposure: Floats
    loss: Floats
    error: Floats | None
    exact: NDArray[np.bool_]
    grid: Grid | None = None

    @cached_property
    def first(self) -> NDArray[np.bool_]:
        """Mask (n,) of the first observations of runs."""
        return starts(self.run)

    @cached_property
    def observed(self) -> NDArray[np.bool_]:
        """Mask (n,) of the observations with an error: all but exact starts."""
        return np.asarray(~(self.first & self.exact[self.run]))

    @cached_property
    def weight(self) -> Floats:
        """Weights (n,) proportional to inverse variances, 0 for an exact start."""
        spread = np.ones(self.run.size) if self.error is None else self.error
        used = self.observed
        weight = np.zeros(self.run.size)
        weight[used] = (spread[used].min() / spread[used]) ** 2
        return weight

    def means(self, values: Floats) -> Floats:
        """Weighted means (runs,) of values (n,); 0 of a run that is nothing but an exact start."""
        weight = np.bincount(self.run, self.weight)
        total = np.bincount(self.run, self.weight * values)
        return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)

    def since_start(self, values: Floats) -> Floats:
        """Values (n,) less those of the run's start: the first one where it is exact, else the weighted mean."""
        start = np.where(self.exact, values[self.first], self.means(values))
        return np.asarray(values - start[self.run])

    def part(self, keep: NDArray[np.bool_]) -> "Paths":
        """Paths of some of the runs, given as a mask (runs,)."""
        mine, number = keep[self.run], np.cumsum(keep) - 1
        grid = self.grid
        if grid is not None:
            held = keep[grid.run]
            place = (np.cumsum(held) - 1)[grid.place[mine]]
            unknown = None if grid.unknown is None else grid.unknown[held]
            grid = Grid(grid.share[held], number[grid.run[held]], place, unknown)
        error = None if self.error is None else self.error[mine]
        return Paths(
            number[self.run[mine]], self.time[mine], self.exposure[mine], self.loss[mine], error, self.exact[keep], grid
        )


def paths(
    generation: ArrayLike,
    contamination: ArrayLike,
    log_quality: ArrayLike,
    run: ArrayLike | None = None,
    log_quality_error: ArrayLike | None = None,
    start: Start = Start.MEASURED,
) -> Paths:
    """Sort measurements by run and generation; `regression.collapse_law` says what the arguments mean.

    Raises
    ------
    ValueError
        If a run's generations are not consecutive integers, a contamination is outside [0, 1], or a standard error is
        not positive after the first generation.
    """
    same_labels(
        generation=generation,
        contamination=contamination,
        log_quality=log_quality,
        run=run,
        log_quality_error=log_quality_error,
    )
    time = finite_vector("generation", generation)
    share = finite_vector("contamination", contamination)
    quality = finite_vector("log_quality", log_quality)
    same_length("contamination", share, "generation", time)
    same_length("log_quality", quality, "generation", time)
    if share.min() < 0 or share.max() > 1:
        raise EstimateError("contamination must lie in [0, 1]")
    runs, label = labels(run, time.size)
    order = np.lexsort((time, label))
    time, share, quality, label = time[order], share[order], quality[order], label[order]
    first = starts(label)
    if np.any(np.diff(time)[~first[1:]] != 1):
        raise EstimateError("generation must be consecutive integers within each run")
    exact, error = np.full(runs, Start(start) is Start.EXACT), None
    if log_quality_error is not None:
        error = finite_vector("log_quality_error", log_quality_error)
        same_length("log_quality_error", error, "generation", time)
        error = error[order]
        if error.min() < 0 or np.any(error[~first] == 0):
            raise EstimateError("log_quality_error must be positive after the first generation")
        exact |= error[first] == 0
    grid = Grid(share, label, np.arange(time.size))
    return Paths(label, time - time[first][label], grid.exposure(2.0), -quality, error, exact, grid)
