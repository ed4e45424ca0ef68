"""Fisher information of two laws on the line by quadrature, tails and singular ends included (MODEL 3.1).

On the line every stretch between ends of a support is integrated in a variable in which both its ends are infinitely
far: x = B + w sinh(v) towards infinity, x = end -+ w e^-v towards an end. A power law, at an end or in a tail, is an
exponential in v: it shows whether the integral diverges, and what is left beyond the last place. The masses of both
laws are integrated on the same panels, which are halved until all three are resolved: a law whose mass is not 1 has
been missed, or is none.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from mfsolve.arrays import Floats

from .information_gaussian import Nodes

Densities = Callable[[Floats], Floats]
"""Places (n,) -> log densities of the human and of the synthetic law (2, n)."""

LEVELS = (1e-12, 1e-8, 1e-5, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999, 1 - 1e-5, 1 - 1e-8, 1 - 1e-12)
REACH = (0.0, 0.05, 0.25, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0)
FARTHEST, NEAREST = 1e100, 1e-150
ROUNDED = 1e-8  # distance from an end, as a share of where it stands, within which places are too coarse
RELATIVE, ABSOLUTE = 1e-10, 1e-12  # errors of a panel: of itself, of all
HALVINGS, PANELS, SEARCHES, SEARCHED = 60, 200_000, 10, 8.0
MASS = 1e-6
UNDERFLOW = -745.0
NEGLIGIBLE, NOTHING = 1e-13, 1e-30
FLAT = 1e-3  # a tail whose integrand, in the logarithm of the place, falls slower than that does not fall
NODES = [np.polynomial.legendre.leggauss(n) for n in (12, 25)]


class Unresolved(ArithmeticError):
    """No two rules agree."""


def log_density(distribution: Any, x: Floats) -> Floats:
    """Log density (or log probability) of a law or of a density function at items x, (n,) or (n, d)."""
    for name in ("logpdf", "logpmf"):
        if hasattr(distribution, name):
            across = x.T if x.ndim == 2 and hasattr(distribution, "dataset") else x  # gaussian_kde wants (d, n)
            return np.asarray(getattr(distribution, name)(across), dtype=np.float64)
    density = distribution.pdf if hasattr(distribution, "pdf") else distribution
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(density(x), dtype=np.float64))


def _floored(name: str, law: Any, x: Floats) -> Floats:
    """Log density that does not take what underflows for 0."""
    with np.errstate(all="ignore"):
        found = log_density(law, x)
    if np.isnan(found).any():
        raise ValueError(f"{name}: a density of nan at {x[np.isnan(found)][0]:g} given; allowed: [0, inf)")
    return np.maximum(found, -np.inf if hasattr(law, "logpdf") else UNDERFLOW)


class Pool(NamedTuple):
    """A pool's contamination, and the nodes of a second, independent part of its items, where they have one."""

    contamination: float
    score: Nodes | None = None

    def terms(self, lp: Floats, lq: Floats) -> Floats:
        """ln of (q - p)^2 / q_rho, summed over the second part; -inf where p = q."""
        if self.score is None:
            return _log_terms(self.contamination, lp, lq)
        total = np.full(lp.shape, -np.inf)
        for ratio, mass in zip(self.score.ratio, np.log(self.score.human)):
            total = np.logaddexp(total, _log_terms(self.contamination, lp + mass, lq + (mass + ratio)))
        return total


