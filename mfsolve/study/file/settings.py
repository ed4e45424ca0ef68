"""Settings of a study that every model shares: the ensemble, and the figures it draws."""

import enum

from pydantic import Field

from mfsolve.inference.estimate import LEAST_LEVEL
from mfsolve.models.frozen import Frozen


class SeedSharing(enum.StrEnum):
    """Which points of a study see the same random numbers."""

    POLICIES = "policies"
    ALL = "all"
    NONE = "none"


class Figure(enum.StrEnum):
    """Figures a study can draw; one whose data the study does not keep is left out."""

    FOREST = "forest"
    PATHS = "paths"
    REGRESSION = "regression"
    CONTENT = "content"
    WELFARE = "welfare"
    TORNADO = "tornado"
    GRID = "grid"
    CURVES = "curves"
    MAPS = "maps"
    OVERVIEW = "overview"
    TRADEOFF = "tradeoff"


class Purpose(enum.StrEnum):
    """Purpose of a study: estimates at its points, or orders along its axes."""

    ENSEMBLE = "ensemble"
    CONVERGENCE = "convergence"


class Ensemble(Frozen):
    """Replicates, seed and level of confidence."""

    replicates: int = Field(64, ge=1, le=2**32 - 1, description="independent replicates of every point")
    half_width: float | None = Field(
        None,
        gt=0.0,
        description="replicates are added until intervals are this narrow",
    )
    half_width_of: tuple[str, ...] | None = Field(
        None, min_length=1, description="names of the estimates that half_width applies to; default: all"
    )
    most_replicates: int = Field(2**20, ge=1, le=2**32 - 1, description="maximum number of replicates for half_width")
    seed: int = Field(1, ge=0, le=2**63 - 1, description="seed of every random number of the study")
    level: float = Field(0.95, ge=LEAST_LEVEL, lt=1.0, description="level of every interval")
    common_random_numbers: SeedSharing = Field(
        SeedSharing.POLICIES,
        description="share random numbers between the policies at a grid point, between all points, or not at all",
    )
