"""Fisher information of two laws on the line by quadrature, including tails and singular ends (MODEL 3.1).

Every interval between ends of a support is integrated in a variable v that puts both ends at infinity:
x = B + w sinh(v) towards infinity, x = end -+ w e^-v towards a finite end. A power law, at an end or in a tail, is an
exponential in v, which shows whether the integral diverges and gives the remainder beyond the last place. The masses of
both laws are integrated on the same panels, which are halved until all three integrals are resolved: where a mass is
not 1, the law was missed, or is no probability law.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.quadrature import gauss_legendre

from .information_gaussian import Nodes
from .information_tails import FARTHEST, NEAREST, LogDensity, continued_density

Densities = Callable[[Floats], Floats]
"""Maps places (n,) to the log densities of the human and of the synthetic law there (2, n)."""

LEVELS = (1e-12, 1e-8, 1e-5, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999, 1 - 1e-5, 1 - 1e-8, 1 - 1e-12)
REACH = (0.0, 0.05, 0.25, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0)
ROUNDED = 1e-8  # relative distance from an end within which rounding of places matters
RELATIVE, ABSOLUTE = 1e-10, 1e-12  # allowed error of a panel, relative to itself and to the whole integral
HALVINGS, PANELS, SEARCHES, SEARCHED = 60, 200_000, 10, 8.0
MASS = 1e-6
UNDERFLOW = -745.0
NEGLIGIBLE, NOTHING = 1e-13, 1e-30
FLAT = 1e-3  # an integrand that decays more slowly than e^(-FLAT v) in a tail is taken to diverge
NODES = [gauss_legendre(n) for n in (12, 25)]


class QuadratureError(ArithmeticError):
    """Successive quadratures do not agree."""


def log_density(distribution: Any, x: Floats) -> Floats:
    """Log density (or log probability) of a law, or of a density function, at items x, (n,) or (n, d)."""
    for name in ("logpdf", "logpmf"):
        if hasattr(distribution, name):
            across = x.T if x.ndim == 2 and hasattr(distribution, "dataset") else x  # gaussian_kde wants (d, n)
            with np.errstate(divide="ignore"):  # of SciPy's own logarithm of 0
                return np.asarray(getattr(distribution, name)(across), dtype=np.float64)
    density = distribution.pdf if hasattr(distribution, "pdf") else distribution
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(density(x), dtype=np.float64))


def _floored(name: str, law: Any, density: LogDensity, x: Floats) -> Floats:
    """Log density, with an underflowing density kept apart from one that is 0."""
    with np.errstate(all="ignore"):
        found = density(x)
    if np.isnan(found).any():
        raise ValueError(f"{name}: a density of nan at {x[np.isnan(found)][0]:g} given; allowed: [0, inf)")
    return np.maximum(found, -np.inf if hasattr(law, "logpdf") else UNDERFLOW)


class Pool(NamedTuple):
    """Contamination of a pool, and quadrature nodes of its items' watermark score where they carry one."""

    contamination: float
    score: Nodes | None = None

    def terms(self, lp: Floats, lq: Floats) -> Floats:
        """Log of (q - p)^2 / q_rho, summed over the score; -inf where p = q."""
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


def check_masses(total: Floats, what: str, allowed: str) -> None:
    """Raise ValueError unless both masses in total (3,), behind the information, are 1."""
    for name, mass in zip(("human", "synthetic"), total[1:]):
        if not abs(mass - 1.0) <= MASS:
            raise ValueError(f"{name}: {what} to {mass:.6g} given; allowed: {allowed}")


def log_integrands(pool: Pool, lp: Floats, lq: Floats) -> Floats:
    """Logs of the integrands of the information and of both masses (3, n)."""
    return np.stack([pool.terms(lp, lq), lp, lq])


def continuous_information(pool: Pool, human: Any, synthetic: Any) -> float:
    """Fisher information I(rho) of two laws on the line (MODEL 3.1).

    Raises
    ------
    ValueError
        For a law whose density does not integrate to 1, as far as it can be found.
    QuadratureError
        Where the panels do not converge.
    """
    laws = (("human", human), ("synthetic", synthetic))
    tailed = [continued_density(law, partial(log_density, law)) for _, law in laws]

    def densities(x: Floats) -> Floats:
        found = np.stack([_floored(name, law, density, x) for (name, law), density in zip(laws, tailed)])
        for k, (name, law) in enumerate(laws):
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
    check_masses(total, "a density that integrates", "1, on a scale that its `ppf` tells, or of about 1 around 0")
    return float(total[0])


