"""Inputs of the collapse market: the economy, the size of a simulated one, and the record of a path (MODEL 1)."""

import enum
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from mfsolve.data.features import Features
from mfsolve.models.frozen import Frozen


class Family(enum.StrEnum):
    """Family of content distributions."""

    GAUSSIAN = "gaussian"
    CATEGORICAL = "categorical"
    EMPIRICAL = "empirical"


class Refit(enum.StrEnum):
    """Generator of empirical content: a Gaussian with the pool's moments, or a kernel density."""

    GAUSSIAN = "gaussian"
    KERNEL = "kernel"


class Bandwidth(enum.StrEnum):
    """Rule for the width of a kernel density, given the number of human rows and their dimension."""

    SCOTT = "scott"
    SILVERMAN = "silverman"


class Sampling(enum.StrEnum):
    """Sampling of a finite population's pool: item by item, or its sufficient statistics from their law."""

    ITEMS = "items"
    STATISTICS = "statistics"


class SubsidyBase(enum.StrEnum):
    """Divergence that a policy reads as KL(q || p): of the generator, of the contaminated pool, or in reverse."""

    GENERATOR = "generator"
    POOL = "pool"
    REVERSE = "reverse"


class ConsumersSee(enum.StrEnum):
    """Quality that consumers see: that of generation 0, or that of the generation before."""

    INITIAL = "initial"
    CURRENT = "current"


class Workflow(enum.StrEnum):
    """Pool that a generator is trained on, of the items that its predecessors' time has produced (MODEL 1.9)."""

    REPLACE = "replace"
    ACCUMULATE = "accumulate"
    SUBSAMPLE = "subsample"
    MIXED = "mixed"
    GROWING = "growing"
    CURATED = "curated"
    VERIFIED = "verified"


Share = Annotated[float, Field(ge=0.0, le=1.0)]
LEAST, MOST = 1e-30, 1e30
"""Least and largest cost or value, in whatever unit: squares of them stay within floating-point numbers."""
MOST_IMITATION = 1e3
"""Everybody revises from a contamination of 0.001 on, min(1, a + b rho) = 1: more imitation only moves that place."""
MOST_EXPONENT = 64.0
"""The second token has a share of 2^-64, which is lost in rounding beside the first: content is one token."""
MOST_FRESH = 1e3
"""One kind of items is a thousandth of the other: the pool is the other's."""
MOST_GROWTH = 10.0
"""Generation 10 holds 10^11 times the items of the first: sampling noise is over after one generation."""
MOST_CURATION = 1e6
"""A curated law has at most 0.001 human standard deviations, 1 / s^2 + gamma: content is a point."""
NonNegative = Annotated[float, Field(ge=0.0, le=MOST)]
Positive = Annotated[float, Field(ge=LEAST, le=MOST)]


WORKFLOWS_OF_KERNELS = (Workflow.REPLACE, Workflow.GROWING, Workflow.VERIFIED)
"""Workflows that need no sum of a generator's laws, which kernel densities do not have."""


