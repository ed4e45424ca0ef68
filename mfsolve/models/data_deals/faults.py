"""The three faults as a loop: rest points, folds, basins, and what lifts it out of the lower one (MODEL 6.3)."""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.data_deals import faults as kernels
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.arguments import require, seed_word, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.turning_points import turning_points

NAMES = ("bargaining", "pricing", "provenance")
MASKS = tuple(mask for mask in itertools.product((0.0, 1.0), repeat=3) if any(mask))
"""Interventions on bargaining g, pricing y and provenance r: single, paired, triple."""
GRID = 4096
HALVINGS = 46
RANDOM = {
    "steepness": (4.0, 14.0), "midpoint": (0.3, 0.7), "low": (0.0, 0.2), "span": (0.6, 0.8), "depreciation": (0.7, 1.3),
}  # fmt: skip
"""Ranges of random loops."""


class LoopParameters(Frozen):
    """Responses of the loop: bargaining to lineage, pricing to bargaining, lineage to pricing (MODEL 6.3)."""

    steepness: float = Field(8.0, gt=0.0, le=200.0, description="steepness k of every response")
    midpoint: float = Field(0.5, ge=0.0, le=1.0, description="midpoint c of every response")
    low: float = Field(0.05, ge=0.0, le=1.0, description="least value of every response")
    span: float = Field(0.9, ge=0.0, le=1.0, description="greatest less least value of every response")
    depreciation: float = Field(1.0, ge=0.1, le=10.0, description="depreciation of provenance, dep")

    def loop(self) -> kernels.Loop:
        """The loop that it stands for."""
        response = kernels.Response(self.low, self.span, self.steepness, self.midpoint)
        return kernels.Loop(response, response, response, self.depreciation)


def mask_name(mask: tuple[float, ...]) -> str:
    """Name of an intervention, such as "bargaining_pricing"."""
    return "_".join(name for name, on in zip(NAMES, mask) if on)


@dataclass(frozen=True)
class RestPoint:
    """A rest point (g, y, r) of the loop, stable or not."""

    bargaining: float
    pricing: float
    provenance: float
    stable: bool

    @property
    def place(self) -> Floats:
        """Coordinates (3,) of the point."""
        return np.array([self.bargaining, self.pricing, self.provenance])


@dataclass(frozen=True)
class FaultLoop:
    """A loop and its rest points: one, or a stable one, a saddle and a stable one above it.

    There are no more (MODEL 6.3).
    """

    loop: kernels.Loop

    @cached_property
    def rest_points(self) -> tuple[RestPoint, ...]:
        """Every rest point: roots of R(Y(G(r))) - dep r, between which it changes its sign on 4096 places."""
        from scipy.optimize import brentq

        top = (self.loop.R.low + self.loop.R.span) / self.loop.dep
        if top == 0.0:  # nothing is ever recorded
            return (self._point(0.0, True),)
        r = np.linspace(0.0, top, GRID + 1)
        gap = self.gap(r)
        found = []
        for i in np.flatnonzero((gap[:-1] > 0.0) != (gap[1:] > 0.0)):
            root = brentq(lambda x: float(self.gap(np.array([x]))[0]), r[i], r[i + 1], xtol=1e-15, rtol=1e-15)
            found.append(self._point(float(root), bool(gap[i] > 0.0)))
        return tuple(found)

    def gap(self, r: Floats) -> Floats:
        """R(Y(G(r))) - dep r (n,)."""
        return np.asarray(self.around(r) - self.loop.dep * r)

    def around(self, r: Floats) -> Floats:
        """R(Y(G(r))) (n,) of lineages r."""
        out = np.empty(r.size)
        kernels.around(self.loop, np.ascontiguousarray(r, dtype=np.float64), out)
        return out

    def _point(self, r: float, stable: bool) -> RestPoint:
        g = response(self.loop.G, r)
        return RestPoint(g, response(self.loop.Y, g), r, stable)

    @property
    def saddle(self) -> RestPoint | None:
        """The unstable rest point; None where there is none."""
        return next((point for point in self.rest_points if not point.stable), None)

    def least_size(self, mask: tuple[float, ...]) -> float:
        """Least push, of the distance to 1, of the masked coordinates at the lowest rest point that leaves it for good.

        NaN where none does, or where there is only one rest point. A mask is one of `MASKS`, or a ValueError says so.
        """
        require(mask in MASKS, "mask", mask, "0 or 1 for g, y and r, one of them 1")
        if self.saddle is None:
            return np.nan
        start = self.rest_points[0].place
        return float(kernels.least_size(self.loop, start, self.saddle.place, np.array(mask), HALVINGS))

    def upper_basin(self, places: int = 20) -> float:
        """Share of the unit cube whose paths end above the saddle; NaN where there is none.

        Of `places`^3 starts, places in [2, 1000], or a ValueError says so.
        """
        if self.saddle is None:
            return np.nan
        return float(kernels.upper_basin(self.loop, self.saddle.place, whole("places", places, 2, 1000)))

    def folds(self) -> tuple[float, float] | None:
        """Depreciations between which there are several rest points; None where there never are.

        A lineage r is at rest for dep(r) = R(Y(G(r))) / r alone: folds are the extrema of that curve.
        """
        from scipy.optimize import minimize_scalar

        if self.loop.R.low + self.loop.R.span == 0.0:
            return None
        r = np.geomspace(1e-3, 10.0 * (self.loop.R.low + self.loop.R.span), GRID)
        dep = self.around(r) / r
        turns = turning_points(dep)
        if turns.size < 2:
            return None
        ends = []
        for i, sign in ((turns[0], 1.0), (turns[-1], -1.0)):
            found = minimize_scalar(
                lambda x, sign=sign: sign * float(self.around(np.array([x]))[0]) / x,
                bounds=(r[i - 1], r[i + 1]), method="bounded", options={"xatol": 1e-12},
            )  # fmt: skip
            ends.append(sign * float(found.fun))
        return ends[0], ends[1]


def response(f: kernels.Response, x: float) -> float:
    """Value of one logistic response."""
    from mfsolve.kernels.numerics.elementary import exponential

    return float(f.low + f.span / (1.0 + exponential(-f.steepness * (x - f.midpoint))))


def fault_loop(parameters: LoopParameters) -> FaultLoop:
    """Return the loop of the parameters (MODEL 6.3)."""
    return FaultLoop(parameters.loop())


def random_loop(seed: int, replicate: int) -> FaultLoop:
    """A loop whose three responses and depreciation are drawn, each uniform on its range in `RANDOM` (MODEL 6.3)."""
    seed_word("seed", seed, 64)
    drawn = np.empty(14)
    zero = np.uint64(0)
    uniforms(stream_key(seed, "data_deals.faults"), zero, zero, seed_word("replicate", replicate, 32), zero, drawn)

    def between(name: str, u: float) -> float:
        low, high = RANDOM[name]
        return low + (high - low) * float(u)

    names = ("low", "span", "steepness", "midpoint")
    parts = [kernels.Response(*(between(n, u) for n, u in zip(names, drawn[4 * i : 4 * i + 4]))) for i in range(3)]
    return FaultLoop(kernels.Loop(parts[0], parts[1], parts[2], between("depreciation", drawn[12])))
