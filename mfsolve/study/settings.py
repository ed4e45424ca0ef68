"""Settings of a study that every model shares: the ensemble, the estimates it reports, its figures."""

import enum
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Protocol

import numpy as np
from pydantic import AliasChoices, Field, model_validator

from mfsolve.experiments.experiment import Case, Model
from mfsolve.models.frozen import Frozen


class SeedSharing(enum.StrEnum):
    """Which points of a study see the same random numbers."""

    POLICIES = "policies"
    ALL = "all"
    NONE = "none"


class Figure(enum.StrEnum):
    """Figures a study can draw; one whose data the study does not keep is left out."""

    PATHS = "paths"
    REGRESSION = "regression"
    CONTENT = "content"
    WELFARE = "welfare"
    GRID = "grid"
    CURVES = "curves"
    MAPS = "maps"
    OVERVIEW = "overview"
    TRADEOFF = "tradeoff"


class Kind(enum.StrEnum):
    """What a study is for: estimates at its points, or orders along its axes."""

    ENSEMBLE = "ensemble"
    CONVERGENCE = "convergence"


class Ensemble(Frozen):
    """Replicates, seed and level of confidence."""

    replicates: int = Field(64, ge=1, le=2**32 - 1, description="independent replicates of every point")
    seed: int = Field(1, ge=0, le=2**63 - 1, description="seed of every random number of the study")
    level: float = Field(0.95, gt=0.0, lt=1.0, description="level of every interval")
    common_random_numbers: SeedSharing = Field(
        SeedSharing.POLICIES,
        description="share random numbers between policies at one grid point, between all points, or not at all",
    )


class Statistic(enum.StrEnum):
    """What is estimated of a quantity."""

    MEAN = "mean"
    DIFFERENCE = "difference"
    GAIN = "gain"
    QUANTILE = "quantile"
    SLOPE = "slope"
    HAC_SLOPE = "hac_slope"
    R_SQUARED = "r_squared"
    ORDER = "order"
    BIAS_ORDER = "bias_order"
    SCALING = "scaling"
    SHARE = "share"


class Side(enum.StrEnum):
    """What a claimed figure says: the truth is equal to it, at least it, or at most it."""

    EQUAL = "equal"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


ALONG_AXIS = (Statistic.ORDER, Statistic.BIAS_ORDER, Statistic.SCALING)


NEEDS: Mapping[Statistic, tuple[str, ...]] = {
    Statistic.DIFFERENCE: ("baseline",),
    Statistic.GAIN: ("baseline",),
    Statistic.QUANTILE: ("probability",),
    Statistic.SLOPE: ("against",),
    Statistic.HAC_SLOPE: ("against",),
    Statistic.R_SQUARED: ("against",),
    **dict.fromkeys(ALONG_AXIS, ("axis",)),
}


class StudyLike(Protocol):
    """What an estimate needs to know of its study."""

    @property
    def model(self) -> Model: ...  # noqa: D102
    @property
    def axes(self) -> Mapping[str, Sequence[Any]]: ...  # noqa: D102
    @property
    def policies(self) -> list[str]: ...  # noqa: D102
    @property
    def points(self) -> Sequence[Any]: ...  # noqa: D102


