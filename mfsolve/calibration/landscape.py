"""A box of parameters and the moments simulated at its points, each point once however often it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats


@dataclass(frozen=True)
class Box:
    """Ranges of p parameters, and their scale: searched in unit coordinates, evaluated at natural values.

    Attributes
    ----------
    low, high : ndarray, shape (p,)
    logarithmic, whole : ndarray of bool, shape (p,)
        Which are searched on a log scale (low > 0), and which are rounded to whole numbers.
    """

    low: Floats
    high: Floats
    logarithmic: NDArray[np.bool_]
    whole: NDArray[np.bool_]

    @staticmethod
    def of(
        ranges: Sequence[tuple[float, float]], logarithmic: Sequence[bool] = (), whole: Sequence[bool] = ()
    ) -> "Box":
        """A box from (low, high) pairs, by default of real numbers on their own scale.

        Raises
        ------
        ValueError
            Where a range is empty, or reaches 0 or below on a log scale.
        """
        low, high = np.array(ranges, dtype=np.float64).reshape(-1, 2).T
        logs = np.array(logarithmic or [False] * low.size, dtype=bool)
        if not np.all(low < high):
            raise ValueError("ranges must be (low, high) with low < high")
        if np.any(low[logs] <= 0.0):
            raise ValueError("ranges on a log scale must be positive")
        return Box(low, high, logs, np.array(whole or [False] * low.size, dtype=bool))

    @property
    def size(self) -> int:
        """Number p of parameters of the box."""
        return int(self.low.size)

    def natural(self, unit: Floats) -> Floats:
        """Values at unit coordinates (..., p); whole numbers are rounded, bounds are met exactly."""
        u = np.clip(unit, 0.0, 1.0)
        safe = np.where(self.logarithmic, self.low, 1.0)
        ratio = np.where(self.logarithmic, self.high / safe, 1.0)
        values = np.where(self.logarithmic, safe * ratio**u, self.low + u * (self.high - self.low))
        values = np.where(self.whole, np.rint(values), values)
        return np.asarray(np.where(u == 1.0, self.high, np.clip(values, self.low, self.high)))

    def unit(self, values: Floats) -> Floats:
        """Unit coordinates of values (..., p)."""
        safe = np.where(self.logarithmic, self.low, 1.0)
        ratio = np.where(self.logarithmic, self.high / safe, np.e)
        on_log = np.log(np.where(self.logarithmic, values, safe) / safe) / np.log(ratio)
        return np.asarray(np.where(self.logarithmic, on_log, (values - self.low) / (self.high - self.low)))

    def slope(self, values: Floats) -> Floats:
        """Derivative of values by unit coordinates (p,)."""
        width = self.high - self.low
        logs = np.where(self.logarithmic, self.high / np.where(self.logarithmic, self.low, self.high), 1.0)
        return np.asarray(np.where(self.logarithmic, values * np.log(logs), width))

    def grain(self) -> Floats:
        """Smallest useful step in unit coordinates: one for a whole number, none for a real one (p,)."""
        return np.where(self.whole, 1.0 / (self.high - self.low), 0.0)


@dataclass(frozen=True)
class SimulatedMoments:
    """Moments at a point: their means over replicates (k,), and the covariance of one replicate (k, k)."""

    moments: Floats
    covariance: Floats


Evaluate = Callable[[Floats], Sequence[SimulatedMoments | None]]
"""Natural values (n, p) -> moments at each; None where the model cannot be simulated."""


class BudgetSpent(Exception):
    """Raised when the budget of evaluations is used up."""


class Landscape:
    """Simulated moments over a box. A point is counted the first time it is asked for, and simulated once."""

    def __init__(self, box: Box, evaluate: Evaluate, limit: int) -> None:
        self.box, self.limit = box, limit
        self.known: dict[tuple[float, ...], SimulatedMoments | None] = {}
        self.units: list[Floats] = []
        self._evaluate = evaluate

    def __call__(self, units: Floats) -> list[SimulatedMoments | None]:
        """Moments at unit coordinates (n, p), those not known yet in one batch.

        Raises
        ------
        BudgetSpent
            Where the batch would exceed the limit; nothing of it is simulated.
        """
        asked = np.atleast_2d(units)
        keys = [tuple(float(x) for x in row) for row in self.box.natural(asked)]
        new = {key: unit for key, unit in zip(keys[::-1], asked[::-1]) if key not in self.known}
        if len(self.known) + len(new) > self.limit:
            raise BudgetSpent
        if new:
            self.known.update(zip(new, self._evaluate(np.array(list(new))), strict=True))
            self.units += new.values()
        return [self.known[key] for key in keys]

    def since(self, seen: int = 0) -> tuple[Floats, list[SimulatedMoments | None]]:
        """Unit coordinates (n, p) of the points that came after the first `seen`, in order, and what was found."""
        return np.array(self.units[seen:]).reshape(-1, self.box.size), list(self.known.values())[seen:]

    def jacobian(self, unit: Floats, steps: Floats, sides: int = 2) -> Floats:
        """Differences of the moments by unit coordinates (k, p): central ones, or to one side at half the cost.

        Those are one-sided, too, at bounds and infeasible points. A column is zero where neither side can be simulated.
        Common random numbers make the noise of both ends cancel.
        """
        p, width = self.box.size, np.maximum(steps, self.box.grain())
        ends = np.clip(unit + np.concatenate([np.diag(width), -np.diag(width)]), 0.0, 1.0)
        places = self.box.unit(self.box.natural(np.vstack([unit, ends])))  # where whole numbers really are
        up = np.arange(p) + p * (unit + width > 1.0)
        first = np.arange(2 * p) if sides == 2 else up
        centre, *found = self(np.vstack([unit, ends[first]]))
        assert centre is not None
        at = dict(zip(first.tolist(), found))
        lost = [(j + p) % (2 * p) for j in at if at[j] is None and (j + p) % (2 * p) not in at]
        at |= dict(zip(lost, self(ends[lost]) if lost else []))
        columns = []
        for j in range(p):
            (high, u), (low, d) = (
                (side, places[1 + i, j]) if side is not None else (centre, places[0, j])
                for i, side in ((j, at.get(j)), (p + j, at.get(p + j)))
            )
            columns.append((high.moments - low.moments) / (u - d) if u > d else np.zeros_like(centre.moments))
        return np.stack(columns, axis=1)
