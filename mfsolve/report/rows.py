"""Stored replicates -> the rows of the report: estimate, interval, what is claimed, verdict."""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import isfinite, isinf, isnan, nan
from typing import Any

import numpy as np

from mfsolve.inference.estimate import Estimate, EstimateError, Method
from mfsolve.inference.verdicts import Kind, Verdict, judge, p_values
from mfsolve.models.frozen import InputError
from mfsolve.models.quantities import UNIT
from mfsolve.report.look import place_text
from mfsolve.report.numbers import NOISE, claims_a_range
from mfsolve.report.sample import Limit, Solved, Stored
from mfsolve.study.execution.helper_process import Begun
from mfsolve.study.file.calibration_marks import differing_settings
from mfsolve.study.file.precision import NOT_REACHED, anytime, half_width
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.storage.run_lookup import load_again
from mfsolve.study.storage.seal import DamagedFileError
from mfsolve.study.storage.store import RunDirectory

LOG = logging.getLogger(__name__)

ONE = "too few replicates: at least 2"
UNDECIDED = (Verdict.CANNOT_TELL, Verdict.NOT_DETERMINED)
OF_ITS_UNIT = ("mean", "quantile")
"""Statistics that lie where their quantity does."""


@dataclass(frozen=True)
class Row:
    """One line of the report. `claimed` is the published figure or the prediction, `mean_field` the model's own.

    `limit` is what the experiment calls the deterministic limit that `mean_field` comes from, in tables and figures.

    `allowed` is the range in which the truth bears the claim out: the figure with its rounding, its published standard
    error and the smallest difference that would matter (`resolution`); the prediction with its tolerance and that.
    `stated` is that range without the resolution.
    `family` names the rows judged together. `calibrated`: the study was fitted to the figure, which proves nothing.
    `deterministic`: what it rests on has nothing random in it, whatever the number of replicates. `p_values` are those
    of the claim and of its opposite, not adjusted. `scale` is the size of the numbers behind an estimate below
    `numbers.NOISE`, which says whether it is their rounding. `support`: the least and greatest value that an estimate
    can have, where they are known.
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
    stated: tuple[float, float] | None = None
    resolution: float | None = None
    kind: Kind | None = None
    family: str | None = None
    calibrated: bool = False
    deterministic: bool = False
    p_values: tuple[float, float] | None = None
    limit: str = "deterministic limit"
    scale: float | None = None
    support: tuple[float, float] | None = None

    @property
    def claimed(self) -> float | None:
        """The figure or prediction that the estimate is compared with."""
        return self.published if self.published is not None else self.predicted

    @property
    def gap(self) -> float | None:
        """Distance of the estimate from the claimed figure as a share of it; None where that says nothing.

        So of a range, of a bound that holds, of a claim that its own errors, `resolution` or those of the estimate do
        not tell from 0, and of a distance that is rounding.
        """
        claimed = self.claimed
        if claimed is None or self.allowed is None or claims_a_range(self.predicted, self.stated):
            return None
        unknown = [abs(end - claimed) for end in self.allowed if isfinite(end)]
        unknown += [self.estimate.half_width] if isfinite(self.estimate.half_width) else []
        if abs(claimed) <= max(NOISE * (1.0 if self.scale is None else self.scale), *unknown):
            return None
        off = (self.estimate.value - claimed) / abs(claimed)
        low, high = self.allowed
        holds = (isinf(high) and off >= 0.0) or (isinf(low) and off <= 0.0)
        return None if holds or abs(off) < NOISE else off

    def to_dict(self) -> dict[str, Any]:
        """As JSON types; NaN and infinity become null."""
        allowed = self.allowed and [x if isfinite(x) else None for x in self.allowed]
        reference = self.mean_field if self.mean_field is not None and isfinite(self.mean_field) else None
        stated = self.stated and [x if isfinite(x) else None for x in self.stated]
        p_values = self.p_values and [p if isfinite(p) else None for p in self.p_values]
        ends = {"allowed": allowed, "stated": stated, "mean_field": reference, "p_values": p_values}
        estimate = {**self.estimate.to_dict(), **({} if self.scale is None else {"scale": self.scale})}
        gap = self.gap if self.gap is not None and isfinite(self.gap) else None
        fields = {name: value for name, value in asdict(self).items() if name not in ("scale", "support")}
        return {**fields, "estimate": estimate, **ends, "claimed": self.claimed, "gap": gap}


def analyse(run: RunDirectory) -> list[Row]:
    """Every estimate of the study at every place of its grid, with verdicts judged together (MODEL 8)."""
    study, level = run.study, run.study.ensemble.level
    samples = [Stored(run, spec, place) for spec in study.estimates for place in places_of(run, spec)]
    estimates = [estimated(sample) for sample in samples]
    notes = ["; ".join(filter(None, (e.note, _too_wide(s, e)))) or None for s, e in zip(samples, estimates)]
    cases = [sample.point(sample.arm).case for sample in samples]
    aways = [differing_settings(s.spec.calibrated, s.point(s.arm), study.experiment) for s in samples]
    aways = [away and f"calibrated with other settings: {away}" for away in aways]
    claims = [s.spec.claimed(case, study.experiment) for s, case in zip(samples, cases)]
    for i, claim in enumerate(claims):
        if claim is not None and not isfinite(claim):  # such as the mean skill of nobody
            claims[i], notes[i] = None, notes[i] or "the prediction is not a number"
    asked = [s.spec.question(claim, estimate) for s, claim, estimate in zip(samples, claims, estimates)]
    questions = [
        None if q is None else replace(q, p_values=p_values(q), noise_free=s.is_solved())
        for q, s in zip(asked, samples)
    ]
    answers = iter(judge([q for q in questions if q is not None], level))
    verdicts = [None if q is None else next(answers).verdict for q in questions]
    return [
        Row(
            name=sample.spec.name,
            place=place_text(sample.place),
            statistic=sample.spec.statistic,
            quantity=sample.spec.quantity,
            arm=sample.arm,
            published=sample.spec.published,
            predicted=claim if sample.spec.published is None else None,
            mean_field=_limit(sample),
            estimate=estimate,
            verdict=None if verdict is None else str(verdict),
            percent=sample.spec.percent,
            note="; ".join(filter(None, [away, note])) or None,
            allowed=None if question is None else _possible(_support(sample), question.accepted),
            stated=None if question is None else (question.low, question.high),
            resolution=None if question is None else question.resolution,
            kind=None if question is None else question.kind,
            family=None if question is None else question.family,
            calibrated=bool(sample.spec.calibrated) and not away,
            deterministic=sample.is_solved(),
            p_values=None if question is None else question.p_values,
            limit=study.experiment.limit(sample.point(sample.arm).case),
            scale=_scale(sample, estimate),
            support=_support(sample),
        )
        for sample, claim, question, verdict, estimate, note, away in zip(
            samples, claims, questions, verdicts, estimates, notes, aways
        )
    ]


def _too_wide(sample: Stored, found: Estimate) -> str | None:
    """Says so where an estimate is not as precise as its study asks."""
    asked = half_width(sample.spec, sample.run.study.ensemble)
    return None if asked is None or found.half_width <= asked else f"{NOT_REACHED}: {asked:g} asked"


def _scale(sample: Stored, estimate: Estimate) -> float | None:
    """The largest number behind an estimate that is small: a published figure, or what is drawn; None where unknown.

    What is solved may be the rounding of numbers that are not stored, such as a residual.
    """
    if not 0.0 < abs(estimate.value) < NOISE or sample.spec.statistic not in (*OF_ITS_UNIT, "difference"):
        return None
    sizes = [] if sample.spec.published is None else [abs(sample.spec.published)]
    if not sample.is_solved():
        columns = (sample.run.column(point, name, sample.index(point)) for point, name in sample.concerned())
        sizes += [float(np.abs(column[np.isfinite(column)]).max(initial=0.0)) for column in columns]
    return max(sizes, default=0.0) or None


def _support(sample: Stored) -> tuple[float, float] | None:
    """The least and greatest value that an estimate can have; None where that is not known."""
    if sample.spec.statistic == "share":
        return UNIT
    return sample.reach(sample.arm, sample.spec.quantity) if sample.spec.statistic in OF_ITS_UNIT else None


def _possible(support: tuple[float, float] | None, accepted: tuple[float, float]) -> tuple[float, float]:
    """The part of a range that an estimate can lie in, where its support is known: no share is negative."""
    low, high = accepted
    if support is None or not (isfinite(low) and isfinite(high) and low <= support[1] and high >= support[0]):
        return accepted
    return max(low, support[0]), min(high, support[1])


def begin_to_analyse(run: RunDirectory) -> Begun[list[Row]]:
    """Begin in a process beside this one, where there is one."""
    return Begun(partial(_analyse_stored, str(run.path)), partial(analyse, run))


def _analyse_stored(path: str) -> list[Row]:
    return analyse(load_again(path))


def places_of(run: RunDirectory, spec: EstimateSpec) -> Iterator[dict[str, Any]]:
    """Places an estimate is made at: every one of the grid, but for the axis an order runs along."""
    study, seen = run.study, set()
    along = study.sweep.together(spec.axis) if spec.axis is not None else ()
    arms = [arm for arm in (spec.arm or study.arms[0], spec.baseline) if arm is not None]
    for place in study.places_of(*arms):
        rest = {axis: value for axis, value in place.items() if axis not in along}
        mark = repr(rest)
        if mark not in seen:
            seen.add(mark)
            yield rest


def estimated(sample: Stored) -> Estimate:
    """The estimate; without value and interval, and with a note that says why, where there is none.

    One replicate of what is random has no interval, and so no verdict: its trials, its path or the sizes along an axis
    say how they differ within it, not how replicates do. Trials that are declared independent are a sample themselves.
    """
    try:
        found = _estimate(sample)
        if sample.replicates > 1 or sample.is_solved() or sample.spec.independent_trials:
            return found
        return replace(found, low=nan, high=nan, note=ONE, tail=None)
    except (EstimateError, np.linalg.LinAlgError) as error:  # such as paths without variance: the other rows stand
        return _blank(sample, str(error))
    except (ArithmeticError, ValueError) as error:  # a fault of the program: data and all other rows stand
        if isinstance(error, InputError | DamagedFileError):
            raise
        why = f"could not be computed: {type(error).__name__}: {error}"
        LOG.warning("%s: %r %s", sample.run.path, sample.spec.name, why)
        LOG.debug("", exc_info=True)
        return _blank(sample, why)


def _blank(sample: Stored, why: str) -> Estimate:
    level, count = sample.level, sample.run.study.ensemble.replicates
    return Estimate(nan, nan, nan, nan, level, count, Method.STUDENT, note=_without_numbers(sample) or why)


def _without_numbers(sample: Stored) -> str:
    """The first output of an estimate that is no finite number, such as the mean skill of nobody; empty if all are."""
    for point, name in sample.concerned():
        values = sample.run.column(point, name, sample.index(point))
        wrong = int(np.count_nonzero(~np.isfinite(values)))
        if wrong:
            what = "is not a number" if np.isnan(values).any() else "is infinite"
            where = f" in {wrong} of {values.size} replicates" if values.size > 1 else ""
            meant = sample.run.study.experiment.outputs(point.case)[name].long_name
            return f"{name} ({meant}) {what}{where}"
    return ""


def _estimate(sample: Stored) -> Estimate:
    spec = sample.spec
    if spec.against is None and not spec.estimand.along_axis and sample.is_solved():
        return _certain(sample)
    if half_width(spec, sample.run.study.ensemble) is not None:
        return anytime(spec, sample)
    return spec.estimand.estimate(spec, sample)


def _certain(sample: Stored) -> Estimate:
    """A number without randomness, with the bounds that its arm proves, where it does."""
    from mfsolve.inference import intervals

    spec, solved = sample.spec, Solved(sample)
    value = spec.estimand.exact(spec, solved)
    if isnan(value):
        raise EstimateError(f"{spec.quantity} is not a number")
    within = sample.run.study.experiment.outputs(sample.point(sample.arm).case)[spec.quantity].within
    plain = within and spec.baseline is None and spec.trials is None
    low, high = (solved.at(sample.arm, name) for name in within) if plain else (value, value)
    return intervals.deterministic(value, low, high, sample.level)


def _limit(sample: Stored) -> float | None:
    """The same statistic of the deterministic limit; None where there is none."""
    if not sample.spec.estimand.of_limit:
        return None
    try:
        return sample.spec.estimand.exact(sample.spec, Limit(sample))
    except (KeyError, EstimateError):
        return None
