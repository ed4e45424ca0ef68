"""The economy in which regimes of paying for data are compared (MODEL 6.4)."""

import enum
from typing import NamedTuple

from pydantic import Field

from mfsolve.models.frozen import Frozen

from .pay import competitive_share


class DealRegime(enum.StrEnum):
    """Regimes that are compared."""

    FREE_FOR_ALL = "free_for_all"
    BUYOUT = "buyout"
    REVENUE_SHARE = "revenue_share"
    STRICT_RIGHTS = "strict_rights"
    INTERMEDIARY = "intermediary"
    EDVEX = "edvex"


class Payment(enum.StrEnum):
    """When EDVEX pays for data: once, for their whole life, or a share of their value as they are used."""

    UPFRONT = "upfront"
    SHARE = "share"


class Sale(NamedTuple):
    """Terms of sale: whether synthetic sellers are admitted, when EDVEX pays, whether buy-outs are repeated."""

    synthetic: bool = False
    payment: Payment = Payment.UPFRONT
    repeated: bool = False


class EconomyParameters(Frozen):
    """Creators of unit mass, their data's life, the bias it shares, and how the value is divided (MODEL 6.4)."""

    innovation: float = Field(
        1.0, gt=0.0, le=100.0, description="first parameter of the Beta distribution of the loadings"
    )
    imitation: float = Field(
        1.0, gt=0.0, le=100.0, description="second parameter of the Beta distribution of the loadings"
    )
    bias_variance: float = Field(1.0, gt=0.0, le=1e6, description="variance v_0 of the common factor")
    bias_feedback: float = Field(0.5, ge=0.0, le=1e3, description="rise of that variance with precision, alpha")
    depreciation: float = Field(
        0.1, gt=0.0, le=1.0, description="share of the stock of data that depreciates in a period"
    )
    discount: float = Field(0.05, gt=0.0, le=1.0, description="discount rate per period")
    creators_discount: float | None = Field(
        None, gt=0.0, le=10.0, description="discount rate of creators, if they are less patient than the others"
    )
    cost_scale: float = Field(20.0, gt=0.0, le=1e6, description="scale k of the cost k e^2 / 2")
    most_outside: float = Field(0.3, gt=0.0, le=1e6, description="outside options are uniform up to this")
    reconsidering: float = Field(0.2, gt=0.0, le=1.0, description="probability that a creator reconsiders in a period")
    synthetic_supply: float = Field(0.5, ge=0.0, le=1e6, description="synthetic effort per unit of price, if admitted")
    developers: int = Field(4, ge=2, le=10**6, description="developers J who compete under EDVEX")
    lineage: float = Field(0.9, gt=0.0, le=1.0, description="share r of payments that provenance directs to the source")
    passed: float | None = Field(
        None, ge=0.0, le=1.0, description="share of synthetic content that EDVEX mistakes for creators'; default 1 - r"
    )
    fee: float = Field(0.1, ge=0.0, lt=1.0, description="share that the exchange or the intermediary keeps")
    margin: float = Field(
        0.5, ge=0.0, lt=1.0, description="share of a buy-out's resale value that the aggregator keeps"
    )
    licence: float = Field(0.5, gt=0.0, le=1.0, description="share of value paid to platforms for data")
    revenue_share: float = Field(0.3, ge=0.0, le=1.0, description="share of that which platforms pass on, by volume")
    bargaining_share: float = Field(0.5, ge=0.0, le=1.0, description="creators' share of the intermediary's surplus")

    @property
    def life(self) -> float:
        """Discounted periods that a unit of data serves, m = 1 / (dep + discount)."""
        return 1.0 / (self.depreciation + self.discount)

    @property
    def patience(self) -> float:
        """Discount rate of creators."""
        return self.discount if self.creators_discount is None else self.creators_discount

    @property
    def unseen(self) -> float:
        """Share of synthetic content that EDVEX mistakes for creators'."""
        return 1.0 - self.lineage if self.passed is None else self.passed

    @property
    def passed_on(self) -> float:
        """Share of the marginal value that a creator receives under EDVEX, (J - 1)/J r (1 - fee)."""
        return competitive_share(self.developers) * self.lineage * (1.0 - self.fee)
