"""Replicates as statistics read them: columns, paths, and what several statistics make of paths."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import EstimateError

if TYPE_CHECKING:
    from mfsolve.inference.regression import Regression


class Asked(Protocol):
    """Entry of a study that asks for a statistic, as statistics read it."""

    @property
    def quantity(self) -> str: ...  # noqa: D102
    @property
    def baseline(self) -> str | None: ...  # noqa: D102
    @property
    def against(self) -> str | None: ...  # noqa: D102
    @property
    def trials(self) -> str | None: ...  # noqa: D102
    @property
    def independent_trials(self) -> bool: ...  # noqa: D102
    @property
    def probability(self) -> float | None: ...  # noqa: D102


class Sample(Protocol):
    """Replicates of the outputs that an estimate concerns.

    `arm` is the arm whose quantity is estimated; `paired` says whether arms share their random numbers.
    """

    arm: str
    level: float
    seed: int
    replicates: int
    paired: bool

    def column(self, arm: str, name: str) -> Floats:
        """An output at the estimate's place along the path, of every replicate (n,); (1,) where it is solved."""

    def support(self, arm: str, name: str) -> tuple[float, float] | None:
        """The least and greatest value that an output can have; None where that is not known."""

    def paths(self, arm: str, *names: str) -> Iterator[list[Floats]]:
        """Whole paths of outputs, a block of replicates at a time, each (rows, places)."""

    def along_axis(self) -> Iterator[tuple[float, Floats, float | None]]:
        """Along the estimate's axis: its value, the quantity (n,) there, and its limit where it deviates from one."""

    def finer_downward(self) -> bool:
        """True where smaller values of the axis are the finer ones."""

    def paths_along_axis(self, *names: str) -> Iterator[list[Floats]]:
        """Whole paths of outputs at each value of the estimate's axis, each (n, places)."""


class Exact(Protocol):
    """The same outputs where nothing is random: a deterministic limit, or what an arm has solved."""

    arm: str

    def at(self, arm: str, name: str) -> float:
        """An output at the estimate's place along the path."""

    def path(self, arm: str, name: str) -> Floats:
        """An output along the whole path (places,)."""


ROUNDING = 1e-12
"""Distance beyond its support at which a value is still one of its ends."""


def into(support: tuple[float, float] | None, values: Floats) -> Floats:
    """Values of which those that rounding has put beyond the support are at its ends."""
    if support is None:
        return values
    low, high = support
    inside = values.clip(low, high)
    return np.where(np.abs(inside - values) <= ROUNDING, inside, values)


def within_support(spec: Asked, sample: Sample) -> tuple[Floats, tuple[float, float] | None]:
    """The quantity of every replicate (n,), and its support where it is known."""
    support = sample.support(sample.arm, spec.quantity)
    return into(support, sample.column(sample.arm, spec.quantity)), support


def with_baseline(spec: Asked, sample: Sample) -> tuple[Floats, Floats]:
    """The quantity in the arm and in its baseline (n,): what is solved stands beside every replicate."""
    values, against = (sample.column(arm, spec.quantity) for arm in (sample.arm, spec.baseline or ""))
    if min(values.size, against.size) == 1:
        values, against = (column.copy() for column in np.broadcast_arrays(values, against))
    return values, against


def regressors(spec: Asked, values: Exact) -> tuple[Floats, Floats]:
    """Regressor and response along the path, its first place left out; KeyError where the regressor is zero."""
    y, x = values.path(values.arm, spec.quantity)[1:], values.path(values.arm, spec.against or "")[1:]
    if not x.any():
        raise KeyError(spec.against)
    return x, y


def fits_of_paths(spec: Asked, sample: Sample) -> tuple[Floats, Floats]:
    """Slope through the origin and centred R^2 of each replicate's own path, its first place left out.

    Raises
    ------
    ValueError
        Where a regressor is zero, or a response constant, throughout a path.
    """
    from mfsolve.inference.influence import slopes_of_paths

    slopes, fits = [], []
    for y, x in sample.paths(sample.arm, spec.quantity, spec.against or ""):
        try:
            slope, fit = slopes_of_paths(x[:, 1:], y[:, 1:])
        except EstimateError:
            raise EstimateError(f"{spec.against} is zero, or {spec.quantity} constant, throughout a path") from None
        slopes.append(slope)
        fits.append(fit)
    return np.concatenate(slopes), np.concatenate(fits)


def pooled_fits(spec: Asked, sample: Sample) -> tuple[Floats, Floats]:
    """Slope through the origin and centred R^2 of each replicate's paths along the axis taken together (n,).

    The first place of every path is left out.

    Raises
    ------
    ValueError
        Where all regressors are zero, or all responses equal.
    """
    from mfsolve.inference.influence import slopes_of_paths

    pieces = list(sample.paths_along_axis(spec.quantity, spec.against or ""))
    y, x = (np.concatenate([piece[i][:, 1:] for piece in pieces], axis=1) for i in (0, 1))
    return slopes_of_paths(x, y)


def mean_path(sample: Sample, name: str) -> Floats:
    """Mean of an output's path over replicates (places,)."""
    total: Any = 0.0
    count = 0
    for (block,) in sample.paths(sample.arm, name):
        total, count = total + block.sum(axis=0), count + len(block)
    return np.asarray(total) / count


def regression_of_mean_path(spec: Asked, sample: Sample) -> "Regression":
    """Regression of the mean path through the origin with HAC standard errors, as on a single published series."""
    from mfsolve.inference.regression import through_origin

    y, x = (mean_path(sample, name)[1:] for name in (spec.quantity, spec.against or ""))
    return through_origin(x, y, level=sample.level)
