"""Parameters of the collapse flow (MODEL 2.1)."""

from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, Field, PlainSerializer, PlainValidator, model_validator

from mfsolve.arrays import Floats, real
from mfsolve.models.arguments import increasing
from mfsolve.models.frozen import Frozen

from .energies import (
    INTERACTIONS,
    POTENTIALS,
    Gaussian,
    GaussianKernel,
    Interaction,
    NegativeDistance,
    Potential,
    Tabulated,
    named,
)
from .potentials import compiled
from .schedule import Schedule, contamination_of

FURTHEST = 1e6
"""Largest distance from the middle at which content begins, or is held by walls."""
WIDEST = 1e12
"""Largest variance of the initial law, and speed of the flow."""
NARROWEST = 1e-6
"""Least distance of the walls."""


def _plain(value: Any) -> Any:
    """Table that names a member of a registry."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _mean(value: Any) -> "float | tuple[float, ...]":
    """Mean of the initial law: one number of at most 1e6, or one for each coordinate."""
    try:
        array = real("initial_mean", value)
    except (TypeError, ValueError):
        raise ValueError("allowed: a number, or one for each dimension") from None
    if array.ndim > 1 or array.size == 0 or not np.all(np.abs(array) <= FURTHEST):
        raise ValueError(f"allowed: a number in [{-FURTHEST:g}, {FURTHEST:g}], or one for each dimension")
    return float(array) if array.ndim == 0 else tuple(array.tolist())


class Parameters(Frozen):
    """Parameters of the mean-field collapse flow (MODEL 2.1).

    Attributes
    ----------
    contamination : rho in [0, 1], synthetic share of the pool: a constant or a `Schedule`.
    variance_ratio : delta in (0, 1], variance of the generator over the pool's.
    diffusivity : sigma in (0, 1e12], the speed of the flow; it scales time.
    potential : U of human content p = exp(-U)/Z: a name, a table with `kind`, or a potential.
    dimension : d in [1, 64]; a tabulated potential asks for 1.
    initial_mean : mean of the initial Gaussian: a number in [-1e6, 1e6] for every coordinate, or one for each.
    initial_variance : its variance per dimension, in (0, 1e12].
    initial : `gaussian` (the two above) or `human` (mu_0 = p).
    interaction : None, or a pair energy beyond the quadratic one (F gains sigma/2 int int W).
    domain : None, or (low, high) at which every coordinate is reflected: in [-1e6, 1e6], 1e-6 apart or more.
    """

    contamination: Annotated[float | Schedule, PlainValidator(contamination_of), PlainSerializer(_plain)] = Field(
        description="synthetic share of the pool, rho: a number in [0, 1], {times = [...], values = [...]}, or a "
        "market, {policy = ..., generations = ..., generation_time = ..., parameters = {...}}"
    )
    variance_ratio: float = Field(gt=0.0, le=1.0, description="generator variance over the pool's, delta")
    diffusivity: float = Field(1.0, gt=0.0, le=WIDEST, description="speed of the flow, sigma")
    potential: Annotated[
        Potential | str, PlainValidator(lambda value: named(value, POTENTIALS)), PlainSerializer(_plain)
    ] = Field(
        Gaussian(), description="U of human content: gaussian, or a table with kind = double_well, mixture, tabulated"
    )
    dimension: int = Field(1, ge=1, le=64, description="dimension d")
    initial_mean: Annotated[float | tuple[float, ...], PlainValidator(_mean)] = Field(
        0.0, description="mean of the initial Gaussian: a number, or one for each coordinate"
    )
    initial_variance: float = Field(
        1.0, gt=0.0, le=WIDEST, description="variance of the initial Gaussian, per dimension"
    )
    initial: Literal["gaussian", "human"] = Field("gaussian", description="start from that Gaussian, or from human")
    interaction: Annotated[
        Interaction | str | None,
        PlainValidator(lambda value: None if value in (None, "none") else named(value, INTERACTIONS)),
        PlainSerializer(_plain),
    ] = Field(None, description="pair energy: none, or a table with kind = gaussian_kernel, negative_distance")
    domain: tuple[float, float] | None = Field(None, description="walls [low, high] at which content is reflected")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if isinstance(self.initial_mean, tuple) and len(self.initial_mean) != self.dimension:
            raise ValueError(
                f"initial_mean: {len(self.initial_mean)} numbers given; allowed: 1 or the dimension, {self.dimension}"
            )
        if isinstance(self.potential, Tabulated) and self.dimension != 1:
            raise ValueError(f"dimension: {self.dimension} given; allowed with a tabulated potential: 1")
        if isinstance(self.interaction, NegativeDistance) and self.dimension != 1:
            raise ValueError(f"dimension: {self.dimension} given; allowed with negative_distance: 1")
        if isinstance(self.interaction, GaussianKernel) and self.interaction.method == "mesh" and self.dimension > 2:
            raise ValueError(f"dimension: {self.dimension} given; allowed with the particle mesh: 1, 2")
        if self.domain is not None:
            low, high = self.domain
            within = low >= -FURTHEST and high <= FURTHEST
            if not within or not high - low >= NARROWEST:
                raise ValueError(
                    f"domain: {self.domain!r} given; allowed: low < high in [{-FURTHEST:g}, {FURTHEST:g}], "
                    f"{NARROWEST:g} apart or more"
                )
        compiled(self.potential, self.dimension)  # refuses a potential that does not confine
        return self

    def rho(self, times: ArrayLike) -> Floats:
        """Contamination rho at the given times."""
        at = np.asarray(times, dtype=float)
        if isinstance(self.contamination, Schedule):
            return np.asarray(np.interp(at, self.contamination.times, self.contamination.values))
        return np.full(at.shape, self.contamination)

    @property
    def mean_vector(self) -> Floats:
        """Mean of the initial Gaussian, (dimension,)."""
        return np.array(np.broadcast_to(np.asarray(self.initial_mean, dtype=float), (self.dimension,)))


def refuse_many_steps(name: str, value: float, steps: float, most: int) -> None:
    """Refuse the length of a step of which the times hold too many; ValueError says which would do."""
    if not steps <= most:
        least = float(np.format_float_positional(value * steps / most, precision=2, fractional=False))
        raise ValueError(f"{name}: {value:g} given; allowed: at most {most} steps, a {name} of about {least:g} or more")


def checked_times(parameters: Parameters, times: ArrayLike) -> Floats:
    """Output times as an array (n,); ValueError unless they increase from 0 or later, within the schedule."""
    at = increasing("times", times)
    if isinstance(parameters.contamination, Schedule):
        low, high = parameters.contamination.times[0], parameters.contamination.times[-1]
        if low > 0.0 or high < at[-1]:
            raise ValueError(
                f"contamination: schedule over [{low:g}, {high:g}] given; allowed: one covering [0, {at[-1]:g}]"
            )
    return at