class Parameters(Frozen):
    """Parameters of the collapse market (MODEL 1.1, 1.2, 1.5); the defaults are the calibration of MODEL 1.6.

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    FILES: ClassVar[tuple[str, ...]] = ("features",)

    initial_contamination: Share = Field(0.0113, description="synthetic share of the pool at generation 0, rho_0")
    innovation: Share = Field(0.0, description="Bass innovation a: share that revises regardless of others")
    imitation: float = Field(
        0.6504, ge=0.0, le=MOST_IMITATION, description="Bass imitation b: revision rate per unit of contamination"
    )
    variance_ratio: float = Field(
        0.4735, gt=0.0, le=1.0, description="generator variance over fitted variance, delta (its temperature)"
    )
    cost_curvature: Positive = Field(0.305, description="curvature of the cost of authentic production, kappa")
    quality_elasticity: float = Field(
        1.0268, ge=0.0, le=1e9, description="log quality lost per unit of collapse loss, c"
    )
    verified_share: Share = Field(0.0, description="share of authentic items with verifiable provenance, phi (psi)")
    cost_spread: NonNegative = Field(
        0.0, description="producers' cost disadvantages c_i are uniform on [-spread, spread]; 0: a point mass"
    )
    dimension: int = Field(1, ge=1, le=100_000, description="dimension d of Gaussian content")
    data_value: NonNegative = Field(1.0, description="the firm's value of one unit of divergence avoided, nu")
    information_cost: NonNegative = Field(0.1, description="cost of a nat of unknown provenance, iota")
    subsidy_base: SubsidyBase = Field(
        SubsidyBase.GENERATOR,
        description="KL(q || p) that policies read: q the generator, the pool, or p and q reversed",
    )
    quality_floor: float = Field(0.0, ge=0.0, lt=1.0, description="floor of quality, which no collapse can lower, f")
    consumers_see: ConsumersSee = Field(
        ConsumersSee.INITIAL,
        description="quality that consumers see: that of generation 0, or that before this generation's loss",
    )
    content: Family = Field(Family.GAUSSIAN, description="family of content distributions")
    vocabulary: int = Field(1000, ge=2, le=10_000_000, description="tokens K of categorical content")
    zipf_exponent: float = Field(
        1.0, ge=0.0, le=MOST_EXPONENT, description="human token frequencies fall as rank^-exponent"
    )
    features: Features | None = Field(
        None, description="rows of empirical content: a CSV file next to the study file, or a data set (co2, elnino)"
    )
    held_out: float = Field(
        0.5, gt=0.0, lt=1.0, description="share of the rows that no one trains on: the probe of W2 drift"
    )
    refit: Refit = Field(Refit.GAUSSIAN, description="generator of empirical content")
    bandwidth: Bandwidth = Field(Bandwidth.SILVERMAN, description="rule for the width of kernels")
    centres: int = Field(1024, ge=16, le=1_000_000, description="pool items that a kernel generator keeps")
    workflow: Workflow = Field(Workflow.REPLACE, description="pool that a generator is trained on")
    human_weight: float | None = Field(
        None, ge=0.0, le=1.0, description="weight w of fresh human items (mixed); default: least sampling noise"
    )
    fresh_items: float = Field(
        1.0, ge=1.0 / MOST_FRESH, le=MOST_FRESH, description="fresh human items per item of a generation, k, mixed"
    )
    growth: float = Field(
        1.0, ge=0.0, le=MOST_GROWTH, description="generation t holds t^(1 + g) times the items of the first, growing"
    )
    curation: float = Field(
        1.0, ge=0.0, le=MOST_CURATION, description="strength of curation towards human content, gamma, curated"
    )
    keeps_human: Share = Field(1.0, description="share of human items that the verifier keeps, verified")
    keeps_synthetic: Share = Field(0.5, description="share of synthetic items that the verifier keeps, verified")

    @model_validator(mode="after")
    def _features_of_empirical_content(self) -> "Parameters":
        if self.content is Family.EMPIRICAL and self.features is None:
            raise ValueError("features: missing; content = 'empirical' needs a CSV file, or co2 or elnino")
        if self.content is not Family.EMPIRICAL and self.features is not None:
            raise ValueError(f"features: given, with content = '{self.content}'; allowed: content = 'empirical'")
        if self.content is Family.EMPIRICAL and self.subsidy_base is SubsidyBase.REVERSE:
            raise ValueError("subsidy_base: 'reverse' given, with content = 'empirical'; allowed: 'generator', 'pool'")
        return self

    @model_validator(mode="after")
    def _workflow_of_the_family(self) -> "Parameters":
        kernel = self.content is Family.EMPIRICAL and self.refit is Refit.KERNEL
        if kernel and self.workflow not in WORKFLOWS_OF_KERNELS:
            allowed = ", ".join(WORKFLOWS_OF_KERNELS)
            raise ValueError(f"workflow: '{self.workflow}' given, with refit = 'kernel'; allowed: {allowed}")
        if self.workflow is Workflow.VERIFIED and self.keeps_human == self.keeps_synthetic == 0.0:
            raise ValueError("keeps_human: 0 given, with keeps_synthetic = 0; allowed: a verifier that keeps something")
        return self


class Population(Frozen):
    """Size of one replicate (MODEL 1.7)."""

    producers: int = Field(100_000, ge=1, le=2**32 - 1, description="producers N")
    items: int = Field(16, ge=1, le=2**24, description="items M that each producer emits per generation")
    generations: int = Field(10, ge=1, le=65_535, description="generations T")
    sampling: Sampling = Field(
        Sampling.ITEMS, description="item by item, or sufficient statistics drawn from their distribution"
    )

    @model_validator(mode="after")
    def _two_items(self) -> "Population":
        if self.producers * self.items < 2:
            raise ValueError("producers * items must be at least 2: one item has no variance to refit")
        return self


class Record(Frozen):
    """Record of a replicate: the generations and snapshots of content that it keeps."""

    trajectories: bool = Field(True, description="store every generation; otherwise only the last one")
    snapshots: tuple[int, ...] = Field((), description="generations whose content distribution is stored")
    bins: int = Field(120, ge=2, le=100_000, description="bins of a snapshot of Gaussian content")
    bin_range: float = Field(4.0, gt=0.0, description="snapshots cover [-range, range], in human standard deviations")

    @model_validator(mode="after")
    def _ordered(self) -> "Record":
        if any(generation < 1 for generation in self.snapshots) or len(set(self.snapshots)) < len(self.snapshots):
            raise ValueError("snapshots must be distinct generations from 1 on (generation 0 is human content itself)")
        return self