class EstimateSpec(Frozen):
    """One row of the report: a statistic of a recorded quantity, and what a paper says it is.

    mean, quantile: of `quantity` under `policy` at a place of the path. difference, gain: of `policy` against
    `baseline` (gain: ratio of means, less one). slope, r_squared: of `quantity` on `against` along the path, through
    the origin, one per replicate. hac_slope: the same regression on the mean path. Along the grid axis `axis`, as the
    power of the finer value by which it falls: order: root-mean-square deviation of replicates from the model's
    deterministic reference (sampling error and bias); bias_order: deviation of their mean from it (bias alone);
    scaling: the quantity itself, such as a cost. share: of trials that succeed, pooled over replicates, with the exact
    binomial interval; `quantity` counts successes, `trials` trials (one a replicate if not given).
    """

    name: str = Field(min_length=1, description="how the report calls it")
    statistic: Statistic = Field(Statistic.MEAN, description="what is estimated")
    quantity: str = Field(description="a recorded variable")
    policy: str | None = Field(
        None,
        validation_alias=AliasChoices("policy", "solver", "estimator", "alternative", "market"),
        description="a policy (solver, estimator, alternative, market) of the study; needed where there are several",
    )
    baseline: str | None = Field(None, description="the policy that difference and gain compare with")
    against: str | None = Field(None, description="the regressor of a slope")
    axis: str | None = Field(None, description="the grid axis of an order")
    trials: str | None = Field(None, description="the variable that counts the trials of a share")
    probability: float | None = Field(None, gt=0.0, lt=1.0, description="probability of a quantile")
    at: float | None = Field(None, description="place along the path, a generation or a time; its end if not given")
    published: float | None = Field(None, description="the figure a paper reports")
    rounding: float | None = Field(None, ge=0.0, description="half a unit of the published figure's last digit")
    standard_error: float | None = Field(
        None, gt=0.0, description="standard error of the published figure, where its source gives one; for calibrate"
    )
    weight: float = Field(
        1.0, ge=0.0, description="as a moment of calibrate, beside the others'; 0: watched, not fitted"
    )
    prediction: float | str | None = Field(None, description="theory's value: a number or a closed form of the model")
    side: Side = Field(Side.EQUAL, description="whether the truth is claimed equal to it, at_least it, or at_most it")
    tolerance: float = Field(0.0, ge=0.0, description="share of the prediction by which the truth may differ")
    resolution: float | None = Field(
        None, gt=0.0, description="smallest difference that would matter; 5 % if not given"
    )
    percent: bool = Field(False, description="print in per cent")

    @model_validator(mode="after")
    def _complete(self) -> "EstimateSpec":
        for key in NEEDS.get(self.statistic, ()):
            if getattr(self, key) is None:
                raise ValueError(f"{key} is missing: statistic = '{self.statistic}' needs it")
        if self.published is not None and self.prediction is not None:
            raise ValueError("published and prediction exclude each other: write two estimates")
        return self

    def check(self, study: StudyLike) -> None:
        """Refuse names the study does not have.

        Raises
        ------
        ValueError
            Naming the key, the value and the nearest valid one.
        """
        for key in ("policy", "baseline"):
            _known(key, getattr(self, key), study.policies)
        if self.policy is None and len(study.policies) > 1:
            raise ValueError(f"policy: is missing; the study has: {', '.join(study.policies)}")
        _known("axis", self.axis, list(study.axes))
        if isinstance(self.prediction, str):
            _known("prediction", self.prediction, list(study.model.predictions))
        concerned = {self.policy or study.policies[0], self.baseline}
        for point in (p for p in study.points if p.policy in concerned):
            variables = study.model.variables(point.case)
            paths = [name for name, variable in variables.items() if variable.dims == (study.model.path,)]
            _known("quantity", self.quantity, paths)
            _known("against", self.against, paths)
            _known("trials", self.trials, paths)
            self.index(study.model, point.case)
            reference = study.model.referenced or study.model.mean_field
            if self.statistic in (Statistic.ORDER, Statistic.BIAS_ORDER) and reference is not None:
                _known("quantity", self.quantity, list(reference(point.case)))
            if self.against is not None and study.model.coordinates(point.case)[study.model.path].size < 4:
                raise ValueError("against: a slope needs a path of at least 4 places; see record.trajectories")
        if self.statistic in (Statistic.ORDER, Statistic.BIAS_ORDER) and study.model.mean_field is None:
            raise ValueError(f"statistic: {self.statistic} needs a model with a deterministic reference")
        values = study.axes[self.axis] if self.axis is not None else (1, 2, 3)
        if len(values) < 3 or any(isinstance(value, str) or value <= 0 for value in values):
            raise ValueError(f"axis: {self.axis} needs at least 3 positive values to fit an order")

    def index(self, model: Model, case: Case) -> int:
        """Index of `at` along a stored path.

        Raises
        ------
        ValueError
            Where nothing is stored there.
        """
        places = model.coordinates(case)[model.path]
        if self.at is None:
            return int(places.size) - 1
        found = np.flatnonzero(places == self.at)
        if found.size == 0:
            stored = f"[{places[0]:g}, {places[-1]:g}]" if places.size > 8 else ", ".join(f"{p:g}" for p in places)
            raise ValueError(f"at: {self.at:g} given; allowed ({model.path}): {stored}")
        return int(found[0])

    def reference_range(self, case: Case, model: Model) -> tuple[float, float] | None:
        """What the published figure or the prediction allows the truth to be; None where nothing is claimed."""
        value = self.claimed(case, model)
        if value is None:
            return None
        half = abs(value) * self.tolerance
        if self.published is not None:
            half = self.rounding if self.rounding is not None else half_unit(self.published)
        low = value - half if self.side is not Side.AT_MOST else -math.inf
        return low, value + half if self.side is not Side.AT_LEAST else math.inf

    def claimed(self, case: Case, model: Model) -> float | None:
        """The published figure or the prediction; None where nothing is claimed."""
        if self.published is not None or self.prediction is None:
            return self.published
        return float(model.predictions[self.prediction](case) if isinstance(self.prediction, str) else self.prediction)


def half_unit(figure: float) -> float:
    """Half a unit of the last digit of a figure as written: 0.005 for 0.78."""
    exponent = Decimal(repr(figure)).as_tuple().exponent
    return 0.5 * 10.0 ** int(exponent)


def _known(key: str, value: str | None, known: Sequence[str]) -> None:
    if value is None or value in known:
        return
    near = get_close_matches(value, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known) or 'none'}"
    raise ValueError(f"{key}: {value!r} given: unknown; {hint}")
