"""Economies and loading laws that experiments on static markets share (MODEL 4.1)."""

from enum import StrEnum
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Case
from mfsolve.models.creators.loadings import Beta, Distribution, Loading, TwoPoint, Uniform
from mfsolve.models.creators.monotonicity import even_loadings
from mfsolve.models.creators.originality import ratio_limits
from mfsolve.models.creators.static_market import check_scalars
from mfsolve.models.creators.streamed_market import drawn_loadings
from mfsolve.models.frozen import Frozen


class Economy(Frozen):
    """Costs of creators' efforts, and the variance of the factor that their data have in common."""

    bias_variance: float = Field(1.0, gt=0.0, le=1e12, description="variance of the common factor, v")
    cost_exponent: float = Field(2.0, ge=1.001, le=1e3, description="g of the cost k e^g / g")
    cost_scale: float = Field(1.0, ge=1e-12, le=1e12, description="k of the cost k e^g / g")

    @model_validator(mode="after")
    def _solvable(self) -> Self:
        check_scalars(*self.scalars())
        return self

    def scalars(self) -> tuple[float, float, float]:
        """v, g and k, in the order the library takes them."""
        return self.bias_variance, self.cost_exponent, self.cost_scale


class Spacing(StrEnum):
    """Origin of the creators' loadings: random draws, or the law's quantiles at even ranks."""

    DRAWN = "drawn"
    EVEN = "even"


SPACING = Field(
    Spacing.DRAWN, description="drawn at random, or the distribution's quantiles at even ranks, both ends included"
)


class SpacedUniform(Uniform):
    """Loadings uniform on [low, high)."""

    spacing: Spacing = SPACING


class SpacedBeta(Beta):
    """Loadings Beta(a, b) on [0, 1]."""

    spacing: Spacing = SPACING


class SpacedTwoPoint(TwoPoint):
    """Creators of two kinds: innovators and imitators."""

    spacing: Spacing = SPACING


class Given(Frozen):
    """The creators of one market, one by one."""

    loading: tuple[Loading, ...] = Field(min_length=1, max_length=10**5, description="their loadings, finite, >= 0")


def deterministic(law: Frozen) -> bool:
    """True if every replicate has the same creators."""
    return isinstance(law, Given) or getattr(law, "spacing", None) is Spacing.EVEN


def loadings_of(law: Frozen, creators: int, seed: int, replicate: int) -> Floats:
    """Loadings (n,) of a market: nested in n where they are drawn."""
    if isinstance(law, Given):
        return np.array(law.loading)
    assert isinstance(law, Uniform | Beta | TwoPoint)
    return even_loadings(law, creators) if deterministic(law) else drawn_loadings(law, creators, seed, replicate)


def alike(law: Frozen) -> bool:
    """True if all creators with a loading have the same one: imitators are then never beyond the pole."""
    if isinstance(law, Given):
        return len({x for x in law.loading if x > 0.0}) <= 1
    return isinstance(law, TwoPoint) and (law.low == 0.0 or law.share_high == 1.0)


def law_of(law: Frozen) -> Distribution:
    """The distribution behind a law that has one."""
    assert isinstance(law, Uniform | Beta | TwoPoint)
    return law


def innovator_ratio(case: Case) -> float:
    """Prop. 4 at loading 0: g^{-1/(g-1)}."""
    return ratio_limits(case.parameters.cost_exponent)[0]


def imitator_ratio(case: Case) -> float:
    """Prop. 4 for one imitator among very many alike: g^{-1/(g+1)}."""
    return ratio_limits(case.parameters.cost_exponent)[1]


def slow_order(case: Case) -> float:
    """Order in N at which alike imitators come to their limits: u = 1 - A falls as N^{-(g-1)/(g+1)}."""
    g: float = case.parameters.cost_exponent
    return (g - 1.0) / (g + 1.0)
