"""Settings of a study of the collapse flow: its solvers, its output times, and what is kept (MODEL 2)."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.models.flow.grid import FINEST
from mfsolve.models.frozen import Frozen


class Particles(Frozen):
    """Settings of the interacting particles."""

    particles: int = Field(10_000, ge=2, le=2**32, description="particles N")
    dt: float = Field(0.05, gt=0.0, description="largest time step")
    stepper: Literal["euler", "splitting"] = Field("splitting", description="euler (order 1) or splitting")


class Grid(Frozen):
    """Settings of the finite volumes for the Fokker-Planck equation."""

    cells: int = Field(400, ge=8, le=2**20, description="cells along each axis")
    tolerance: float = Field(1e-6, ge=FINEST, description="error of one time step in total variation")


class Jko(Frozen):
    """Settings of the minimising movements in quantile coordinates."""

    quantiles: int = Field(400, ge=8, le=2**16, description="quantiles")
    tau: float = Field(0.05, gt=0.0, description="step of the minimising movement")


class Lazy(Frozen):
    """Settings of lazy retraining, the discrete process of which the flow is a limit."""

    tau: float = Field(0.1, gt=0.0, le=1.0, description="fraction of the pool retrained in a generation")


class Mlmc(Frozen):
    """Settings of multilevel Monte Carlo for one expectation at the last time; a replicate is an estimate."""

    rmse: float = Field(0.01, ge=1e-6, le=1e9, description="requested root-mean-square error")
    observable: Literal["mean", "second_moment", "variance"] = Field("second_moment", description="expectation of")
    particles: int = Field(8, ge=4, le=2**20, description="particles of level 0, even")
    steps: int = Field(4, ge=1, le=2**20, description="Euler steps of level 0")


class Times(Frozen):
    """Output times of the flow, and the grid of its deterministic reference."""

    times: tuple[Annotated[float, Field(ge=0.0)], ...] = Field(
        (0.25, 0.5, 1.0, 2.0), min_length=1, description="output times, increasing"
    )
    reference_cells: int = Field(
        4000, ge=8, le=2**20, description="cells of the reference grid where there is no closed form"
    )

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if np.any(np.diff(self.times) <= 0.0):
            raise ValueError("times must increase")
        return self


class Record(Frozen):
    """Densities that are kept beside the moments."""

    snapshots: tuple[float, ...] = Field((), description="output times at which the density is kept (dimension 1)")
    bins: int = Field(120, ge=2, le=100_000, description="bins of a density")
    bin_range: float = Field(4.0, gt=0.0, description="densities cover [-range, range]")
