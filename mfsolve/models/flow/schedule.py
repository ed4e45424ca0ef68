"""Contamination over time, given by points or by the market that drives the flow (MODEL 2.8)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.models.arguments import number
from mfsolve.models.frozen import Frozen

if TYPE_CHECKING:
    import xarray as xr


class Schedule(Frozen):
    """Contamination over time, linear between the points (times[k], values[k])."""

    times: tuple[float, ...] = Field(min_length=2)
    values: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.times) != len(self.values):
            raise ValueError(f"values: {len(self.values)} given; allowed: as many as times, {len(self.times)}")
        if np.any(np.diff(self.times) <= 0.0):
            raise ValueError("times: not increasing; allowed: strictly increasing times")
        return self

    @classmethod
    def from_market(cls, generations: "xr.Dataset", generation_time: float) -> "Schedule":
        """Contamination of a collapse market (MODEL 1) as a schedule of the flow.

        The pool of generation t + 1 is contaminated with rho_{t+1}, which is what the schedule says from the time of
        generation t on. Lazy retraining of the whole pool (tau = 1) driven by it is the market's own recursion.

        Parameters
        ----------
        generations : Dataset over `generation` with a variable `contamination`, one path (no other dimension), of two
            generations or more.
        generation_time : time of the flow that one generation takes, > 0; for lazy retraining in which a fraction
            tau of the pool is retrained in a generation it is tau / (2 diffusivity).
        """
        if "contamination" not in generations or generations["contamination"].dims != ("generation",):
            raise ValueError("generations: allowed: a dataset with contamination(generation)")
        number("generation_time", generation_time, "(0, inf)")
        path = generations["contamination"].values
        times = np.arange(path.size) * generation_time
        return cls(times=tuple(times.tolist()), values=(*path[1:].tolist(), float(path[-1])))


class Market(Frozen):
    """Collapse market in its mean field that drives the flow (MODEL 1, 2.8)."""

    policy: str = Field(description="policy of the market, for example none or closed_form")
    generations: int = Field(10, ge=1, le=1_000_000, description="generations it runs for")
    generation_time: float = Field(0.5, gt=0.0, description="time of the flow per generation")
    parameters: Mapping[str, float] = Field({}, description="parameters of the market that differ from its defaults")

    def schedule(self) -> Schedule:
        """Contamination of the market over time."""
        from mfsolve.models import collapse

        path = collapse.mean_field(collapse.Parameters(**self.parameters), self.policy, self.generations)
        return Schedule.from_market(path, self.generation_time)


def contamination_of(value: Any) -> "float | Schedule":
    """Contamination as a constant in [0, 1] or a Schedule, from a number, a table, a market or a dataset."""
    if isinstance(value, Schedule):
        return value
    if isinstance(value, Mapping) or hasattr(value, "data_vars"):
        if hasattr(value, "data_vars") and "contamination" in value and "time" in value.coords:
            value = {"times": value["time"].values, "values": value["contamination"].values}
        if "policy" in value:
            return Market(**value).schedule()
        if set(value) != {"times", "values"}:
            raise ValueError(
                "schedule: allowed: `times` and `values`, a market's `policy` and `generations`, or a dataset with "
                "contamination(time)"
            )
        return Schedule(**{name: tuple(np.asarray(part, float).tolist()) for name, part in dict(value).items()})
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise ValueError("allowed: [0, 1], or a schedule of times and values")
    if not 0.0 <= value <= 1.0:
        raise ValueError("allowed: [0, 1]")
    return float(value)
