"""Parameters from simulated moments: global design, local search, two-step weights, standard errors.

The search sees moments simulated with common random numbers: the same seeds at every point. Every point is a function
of those before it, none of how many were simulated at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.calibration.descent import (
    SEARCH_STEP,
    STEP_RANGE,
    WORTHWHILE,
    Objective,
    integer_steps,
    nelder_mead,
    trust_region,
)
from mfsolve.calibration.landscape import Box, BudgetSpent, Evaluate, Landscape, SimulatedMoments
from mfsolve.calibration.moments import Fit, fit, without_each
from mfsolve.calibration.targets import Targets, Weighting, Weights, weights

AT_BOUND = 1e-3
"""A parameter nearer to its bound than this share of its range counts as being there."""
ROUNDS = 3
"""Passes over the differences, and estimates that they are taken around, at most."""
STRIDES = np.array([1.0, 0.5, 0.25])
"""Shares of a last Gauss-Newton step that are tried."""


@dataclass(frozen=True)
class SearchOptions:
    """Settings of a search.

    `evaluations` is the budget of the search (the differences behind standard errors come on top), `design` the points
    of the global design, `starts` the best of them that a local search sets out from, `rule` the second step's weights.
    `underidentified` allows more parameters than moments: a search for one of many points that meet them.
    """

    evaluations: int = 400
    design: int = 64
    starts: int = 3
    rule: Weighting = Weighting.EFFICIENT
    underidentified: bool = False


@dataclass(frozen=True)
class LocalSearch:
    """A local search: its step (1 or 2), its start and end in natural values, and the distances there.

    `points` were simulated; the budget ended it where `spent`.
    """

    step: int
    start: Floats
    end: Floats
    before: float
    after: float
    points: int
    spent: bool


@dataclass(frozen=True)
class CalibrationResult:
    """Estimated parameters and everything they rest on.

    Attributes
    ----------
    values : ndarray, shape (p,)
    first_step : ndarray, shape (p,)
        The estimate with first-step weights, at which the second step's were taken.
    simulated : SimulatedMoments
        Moments at the estimate.
    jacobian : ndarray, shape (k, p)
        Of the moments by natural values.
    steps : ndarray, shape (p,)
        Half-widths of its differences, natural.
    distance : float
        g' W g at the estimate.
    fit : Fit
    without : ndarray, shape (k, 2)
        See `without_each`.
    weighting : Weights
    interior : ndarray of bool, shape (p,)
    silent : ndarray of bool, shape (k,)
        Fitted moments that vary in no replicate at the estimate, but do elsewhere.
    local_searches : list of LocalSearch
    points, distances : ndarray, shapes (n, p) and (n,)
        Every feasible point evaluated, in order, and its distance under the final weights.
    infeasible : int
        Points at which the model could not be simulated.
    """

    values: Floats
    first_step: Floats
    simulated: SimulatedMoments
    jacobian: Floats
    steps: Floats
    distance: float
    fit: Fit
    without: Floats
    weighting: Weights
    interior: NDArray[np.bool_]
    points: Floats
    distances: Floats
    infeasible: int
    local_searches: list[LocalSearch]
    silent: NDArray[np.bool_]

    @property
    def spent(self) -> bool:
        """True where the budget ended a local search."""
        return any(d.spent for d in self.local_searches)


def calibrate(
    evaluate: Evaluate, targets: Targets, box: Box, options: SearchOptions | None = None, start: Floats | None = None
) -> CalibrationResult:
    """Estimate parameters by the method of simulated moments (MODEL 8.9).

    Parameters
    ----------
    evaluate : callable
        Natural values (n, p) -> `SimulatedMoments` at each, None where the model cannot be simulated. A pure function.
    targets : Targets
    box : Box
    options : SearchOptions, optional
    start : ndarray, shape (p,), optional
        Natural values to look at beside the design, such as an earlier calibration.

    Raises
    ------
    ValueError
        With fewer fitted moments than parameters, unless that is allowed, or where the model cannot be simulated at any
        point of the design.
    """
    settings = options or SearchOptions()
    if targets.fitted.sum() < box.size and not settings.underidentified:
        raise ValueError(f"{box.size} free parameters need as many moments, got {targets.fitted.sum()}")
    search = _Search(Landscape(box, evaluate, settings.evaluations), targets, settings)
    first = search.first_step(search.survey(start))
    return search.conclude(first, search.second_step(first))


def design(count: int, dimension: int) -> Floats:
    """Sobol points (count, dimension) in the middle of their cells: every coordinate takes `count` values, each once.

    That holds where `count` is a power of two; other counts are the first points of the next one.
    """
    from scipy.stats import qmc

    levels = max(1, int(np.ceil(np.log2(count))))
    points = qmc.Sobol(dimension, scramble=False).random_base2(levels) + 0.5 / 2**levels
    return np.asarray(points[:count])


class _Search:
    """The steps of a calibration over one landscape. Unit coordinates inside."""

    def __init__(self, landscape: Landscape, targets: Targets, settings: SearchOptions) -> None:
        self.landscape, self.targets, self.settings = landscape, targets, settings
        self.box = landscape.box
        self.local_searches: list[LocalSearch] = []

    def survey(self, start: Floats | None) -> Objective:
        """Simulate the design, and weigh moments by the median over it of their variances."""
        units = design(min(self.settings.design, self.settings.evaluations - 1), self.box.size)
        if start is not None and np.all((start >= self.box.low) & (start <= self.box.high)):
            units = np.vstack([self.box.unit(start), units])
        found = [at for at in self.landscape(units) if at is not None]
        if not found:
            raise ValueError("the model cannot be simulated at any point of the design")
        variance = self.targets.typical([at.covariance for at in found])
        first_weights = weights(np.diag(variance), self.targets.weight, Weighting.DIAGONAL)
        return Objective(self.landscape, self.targets, first_weights)

    def first_step(self, objective: Objective) -> Floats:
        """Search locally from the best points of the design; returns the best point found."""
        budget = self.settings.evaluations
        self.landscape.limit = budget - max(0, budget - len(self.landscape.known)) // 3  # the second step's share
        units, distances = objective.ranked()
        for unit in units[np.argsort(distances, kind="stable")[: self.settings.starts]]:
            self._attempt(1, objective, unit, trust_region)
        self.landscape.limit = budget
        return objective.best()

    def second_step(self, first: Floats) -> Objective:
        """Weigh by the covariance at the first step's estimate, and go on from the best point under these weights."""
        (at,) = self.landscape(first)
        assert at is not None
        if self.targets.silent(at.covariance).any():
            everywhere = [near.covariance for near in self.landscape.known.values() if near is not None]
            self.targets = self.targets.rule_of_three(everywhere)
        chosen = weights(self.targets.error(at.covariance), self.targets.weight, self.settings.rule)
        objective = Objective(self.landscape, self.targets, chosen)
        for move in (trust_region, nelder_mead, integer_steps):
            self._attempt(2, objective, objective.best(), move)
        return objective

    def conclude(self, first: Floats, objective: Objective) -> CalibrationResult:
        """Derivatives at the best point and the inference from them; a better point on the way reopens the search."""
        best = objective.best()
        slope, steps, interior, result = self._differentiate(objective, best)
        for _ in range(ROUNDS - 1):
            self._follow(best, result)
            if objective.distance(best) - objective.distance(objective.best()) <= WORTHWHILE:
                break
            self._attempt(2, objective, objective.best(), nelder_mead)
            best = objective.best()
            slope, steps, interior, result = self._differentiate(objective, best)
        at, (units, distances) = objective.at(best), objective.ranked()
        free = slope[:, interior]
        return CalibrationResult(
            values=self.box.natural(best),
            first_step=self.box.natural(first),
            simulated=at,
            jacobian=slope,
            steps=steps,
            distance=objective.distance(best),
            fit=result,
            without=without_each(self.targets, at.moments, at.covariance, free, objective.weighting, result),
            weighting=objective.weighting,
            interior=interior,
            points=self.box.natural(units),
            distances=distances,
            infeasible=len(self.landscape.known) - distances.size,
            local_searches=self.local_searches,
            silent=self._silent(at.covariance),
        )

    def _silent(self, covariance: Floats) -> NDArray[np.bool_]:
        """Fitted moments whose variance at a point is what replicates without an event cannot exclude."""
        varies = np.zeros(self.targets.value.size, bool)
        for near in self.landscape.known.values():
            varies |= ~self.targets.silent(near.covariance) if near is not None else False
        return np.asarray(self.targets.silent(covariance) & varies & self.targets.fitted)

    def _follow(self, best: Floats, result: Fit) -> None:
        """Evaluate points along the Gauss-Newton step that the derivatives call for."""
        move = np.nan_to_num(result.step * result.standard_error)
        values = self.box.natural(best) + np.outer(STRIDES, move)
        self.landscape(self.box.unit(np.clip(values, self.box.low, self.box.high)))

    def _attempt(
        self, step: int, objective: Objective, unit: Floats, move: Callable[[Objective, Floats], None]
    ) -> None:
        """Run a local search, which the end of the budget may cut short."""
        before, seen = objective.distance(unit), len(self.landscape.known)
        spent = False
        try:
            move(objective, unit)
        except BudgetSpent:
            spent = True
        units, distances = objective.ranked(seen)
        better = distances.size > 0 and distances.min() < before
        end, after = (units[np.argmin(distances)], float(distances.min())) if better else (unit, before)
        ends, count = self.box.natural(np.vstack([unit, end])), len(self.landscape.known) - seen
        self.local_searches.append(LocalSearch(step, ends[0], ends[1], before, after, count, spent))

    def _differentiate(self, objective: Objective, best: Floats) -> tuple[Floats, Floats, NDArray[np.bool_], Fit]:
        """Derivatives by natural values, their half-widths, parameters off their bounds, and the fit.

        A half-width is one standard error of its parameter: the differences then show what the moments do over the
        region that matters, and their noise is small against that of the moments.
        """
        needed = 2 * ROUNDS * self.box.size + 1 + STRIDES.size
        self.landscape.limit = max(self.settings.evaluations, len(self.landscape.known) + needed)
        at, values = objective.at(best), self.box.natural(best)
        unit, scale = self.box.unit(values), self.box.slope(values)
        interior = (unit > AT_BOUND) & (unit < 1.0 - AT_BOUND)
        steps = np.full(unit.size, SEARCH_STEP)
        for _ in range(ROUNDS):
            slope = self.landscape.jacobian(best, steps) / scale
            result = fit(
                self.targets, at.moments, at.covariance, slope, objective.weighting, self.settings.rule,
                interior=interior, width=scale,
            )  # fmt: skip
            wanted = np.clip(np.nan_to_num(result.standard_error / scale, nan=STEP_RANGE[1]), *STEP_RANGE)
            used = steps
            if np.all((steps < 2.0 * wanted) & (wanted < 2.0 * steps)):
                break
            steps = wanted
        return slope, np.maximum(used, self.box.grain()) * scale, interior, result