@dataclass(frozen=True)
class HalfInterval:
    """Interval from `start` to an end of a support or to infinity, as x(v), v >= 0, with the edges of its first panels.

    x = start +- scale sinh(v) towards infinity; x = end - scale e^-v, scale = end - start, towards a finite end.
    """

    start: float
    end: float
    scale: float
    edges: Floats

    def place(self, v: Floats) -> Floats:
        """Place x(v) on the line."""
        return self.start + self.scale * np.sinh(v) if math.isinf(self.end) else self.end - self.scale * np.exp(-v)

    def stretch(self, v: Floats) -> Floats:
        """Jacobian |dx / dv|."""
        return abs(self.scale) * (np.cosh(v) if math.isinf(self.end) else np.exp(-v))

    def extrapolated(self, densities: Densities, v: Floats) -> Floats:
        """Log densities at v (2, n); very near a finite end other than 0, as power laws of the distance to it."""
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
        """Information and both masses on the interval (3,); infinite information where it diverges.

        With `searched` the panels are first refined until both masses are found.

        Raises
        ------
        QuadratureError
            Where the panels do not converge.
        """

        def at(v: Floats) -> Floats:
            lp, lq = self.extrapolated(densities, v)
            with np.errstate(over="ignore"):
                return np.exp(log_integrands(pool, lp, lq)) * self.stretch(v)

        edges = _refined(at, self.edges) if searched else self.edges
        counts = np.flatnonzero(at(edges).max(axis=0) > NOTHING)
        edges = edges[: int(counts[-1]) + 3 if counts.size else 2]  # the rest of a light tail is negligible
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
        raise QuadratureError("information: no two quadratures of these densities agree")

    def beyond(self, at: Callable[[Floats], Floats], total: Floats) -> Floats:
        """Remainders beyond the last place, where the integrands are power laws (3,)."""
        left = np.zeros(3)
        for k, (before, value) in enumerate(at(self.edges[-1] - np.array([2.0, 0.0])).tolist()):
            if value > NEGLIGIBLE * (total[k] if k == 0 else 1.0):
                fall = 0.5 * math.log(before / value)
                left[k] = value / fall if fall > FLAT else math.inf
        return left


def _panels(at: Callable[[Floats], Floats], edges: Floats) -> list[Floats]:
    """Two quadrature rules on every panel, (3, panels) each; edges (n,) or pairs of edges (2, panels)."""
    a, b = (edges[:-1], edges[1:]) if edges.ndim == 1 else edges
    middle, half = 0.5 * (a + b), 0.5 * (b - a)
    return [half * (at((middle[:, None] + half[:, None] * x).ravel()).reshape(3, a.size, -1) @ w) for x, w in NODES]


def _refined(at: Callable[[Floats], Floats], edges: Floats) -> Floats:
    """Edges of panels halved until both masses converge: a coarse rule can miss a peak between its nodes."""
    before = np.zeros(2)
    for _ in range(SEARCHES):
        after = _panels(at, edges)[1].sum(axis=1)[1:]
        if np.all(np.abs(after - before) <= MASS) and np.all(after > MASS):
            break
        near = edges[:-1] < SEARCHED
        before, edges = after, np.sort(np.concatenate([edges, 0.5 * (edges[:-1] + edges[1:])[near]]))
    return edges


def _halves(a: float, b: float, everywhere: Floats) -> list[HalfInterval]:
    """Halves of the interval (a, b), from the median of the places in it towards either end."""
    places = everywhere[(everywhere > a) & (everywhere < b)]
    if not places.size:
        places = np.array([0.5 * (a + b) if math.isfinite(a + b) else a + 1.0 if math.isfinite(a) else b - 1.0])
    middle = float(np.median(places))
    width = float(np.diff(np.quantile(places, [0.25, 0.75]))[0]) or max(abs(middle), 1.0)
    return [
        half_interval(middle, end, width, places[side * (places - middle) > 0.0]) for end, side in ((a, -1.0), (b, 1.0))
    ]


def half_interval(start: float, end: float, width: float, places: Floats) -> HalfInterval:
    """Interval from a place to an end, or to infinity in units of `width`, with panel edges at the places between."""
    if math.isinf(end):
        marks, last = np.arcsinh(np.abs(places - start) / width), math.asinh(FARTHEST / width)
        return HalfInterval(start, end, math.copysign(width, end), _edges(marks, last))
    gap = end - start
    return HalfInterval(start, end, gap, _edges(np.log(gap / (end - places)), math.log(abs(gap) / NEAREST)))


def _edges(marks: Floats, last: float) -> Floats:
    regular = np.linspace(0.0, last, max(8, math.ceil(last)) + 1)
    return np.unique(np.concatenate([regular, marks[marks < last]]))


def _parts(law: Any) -> Sequence[Any]:
    return [part for component in law.components for part in _parts(component)] if hasattr(law, "components") else [law]


def _ends(law: Any) -> list[float]:
    """Ends of the supports of a law's components, where its density may jump."""
    return [float(end) for part in _parts(law) for end in (part.support() if hasattr(part, "support") else ())]


def _support(law: Any) -> tuple[float, float]:
    """Smallest and largest place of a law's support."""
    parts = [part.support() if hasattr(part, "support") else (-math.inf, math.inf) for part in _parts(law)]
    return min(float(s[0]) for s in parts), max(float(s[1]) for s in parts)


def _points(law: Any) -> Floats:
    """Places that locate a law's mass: quantiles, a kernel estimate's data, or powers of two around 0."""
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
