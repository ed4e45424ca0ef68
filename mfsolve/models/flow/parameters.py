"""Inputs of the collapse flow: potentials, interactions, contamination schedules (MODEL 2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, Field, PlainSerializer, PlainValidator, model_validator

from mfsolve.models.model import Frozen

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]


class Gaussian(Frozen):
    """U = |x|^2 / 2: human content is N(0, I)."""

    kind: Literal["gaussian"] = "gaussian"


class DoubleWell(Frozen):
    """U = barrier ((x_0 / width)^2 - 1)^2 + |other coordinates|^2 / 2: two modes at x_0 = -width and width."""

    kind: Literal["double_well"] = "double_well"
    barrier: float = Field(2.0, gt=0.0)
    width: float = Field(1.0, gt=0.0)


class Mixture(Frozen):
    """Human content is a mixture of N(means[j] e_0, deviations[j]^2 I) with the given weights."""

    kind: Literal["mixture"] = "mixture"
    weights: tuple[Annotated[float, Field(gt=0.0)], ...] = Field((0.5, 0.5), min_length=1)
    means: tuple[float, ...] = (-2.0, 2.0)
    deviations: tuple[Annotated[float, Field(gt=0.0)], ...] = (0.7, 0.7)

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
    """A potential on the line given at points: cubic spline between them, linear beyond the outermost."""

    kind: Literal["tabulated"] = "tabulated"
    x: tuple[float, ...] = Field(min_length=4)
    values: tuple[float, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.x) != len(self.values):
            raise ValueError(f"values: {len(self.values)} given; allowed: as many as x, {len(self.x)}")
        if np.any(np.diff(self.x) <= 0.0):
            raise ValueError("x: not increasing; allowed: strictly increasing points")
        return self


Potential = Gaussian | DoubleWell | Mixture | Tabulated


class GaussianKernel(Frozen):
    """Pair energy strength exp(-r^2 / (2 length^2)): repulsion where strength > 0.

    `method`: `mesh` (deposit and FFT, O(N)) or `direct` (all pairs, O(N^2), the reference).
    """

    kind: Literal["gaussian_kernel"] = "gaussian_kernel"
    strength: float = 1.0
    length: float = Field(0.5, gt=0.0)
    method: Literal["mesh", "direct"] = "mesh"


class NegativeDistance(Frozen):
    """Pair energy -strength |x - y| on the line: repulsion where strength > 0."""

    kind: Literal["negative_distance"] = "negative_distance"
    strength: float = 1.0


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


def _named(value: Any, registry: Mapping[str, type[Any]]) -> Any:
    """Member of a registry from its name, from a table with `kind`, or as it is."""
    if isinstance(value, tuple(registry.values())):
        return value
    table = {"kind": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping) or table.get("kind") not in registry:
        raise ValueError(f"allowed: {', '.join(registry)}, or a table with one of them as `kind`")
    return registry[table["kind"]](**table)


class Schedule(Frozen):
    """Contamination over time: linear between (times[k], values[k])."""

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
        generation t on. Lazy retraining of all of the pool (tau = 1) driven by it is section 1 itself.

        Parameters
        ----------
        generations : Dataset over `generation` with a variable `contamination`, one path (no other dimension), of two
            generations or more.
        generation_time : time of the flow that one generation takes, > 0; for lazy retraining in which a fraction
            tau of the pool is retrained in a generation it is tau / (2 diffusivity).
        """
        if "contamination" not in generations or generations["contamination"].dims != ("generation",):
            raise ValueError("generations: allowed: a dataset with contamination(generation)")
        positive("generation_time", generation_time)
        path = generations["contamination"].values
        times = np.arange(path.size) * generation_time
        return cls(times=tuple(times.tolist()), values=(*path[1:].tolist(), float(path[-1])))


class Market(Frozen):
    """A collapse market (MODEL 1), in its mean field, that drives the flow; its variance_ratio is the flow's."""

    policy: str = Field(description="policy of the market, such as none or closed_form")
    generations: int = Field(10, ge=1, le=1_000_000, description="generations it runs for")
    generation_time: float = Field(0.5, gt=0.0, description="time of the flow that a generation takes")
    parameters: Mapping[str, float] = Field({}, description="parameters of the market that are not its defaults")

    def schedule(self) -> Schedule:
        """Its contamination over time."""
        from mfsolve.models import collapse

        path = collapse.mean_field(collapse.Parameters(**self.parameters), self.policy, self.generations)
        return Schedule.from_market(path, self.generation_time)


