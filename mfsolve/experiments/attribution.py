"""Shapley values of creators by random orders, against exact ones (MODEL 4.3)."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.creators.loadings import Loading, TwoPoint
from mfsolve.models.creators.monotonicity import even_loadings
from mfsolve.models.creators.static_market import static_market
from mfsolve.models.frozen import Frozen
from mfsolve.models.intermediary.attribution import (
    OrderScheme,
    aumann_shapley,
    exact_shapley,
    shapley,
    shapley_interval,
)
from mfsolve.models.quantities import UNIT

MOST_EXACT = 4000
OUTPUTS = {
    "covered": Output((), "share of creators whose 95 % interval holds the exact value", support=UNIT),
    "one_covered": Output((), "whether the interval of a creator drawn at random holds the exact value", support=UNIT),
    "low_covered": Output(
        (), "whether the first creator's interval, of low loading, holds the exact value", support=UNIT
    ),
    "high_covered": Output(
        (), "whether the last creator's interval, of high loading, holds the exact value", support=UNIT
    ),
    "error": Output((), "root mean square error over the exact value"),
    "half_width": Output((), "mean half-width of the intervals over the exact value"),
    "efficiency": Output((), "sum of the values over Phi"),
}


class Game(Frozen):
    """Creators of two kinds at the planner's efforts, so that exact values are known among thousands."""

    bias_variance: float = Field(1.0, ge=1e-100, le=1e12, description="variance of the common factor, v")
    low: Loading = Field(0.2, description="the one loading")
    high: Loading = Field(1.0, description="the other loading, above it")
    share_high: float = Field(0.5, gt=0.0, lt=1.0, description="share of creators with the high loading")

    def law(self) -> TwoPoint:
        """The law of the loadings."""
        return TwoPoint(low=self.low, high=self.high, share_high=self.share_high)


class Sample(Frozen):
    """Size of the game and of a replicate."""

    creators: int = Field(1000, ge=4, le=10**7, description=f"creators n; above {MOST_EXACT} Aumann-Shapley is exact")
    orders: int = Field(64, ge=4, le=2**31, description="random orders of a replicate, even")


class Plain(Frozen):
    """Every order by itself."""

    def scheme(self) -> OrderScheme:
        """Orders as `shapley` takes them."""
        return OrderScheme()


class Antithetic(Frozen):
    """Pairs of an order and its reverse."""

    def scheme(self) -> OrderScheme:
        """Orders as `shapley` takes them."""
        return OrderScheme(antithetic=True)


class Stratified(Frozen):
    """Coalitions of every order of magnitude in every order."""

    def scheme(self) -> OrderScheme:
        """Orders as `shapley` takes them."""
        return OrderScheme(stratified=True)


class Truncated(Frozen):
    """Orders that stop where little is left to gain: biased, and the interval does not say so."""

    truncation: float = Field(0.01, gt=0.0, lt=1.0, description="share of Phi at which an order stops")

    def scheme(self) -> OrderScheme:
        """Orders as `shapley` takes them."""
        return OrderScheme(truncation=self.truncation)


class Creators(NamedTuple):
    """Loadings, efforts and exact values (n,)."""

    loading: Floats
    effort: Floats
    exact: Floats


@lru_cache(maxsize=4)
def creators_of(game: Game, creators: int) -> Creators:
    """Creators of a game, the same in every replicate.

    Beyond `MOST_EXACT` creators the exact value is Aumann-Shapley's, from which Shapley's differs by O(1/n) of
    itself: far less than the errors of any affordable number of orders.
    """
    x = even_loadings(game.law(), creators)
    e = static_market(x, game.bias_variance).effort_planner
    if creators > MOST_EXACT:
        return Creators(x, e, aumann_shapley(x, e, game.bias_variance))
    low, ends = int((x == game.low).sum()), [0, -1]
    exact = exact_shapley(x[ends], e[ends], (low, creators - low), game.bias_variance)
    return Creators(x, e, exact[(x != game.low).astype(int)])


def check(case: Case) -> None:
    """Refuse an odd number of orders, and two kinds whose loadings are in the wrong order."""
    case.parameters.law()
    if case.population.orders % 2:
        raise ValueError(f"orders: {case.population.orders} given; allowed: an even number")


def drawn(case: Case) -> Outputs:
    """Coverage and errors of the values."""
    return OUTPUTS


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Values from a replicate's orders, against exact ones."""
    game, size, scheme = case.parameters, case.population, case.arm.scheme()
    x, e, exact = creators_of(game, size.creators)
    found = shapley(x, e, game.bias_variance, size.orders, seed, scheme, replicate, threads)
    low, high = shapley_interval(found, size.orders, scheme.antithetic)
    values, inside, whole = found.value, (low <= exact) & (exact <= high), total(exact)
    numbers = {
        "covered": inside.mean(),
        "one_covered": inside[drawn_creator(x.size, seed, replicate)],
        "low_covered": inside[0],
        "high_covered": inside[-1],
        "error": np.sqrt(total((values / exact - 1.0) ** 2) / x.size),
        "half_width": total(0.5 * (high - low) / exact) / x.size,
        "efficiency": total(values) / whole,
    }
    return {name: np.array(float(value)) for name, value in numbers.items()}


def drawn_creator(creators: int, seed: int, replicate: int) -> int:
    """Number of a creator drawn at random: trials are then independent between replicates, as shares require."""
    draw, zero = np.empty(1), np.uint64(0)
    uniforms(stream_key(seed, "attribution.drawn"), zero, zero, np.uint64(replicate), zero, draw)
    return int((1.0 - draw[0]) * creators)


def orders(settings: type[Frozen]) -> Arm:
    """An arm of one way to take coalitions from random orders."""
    return Arm(settings=settings, draw=draw, drawn=drawn, check=check)


EXPERIMENT = Experiment(
    name="attribution",
    title="attribution: Shapley values of creators by random orders",
    parameters=Game,
    arms={
        "stratified": orders(Stratified),
        "plain": orders(Plain),
        "antithetic": orders(Antithetic),
        "truncated": orders(Truncated),
    },
    population=Sample,
    section="orders",
    word="order",
    toy={"population.creators": 200, "population.orders": 16},
)
