"""Shared pieces of the experiments on the transition: finite populations, output times, a grid's path."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case
from mfsolve.models.frozen import Frozen

if TYPE_CHECKING:
    import xarray as xr

PATH = ("time",)
SECTION, WORD = "solvers", "solver"
FINER = frozenset({f"{SECTION}.dt"})
MOST_STEPS = 10**6
Times = tuple[Annotated[float, Field(ge=0.0)], ...]


class Particles(Frozen):
    """Finitely many creators, moved in time steps."""

    creators: int = Field(10_000, ge=2, le=2**28, description="creators N")
    dt: float = Field(0.125, gt=0.0, description="largest time step")


class OutputTimes(Frozen):
    """Times at which a path is put out."""

    times: Times = Field(min_length=1, description="output times, increasing")

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if np.any(np.diff(self.times) <= 0.0):
            raise ValueError("times must increase")
        return self


def check_steps(case: Case) -> None:
    """Refuse time steps of which more than a million are needed."""
    last, dt = case.population.times[-1], case.arm.dt
    if last > MOST_STEPS * dt:
        raise ValueError(f"dt: {dt:g} given; allowed up to the time {last:g}: [{last / MOST_STEPS:g}, inf)")


@lru_cache(maxsize=64)
def on_grid(
    solve: "Callable[..., xr.Dataset]", parameters: Any, times: tuple[float, ...], cells: int, dt: float
) -> "xr.Dataset":
    """A grid's path, computed once for all that ask for it."""
    return solve(parameters, cells, times, dt=dt)


def at_the_end(reference: Callable[[Case], Arrays], name: str) -> Callable[[Case], float]:
    """The last value of a reference path, as a prediction."""
    return lambda case: float(reference(case)[name][-1])
