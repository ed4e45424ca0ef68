"""Branches that meet at a fold between two places of a grid."""

from collections.abc import Sequence

import numpy as np

from mfsolve.arrays import Floats


def joined(x: Floats, branches: Sequence[Floats]) -> list[tuple[Floats, Floats]]:
    """Branches as lines that meet where exactly two of them end together.

    Near a fold the squared distance of its two branches falls to 0 in proportion to the distance from it; the fold is
    put where the last two places say so, if that is not beyond the place where the branches are gone.

    Parameters
    ----------
    x
        Ascending places (n,).
    branches
        Values (n,) of every branch, NaN where there is none.
    """
    lines = [(x, y) for y in branches]
    for way in (1, -1):  # ends, then beginnings
        ends: dict[int, list[int]] = {}
        for k, y in enumerate(branches):
            there = np.isfinite(y[::way])
            for i in np.flatnonzero(there[:-1] & ~there[1:]).tolist():
                ends.setdefault(i, []).append(k)
        for i, pair in ends.items():
            if len(pair) == 2 and (fold := _fold(x[::way], branches[pair[0]][::way], branches[pair[1]][::way], i)):
                for k in pair:
                    lines[k] = _with(lines[k], fold, x[::way][i], way)
    return lines


def _fold(x: Floats, one: Floats, two: Floats, i: int) -> tuple[float, float] | None:
    """Place and value of the fold beyond place i; None where two branches end there, but do not come together."""
    if i == 0:
        return None
    before, last = ((one[k] - two[k]) ** 2 for k in (i - 1, i))
    if not last < before:  # NaN too
        return None
    share = min(last / (before - last), (x[i + 1] - x[i]) / (x[i] - x[i - 1]) + 1.0)
    beyond = x[i] + share * (x[i] - x[i - 1])
    if abs(beyond - x[i]) > abs(x[i + 1] - x[i]) * (1.0 + 1e-9):
        return None
    middle = [0.5 * (one[k] + two[k]) for k in (i - 1, i)]
    return float(beyond), float(middle[1] + share * (middle[1] - middle[0]))


def _with(line: tuple[Floats, Floats], fold: tuple[float, float], after: float, way: int) -> tuple[Floats, Floats]:
    """A line with the fold as a point beside the place after which it comes, seen in the direction of the line."""
    x, y = line
    k = int(np.flatnonzero(x == after)[0]) + (1 if way == 1 else 0)
    return np.insert(x, k, fold[0]), np.insert(y, k, fold[1])
