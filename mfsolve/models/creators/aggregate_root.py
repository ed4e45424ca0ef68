"""The one unknown of market and planner: A with A/v = sum l e(A) (1 - l A) (MODEL 4.1)."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.creators import effort
from mfsolve.kernels.numerics.elementary import exponential, natural_log

from .populations import Point, Population

STEPS = 400


@dataclass(frozen=True)
class Root:
    """A solved problem: the point A, the scale kappa of efforts e = kappa |y|^q, and sum e^g."""

    point: Point
    scale: float
    exponent: float
    energy: float

    @property
    def aggregate(self) -> float:
        """A = sum l e / (1/v + sum l^2 e)."""
        return self.point.aggregate

    def efforts(self, loading: Floats) -> Floats:
        """Effort of creators with the given loadings."""
        flat = np.ascontiguousarray(loading, dtype=np.float64).ravel()
        out = np.empty_like(flat)
        if self.exponent == 2.0:
            effort.square_efforts(flat, self.point.letters, self.scale, out)
        else:
            effort.efforts(flat, self.point.letters, self.exponent, self.scale, out)
        return out.reshape(np.shape(loading))


def power(base: float, exponent: float) -> float:
    """base^exponent for base > 0 with the same bits on every machine, which libm's does not promise."""
    return float(exponential(exponent * natural_log(base)))


def powers(base: Floats, exponent: float) -> Floats:
    """base^exponent of an array >= 0, likewise."""
    out = np.empty(base.size)
    effort.scaled_powers(np.ascontiguousarray(base).ravel(), exponent, 1.0, out)
    return out.reshape(base.shape)


def solve(population: Population, v: float, g: float, scales: tuple[float, ...]) -> tuple[Root, ...]:
    """Solve f(A) = 0 for each multiple m k of marginal cost in `scales`; for g = 2 from the same sums."""
    if g == 2.0:
        return solve_quadratic(population, v, scales)
    return tuple(solve_general(population, v, g, scale) for scale in scales)


def solve_quadratic(population: Population, v: float, scales: tuple[float, ...]) -> tuple[Root, ...]:
    """g = 2: a cubic in A, from one pass.

    The centre is a guess made before the pass. Should it turn out far from the loadings that matter, measured
    against the spread of y, the pass is made once more about a better one.
    """
    centre = population.centre
    for attempt in range(2):
        w = population.powers(centre)
        points = [Point(centre, u, A) for A, u in (effort.cubic_root(w, centre, v, 1.0 / mk) for mk in scales)]
        drift = w[1] / w[0] if w[0] > 0.0 else 0.0
        if attempt or all(centred(w, p.u, p.aggregate) for p in points):
            break
        centre += drift
    return tuple(
        Root(
            point,
            1.0 / mk,
            2.0,
            float(fourth(population.creators, w, point.centre, point.u, point.aggregate)) / (mk * mk),
        )
        for mk, point in zip(scales, points, strict=True)
    )


