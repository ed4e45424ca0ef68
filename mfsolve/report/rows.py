"""Stored replicates -> the rows of the report: estimate, interval, what is claimed, verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.inference.estimate import Estimate, Method
from mfsolve.report import deterministic
from mfsolve.report.look import place_text
from mfsolve.study.config import Point
from mfsolve.study.settings import ALONG_AXIS, EstimateSpec, Statistic
from mfsolve.study.store import RunDirectory

DEFAULT_RESOLUTION = 0.05  # of the claimed figure: a smaller difference does not matter unless the study says so

if TYPE_CHECKING:
    from mfsolve.inference.regression import Regression


@dataclass(frozen=True)
class Row:
    """One line of the report. `claimed` is the published figure or the prediction, `mean_field` the model's own.

    `allowed` is what the claim lets the truth be: a figure's rounding, a prediction's tolerance. `deterministic`: what
    it rests on has nothing random in it, whatever the number of replicates.
    """

    name: str
    place: str
    statistic: str
    quantity: str
    policy: str
    published: float | None
    predicted: float | None
    mean_field: float | None
    estimate: Estimate
    verdict: str | None
    percent: bool
    note: str | None = None
    allowed: tuple[float, float] | None = None
    deterministic: bool = False

    @property
    def claimed(self) -> float | None:
        """What the estimate is compared with."""
        return self.published if self.published is not None else self.predicted

    def to_dict(self) -> dict[str, Any]:
        """As JSON types; NaN and infinity become null."""
        allowed = self.allowed and [x if isfinite(x) else None for x in self.allowed]
        reference = self.mean_field if self.mean_field is not None and isfinite(self.mean_field) else None
        return {**asdict(self), "estimate": self.estimate.to_dict(), "allowed": allowed, "mean_field": reference}


def analyse(run: RunDirectory) -> list[Row]:
    """Every estimate of the study at every place of its grid, verdicts judged together (Holm; MODEL 8)."""
    from mfsolve.inference.simultaneous import judge

    study, level = run.study, run.study.ensemble.level
    places: list[tuple[EstimateSpec, Mapping[str, Any]]] = []
    for spec in study.estimates:
        places += [(spec, place) for place in places_of(run, spec)]
    estimates: list[Estimate] = []
    notes: list[str | None] = []
    for spec, place in places:
        try:
            estimates.append(_estimate(run, spec, place))
            notes.append(None)
        except ValueError as error:  # such as paths without any variance: said in the row, the others stand
            estimates.append(Estimate(nan, nan, nan, nan, level, study.ensemble.replicates, Method.STUDENT))
            notes.append(str(error))
    policies = [spec.policy or study.policies[0] for spec, _ in places]
    cases = [study.find(policy, _whole(run, place)).case for (_, place), policy in zip(places, policies)]
    claims = [spec.claimed(case, study.model) for (spec, _), case in zip(places, cases)]
    ranges = [spec.reference_range(case, study.model) for (spec, _), case in zip(places, cases)]
    for i, claim in enumerate(claims):
        if claim is not None and not isfinite(claim):  # such as the mean skill of nobody
            claims[i], ranges[i], notes[i] = None, None, notes[i] or "the prediction is not a number"
    judged = [i for i, allowed in enumerate(ranges) if allowed is not None]
    verdicts = judge(
        [estimates[i] for i in judged],
        [r for r in ranges if r is not None],
        [_resolution(places[i][0], claims[i]) for i in judged],
        level,
    )
    verdict = {i: str(v) for i, v in zip(judged, verdicts)}
    return [
        Row(
            name=spec.name,
            place=place_text(place),
            statistic=str(spec.statistic),
            quantity=spec.quantity,
            policy=policies[i],
            published=spec.published,
            predicted=claims[i] if spec.published is None else None,
            mean_field=_mean_field_value(run, spec, policies[i], place),
            estimate=estimates[i],
            verdict=verdict.get(i),
            percent=spec.percent,
            note=notes[i],
            allowed=ranges[i],
            deterministic=deterministic.exact(run, spec, place),
        )
        for i, (spec, place) in enumerate(places)
    ]


def _resolution(spec: EstimateSpec, claim: float | None) -> float:
    if spec.resolution is not None:
        return spec.resolution
    return DEFAULT_RESOLUTION * abs(claim) if claim else DEFAULT_RESOLUTION


def places_of(run: RunDirectory, spec: EstimateSpec) -> Iterator[dict[str, Any]]:
    """Places an estimate is made at: every one of the grid, but for the axis an order runs along."""
    seen = []
    for place in run.study.places():
        place.pop(spec.axis or "", None)
        if place not in seen:
            seen.append(place)
            yield place


def _whole(run: RunDirectory, place: Mapping[str, Any]) -> dict[str, Any]:
    """A place of the grid that agrees with a place that may lack an axis."""
    return next(p for p in run.study.places() if place.items() <= p.items())


def _estimate(run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any]) -> Estimate:
    from mfsolve.inference import intervals, ratios

    study, level = run.study, run.study.ensemble.level
    if spec.statistic in ALONG_AXIS:
        return _order(run, spec, place)
    if spec.against is None and deterministic.exact(run, spec, place):
        return deterministic.number(run, spec, place)
    point = study.find(spec.policy or study.policies[0], place)
    index = spec.index(run.study.model, point.case)
    if spec.statistic in (Statistic.SLOPE, Statistic.R_SQUARED):
        slopes, fits = fits_of_replicates(run, point, spec)
        return intervals.mean(slopes if spec.statistic is Statistic.SLOPE else fits, level)
    if spec.statistic is Statistic.HAC_SLOPE:
        return regression_of_mean_path(run, point, spec).estimate()
    values = run.column(point, spec.quantity, index)
    if spec.statistic is Statistic.SHARE:
        trials = run.column(point, spec.trials, index) if spec.trials else np.ones_like(values)
        return intervals.share(values, trials, level)
    if spec.statistic is Statistic.MEAN:
        return intervals.mean(values, level)
    if spec.statistic is Statistic.QUANTILE:
        assert spec.probability is not None
        return intervals.quantile(values, spec.probability, level)
    assert spec.baseline is not None
    against = run.column(study.find(spec.baseline, place), spec.quantity, index)
    paired = study.ensemble.common_random_numbers != "none"
    if spec.statistic is Statistic.DIFFERENCE:
        return intervals.difference(values, against, level, paired=paired)
    return ratios.gain(values, against, level, seed=study.ensemble.seed, paired=paired)


def fits_of_replicates(run: RunDirectory, point: Point, spec: EstimateSpec) -> tuple[Floats, Floats]:
    """Slope through the origin and centred R^2 of each replicate's own path, generation 0 left out.

    Raises
    ------
    ValueError
        Where a regressor is zero, or a response constant, throughout a path.
    """
    from mfsolve.calibration.influence import slopes_of_paths

    slopes, fits = [], []
    for paths in run.blocks(point, [spec.quantity, spec.against or ""]):
        y, x = (path[:, 1:] for path in paths)
        try:
            slope, fit = slopes_of_paths(x, y)
        except ValueError:
            raise ValueError(f"{spec.against} is zero, or {spec.quantity} constant, throughout a path") from None
        slopes.append(slope)
        fits.append(fit)
    return np.concatenate(slopes), np.concatenate(fits)


def mean_path(run: RunDirectory, point: Point, name: str) -> Floats:
    """Mean over replicates of a variable's path (generations,)."""
    total = sum(block.sum(axis=0) for (block,) in run.blocks(point, [name]))
    return np.asarray(total) / run.study.ensemble.replicates


