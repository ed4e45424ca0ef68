"""Stored replicates -> the rows of the report: estimate, interval, what is claimed, verdict."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import isfinite, isnan, nan
from typing import Any

from mfsolve.inference.estimate import Estimate, Method
from mfsolve.report.look import place_text
from mfsolve.report.sample import Limit, Solved, Stored
from mfsolve.study.settings import EstimateSpec
from mfsolve.study.store import RunDirectory

DEFAULT_RESOLUTION = 0.05  # of the claimed figure: a smaller difference does not matter unless the study says so


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
    arm: str
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
    samples = [Stored(run, spec, place) for spec in study.estimates for place in places_of(run, spec)]
    estimates: list[Estimate] = []
    notes: list[str | None] = []
    for sample in samples:
        try:
            estimates.append(_estimate(sample))
            notes.append(None)
        except ValueError as error:  # such as paths without any variance: said in the row, the others stand
            estimates.append(Estimate(nan, nan, nan, nan, level, study.ensemble.replicates, Method.STUDENT))
            notes.append(str(error))
    cases = [sample.point(sample.arm).case for sample in samples]
    claims = [s.spec.claimed(case, study.experiment) for s, case in zip(samples, cases)]
    ranges = [s.spec.reference_range(case, study.experiment) for s, case in zip(samples, cases)]
    for i, claim in enumerate(claims):
        if claim is not None and not isfinite(claim):  # such as the mean skill of nobody
            claims[i], ranges[i], notes[i] = None, None, notes[i] or "the prediction is not a number"
    judged = [i for i, allowed in enumerate(ranges) if allowed is not None]
    verdicts = judge(
        [estimates[i] for i in judged],
        [r for r in ranges if r is not None],
        [_resolution(samples[i].spec, claims[i]) for i in judged],
        level,
    )
    verdict = {i: str(v) for i, v in zip(judged, verdicts)}
    return [
        Row(
            name=sample.spec.name,
            place=place_text(sample.place),
            statistic=sample.spec.statistic,
            quantity=sample.spec.quantity,
            arm=sample.arm,
            published=sample.spec.published,
            predicted=claims[i] if sample.spec.published is None else None,
            mean_field=_limit(sample),
            estimate=estimates[i],
            verdict=verdict.get(i),
            percent=sample.spec.percent,
            note=notes[i],
            allowed=ranges[i],
            deterministic=sample.is_solved(),
        )
        for i, sample in enumerate(samples)
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


def _estimate(sample: Stored) -> Estimate:
    spec = sample.spec
    if spec.against is None and not spec.estimand.along_axis and sample.is_solved():
        return _certain(sample)
    return spec.estimand.estimate(spec, sample)


def _certain(sample: Stored) -> Estimate:
    """A number without randomness, with the bounds that its arm proves, where it does."""
    from mfsolve.inference import intervals

    spec, solved = sample.spec, Solved(sample)
    value = spec.estimand.exact(spec, solved)
    if isnan(value):
        raise ValueError(f"{spec.quantity} is not a number")
    within = sample.run.study.experiment.outputs(sample.point(sample.arm).case)[spec.quantity].within
    plain = within and spec.baseline is None and spec.trials is None
    low, high = (solved.at(sample.arm, name) for name in within) if plain else (value, value)
    return intervals.certain(value, low, high, sample.level)


def _limit(sample: Stored) -> float | None:
    """The same statistic of the deterministic limit; None where there is none."""
    if not sample.spec.estimand.of_limit:
        return None
    try:
        return sample.spec.estimand.exact(sample.spec, Limit(sample))
    except KeyError:
        return None