def _plain(value: Any) -> Any:
    """A member of a registry as the table that names it."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _contamination(value: Any) -> "float | Schedule":
    """A constant in [0, 1], a Schedule, or a table or dataset with times and values."""
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


def _mean(value: Any) -> "float | tuple[float, ...]":
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError("allowed: a number, or one for each dimension") from None
    if array.ndim > 1 or array.size == 0 or not np.all(np.isfinite(array)):
        raise ValueError("allowed: a finite number, or one for each dimension")
    return float(array) if array.ndim == 0 else tuple(array.tolist())


class Parameters(Frozen):
    """Parameters of the mean-field collapse flow (MODEL 2).

    Attributes
    ----------
    contamination : rho in [0, 1], synthetic share of the pool: a constant or a `Schedule`.
    variance_ratio : delta in (0, 1], variance of the generator over the pool's.
    diffusivity : sigma > 0, the speed of the flow; it scales time.
    potential : U of human content p = exp(-U)/Z: a name, a table with `kind`, or a potential.
    dimension : d in [1, 64]; a tabulated potential asks for 1.
    initial_mean : mean of the initial Gaussian: a number for every coordinate, or one for each.
    initial_variance : its variance per dimension, > 0.
    initial : `gaussian` (the two above) or `human` (mu_0 = p).
    interaction : None, or a pair energy beyond the quadratic one (F gains sigma/2 int int W).
    domain : None, or (low, high) at which every coordinate is reflected.
    """

    contamination: Annotated[float | Schedule, PlainValidator(_contamination), PlainSerializer(_plain)] = Field(
        description="synthetic share of the pool, rho: a number in [0, 1], {times = [...], values = [...]}, or a "
        "market, {policy = ..., generations = ..., generation_time = ..., parameters = {...}}"
    )
    variance_ratio: float = Field(gt=0.0, le=1.0, description="generator variance over the pool's, delta")
    diffusivity: float = Field(1.0, gt=0.0, description="speed of the flow, sigma")
    potential: Annotated[
        Potential | str, PlainValidator(lambda value: _named(value, POTENTIALS)), PlainSerializer(_plain)
    ] = Field(
        Gaussian(), description="U of human content: gaussian, or a table with kind = double_well, mixture, tabulated"
    )
    dimension: int = Field(1, ge=1, le=64, description="dimension d")
    initial_mean: Annotated[float | tuple[float, ...], PlainValidator(_mean)] = Field(
        0.0, description="mean of the initial Gaussian: a number, or one for each coordinate"
    )
    initial_variance: float = Field(1.0, gt=0.0, description="variance of the initial Gaussian, per dimension")
    initial: Literal["gaussian", "human"] = Field("gaussian", description="start from that Gaussian, or from human")
    interaction: Annotated[
        Interaction | str | None,
        PlainValidator(lambda value: None if value in (None, "none") else _named(value, INTERACTIONS)),
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
        if self.domain is not None and not self.domain[0] < self.domain[1]:
            raise ValueError(f"domain: {self.domain!r} given; allowed: low < high")
        compiled(self.potential, self.dimension)  # refuses a potential that does not confine
        return self

    def rho(self, times: ArrayLike) -> Floats:
        """Contamination at the given times."""
        at = np.asarray(times, dtype=float)
        if isinstance(self.contamination, Schedule):
            return np.asarray(np.interp(at, self.contamination.times, self.contamination.values))
        return np.full(at.shape, self.contamination)

    @property
    def mean_vector(self) -> Floats:
        """Mean of the initial Gaussian, (dimension,)."""
        return np.array(np.broadcast_to(np.asarray(self.initial_mean, dtype=float), (self.dimension,)))


def increasing(times: ArrayLike) -> Floats:
    """Output times (n,) as an array; refuse those that do not increase from 0 or later."""
    at = np.atleast_1d(np.asarray(times, dtype=float))
    if at.ndim != 1 or at.size == 0 or not np.all(np.isfinite(at)) or at[0] < 0.0 or np.any(np.diff(at) <= 0.0):
        raise ValueError(f"times: {times!r} given; allowed: one or more increasing times in [0, inf)")
    return at


def checked_times(parameters: Parameters, times: ArrayLike) -> Floats:
    """Output times as an array; a ValueError names what is wrong with them."""
    at = increasing(times)
    if isinstance(parameters.contamination, Schedule):
        low, high = parameters.contamination.times[0], parameters.contamination.times[-1]
        if low > 0.0 or high < at[-1]:
            raise ValueError(
                f"contamination: schedule over [{low:g}, {high:g}] given; allowed: one covering [0, {at[-1]:g}]"
            )
    return at


def positive(name: str, value: float) -> float:
    """Refuse a step or tolerance that is not a positive number."""
    if not (np.isfinite(value) and value > 0.0):
        raise ValueError(f"{name}: {value!r} given; allowed: (0, inf)")
    return float(value)


def whole(name: str, value: int, low: int, high: int) -> int:
    """Refuse a count outside [low, high]."""
    if isinstance(value, bool) or int(value) != value or not low <= value <= high:
        raise ValueError(f"{name}: {value!r} given; allowed: [{low}, {high}]")
    return int(value)


class DivergedError(ArithmeticError):
    """A run whose positions left the floating-point range: the step, the particles and a smaller dt to try."""


from .potentials import compiled  # noqa: E402  (potentials need the classes above)