def centred(w: Floats, u: Any, A: Any) -> NDArray[np.bool_]:
    """True where the centre of power sums w (7, ...) is near the loadings that matter to points (A, u) of any shape.

    Their drift from it is held against the root mean square of y over creators, weighted by loading.
    """
    square = w[0] * u * u - 2.0 * u * A * w[1] + A * A * w[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.abs(w[1] / w[0]) * A <= 8.0 * np.sqrt(np.maximum(square, 0.0) / w[0])
    return np.asarray(near | ~(w[0] > 0.0))


def fourth(creators: float, w: Floats, centre: float, u: Any, A: Any) -> Any:
    """Sum of y^4 over creators, from power sums w (7, ...) about a centre and points (A, u) of the same further shape.

    In products, which have the same bits on every machine: libm's powers need not.
    """
    first = w[0] - centre * creators
    with np.errstate(over="ignore", invalid="ignore"):  # what floats cannot hold is no number, and refused by callers
        uu, AA = u * u, A * A
        own, second = creators * uu * uu - 4.0 * uu * u * A * first, 6.0 * uu * AA * w[4]
        return own + second - 4.0 * u * AA * A * w[5] + AA * AA * w[6]


def solve_general(population: Population, v: float, g: float, mk: float) -> Root:
    """Any g > 1: Newton's method inside a bracket, one fused pass a step, on a thinned population first.

    Near the root the next step is foreseen from the last two, and sum e^g is carried over a step by Taylor's
    formula, its derivatives being the sums already at hand: no pass only confirms. Where a pass is long the last step
    is that of the cubic through both of the last points, for A as a function of f, whose error is foreseen likewise.
    """
    q = 2.0 / (g - 1.0)
    kappa = power(mk, -1.0 / (g - 1.0))
    small = population.thinned()
    guess = solve_general(small, v, g, mk).point if small is not None else Point(population.centre, 1.0, 0.0)
    point = guess
    low, high, last = 0.0, np.inf, np.inf
    before = Place(0.0, 0.0, 0.0, 0.0)
    energy = 0.0
    for _ in range(STEPS):
        supply, slope, energy = (float(s) for s in population.response(point, q))
        value = point.aggregate / v - kappa * supply
        low, high = (point.aggregate, high) if value < 0.0 else (low, point.aggregate)
        rise = 1.0 / v + kappa * (q + 1.0) * slope
        if rise == 0.0:  # efforts of all creators are below the least float
            raise ValueError(out_of_range(v, g, mk))
        step = -value / rise
        moved = move(point, step)
        if value == 0.0:
            break
        size = abs(step)
        # far up a steep power Newton's steps shrink by 1 - 1/(q + 1) only: every other one
        # then halves the bracket, or widens it
        slow = 0.5 * last < size < np.inf and size > 1e-9 * point.aggregate
        if np.isfinite(step) and low <= moved.aggregate <= high and not slow:
            foreseen = size * min(size / last, 1.0) ** 2 if last < np.inf else size
            scale = min(moved.aggregate, max(abs(moved.u), 1e-9) / max(moved.centre, 1e-300))
            quick = 1e-9 * scale < last < np.inf and size < 0.1 * last  # as Newton's steps near a simple root
            bent = small is not None and quick and size * (size / last) ** 4 <= 3e-16 * scale
            if bent or foreseen <= 1e-16 * scale or (size >= last and size <= 1e-9 * moved.aggregate):
                bend = 0.0
                if bent:
                    back = before.aggregate - point.aggregate
                    step = cubic_step(before, Place(point.aggregate, value, step, slope))
                    moved, bend = move(point, step), (slope - before.slope) / -back
                energy += step * (
                    -(q + 2.0) * supply + (q + 2.0) * (q + 1.0) * step * (0.5 * slope + step * bend / 6.0)
                )
                point = moved
                break
            before = Place(point.aggregate, value, step, slope)
            point, last = moved, size
            continue
        middle = between(low, high) if high < np.inf else 2.0 * max(point.aggregate, 1e-300)
        if middle in (low, high):
            break
        point, last = move(point, middle - point.aggregate), np.inf
    else:
        raise ValueError(out_of_range(v, g, mk))
    return Root(point, kappa, q, power(kappa, g) * energy)


class Place(NamedTuple):
    """A point that a pass was made at: A, f(A), Newton's step from there, and sum l^2 |y|^q."""

    aggregate: float
    value: float
    step: float
    slope: float


def cubic_step(first: Place, last: Place) -> float:
    """Step from the last point to f = 0 by the cubic in f that has A and dA / df of both points."""
    rise = last.value - first.value
    t, s = -first.value / rise, last.value / rise  # t + s = 1, s small
    back = first.aggregate - last.aggregate
    # h dA / df of each point, from Newton's step -f dA / df
    slow, fast = rise * first.step / -first.value, rise * last.step / -last.value
    return s * s * (back * (1.0 + 2.0 * t) + slow * t) - fast * t * t * s


def out_of_range(v: float, g: float, k: float) -> str:
    """One line on a market that has no solution in floating-point numbers."""
    return (
        f"cost_exponent: {float(g)!r} given with bias_variance {float(v):g} and cost_scale {float(k):g}; allowed: "
        "values further from 1, or the others and the loadings nearer 1: efforts leave the range of floats"
    )


def between(low: float, high: float) -> float:
    """Middle of a bracket: geometric where it spans more than a factor of four."""
    return float(np.sqrt(low) * np.sqrt(high)) if 0.0 < 4.0 * low < high else 0.5 * (low + high)


def move(point: Point, step: float) -> Point:
    """Shift A by a step; whichever of A and u is the smaller keeps its precision."""
    A, u, c = point.aggregate + step, point.u - point.centre * step, point.centre
    if c * A < 0.5:
        return Point(c, 1.0 - c * A, A)
    return Point(c, u, (1.0 - u) / c)