def _log_terms(rho: float, lp: Floats, lq: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        pool = np.logaddexp(np.log1p(-rho) + lp if rho < 1.0 else -np.inf, np.log(rho) + lq if rho else -np.inf)
        gap = np.maximum(lp, lq) + np.log(-np.expm1(-np.abs(lp - lq)))
        return np.where(gap > -np.inf, 2.0 * gap - pool, -np.inf)


def whole_masses(total: Floats, what: str, allowed: str) -> None:
    """Refuse a law whose mass, of information and both masses (3,), is not 1."""
    for name, mass in zip(("human", "synthetic"), total[1:]):
        if not abs(mass - 1.0) <= MASS:
            raise ValueError(f"{name}: {what} to {mass:.6g} given; allowed: {allowed}")


def stacked(pool: Pool, lp: Floats, lq: Floats) -> Floats:
    """Logs of the terms of information and of both masses (3, n)."""
    return np.stack([pool.terms(lp, lq), lp, lq])


def on_the_line(pool: Pool, human: Any, synthetic: Any) -> float:
    """I(rho) of two laws on the line.

    Raises
    ------
    ValueError
        For a law whose density does not integrate to 1, as far as it can be found.
    Unresolved
        Where the panels do not settle.
    """

    def densities(x: Floats) -> Floats:
        found = np.stack([_floored("human", human, x), _floored("synthetic", synthetic, x)])
        for k, (name, law) in enumerate((("human", human), ("synthetic", synthetic))):
            if pool.contamination == k and not hasattr(law, "logpdf"):
                terms = pool.terms(*found)
                lost = (found[k] <= UNDERFLOW) & (terms > math.log(NEGLIGIBLE)) & (terms < 600.0)
                if lost.any():
                    raise ValueError(
                        f"{name}: a density that underflows where it counts, at {x[lost][0]:g}, given; "
                        "allowed: one with logpdf"
                    )
        return found

    ends = np.unique([-math.inf, *_ends(human), *_ends(synthetic), math.inf]).tolist()
    low, high = (f(_support(law)[k] for law in (human, synthetic)) for k, f in ((0, min), (1, max)))
    places = np.unique(np.concatenate([_points(human), _points(synthetic)]))
    known = all(hasattr(part, "ppf") or hasattr(part, "dataset") for law in (human, synthetic) for part in _parts(law))
    total = np.zeros(3)
    for a, b in pairwise(ends):
        if a >= low and b <= high:
            for part in _halves(a, b, places):
                total += part.integral(pool, densities, searched=not known)
                if total[0] == math.inf:
                    return math.inf
    whole_masses(total, "a density that integrates", "1, on a scale that its `ppf` tells, or of about 1 around 0")
    return float(total[0])


@dataclass(frozen=True)
class Half:
    """The stretch x(v), v from 0 on, from `start` to an end of a support or to infinity, and edges of first panels.

    x = start + (-) scale sinh(v) towards infinity, end - scale e^-v towards an end, scale = end - start.
    """

    start: float
    end: float
    scale: float
    edges: Floats

    def place(self, v: Floats) -> Floats:
        """x(v)."""
        return self.start + self.scale * np.sinh(v) if math.isinf(self.end) else self.end - self.scale * np.exp(-v)

    def stretch(self, v: Floats) -> Floats:
        """|dx / dv|."""
        return abs(self.scale) * (np.cosh(v) if math.isinf(self.end) else np.exp(-v))

    def carried_on(self, densities: Densities, v: Floats) -> Floats:
        """Log densities at v (2, n); near an end that is not 0, power laws of the distance, which is known exactly."""
        if math.isinf(self.end) or self.end == 0.0:
            return densities(self.place(v))
        last = math.log(abs(self.scale) / (ROUNDED * abs(self.end)))
        found = densities(self.place(np.minimum(v, last)))
        if (v > last).any():
            x = self.place(np.array([last - 2.0, last]))
            known, (before, there) = densities(x), np.log(abs(self.scale) / np.abs(self.end - x))
            with np.errstate(invalid="ignore"):
                slope = np.nan_to_num((known[:, 1] - known[:, 0]) / (there - before))
            found = np.where(v > last, known[:, 1:] + slope[:, None] * (v - there), found)
        return found

    def integral(self, pool: Pool, densities: Densities, *, searched: bool) -> Floats:
        """Information and masses on the stretch (3,); infinite information where it diverges.

        Where a law's places are not known they are `searched` for.

        Raises
        ------
        Unresolved
            Where the panels do not settle.
        """

        def at(v: Floats) -> Floats:
            lp, lq = self.carried_on(densities, v)
            with np.errstate(over="ignore"):
                return np.exp(stacked(pool, lp, lq)) * self.stretch(v)

        edges = _searched(at, self.edges) if searched else self.edges
        counts = np.flatnonzero(at(edges).max(axis=0) > NOTHING)
        edges = edges[: int(counts[-1]) + 3 if counts.size else 2]  # of a light tail the rest is nothing
        a, b, total = edges[:-1], edges[1:], np.zeros(3)
        for _ in range(HALVINGS):
            rough, good = _panels(at, np.stack([a, b]))
            if not np.isfinite(good[0]).all():
                return np.array([math.inf, 0.0, 0.0])
            size = total + good.sum(axis=1)
            wrong = np.abs(rough - good) > RELATIVE * np.abs(good) + ABSOLUTE * size[:, None]
            open_ = wrong.any(axis=0)
            total += good[:, ~open_].sum(axis=1)
            if not open_.any():
                return total + self.beyond(at, total) if edges[-1] == self.edges[-1] else total
            if open_.sum() > PANELS:
                break
            middle = 0.5 * (a[open_] + b[open_])
            a, b = np.concatenate([a[open_], middle]), np.concatenate([middle, b[open_]])
        raise Unresolved("information: no two quadratures of these densities agree")

    def beyond(self, at: Callable[[Floats], Floats], total: Floats) -> Floats:
        """What is left beyond the last place, where the integrand is a power (3,)."""
        left = np.zeros(3)
        for k, (before, value) in enumerate(at(self.edges[-1] - np.array([2.0, 0.0])).tolist()):
            if value > NEGLIGIBLE * (total[k] if k == 0 else 1.0):
                fall = 0.5 * math.log(before / value)
                left[k] = value / fall if fall > FLAT else math.inf
        return left


def _panels(at: Callable[[Floats], Floats], edges: Floats) -> list[Floats]:
    """Two rules of every panel, (3, panels) each; edges (n,) or pairs of them (2, panels)."""
    a, b = (edges[:-1], edges[1:]) if edges.ndim == 1 else edges
    middle, half = 0.5 * (a + b), 0.5 * (b - a)
    return [half * (at((middle[:, None] + half[:, None] * x).ravel()).reshape(3, a.size, -1) @ w) for x, w in NODES]


def _searched(at: Callable[[Floats], Floats], edges: Floats) -> Floats:
    """Panels halved until both masses stand still: a peak between all nodes of a coarse rule has no mass."""
    before = np.zeros(2)
    for _ in range(SEARCHES):
        after = _panels(at, edges)[1].sum(axis=1)[1:]
        if np.all(np.abs(after - before) <= MASS) and np.all(after > MASS):
            break
        near = edges[:-1] < SEARCHED
        before, edges = after, np.sort(np.concatenate([edges, 0.5 * (edges[:-1] + edges[1:])[near]]))
    return edges


def _halves(a: float, b: float, everywhere: Floats) -> list[Half]:
    """The cell (a, b), from the middle of the places in it towards either end."""
    places = everywhere[(everywhere > a) & (everywhere < b)]
    if not places.size:
        places = np.array([0.5 * (a + b) if math.isfinite(a + b) else a + 1.0 if math.isfinite(a) else b - 1.0])
    middle = float(np.median(places))
    width = float(np.diff(np.quantile(places, [0.25, 0.75]))[0]) or max(abs(middle), 1.0)
    return [half(middle, end, width, places[side * (places - middle) > 0.0]) for end, side in ((a, -1.0), (b, 1.0))]


def half(start: float, end: float, width: float, places: Floats) -> Half:
    """From a place to an end, or to infinity in units of `width`, with panels between the places on the way."""
    if math.isinf(end):
        marks, last = np.arcsinh(np.abs(places - start) / width), math.asinh(FARTHEST / width)
        return Half(start, end, math.copysign(width, end), _edges(marks, last))
    gap = end - start
    return Half(start, end, gap, _edges(np.log(gap / (end - places)), math.log(abs(gap) / NEAREST)))


def _edges(marks: Floats, last: float) -> Floats:
    regular = np.linspace(0.0, last, max(8, math.ceil(last)) + 1)
    return np.unique(np.concatenate([regular, marks[marks < last]]))


def _parts(law: Any) -> Sequence[Any]:
    return [part for component in law.components for part in _parts(component)] if hasattr(law, "components") else [law]


def _ends(law: Any) -> list[float]:
    """Ends of the supports of a law's parts: where its density may jump."""
    return [float(end) for part in _parts(law) for end in (part.support() if hasattr(part, "support") else ())]


def _support(law: Any) -> tuple[float, float]:
    """Least and largest place."""
    parts = [part.support() if hasattr(part, "support") else (-math.inf, math.inf) for part in _parts(law)]
    return min(float(s[0]) for s in parts), max(float(s[1]) for s in parts)


def _points(law: Any) -> Floats:
    """Where a density lives: quantiles, a kernel estimate's data, or powers of two about 0."""
    found = []
    for part in _parts(law):
        if hasattr(part, "ppf"):
            found.append(np.asarray(part.ppf(LEVELS), dtype=np.float64))
        elif hasattr(part, "dataset"):
            data = np.quantile(part.dataset[0], np.linspace(0.0, 1.0, 33))
            width = math.sqrt(float(part.covariance[0, 0]))
            found += [data, data[0] - width * np.array(REACH), data[-1] + width * np.array(REACH)]
        else:
            found += [np.array(REACH), -np.array(REACH)]
    points = np.concatenate(found)
    return points[np.isfinite(points) & (np.abs(points) < FARTHEST)]
