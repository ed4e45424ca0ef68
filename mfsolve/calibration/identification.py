"""Identification at given values: what the moments tell apart there, with intervals, and what they leave free.

The derivative of the moments, in standard errors of a target, by the parameters, in widths of their ranges, has
singular values: a direction of value s moves the moments by s standard errors as it goes through its range. Those above
1 are identified, the others free (MODEL 8.11).
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.calibration.problem import Problem, Rows, joined
from mfsolve.calibration.singular_values import strengths
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
        Singular values without their bias, descending, 0 beyond the number of moments; and their intervals
        (`singular_values.strengths`).
    directions : ndarray, shape (p, p)
        The direction of each singular value, in widths of ranges.
    rank, least_rank, most_rank : int
        Singular values above 1: estimated, surely, possibly.
    shares, shares_low, shares_high : ndarray, shape (p,)
        Part of each parameter's range that lies in the `rank` identified directions: 1 if it is determined, 0 if free;
        intervals by the jackknife over groups of replicates, for any rank from `least_rank` to `most_rank`.
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
        Where a parameter has no value or one outside its range, for fewer than four replicates or too few for the
        covariance of the moments, or where the model cannot be simulated at one of the points.
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
    groups = np.array_split(np.arange(replicates), min(GROUPS, replicates))
    points = [problem.points(row) for row in natural]
    targets = problem.targets()

    def derivative(kept: Sequence[int]) -> tuple[Floats, Floats]:
        """Derivative (k, p) and covariance of one replicate (k, k) from some replicates."""
        found = [problem.moments(here, [_rows(some, kept)]) for here, some in zip(points, rows)]
        columns = [(found[1 + j].moments - found[1 + p + j].moments) / width[j] for j in range(p)]
        return np.stack(columns, axis=1), found[0].covariance

    everything = range(replicates)
    whole, covariance = derivative(everything)
    parts = [derivative([i for i in everything if i not in set(group.tolist())]) for group in groups]
    fitted, freedom = int(targets.fitted.sum()), targets.freedom(covariance)
    if freedom < fitted + 1.5:  # the mean of an inverse covariance exists above 1
        raise ValueError(
            f"calibration.replicates = {replicates} given; allowed: at least {fitted + 3} for the covariance of "
            f"{fitted} moments"
        )
    omega = targets.error(covariance)
    root = weights(omega, targets.weight).root()
    found = strengths(root @ whole, np.array([root @ part for part, _ in parts]), fitted, freedom)
    rank, least, most = (int((each > 1.0).sum()) for each in (found.values, found.low, found.high))
    own = [weights(targets.error(each), targets.weight).root() @ part for part, each in parts]
    shares = {q: _shares(_projector(root @ whole, q), np.array([_projector(each, q) for each in own]))
              for q in range(least, most + 1)}  # fmt: skip
    return Identified(
        at, whole / np.sqrt(np.diag(omega))[:, None], found.values, found.low, found.high,
        np.linalg.svd(root @ whole, full_matrices=True)[2], rank, least, most,
        shares=shares[rank][0],
        shares_low=np.min([low for _, low, _ in shares.values()], axis=0),
        shares_high=np.max([high for _, _, high in shares.values()], axis=0),
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


def _projector(derivative: Floats, rank: int) -> Floats:
    """Projector (p, p) on the first `rank` directions; its diagonal holds the parameters' shares."""
    directions = np.linalg.svd(derivative, full_matrices=True)[2][:rank]
    return np.asarray(directions.T @ directions)


def _shares(whole: Floats, parts: Floats) -> tuple[Floats, Floats, Floats]:
    """Shares (p,) with their intervals at 95 %, from projectors (p, p), and those without each group (g, p, p).

    A share is the squared sine of the angle between a parameter's axis and what is orthogonal to the directions. With
    the axis's parts u in the directions and w beside them, of length 1, the angle moves by u' dP w as the projector
    does by dP: errors that have a sign near 0 and 1 too. Where there is no such part, by no more than dP of the axis.
    """
    g = parts.shape[0]
    apart = parts - parts.mean(axis=0)
    inside, outside = whole, np.eye(whole.shape[0]) - whole
    lengths = np.sqrt((inside**2).sum(axis=0)), np.sqrt((outside**2).sum(axis=0))
    moved = np.einsum("ij,gik,kj->gj", inside, apart, outside) / np.maximum(lengths[0] * lengths[1], 1e-12)
    square = np.where(np.minimum(*lengths) > 1e-6, moved**2, (apart**2).sum(axis=1))
    error = np.sqrt((g - 1) / g * square.sum(axis=0))
    half = student_quantile(0.95, g - 1.0) * error
    share = np.clip(np.diag(whole), 0.0, 1.0)
    angle = np.arcsin(np.sqrt(share))
    low, high = np.maximum(angle - half, 0.0), np.minimum(angle + half, math.pi / 2.0)
    return share, np.sin(low) ** 2, np.sin(high) ** 2
