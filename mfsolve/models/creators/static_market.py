"""The static market for creators' signals and its planner (MODEL 4.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, real, same_labels
from mfsolve.kernels.creators import effort as kernels
from mfsolve.models.arguments import number, require, thread_count, vector
from mfsolve.models.result_repr import legible

from .aggregate_root import Root, out_of_range, power, solve
from .populations import LOADINGS, Members, Population

EFFORTS = "[0, 1e100]"
VARIANCES = "[1e-300, 1e300]"
"""Range of the common factor's variance: its reciprocals are numbers too."""


@dataclass(frozen=True)
class Aggregates:
    """Aggregates of market and planner of a population, without arrays per creator.

    `aggregate_*` is A, `precision_*` Phi; `profit` is the buyer's, `welfare_*` is Phi less the creators'
    costs, `cost_*` those costs. Under free-for-all the price is 0, so are effort and precision.
    """

    creators: float
    bias_variance: float
    cost_exponent: float
    cost_scale: float
    market: Root = field(repr=False)
    planner: Root = field(repr=False)

    @property
    def aggregate_market(self) -> float:
        """A of the market."""
        return self.market.aggregate

    @property
    def aggregate_planner(self) -> float:
        """A of the planner."""
        return self.planner.aggregate

    def _precision(self, root: Root, multiple: float) -> float:
        # Phi = sum e (1 - l A) = A^2/v + m k sum e^g at the root: two terms >= 0, nothing cancels
        return root.aggregate * root.aggregate / self.bias_variance + multiple * self.cost_scale * root.energy

    @property
    def precision_market(self) -> float:
        """Phi of the market's efforts: precision of the best linear unbiased estimate."""
        return self._precision(self.market, self.cost_exponent)

    @property
    def precision_planner(self) -> float:
        """Phi of the planner's efforts."""
        return self._precision(self.planner, 1.0)

    @property
    def precision_gap(self) -> float:
        """Phi of the market over Phi of the planner, below 1 by Prop. 3 of Creators; 1 if nobody produces."""
        return self.precision_market / self.precision_planner if self.precision_planner > 0.0 else 1.0

    @property
    def cost_market(self) -> float:
        """Creators' costs in the market."""
        return self.cost_scale * self.market.energy / self.cost_exponent

    @property
    def cost_planner(self) -> float:
        """Creators' costs under the planner."""
        return self.cost_scale * self.planner.energy / self.cost_exponent

    @property
    def profit(self) -> float:
        """Profit of the buyer in the market, Phi - sum p_i e_i."""
        return self.precision_market - self.cost_exponent * self.cost_market

    @property
    def welfare_market(self) -> float:
        """Phi - sum c(e_i) in the market (strict rights)."""
        return self.precision_market - self.cost_market

    @property
    def welfare_planner(self) -> float:
        """Phi - sum c(e_i) under the planner."""
        return self.precision_planner - self.cost_planner

    def ratio(self, loading: Floats) -> Floats:
        """Effort of creators with given loadings (n,), market over planner; infinite at the pole loading = 1/A."""
        slack, best = self.market.point.slack(loading), self.planner.point.slack(loading)
        ratio = slack / np.where(best == 0.0, 1.0, best)
        scale = power(self.cost_exponent, -1.0 / (self.cost_exponent - 1.0))
        kernels.scaled_powers(ratio, self.market.exponent, scale, ratio)
        return np.asarray(np.where(best == 0.0, np.inf, ratio))


@legible
@dataclass(frozen=True)
class StaticMarket(Aggregates):
    """Market and planner of given creators; arrays per creator (n,) are formed when asked for, and kept."""

    loading: Floats = field(default_factory=lambda: np.zeros(0))

    @cached_property
    def effort_market(self) -> Floats:
        """Efforts (n,) that the profit-maximising buyer calls forth."""
        return self.market.efforts(self.loading)

    @cached_property
    def effort_planner(self) -> Floats:
        """Efforts (n,) that maximise Phi less costs."""
        return self.planner.efforts(self.loading)

    @cached_property
    def effort_ratio(self) -> Floats:
        """effort_market / effort_planner (n,); infinite at the pole loading = 1/A of the planner."""
        return self.ratio(self.loading)

    @cached_property
    def price_market(self) -> Floats:
        """Unit prices (n,) p_i = c'(e_i) of the market."""
        return self.market.point.slack(self.loading) ** 2 / self.cost_exponent

    @cached_property
    def weight_market(self) -> Floats:
        """Weights (n,) of the best estimate under market efforts: negative where loading x A > 1."""
        return weights_at(self.effort_market, self.market.point.slack(self.loading), self.precision_market)

    @cached_property
    def weight_planner(self) -> Floats:
        """Weights (n,) of the best linear unbiased estimate under the planner's efforts."""
        return weights_at(self.effort_planner, self.planner.point.slack(self.loading), self.precision_planner)


