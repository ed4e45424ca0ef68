"""Inputs of the collapse market: what the economy is, how large a simulated one is, what to keep of it."""

import enum
from typing import Annotated

from pydantic import Field, model_validator

from mfsolve.models.model import Frozen


class Family(enum.StrEnum):
    """Family of content distributions."""

    GAUSSIAN = "gaussian"
    CATEGORICAL = "categorical"


class Sampling(enum.StrEnum):
    """How a finite population's pool is drawn: item by item, or its sufficient statistics from their law."""

    ITEMS = "items"
    STATISTICS = "statistics"


Share = Annotated[float, Field(ge=0.0, le=1.0)]
NonNegative = Annotated[float, Field(ge=0.0)]
Positive = Annotated[float, Field(gt=0.0)]


class Parameters(Frozen):
    """Parameters of the collapse market (MODEL 1.1, 1.2, 1.5); the defaults are the calibration of MODEL 1.6.

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    initial_contamination: Share = Field(0.0113, description="synthetic share of the pool at generation 0, rho_0")
    innovation: Share = Field(0.0, description="Bass innovation a: share that revises whatever others do")
    imitation: NonNegative = Field(0.6504, description="Bass imitation b: revision rate per unit of contamination")
    variance_ratio: float = Field(
        0.4735, gt=0.0, le=1.0, description="generator variance over fitted variance, delta (its temperature)"
    )
    cost_curvature: Positive = Field(0.305, description="curvature of the cost of authentic production, kappa")
    quality_elasticity: NonNegative = Field(1.0268, description="fall of log quality per unit of collapse loss, c")
    verified_share: Share = Field(0.0, description="share of authentic items whose provenance shows, phi (psi)")
    cost_spread: NonNegative = Field(
        0.0, description="producers' cost disadvantages c_i are uniform on [-spread, spread]; 0: a point mass"
    )
    dimension: int = Field(1, ge=1, le=100_000, description="dimension d of Gaussian content")
    data_value: NonNegative = Field(1.0, description="the firm's value of one unit of divergence avoided, nu")
    information_cost: NonNegative = Field(0.1, description="cost of a nat of unknown provenance, iota")
    content: Family = Field(Family.GAUSSIAN, description="family of content distributions")
    vocabulary: int = Field(1000, ge=2, le=10_000_000, description="tokens K of categorical content")
    zipf_exponent: NonNegative = Field(1.0, description="human token frequencies fall as rank^-exponent")


class Population(Frozen):
    """Size of one replicate (MODEL 1.7)."""

    producers: int = Field(100_000, ge=1, le=2**32 - 1, description="producers N")
    items: int = Field(16, ge=1, le=2**24, description="items M that each producer emits per generation")
    generations: int = Field(10, ge=1, le=65_535, description="generations T")
    sampling: Sampling = Field(
        Sampling.ITEMS, description="item by item, or sufficient statistics drawn from their law"
    )

    @model_validator(mode="after")
    def _two_items(self) -> "Population":
        if self.producers * self.items < 2:
            raise ValueError("producers * items must be at least 2: one item has no variance to refit")
        return self


class Record(Frozen):
    """What a replicate keeps."""

    trajectories: bool = Field(True, description="keep every generation; else the last one only")
    snapshots: tuple[int, ...] = Field((), description="generations whose content distribution is kept")
    bins: int = Field(120, ge=2, le=100_000, description="bins of a snapshot of Gaussian content")
    bin_range: float = Field(4.0, gt=0.0, description="snapshots cover [-range, range], in human standard deviations")

    @model_validator(mode="after")
    def _ordered(self) -> "Record":
        if any(generation < 1 for generation in self.snapshots) or len(set(self.snapshots)) < len(self.snapshots):
            raise ValueError("snapshots must be distinct generations from 1 on (generation 0 is human content itself)")
        return self
