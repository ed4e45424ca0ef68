"""An estimate that a study reports: a statistic of a recorded quantity, the claim about it, and its checks."""

import enum
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
from pydantic import AliasChoices, Field, field_validator, model_validator

from mfsolve.experiments.experiment import Case, Experiment
from mfsolve.inference.estimate import Estimate, student_quantile
from mfsolve.inference.verdicts import Kind, Question
from mfsolve.models.arguments import nearest
from mfsolve.models.frozen import Frozen
from mfsolve.study.axes import are_names
from mfsolve.study.statistics.estimand import Estimand
from mfsolve.study.statistics.estimands import ESTIMANDS

ARM = ("arm", "policy", "solver", "estimator", "alternative", "market")
"""Keys by which an estimate may name its arm, whatever the experiment calls it."""

RESOLUTION = 0.05
"""Share of a prediction below which a difference does not matter, unless a study says so."""
FIGURE_RESOLUTION = 0.02
"""Share of a published figure below which a difference does not matter, unless a study says so."""


MEANT = {
    "proportion": "share", "proportions": "share", "fraction": "share", "probability": "share", "rate": "share",
    "average": "mean", "median": "quantile", "percentile": "quantile", "ratio": "gain", "regression": "slope",
}  # fmt: skip
"""What statistics are called elsewhere."""


class Side(enum.StrEnum):
    """Side of a claim: the truth equals the figure, is at least it, or is at most it."""

    EQUAL = "equal"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Paper(enum.StrEnum):
    """Documents whose claims are measured, by short name."""

    COLLAPSE = "collapse"
    CREATORS = "creators"
    SHOCK = "shock"
    DEALS = "deals"
    OBJECTIONS = "objections"
    ATLAS = "atlas"


class ClaimSpec(Frozen):
    """A claim of a paper that an estimate measures."""

    id: str = Field(pattern=r"^[a-z0-9_.]+$", description="name of the claim, as `verify` takes it")
    paper: Paper = Field(description="document that makes the claim")
    place: str = Field("", description="place in the document: section, proposition, figure")
    statement: str = Field(min_length=1, description="what is claimed, in one sentence")
    source: str = Field("", description="document and sentence behind it; `ours` if no document makes it")
    reading: str = Field("", description="our reading, if the sentence can be read in several ways")
    kind: Kind = Field(Kind.THEOREM, description="theorem, figure, mechanism or numerics")