def weights_at(effort: Floats, slack: Floats, precision: float) -> Floats:
    """w_i = e_i (1 - l_i A) / Phi; they add to 1."""
    return effort * slack / precision if precision > 0.0 else np.zeros_like(effort)


def static_market(
    loading: ArrayLike,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
    threads: int = 1,
) -> StaticMarket:
    """Market and planner of given creators, exactly (MODEL 4.1; Creators, Props 3 and 4).

    The market solves g k e_i^(g-1) = (1 - l_i A)^2, the planner the same without g. Both come from the root
    of an increasing function of A: for g = 2 a cubic whose coefficients take one pass over the loadings,
    otherwise Newton's method on fused passes.

    Parameters
    ----------
    loading : array (n,)
        Loadings of the creators on the common factor, finite and >= 0; 0 is an innovator, 1 an imitator.
    bias_variance : float
        Variance v > 0 of the common factor.
    cost_exponent, cost_scale : float
        g in (1, 1000] and k > 0 of the cost k e^g / g. log10 k is within 100, or 100 (g - 1) if that is less:
        efforts are of the order of k^{-1/(g-1)}.
    threads : int
        Threads, in [1, 1024], for populations above 131 072; the results do not depend on it.

    Returns
    -------
    StaticMarket
        `effort_market`, `effort_planner`, `effort_ratio` (n,); `aggregate_market`, `aggregate_planner`,
        `precision_market`, `precision_planner`, `profit`, `welfare_market`, `welfare_planner` and more.

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it, its value and the range.
    """
    check_scalars(bias_variance, cost_exponent, cost_scale)
    members = Members(loadings(loading), thread_count(threads))
    if cost_exponent != 2.0:
        members.powers(0.0)  # for its check of the loadings; the pass for g = 2 makes it anyway
    found = solved(members, bias_variance, cost_exponent, cost_scale)
    return StaticMarket(**vars(found), loading=members.loading)


def solved(population: Population, v: float, g: float, k: float) -> Aggregates:
    """Solve market and planner of a population; ValueError where floats cannot hold the solution."""
    market, planner = solve(population, float(v), float(g), (float(g * k), float(k)))
    if not np.isfinite([number for root in (market, planner) for number in (root.aggregate, root.energy)]).all():
        raise ValueError(out_of_range(v, g, k))
    return Aggregates(population.creators, float(v), float(g), float(k), market, planner)


def check_scalars(v: float, g: float, k: float) -> None:
    """One-line errors on v, g and k."""
    number("bias_variance", v, VARIANCES)
    number("cost_exponent", g, "(1, 1000]")
    reach = 100.0 * min(g - 1.0, 1.0)
    number("cost_scale", k, "(0, inf)")
    require(abs(np.log10(k)) <= reach, "cost_scale", k, f"[1e-{reach:g}, 1e{reach:g}] with cost_exponent {g:g}")


TINY = 1e-150


def loadings(loading: ArrayLike) -> Floats:
    """Loadings as a contiguous float64 vector, not empty; the first pass over them checks their values."""
    array = real("loading", loading, f"a vector of numbers in {LOADINGS}", own=True)
    require(np.ndim(loading) == 1 and array.size > 0, "loading", np.shape(loading), "a vector (n,) with n >= 1")
    if abs(array[0]) < TINY and abs(array[-1]) < TINY and np.all(np.abs(array) < TINY):
        return np.zeros_like(array)  # squares underflow throughout: no creator has any loading to speak of
    return array


def signals(loading: ArrayLike, effort: ArrayLike) -> tuple[Floats, Floats]:
    """Loadings and efforts (n,) of given creators, checked both."""
    same_labels(loading=loading, effort=effort)
    x = vector("loading", loadings(loading), LOADINGS)
    return x, vector("effort", effort, EFFORTS, x.size)
