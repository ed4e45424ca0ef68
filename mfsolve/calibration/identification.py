"""Identification at given values: what the moments tell apart there, with intervals, and what they leave free.

The derivative of the moments, in standard errors of a target, by the parameters, in widths of their ranges, has
singular values: a direction of value s moves the moments by s standard errors as it goes through its range. Those above
1 are identified, the others free (MODEL 8.11).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.calibration.problem import Problem, Rows, joined
from mfsolve.calibration.targets import weights
from mfsolve.inference.estimate import student_quantile

STEP = 0.1
"""Half-width of the differences, as a share of a parameter's range; less at the bounds."""
GROUPS = 16
"""Groups of replicates that the jackknife leaves out in turn."""


@dataclass(frozen=True)
class Identified:
    """Local identification of p parameters by k moments, each number with its interval.

    Attributes
    ----------
    values : ndarray, shape (p,)
        Where the derivatives are taken.
    jacobian : ndarray, shape (k, p)
        Of the moments in standard errors by the parameters in widths of their ranges.
    singular, low, high : ndarray, shape (p,)
        Singular values without their bias to first order, descending, 0 beyond the number of moments; and their
        intervals by the jackknife over groups of replicates.
    directions : ndarray, shape (p, p)
        The direction of each singular value, in widths of ranges.
    rank, least_rank, most_rank : int
        Singular values above 1: estimated, surely, possibly.
    shares, shares_low, shares_high : ndarray, shape (p,)
        Part of each parameter's range that lies in the `rank` identified directions: 1 if it is determined, 0 if free.
    """

    values: Floats
    jacobian: Floats
    singular: Floats
    low: Floats
    high: Floats
    directions: Floats
    rank: int
    least_rank: int
    most_rank: int
    shares: Floats
    shares_low: Floats
    shares_high: Floats


def place(problem: Problem, values: Floats | None = None) -> Floats:
    """The values (p,) at which derivatives are taken: those given, or the study's own.

    Raises
    ------
    ValueError
        Where a parameter has no value or one outside its range, or for fewer than four replicates.
    """
    at = problem.start() if values is None else values
    if at is None:
        raise ValueError("values: some free parameter has none in the study; allowed: a value for each")
    replicates = problem.calibration.settings.replicates
    if replicates < 4:
        raise ValueError(f"calibration.replicates = {replicates} given; allowed: at least 4, for the intervals")
    for free, value, unit in zip(problem.calibration.free, at, problem.box().unit(at)):
        if not 0.0 <= unit <= 1.0:
            raise ValueError(
                f"{free.name} = {value:g} in the study, where derivatives are taken; allowed: within its range in "
                "[calibration.free]"
            )
    return at


def identify(problem: Problem, workers: int, values: Floats | None = None) -> Identified:
    """Identification of a study's free parameters by its moments (MODEL 8.11).

    Parameters
    ----------
    problem
        A study with free parameters and moments.
    workers
        Threads that simulate; the result does not depend on it.
    values : ndarray, shape (p,), optional
        Natural values; the study's own if not given.

    Raises
    ------
    ValueError
        Where a parameter has no value or one outside its range, for fewer than four replicates, or where the model
        cannot be simulated at one of the points.
    """
    at = place(problem, values)
    replicates = problem.calibration.settings.replicates
    box = problem.box()
    unit = box.unit(at)
    p = unit.size
    ends = np.clip(unit + STEP * np.concatenate([np.diag(np.ones(p)), -np.diag(np.ones(p))]), 0.0, 1.0)
    natural = box.natural(np.vstack([unit, ends]))
    reached = box.unit(natural)
    width = np.array([reached[1 + j, j] - reached[1 + p + j, j] for j in range(p)])
    rows = _simulate(problem, natural, workers)
    groups = np.array_split(np.arange(replicates), min(GROUPS, replicates // 2))
    points = [problem.points(row) for row in natural]
    omega = problem.targets().error(problem.moments(points[0], [rows[0]]).covariance)
    root = weights(omega, problem.targets().weight).root()

    def derivative(kept: Sequence[int]) -> Floats:
        found = [problem.moments(here, [_rows(some, kept)]).moments for here, some in zip(points, rows)]
        columns = [(found[1 + j] - found[1 + p + j]) / width[j] for j in range(p)]
        return np.asarray(root @ np.stack(columns, axis=1))

    everything = range(replicates)
    whole = derivative(everything)
    parts = [derivative([i for i in everything if i not in set(group.tolist())]) for group in groups]
    singular, low, high = _jackknife(_singular(whole), np.array([_singular(part) for part in parts]))
    rank = int((singular > 1.0).sum())
    shares = _jackknife(_shares(whole, rank), np.array([_shares(part, rank) for part in parts]))
    scale = np.sqrt(np.diag(omega))
    return Identified(
        at, np.linalg.pinv(root) @ whole / scale[:, None], singular, low, high,
        np.linalg.svd(whole, full_matrices=True)[2], rank, int((low > 1.0).sum()), int((high > 1.0).sum()),
        *(np.clip(part, 0.0, 1.0) for part in shares),
    )  # fmt: skip


def _simulate(problem: Problem, natural: Floats, workers: int) -> list[Rows]:
    """Replicates at every point, with common random numbers, in as many pieces a point as there are workers."""
    points = [problem.points(row) for row in natural]
    replicates = problem.calibration.settings.replicates
    size = -(-replicates // workers)
    pieces = [range(start, min(start + size, replicates)) for start in range(0, replicates, size)]
    with ThreadPoolExecutor(workers) as pool:
        futures = [[pool.submit(problem.replicates, here, piece, 1) for piece in pieces] for here in points]
        return [joined([future.result() for future in row]) for row in futures]


def _rows(block: Rows, kept: Sequence[int]) -> Rows:
    """Some replicates of a block."""
    return {column: values[list(kept)] for column, values in block.items()}


def _singular(derivative: Floats) -> Floats:
    """Singular values (p,) of a derivative (k, p), 0 beyond the number of moments."""
    found = np.zeros(derivative.shape[1])
    values = np.linalg.svd(derivative, compute_uv=False)
    found[: values.size] = values
    return found


def _shares(derivative: Floats, rank: int) -> Floats:
    """Squared length (p,) of each parameter's axis in the first `rank` directions."""
    directions = np.linalg.svd(derivative, full_matrices=True)[2]
    return np.asarray((directions[:rank] ** 2).sum(axis=0))


def _jackknife(whole: Floats, parts: Floats) -> tuple[Floats, Floats, Floats]:
    """Statistic (p,) less its bias, and its interval at 95 %, from those without each group (g, p)."""
    g = parts.shape[0]
    value = g * whole - (g - 1) * parts.mean(axis=0)
    error = np.sqrt((g - 1) / g * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    half = student_quantile(0.95, g - 1.0) * error
    return np.maximum(value, 0.0), np.maximum(value - half, 0.0), np.maximum(value + half, 0.0)
