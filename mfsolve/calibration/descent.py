"""Local searches over simulated moments. Each leaves the points it visits in the landscape; the best of them counts.

None takes a derivative closer than a wide central difference: with common random numbers moments are steps rather than
smooth functions where a model draws discrete events.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.calibration.landscape import Landscape, SimulatedMoments
from mfsolve.calibration.targets import Targets, Weights

SEARCH_STEP = 0.02
"""Half-width of the differences of the search, in units of a range."""
STEP_RANGE = (1e-3, 0.1)
"""Half-widths of the differences behind standard errors, and of the simplex: one standard error, within these."""
INFEASIBLE = 1e30
"""Distance where the model cannot be simulated."""
CLOSE = 0.1
"""Distance between parameters, in about their standard errors, that the simplex search does not resolve."""
PASSES = 3
"""Least-squares searches in a row, each from the end of the one before, with derivatives of its own."""
MISLED = 2.0
"""How many times a change of the residuals the derivatives may miss it by and are still followed."""
WORTHWHILE = 0.01
"""Change of the distance, in squared standard errors, that is not worth a search."""


@dataclass(frozen=True)
class Objective:
    """The distance g' W g of simulated moments from their targets, over a landscape in unit coordinates."""

    landscape: Landscape
    targets: Targets
    weighting: Weights

    def distance(self, unit: Floats) -> float:
        """Distance at a point (p,)."""
        return self.of(self.landscape(unit)[0])

    def of(self, at: SimulatedMoments | None) -> float:
        """Distance of given moments from the targets."""
        return INFEASIBLE if at is None else self.weighting.distance(self.targets.value - at.moments)

    def at(self, unit: Floats) -> SimulatedMoments:
        """Moments at a point that is known to be feasible."""
        (at,) = self.landscape(unit)
        assert at is not None
        return at

    def ranked(self, seen: int = 0) -> tuple[Floats, Floats]:
        """Feasible points (n, p) after the first `seen`, in the order they were asked for, and their distances (n,)."""
        units, found = self.landscape.since(seen)
        feasible = np.array([at is not None for at in found], dtype=bool)
        return units[feasible], np.array([self.of(at) for at in found if at is not None])

    def best(self) -> Floats:
        """The best point so far."""
        units, distances = self.ranked()
        return np.asarray(units[np.argmin(distances)])


def trust_region(objective: Objective, unit: Floats) -> None:
    """Trust-region least squares on weighted moments, with derivatives that follow the search (`Slopes`).

    Where they misled it, it goes on with new ones from where it ended, for as long as that is worthwhile.
    """
    from scipy.optimize import least_squares

    slopes = Slopes(objective)
    at = np.clip(unit, 1e-6, 1.0 - 1e-6)
    if objective.landscape(at)[0] is None:
        return
    before = objective.distance(at)
    for _ in range(PASSES):
        slopes.forget()
        at = least_squares(slopes.residual, at, slopes, bounds=(0.0, 1.0), xtol=1e-3, ftol=1e-3, max_nfev=20).x
        after = objective.distance(at)
        if before - after <= max(WORTHWHILE, 1e-3 * after) or not slopes.followed:
            return
        before = after


class Slopes:
    """Derivatives of the weighted residuals along a search: wide differences where it begins, secants from then on.

    Every step adds a secant (Broyden 1965), unless the residuals changed in quite another way than those before it
    said: then derivatives are differences again.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective, self._root = objective, objective.weighting.root()
        self._there = self._slope = np.empty(0)
        self.forget()

    def forget(self) -> None:
        """Take differences at the next point."""
        self._place: Floats | None = None
        self.followed = False

    def residual(self, unit: Floats) -> Floats:
        """Weighted residuals at a point (p,), infinite where the model cannot be simulated."""
        (at,) = self._objective.landscape(unit)
        if at is None:
            return np.full(self._root.shape[0], np.inf)
        return np.asarray(self._root @ (self._objective.targets.value - at.moments))

    def __call__(self, unit: Floats) -> Floats:
        """Derivatives of the weighted residuals (k, p) at a point (p,)."""
        here = self.residual(unit)
        if self._place is None or not self._follow(unit - self._place, here - self._there):
            width = np.full(unit.size, 2.0 * SEARCH_STEP)
            self._slope = np.asarray(-self._root @ self._objective.landscape.jacobian(unit, width, sides=1))
        self._place, self._there = unit.copy(), here
        return self._slope

    def _follow(self, step: Floats, change: Floats) -> bool:
        """Add a secant; false where the step says that the ones before it mislead."""
        missed = change - self._slope @ step
        if np.sum(missed**2) > MISLED**2 * np.sum(change**2):
            return False
        self.followed = True
        if np.max(np.abs(step)) >= 0.5 * SEARCH_STEP:  # closer by, noise would be taken for a slope
            self._slope = self._slope + np.outer(missed, step) / (step @ step)
        return True


def nelder_mead(objective: Objective, unit: Floats) -> None:
    """Nelder-Mead simplex search from a simplex about as large as the standard errors."""
    from scipy.optimize import Bounds, minimize

    size = _scale(objective, unit)
    low, high = -unit / size, (1.0 - unit) / size
    simplex = np.vstack([np.zeros(unit.size), np.diag(np.where(high >= 1.0, 1.0, np.maximum(low, -1.0)))])
    enough = max(WORTHWHILE, 1e-6 * objective.distance(unit))

    def distance(steps: Floats) -> float:
        return objective.distance(unit + steps * size)

    minimize(
        distance,
        np.zeros(unit.size),
        method="Nelder-Mead",
        bounds=Bounds(low, high),
        options={"initial_simplex": simplex, "xatol": CLOSE, "fatol": enough, "maxfev": 200 * unit.size},
    )


def _scale(objective: Objective, unit: Floats) -> Floats:
    """Unit steps that change the distance by about one squared standard error (p,)."""
    slope = objective.landscape.jacobian(unit, np.full(unit.size, SEARCH_STEP))
    information = np.einsum("kp,kl,lp->p", slope, objective.weighting.matrix, slope)
    wanted = 1.0 / np.sqrt(np.maximum(information, 1e-300))
    return np.asarray(np.maximum(np.clip(wanted, *STEP_RANGE), 1.5 * objective.landscape.box.grain()))


def integer_steps(objective: Objective, unit: Floats) -> None:
    """Move whole-number parameters up and down by one for as long as that helps."""
    box = objective.landscape.box
    whole = np.flatnonzero(box.whole)
    best = unit
    while whole.size:
        moves = np.repeat(best[None], 2 * whole.size, axis=0)
        for row, (j, change) in zip(moves, itertools.product(whole, (1.0, -1.0))):
            values = box.natural(best)
            values[j] = np.clip(values[j] + change, box.low[j], box.high[j])
            row[j] = box.unit(values)[j]
        distances = [objective.of(at) for at in objective.landscape(moves)]
        if min(distances) >= objective.distance(best):
            return
        best = moves[int(np.argmin(distances))]