def regression_of_mean_path(run: RunDirectory, point: Point, spec: EstimateSpec) -> "Regression":
    """Regression of the mean path through the origin with HAC standard errors, as on a single published series."""
    from mfsolve.inference.regression import through_origin

    y, x = (mean_path(run, point, name)[1:] for name in (spec.quantity, spec.against or ""))
    return through_origin(x, y, level=run.study.ensemble.level)


@dataclass(frozen=True)
class AlongAxis:
    """What an order is fitted to: a positive magnitude and its standard error at each place of an axis.

    `fineness` (k,) grows towards the limit: the axis itself, or one over it where smaller is finer.
    """

    values: Sequence[float]
    fineness: Floats
    magnitude: Floats
    standard_error: Floats


def along_axis(run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any]) -> AlongAxis:
    """Magnitudes of the deviation (or of the quantity itself) along the estimate's axis.

    A solver without randomness has errors without errors: their standard error is set to rounding, and the fit's
    interval comes from how well they lie on a line.
    """
    study, axis = run.study, spec.axis or ""
    rows = []
    for value in study.axes[axis]:
        whole = {name: value if name == axis else place[name] for name in study.axes}
        point = study.find(spec.policy or study.policies[0], whole)
        index = spec.index(study.model, point.case)
        x = run.column(point, spec.quantity, index)
        if spec.statistic is not Statistic.SCALING:
            exact = run.mean_field(point)
            assert exact is not None
            x = x - exact[spec.quantity][index]
        rows.append(_magnitude(x, spec.statistic is Statistic.ORDER))
    magnitude, error = np.array(rows).T
    values = np.array(study.axes[axis], dtype=float)
    fineness = 1.0 / values if axis in study.model.refined_downward else values
    return AlongAxis(study.axes[axis], fineness, magnitude, np.maximum(error, 1e-9 * magnitude))


