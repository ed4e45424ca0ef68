"""Log densities and log probabilities of laws on the line, continued to where a law's own have underflowed (MODEL 3.1).

Many laws take the log of a density that is 0 from about e^-745 on: SciPy's `laplace.logpdf(1000)` is -inf, not -1000.7.
There int p^2 / q would see a law without mass, and diverge. Such a tail is told from a true end of the mass by how it
gets there: it comes down to the underflow without a jump. Beyond, ln f(c) - ln f(x) is continued as a power of the
distance from the centre c (or from the end of the support): exact for exponential and Gaussian tails.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from mfsolve.arrays import Floats

LogDensity = Callable[[Floats], Floats]
FARTHEST, NEAREST = 1e100, 1e-150
FARTHEST_VALUE = 1e7  # of a discrete law, from its median
UNDERFLOW = -700.0  # a law that comes down below this before it vanishes has underflowed
OVERFLOW = -1e4  # one that comes down below this has overflowed in its logarithm, such as -e^x
LEAST = -1e300  # log density of a law within its support, at least
CUT = 0.92  # a tail is trusted down to this part of its last log density: beyond, densities are subnormal
SLOPE = 0.8  # and its power is measured from this part on
PLACES, BISECTIONS = 400, 80


@dataclass(frozen=True)
class Tail:
    """Tail of a law beyond `edge`, ln f = top - drop (distance / reach)^power, by its distance from `origin`.

    On the side `side` (-1 or 1) of the centre; `origin` is the centre, or the end of the support where that is finite.
    A tail without `drop` has overflowed: its log density is the least there is.
    """

    side: float
    edge: float
    origin: float
    reach: float
    top: float
    drop: float
    power: float

    def continued(self, x: Floats, found: Floats) -> Floats:
        """Log densities `found` at x (n,), replaced by the tail's beyond its edge."""
        with np.errstate(all="ignore"):
            distance = np.abs(x - self.origin) / self.reach
            beyond = self.top - self.drop * distance**self.power if self.drop else np.full(x.shape, LEAST)
        return np.where(self.side * (x - self.edge) > 0.0, np.maximum(beyond, LEAST), found)


def continued_density(law: Any, log_density: LogDensity) -> LogDensity:
    """Log density of a law on the line, continued in its tails; that of a mixture from those of its components."""
    if hasattr(law, "components"):
        parts = [
            (w, continued_density(c, partial(_log_density, c))) for w, c in zip(law.weights, law.components) if w > 0.0
        ]
        return lambda x: np.asarray(np.logaddexp.reduce([math.log(w) + f(x) for w, f in parts]))
    if not (hasattr(law, "logpdf") or hasattr(law, "logpmf")) or hasattr(law, "dataset"):
        return log_density
    found = [tail for tail in (_tail(law, log_density, k) for k in (0, 1)) if tail is not None]
    if not found:
        return log_density

    lattice = not hasattr(law, "logpdf")
    origin = found[0].origin

    def log_density_and_tails(x: Floats) -> Floats:
        values = log_density(x)
        low, high = _support(law)
        inside = (x > low) & (x < high) & (np.fmod(x - origin, 1.0) == 0.0 if lattice else True)
        for tail in found:
            values = np.where(inside, tail.continued(x, values), values)
        return values

    return log_density_and_tails


def _log_density(component: Any, x: Floats) -> Floats:
    return np.asarray(component.logpdf(x), dtype=np.float64)


def _support(law: Any) -> tuple[float, float]:
    low, high = law.support() if hasattr(law, "support") else (-math.inf, math.inf)
    return float(low), float(high)


def _tail(law: Any, log_density: LogDensity, k: int) -> Tail | None:
    """Tail of a law at the lower (k = 0) or upper (k = 1) end of its support; None where it needs no continuation."""
    end, side = _support(law)[k], (-1.0, 1.0)[k]
    centre = float(law.ppf(0.5)) if hasattr(law, "ppf") else 0.0
    if not math.isfinite(centre) or not side * (end - centre) > 0.0:
        return None
    lattice, gap = not hasattr(law, "logpdf"), abs(end - centre)
    bounded = math.isfinite(end) and not lattice
    farthest = min(gap, FARTHEST_VALUE) if lattice else FARTHEST
    last = math.log(gap / max(NEAREST, 1e-15 * abs(end))) if bounded else math.asinh(farthest)

    def place(v: float | Floats) -> Floats:
        if bounded:
            return np.asarray(end - side * gap * np.exp(-v))
        return np.asarray(centre + side * (np.rint(np.sinh(v)) if lattice else np.sinh(v)))

    def at(v: float) -> float:
        with np.errstate(all="ignore"):
            return float(log_density(place(np.array([v])))[0])

    with np.errstate(all="ignore"):
        values = log_density(place(np.linspace(0.0, last, PLACES)))
    kept = np.flatnonzero(values > -np.inf)
    top = at(0.0)
    if not kept.size or kept[-1] == PLACES - 1 or not math.isfinite(top):
        return None
    step = last / (PLACES - 1)
    v = _crossing(at, kept[-1] * step, (kept[-1] + 1) * step, -math.inf)
    lowest = at(v)
    if lowest > UNDERFLOW:
        return None  # a jump: the mass ends here
    origin, edge = (end if bounded else centre), float(place(v))
    if lowest < OVERFLOW:
        return Tail(side, edge, origin, 1.0, top, 0.0, 0.0)
    near, far = (_crossing(at, 0.0, v, part * lowest) for part in (SLOPE, CUT))
    places, drops = np.array([float(place(near)), float(place(far))]), top - np.array([at(near), at(far)])
    distances = np.abs(places - origin)
    power = float(np.diff(np.log(drops))[0] / np.diff(np.log(distances))[0])
    return Tail(side, float(places[1]), origin, float(distances[1]), top, float(drops[1]), power)


def _crossing(at: Callable[[float], float], low: float, high: float, level: float) -> float:
    """Largest v found above `level`, between one above it and one that is not."""
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if at(middle) > level else (low, middle)
    return low
