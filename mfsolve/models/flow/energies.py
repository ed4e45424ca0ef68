"""Energies of the flow by name: potentials of human content and pair energies (MODEL 2.2)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.models.frozen import Frozen

LEAST, MOST = 1e-6, 1e6
"""Least barrier or length; largest size of an energy, a place or a length."""
Positive = Annotated[float, Field(ge=LEAST, le=MOST)]
Finite = Annotated[float, Field(ge=-MOST, le=MOST)]


class Gaussian(Frozen):
    """Gaussian human content N(0, I): U = |x|^2 / 2."""

    kind: Literal["gaussian"] = "gaussian"


class DoubleWell(Frozen):
    """Double well, U = barrier ((x_0 / width)^2 - 1)^2 + |other coordinates|^2 / 2: modes at x_0 = -width and width."""

    kind: Literal["double_well"] = "double_well"
    barrier: Positive = 2.0
    width: Positive = 1.0


class Mixture(Frozen):
    """Mixture of normal laws N(means[j] e_0, deviations[j]^2 I) with the given weights."""

    kind: Literal["mixture"] = "mixture"
    weights: tuple[Annotated[float, Field(gt=0.0)], ...] = Field((0.5, 0.5), min_length=1)
    means: tuple[Finite, ...] = (-2.0, 2.0)
    deviations: tuple[Positive, ...] = (0.7, 0.7)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not len(self.weights) == len(self.means) == len(self.deviations):
            raise ValueError(
                f"weights, means, deviations: lengths {len(self.weights)}, {len(self.means)}, "
                f"{len(self.deviations)} given; allowed: three equal lengths"
            )
        if abs(sum(self.weights) - 1.0) > 1e-9:
            raise ValueError(f"weights: sum {sum(self.weights):g} given; allowed: sum 1")
        return self


class Tabulated(Frozen):
    """Potential on the line given at points: a cubic spline between them, linear beyond the outermost."""

    kind: Literal["tabulated"] = "tabulated"
    x: tuple[Finite, ...] = Field(min_length=4)
    values: tuple[Finite, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.x) != len(self.values):
            raise ValueError(f"values: {len(self.values)} given; allowed: as many as x, {len(self.x)}")
        if np.any(np.diff(self.x) <= 0.0):
            raise ValueError("x: not increasing; allowed: strictly increasing points")
        return self


Potential = Gaussian | DoubleWell | Mixture | Tabulated


class GaussianKernel(Frozen):
    """Pair energy strength exp(-r^2 / (2 length^2)), repulsive where strength > 0.

    `method`: `mesh` (deposit and FFT, O(N)) or `direct` (all pairs, O(N^2), the reference).
    """

    kind: Literal["gaussian_kernel"] = "gaussian_kernel"
    strength: Annotated[float, Field(ge=-1e3, le=1e3)] = 1.0
    length: Positive = 0.5
    method: Literal["mesh", "direct"] = "mesh"


class NegativeDistance(Frozen):
    """Pair energy -strength |x - y| on the line, repulsive where strength > 0."""

    kind: Literal["negative_distance"] = "negative_distance"
    strength: Annotated[float, Field(ge=-1e3, le=1e3)] = 1.0


Interaction = GaussianKernel | NegativeDistance

POTENTIALS: dict[str, type[Potential]] = {
    "gaussian": Gaussian,
    "double_well": DoubleWell,
    "mixture": Mixture,
    "tabulated": Tabulated,
}
INTERACTIONS: dict[str, type[Interaction]] = {
    "gaussian_kernel": GaussianKernel,
    "negative_distance": NegativeDistance,
}


def named(value: Any, registry: Mapping[str, type[Any]]) -> Any:
    """Member of a registry, found by its name or by a table with `kind`, or given as it is."""
    if isinstance(value, tuple(registry.values())):
        return value
    table = {"kind": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping) or str(table.get("kind")) not in registry:
        raise ValueError(f"allowed: {', '.join(registry)}, or a table with one of them as `kind`")
    return registry[str(table["kind"])](**table)