def _magnitude(x: Floats, root_mean_square: bool) -> tuple[float, float]:
    """Root mean square, or absolute mean, of x with its standard error."""
    count = x.size
    spread = float(x.std(ddof=1)) / np.sqrt(count) if count > 1 else 0.0
    if not root_mean_square or count == 1:
        return abs(float(x.mean())), spread
    square = x * x
    size = float(np.sqrt(square.mean()))
    return size, float(square.std(ddof=1)) / np.sqrt(count) / (2.0 * size) if size else 0.0


def _order(run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any]) -> Estimate:
    from mfsolve.inference.convergence import fit_order_of_means

    data = along_axis(run, spec, place)
    fit = fit_order_of_means(data.fineness, data.magnitude, data.standard_error, level=run.study.ensemble.level)
    return fit.estimate(run.study.ensemble.replicates)


def _mean_field_value(run: RunDirectory, spec: EstimateSpec, policy: str, place: Mapping[str, Any]) -> float | None:
    """The same statistic of the deterministic path; None where it has no meaning."""
    if spec.statistic in (*ALONG_AXIS, Statistic.QUANTILE) or run.study.model.mean_field is None:
        return None
    point = run.study.find(policy, place)
    path = run.mean_field(point)
    if path is None or spec.quantity not in path or (spec.against is not None and spec.against not in path):
        return None
    index = spec.index(run.study.model, point.case)
    if spec.against is not None:
        y, x = path[spec.quantity][1:], path[spec.against][1:]
        if not x.any():
            return None
        slope = float(x @ y / (x @ x))
        if spec.statistic is not Statistic.R_SQUARED:
            return slope
        return float(1.0 - ((y - slope * x) ** 2).sum() / ((y - y.mean()) ** 2).sum())
    value = float(path[spec.quantity][index])
    if spec.trials is not None:
        return value / float(path[spec.trials][index]) if spec.trials in path else None
    if spec.baseline is None:
        return value
    other = _baseline_value(run.mean_field(run.study.find(spec.baseline, place)), spec, index)
    return value - other if spec.statistic is Statistic.DIFFERENCE else value / other - 1.0


def _baseline_value(path: Arrays | None, spec: EstimateSpec, index: int) -> float:
    assert path is not None
    return float(path[spec.quantity][index])
