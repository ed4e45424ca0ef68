"""Populations of creators as the market sees them: a handful of sums over their loadings.

Each kind of population (an array, a stream, a few atoms, a continuum) knows how to form the sums; the root
finder knows nothing else. Threads change the time that takes, never a bit of the result.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.creators import effort
from mfsolve.kernels.numerics import sums
from mfsolve.kernels.random import beta_stream
from mfsolve.models.arguments import inside
from mfsolve.models.parallel import blocks, run_blocks

LOADINGS = "[0, 1e50]"
"""Range of a loading: fourth powers of many still add up."""
SAMPLE = 2**8
THIN, LARGE = 2**13, 2**16
"""Members of a sample for a first guess, and of the one that a second guess is made from."""


@dataclass(frozen=True)
class Point:
    """A trial value of the aggregate A, with u = 1 - centre A kept beside it to its own full precision."""

    centre: float
    u: float
    aggregate: float

    def slack(self, loading: Floats) -> Floats:
        """y = 1 - loading x A without cancellation."""
        return np.asarray(self.u - (loading - self.centre) * self.aggregate)

    @property
    def letters(self) -> effort.Point:
        """The point as the kernels name it."""
        return effort.Point(self.centre, self.u, self.aggregate)


class Population(Protocol):
    """Interface between a population and the root finder; `creators` is its mass in the sums."""

    @property
    def creators(self) -> float:
        """Mass of the population: the number of creators behind the sums."""

    @property
    def centre(self) -> float:
        """A loading near the loading-weighted mean, about which powers are taken."""

    def powers(self, centre: float) -> Floats:
        """W0..W3 and D2..D4 about the centre, as `kernels.creators.effort` defines them."""

    def response(self, point: Point, q: float) -> Floats:
        """sum l |y|^q y, sum l^2 |y|^q, sum |y|^(q+2)."""

    def thinned(self) -> "Population | None":
        """A small stand-in with the same mass, for a first guess; None where the sums are cheap already."""


def weighted_centre(loading: Floats, weight: Floats | float = 1.0) -> float:
    """sum l^2 / sum l: the mean loading with weights l."""
    total = float(np.sum(weight * loading))
    return float(np.sum(weight * loading * loading)) / total if total > 0.0 else 0.0


def reduce_blocks(work: Any, lanes: int, width: int, threads: int) -> Floats:
    """Run work(start, stop, row) on every block and add the rows pairwise."""
    rows = np.zeros((len(blocks(lanes)), width))
    run_blocks(lambda index, start, stop: work(start, stop, rows[index]), lanes, threads)
    sums.merge_rows(rows)
    return np.asarray(rows[0])


def thin_size(size: int) -> int:
    """Members of a sample of a population: enough that two passes over all of it then settle the root."""
    return LARGE if size > 8 * LARGE else THIN


@dataclass(frozen=True, eq=False)
class Members:
    """Creators with their loadings in an array."""

    loading: Floats
    threads: int = 1

    @property
    def creators(self) -> float:
        """Number of creators N, as a float."""
        return float(self.loading.size)

    @cached_property
    def centre(self) -> float:
        """Weighted mean loading of an evenly spread sample."""
        return weighted_centre(self.loading[:: max(1, self.loading.size // SAMPLE)])

    def powers(self, centre: float) -> Floats:
        """One pass over the loadings; it also checks them."""
        loading = self.loading

        def work(start: int, stop: int, row: Floats) -> None:
            row[7] = effort.powers(loading[start:stop], centre, row[:7]) < 0.0

        result = reduce_blocks(work, loading.size, 8, self.threads)
        if result[7] > 0.0 or not np.isfinite(result).all():
            raise ValueError(bad_loading(loading))
        return result[:7]

    def response(self, point: Point, q: float) -> Floats:
        """One fused pass over the loadings."""

        def work(start: int, stop: int, row: Floats) -> None:
            effort.response(self.loading[start:stop], point.letters, q, row)

        return reduce_blocks(work, self.loading.size, 3, self.threads)

    def thinned(self) -> Population | None:
        """A sample of evenly spread members."""
        if self.loading.size <= 4 * THIN:
            return None
        sample = np.ascontiguousarray(self.loading[:: self.loading.size // thin_size(self.loading.size)])
        return Scaled(Members(sample), self.creators / sample.size)


def bad_loading(loading: Floats) -> str:
    """One line on the first loading that is not a finite number >= 0."""
    wrong = np.flatnonzero(~inside(loading, LOADINGS))
    if wrong.size == 0:
        return f"loading: the sum of fourth powers overflows; allowed: {LOADINGS}"
    return f"loading: {float(loading[wrong[0]])!r} given at index {wrong[0]}; allowed: finite, {LOADINGS}"


@dataclass(frozen=True, eq=False)
class Scaled:
    """A population every member of which stands for `factor` creators."""

    base: Population
    factor: float

    @property
    def creators(self) -> float:
        """Mass of the population."""
        return self.base.creators * self.factor

    @property
    def centre(self) -> float:
        """Centre of the base."""
        return self.base.centre

    def powers(self, centre: float) -> Floats:
        """Powers of the base, scaled."""
        return self.base.powers(centre) * self.factor

    def response(self, point: Point, q: float) -> Floats:
        """Response of the base, scaled."""
        return self.base.response(point, q) * self.factor

    def thinned(self) -> Population | None:
        """A sample of the base, where that is large itself."""
        smaller = self.base.thinned()
        return None if smaller is None else Scaled(smaller, self.factor)


@dataclass(frozen=True, eq=False)
class Atoms:
    """A few loadings, each with the number of creators that have it."""

    loading: Floats
    count: Floats

    @property
    def creators(self) -> float:
        """Number of creators N, as a float."""
        return float(self.count.sum())

    @cached_property
    def centre(self) -> float:
        """Mean loading, weighted by loading."""
        return weighted_centre(self.loading, self.count)

    def powers(self, centre: float) -> Floats:
        """Sums over the atoms."""
        w, d = self.count, self.loading - centre
        wl = w * self.loading
        terms = (wl, wl * d, wl * d**2, wl * d**3, w * d**2, w * d**3, w * d**4)
        return np.array([float(np.sum(term)) for term in terms])

    def response(self, point: Point, q: float) -> Floats:
        """Sums over the atoms."""
        y = point.slack(self.loading)
        p = np.abs(y) ** q
        wl = self.count * self.loading
        return np.array([np.sum(wl * p * y), np.sum(wl * self.loading * p), np.sum(self.count * p * y * y)])

    def thinned(self) -> Population | None:
        """Atoms are few already."""
        return None


@dataclass(frozen=True, eq=False)
class Stream:
    """Creators drawn from a distribution while they are summed; none is kept."""

    draws: beta_stream.Stream
    size: int
    mean_loading: float
    threads: int = 1

    @property
    def creators(self) -> float:
        """Number of creators N, as a float."""
        return float(self.size)

    @property
    def centre(self) -> float:
        """Weighted mean of the law."""
        return self.mean_loading

    def powers(self, centre: float) -> Floats:
        """One pass over the stream."""

        def work(start: int, stop: int, row: Floats) -> None:
            effort.stream_powers(self.draws, start, stop - start, centre, row)

        return reduce_blocks(work, self.size, 7, self.threads)

    def response(self, point: Point, q: float) -> Floats:
        """One fused pass over the stream."""

        def work(start: int, stop: int, row: Floats) -> None:
            effort.stream_response(self.draws, start, stop - start, point.letters, q, row)

        return reduce_blocks(work, self.size, 3, self.threads)

    def thinned(self) -> Population | None:
        """The first few creators."""
        if self.size <= 4 * THIN:
            return None
        count = thin_size(self.size)
        return Scaled(Members(self.loadings(0, count)), self.size / count)

    def loadings(self, start: int, stop: int) -> Floats:
        """Loadings of creators start..stop - 1; start is a multiple of 512."""
        out = np.empty(stop - start)
        beta_stream.draw(self.draws, start, out)
        return out