class StudyLike(Protocol):
    """The parts of a study that an estimate is checked against."""

    @property
    def experiment(self) -> Experiment: ...  # noqa: D102
    @property
    def axes(self) -> Mapping[str, Sequence[Any]]: ...  # noqa: D102
    @property
    def arms(self) -> list[str]: ...  # noqa: D102
    @property
    def points(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def sweep(self) -> Any: ...  # noqa: D102
    def words(self, arm: str) -> str: ...  # noqa: D102


class EstimateSpec(Frozen):
    """One row of the report: a statistic of a recorded quantity, and what a paper says it is.

    mean, quantile: of `quantity` in an arm at a place of the path. difference, gain: of an arm against `baseline`
    (gain: ratio of means, less one). slope, r_squared: of `quantity` on `against` along the path, through
    the origin, one per replicate. hac_slope: the same regression on the mean path. pooled_slope, pooled_r_squared: the
    same over the paths at all values of `axis` together. Along the grid axis `axis`, as the
    power of the finer value by which it falls: order: root-mean-square deviation of replicates from the arm's
    deterministic reference (sampling error and bias); bias_order: deviation of their mean from it (bias alone);
    scaling: the quantity itself, such as a cost; mean_scaling: the same between the ends of the axis, whatever the law
    in between. share: of trials that succeed, pooled over replicates, with the
    binomial interval of effective trials; `quantity` counts successes, `trials` trials (one a replicate if not given).
    With `independent_trials` they are one binomial sample, at any number of replicates.
    """

    name: str = Field(min_length=1, description="name of the row in the report")
    statistic: str = Field("mean", description="statistic that is estimated")
    quantity: str = Field(description="a recorded output")
    arm: str | None = Field(
        None,
        validation_alias=AliasChoices(*ARM),
        description="an arm of the study (a policy, a solver ...); needed if there are several",
    )
    baseline: str | None = Field(None, description="the arm with which difference and gain compare")
    against: str | None = Field(None, description="the regressor of a slope")
    axis: str | None = Field(None, description="the grid axis of an order")
    trials: str | None = Field(None, description="the output that counts the trials of a share (a proportion)")
    independent_trials: bool = Field(
        False,
        description="true if the model draws the trials of a replicate independently and identically: "
        "the share's interval is then exact for all of them",
    )
    probability: float | None = Field(None, gt=0.0, lt=1.0, description="probability of a quantile")
    at: float | None = Field(None, description="place along the path, a generation or a time; default: its end")
    published: float | None = Field(None, description="the figure a paper reports")
    rounding: float | None = Field(None, ge=0.0, description="half a unit of the published figure's last digit")
    standard_error: float | None = Field(
        None, gt=0.0, description="standard error of the published figure, if its source gives one; for calibrate"
    )
    weight: float = Field(1.0, ge=0.0, description="weight of the moment in a calibration; 0: reported but not fitted")
    prediction: float | str | None = Field(
        None, description="theoretical value: a number or a closed form of the experiment"
    )
    side: Side = Field(
        Side.EQUAL, description="whether the true value should equal the prediction, or be at_least or at_most that"
    )
    tolerance: float = Field(
        0.0, ge=0.0, description="relative tolerance: share of the prediction by which the true value may differ"
    )
    resolution: float | None = Field(
        None,
        gt=0.0,
        description="smallest difference that matters; default: 2 % of a published figure, 5 % of a prediction",
    )
    calibrated: bool | dict[str, Any] = Field(
        False,
        description="true if the study was fitted to the published figure, which then proves nothing; or the "
        "settings with which another study was",
    )
    family: str | None = Field(
        None, description="rows judged jointly; default: the papers' claims, and separately all other rows"
    )
    half_width: float | None = Field(
        None, gt=0.0, description="add replicates until the interval is this narrow; default: the ensemble's"
    )
    percent: bool = Field(False, description="print in per cent")
    claim: ClaimSpec | None = Field(None, description="the claim of a paper that this row measures")

    @property
    def estimand(self) -> Estimand:
        """The statistic that is estimated."""
        return ESTIMANDS[self.statistic]

    @field_validator("name", "family")
    @classmethod
    def _on_one_line(cls, text: str | None) -> str | None:
        if text is not None and not text.isprintable():
            raise ValueError("a text on one line is needed")
        return text

    @field_validator("statistic")
    @classmethod
    def _a_statistic(cls, name: str) -> str:
        if name not in ESTIMANDS:
            meant = f"; did you mean {MEANT[name]}?" if name in MEANT else nearest(name, ESTIMANDS)
            raise ValueError(f"unknown{meant}")
        return name

    @model_validator(mode="after")
    def _complete(self) -> "EstimateSpec":
        for key in self.estimand.needs:
            if getattr(self, key) is None:
                raise ValueError(f"{key} is missing: statistic = '{self.statistic}' needs it")
        if self.independent_trials and (self.statistic != "share" or self.trials is None):
            raise ValueError("independent_trials: true given; allowed: with statistic = 'share' and trials")
        if self.published is not None and self.prediction is not None:
            raise ValueError("published and prediction exclude each other: write two estimates")
        if 0.0 in (self.published, self.prediction) and self.side is Side.EQUAL and self.resolution is None:
            raise ValueError("resolution is missing: a claim about zero needs the smallest difference that matters")
        return self

    @property
    def kind(self) -> Kind:
        """Kind of the claim: a figure where one is published, unless its claim says otherwise."""
        if self.claim is not None:
            return self.claim.kind
        return Kind.FIGURE if self.published is not None else Kind.THEOREM

    def check(self, study: StudyLike) -> None:
        """Refuse names the study does not have.

        Raises
        ------
        ValueError
            Naming the key, the value and the nearest valid one.
        """
        experiment = study.experiment
        for key in ("arm", "baseline"):
            _known(key, getattr(self, key), study.arms)
        if self.arm is None and len(study.arms) > 1:
            raise ValueError(f"{experiment.word}: is missing; the study has: {', '.join(study.arms)}")
        _known("axis", self.axis, list(study.axes))
        if isinstance(self.prediction, str):
            _known("prediction", self.prediction, list(experiment.predictions))
        concerned = {self.arm or study.arms[0], self.baseline}
        for point in (p for p in study.points if p.arm in concerned):
            self._check_point(experiment, point.case)
        if self.axis is not None:
            self._check_axis(study, self.axis)

    def _check_axis(self, study: StudyLike, axis: str) -> None:
        """Refuse an axis that no order can be fitted along, has no values of its own, or is none of the arm."""
        sweep, arm, values = study.sweep, self.arm or study.arms[0], study.axes[axis]
        if sweep.design is not None and axis in sweep.design.axes and sweep.design.drawn:
            raise ValueError(f"axis: {axis} takes its values by a design; a list in [grid] is needed, or kind = 'zip'")
        if arm not in sweep.owners.get(axis, (arm,)):
            raise ValueError(f"axis: {axis} is no setting of {arm}")
        if len(values) < 3 or are_names(values) or min(values) <= 0:
            raise ValueError(f"axis: {axis} needs at least 3 positive values to fit an order")

    def _check_point(self, experiment: Experiment, case: Case) -> None:
        """Refuse outputs that a case does not have, or not as this statistic needs them."""
        whole = () if experiment.path is None else (experiment.path,)
        outputs = [name for name, output in experiment.outputs(case).items() if output.dims in ((), whole)]
        for key in ("quantity", "against", "trials"):
            _known(key, getattr(self, key), outputs)
        self.index(experiment, case)
        if self.estimand.deviation:
            reference = experiment.arm(case).reference
            if reference is None:
                raise ValueError(f"statistic: {self.statistic} needs an arm with a deterministic reference")
            _known("quantity", self.quantity, list(reference.names(case)))
        if self.against is not None and (
            experiment.path is None or experiment.coordinates(case)[experiment.path].size < 4
        ):
            raise ValueError("against: a slope needs a path of at least 4 places; see record.trajectories")

    def index(self, experiment: Experiment, case: Case) -> int:
        """Index of `at` along a stored path; 0 where outcomes have none.

        Raises
        ------
        ValueError
            Where nothing is stored there.
        """
        if experiment.path is None:
            if self.at is not None:
                raise ValueError(f"at: {self.at:g} given; {experiment.name} has no path: leave it out")
            return 0
        places = experiment.coordinates(case)[experiment.path]
        if self.at is None:
            return int(places.size) - 1
        found = np.flatnonzero(places == self.at)
        if found.size == 0:
            stored = f"[{places[0]:g}, {places[-1]:g}]" if places.size > 8 else ", ".join(f"{p:g}" for p in places)
            raise ValueError(f"at: {self.at:g} given; allowed ({experiment.path}): {stored}")
        return int(found[0])

    def question(self, value: float | None, estimate: Estimate) -> Question | None:
        """The claim, as `claimed` has it, put to an estimate; None where there is none, or it is not a number.

        A published figure is known to half a unit of its last digit and to its standard error, at the estimate's level.
        """
        if value is None or not math.isfinite(value):
            return None
        half = abs(value) * self.tolerance
        if self.published is not None:
            half = self.rounding if self.rounding is not None else half_unit(repr(self.published))
            half += (self.standard_error or 0.0) * student_quantile(estimate.level, math.inf)
        share = FIGURE_RESOLUTION if self.kind is Kind.FIGURE else RESOLUTION
        return Question(
            estimate,
            value - half if self.side is not Side.AT_MOST else -math.inf,
            value + half if self.side is not Side.AT_LEAST else math.inf,
            self.resolution if self.resolution is not None else share * abs(value),
            self.kind,
            self.family or ("claims" if self.claim is not None else "checks"),
        )

    def claimed(self, case: Case, experiment: Experiment) -> float | None:
        """The published figure or the prediction; None where nothing is claimed."""
        if self.published is not None or self.prediction is None:
            return self.published
        form = self.prediction
        return float(experiment.predictions[form](case) if isinstance(form, str) else form)


def half_unit(figure: str) -> float:
    """Half a unit of the last digit of a figure as it is written: 0.005 for 0.78 and 0.30, 0.5 for 50.

    Raises
    ------
    ArithmeticError
        For what is no finite number.
    """
    number = Decimal(figure)
    if not number.is_finite():
        raise ArithmeticError(f"{figure} has no last digit")
    return 0.5 * 10.0 ** int(number.as_tuple().exponent)


def _known(key: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise ValueError(f"{key}: {value!r} given: unknown{nearest(value, known) if known else '; known: none'}")
