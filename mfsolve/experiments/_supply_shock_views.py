"""Settings of the static supply shock: markets, maps, sweeps of the AI cost, random economies (MODEL 5.1)."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mfsolve.models.frozen import Frozen, describe_range, holds
from mfsolve.models.supply_shock.parameters import Parameters
from mfsolve.models.supply_shock.thresholds import cost_range

Range = tuple[float, float]
NUMBERS = tuple(name for name in Parameters.model_fields if name != "ai_available")


def refuse_beyond(setting: str, parameter: str, ends: Range) -> None:
    """Refuse a range of a parameter that does not ascend, or holds values that it cannot have."""
    field = Parameters.model_fields[parameter]
    if not (ends[0] < ends[1] and all(holds(field, end) for end in ends)):
        allowed = f"two ascending values of {parameter} in {describe_range(field) or '(-inf, inf)'}"
        raise ValueError(f"{setting}: {ends[0]:g}, {ends[1]:g} given; allowed: {allowed}")


class Before(Frozen):
    """The market of a finite population before AI."""


class After(Frozen):
    """The market of a finite population with AI."""


class Axes(Frozen):
    """Two parameters and the ranges they run over, spaced geometrically from a factor of 5 on."""

    x: str = Field("ai_cost", description="parameter along the map's horizontal axis")
    x_range: Range = Field((0.01, 0.1), description="its least and greatest value")
    y: str = Field("pollution_weight", description="parameter along the vertical axis")
    y_range: Range = Field((0.0, 0.03), description="its least and greatest value")
    places: int = Field(80, ge=3, le=2000, description="values of each")

    @model_validator(mode="after")
    def _known(self) -> "Axes":
        for name in (self.x, self.y):
            if name not in NUMBERS:
                raise ValueError(f"{name!r} is no parameter that varies; known: {', '.join(NUMBERS)}")
        if self.x == self.y:
            raise ValueError(f"x and y are both {self.x!r}; two parameters are needed")
        refuse_beyond("x_range", self.x, self.x_range)
        refuse_beyond("y_range", self.y, self.y_range)
        return self

    def values(self, which: str) -> NDArray[np.float64]:
        """Places (places,) along x or y."""
        return spaced(*(self.x_range if which == "x" else self.y_range), self.places)


class Map(Axes):
    """Segments over two parameters, in the continuum."""


class Sweep(Frozen):
    """Welfare against the AI cost, the pollution weights that part its regimes, and maps of them."""

    cheapest: float | None = Field(
        None, ge=1e-9, le=1e9, description="least AI cost; a twentieth of the reference cost if none"
    )
    dearest: float | None = Field(None, ge=1e-9, le=1e9, description="greatest AI cost; the reference cost if none")
    weights: tuple[float, ...] = Field(
        (0.0, 0.002, 0.005, 0.0075, 0.01, 0.015, 0.0225, 0.03), description="pollution weights of the curves"
    )
    places: int = Field(
        60, ge=3, le=2000, description="AI costs and pollution weights of the curves and maps of welfare"
    )
    weight_range: Range = Field((0.0, 0.03), description="least and greatest pollution weight of the maps of welfare")
    against: str | None = Field(None, description="parameter over which the best AI cost of each weight is mapped")
    against_range: Range = Field((0.0, 0.01), description="its least and greatest value")
    threshold_maps: tuple[Axes, ...] = Field((), description="pairs of parameters over which beta* is mapped")

    def axes(self, parameters: Parameters) -> dict[str, NDArray[np.float64]]:
        """Places along every dimension of the curves and maps.

        Raises
        ------
        ValueError
            For a range of costs that does not ascend.
        """
        costs = np.geomspace(*cost_range(parameters, self.cheapest, self.dearest), self.places)
        found = {"ai_cost": costs, "pollution_weight": spaced(*self.weight_range, self.places)}
        if self.against is not None:
            found[self.against] = spaced(*self.against_range, self.places)
        for pair in self.threshold_maps:
            found |= {pair.x: pair.values("x"), pair.y: pair.values("y")}
        return found

    @model_validator(mode="after")
    def _once(self) -> "Sweep":
        if self.against is not None and self.against not in NUMBERS:
            raise ValueError(f"against: {self.against!r} is no parameter that varies; known: {', '.join(NUMBERS)}")
        axes = ["ai_cost", "pollution_weight", self.against, *(n for m in self.threshold_maps for n in (m.x, m.y))]
        if len(set(axes)) < len(axes):
            raise ValueError("against, threshold_maps: a parameter can be the axis of one map only")
        refuse_beyond("weight_range", "pollution_weight", self.weight_range)
        if self.against is not None:
            refuse_beyond("against_range", self.against, self.against_range)
        for pair in self.threshold_maps:
            low = pair.x_range[0] if pair.x == "pollution_rate" else pair.y_range[0]
            if "pollution_rate" in (pair.x, pair.y) and not low > 0.0:
                raise ValueError("threshold_maps: pollution_rate must be positive: at 0 there is no beta*")
        return self


class Economies(Frozen):
    """Economies drawn around the given one, and the share of them for which each claim holds."""

    economies: int = Field(8, ge=1, le=100_000, description="economies of a replicate")
    spread: float = Field(
        0.2, ge=0.0, lt=1.0, description="each parameter times a factor uniform on [1 - spread, 1 + spread]"
    )


class Population(Frozen):
    """Size of one replicate."""

    producers: int = Field(10_000, ge=1, le=2**32 - 1, description="producers N, with skills of their own")


class Record(Frozen):
    """Densities and curves that are kept beside the numbers."""

    bins: int = Field(50, ge=2, le=10_000, description="bins of quality between 0 and the capacity of the most skilled")
    skills: int = Field(201, ge=2, le=10_000, description="skills at which payoffs are drawn")


def spaced(low: float, high: float, count: int) -> NDArray[np.float64]:
    """Even places; geometrically spaced where the range spans a factor of 5 or more."""
    if low > 0.0 and high >= 5.0 * low:
        return np.geomspace(low, high, count)
    return np.linspace(low, high, count)
