"""Replicates at the end of the path, as views show them: means, with the intervals that rows of the table have."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import nan
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Output
from mfsolve.inference import intervals
from mfsolve.inference.estimate import Estimate, EstimateError, Method
from mfsolve.report.rows import estimated
from mfsolve.report.sample import Stored
from mfsolve.study.file.points import Point
from mfsolve.study.file.precision import anytime, half_width
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.statistics.sample import ROUNDING, within_support
from mfsolve.study.storage.store import RunDirectory

MOST_NUMBERS = 2**24
"""Numbers that are held at once: replicates of as many places as fit."""
CAUTION = (Method.STUDENT, Method.EXTENDED, Method.BOUNDED)
"""Methods for the mean of a sample, the more cautious the later."""


class Band(NamedTuple):
    """Means over replicates, and the ends of their intervals, all of one shape; NaN where there is no interval.

    What is solved has none, and neither has one replicate.
    """

    mean: Floats
    low: Floats
    high: Floats

    @property
    def differs(self) -> bool:
        """True where there is an interval somewhere."""
        return bool(np.any(self.high > self.low))


class _Values(Stored):
    """Replicates (n,) of one place of an output, which stand for the output."""

    values: Floats

    def column(self, arm: str, name: str) -> Floats:
        return self.values


def mean_at_end(run: RunDirectory, point: Point, name: str) -> Floats:
    """Mean of an output over replicates at the end of the path, along its other dimensions."""
    first: Floats | None = None
    count, total = 0, 0.0
    for values in values_at_end(run, point, name):
        first = values[0] if first is None else first
        with np.errstate(invalid="ignore"):  # infinite in every replicate
            total, count = total + (values - first).sum(axis=0), count + len(values)
    assert first is not None
    return first if count == 1 else np.asarray(first + total / count)


def band_at_end(run: RunDirectory, point: Point, name: str) -> Band:
    """Mean of an output over replicates at the end of the path, with the interval that its row would have.

    That is the interval for outputs of this support, sample and rule of stopping, or of shares of so many trials; it is
    cut at what no value is beyond. Along a curve it has one method, the most cautious that a row at any of its places
    would have: a band does not jump where replicates of one place look less normal than those of the next.
    """
    mean = mean_at_end(run, point, name)
    nothing = np.full(mean.shape, nan)
    if name not in run.study.experiment.arm(point.case).drawn(point.case) or run.study.ensemble.replicates == 1:
        return Band(mean, nothing, nothing)
    output = run.study.experiment.outputs(point.case)[name]
    spec = EstimateSpec(name=name, quantity=name, arm=point.arm)
    sample = _Values(run, spec, point.coordinates)
    estimate = _way(run, sample, output)
    found = [_tried(estimate, sample, values) for values in _replicates(run, point, name, mean.size)]
    most = max((CAUTION.index(e.method) for e in found if e is not None and e.method in CAUTION), default=0)
    if not any(output.ticks) and any(e is not None and e.method in CAUTION[:most] for e in found):
        estimate = partial(_mean_by, CAUTION[most])
        again = zip(found, _replicates(run, point, name, mean.size))
        found = [e if e is None else _tried(estimate, sample, values) for e, values in again]
    ends = np.array([(nan, nan) if e is None else (e.low, e.high) for e in found])
    low, high = ends.T.reshape(2, *mean.shape)
    least, most_of_all = limits(output)
    return Band(mean, np.maximum(low, least), np.minimum(high, most_of_all))


def limits(output: Output) -> tuple[float, float]:
    """Ends that no value of an output is beyond; infinite where they are not known."""
    low, high = output.support or (-np.inf, np.inf)
    return max(low, output.lowest), high


def estimate_at_end(run: RunDirectory, point: Point, name: str, baseline: Point | None = None) -> Estimate:
    """Mean of a number at the end of the path, or of its difference to another arm, as a row of the table has it."""
    statistic = "mean" if baseline is None else "difference"
    arm = None if baseline is None else baseline.arm
    spec = EstimateSpec(name=name, statistic=statistic, quantity=name, arm=point.arm, baseline=arm)
    found = estimated(Stored(run, spec, point.coordinates))
    least, most = limits(run.study.experiment.outputs(point.case)[name])
    if baseline is not None:
        least, most = least - most, most - least
    return replace(found, low=float(np.maximum(found.low, least)), high=float(np.minimum(found.high, most)))


def error_of(estimate: Estimate) -> tuple[float, float]:
    """Lengths of an interval below and above its value; NaN, so that nothing is drawn, where it has not both ends."""
    low, high = estimate.value - estimate.low, estimate.high - estimate.value
    return (max(0.0, low), max(0.0, high)) if np.isfinite(low + high) else (nan, nan)


def values_at_end(run: RunDirectory, point: Point, name: str) -> Iterator[Floats]:
    """Values at the end of the path, some thousand replicates at a time (rows, ...)."""
    experiment = run.study.experiment
    dims = experiment.outputs(point.case)[name].dims
    along = experiment.path is not None and dims[:1] == (experiment.path,)
    for (block,) in run.blocks(point, [name]):
        yield block[:, -1] if along else block


def _replicates(run: RunDirectory, point: Point, name: str, places: int) -> Iterator[Floats]:
    """All replicates (n,) at each place of an output in turn; as many places are read at once as memory allows."""
    together = max(1, MOST_NUMBERS // run.study.ensemble.replicates)
    for start in range(0, places, together):
        blocks = (values.reshape(len(values), -1) for values in values_at_end(run, point, name))
        yield from np.concatenate([values[:, start : start + together] for values in blocks]).T.copy()


def _way(run: RunDirectory, sample: _Values, output: Output) -> Callable[[EstimateSpec, _Values], Estimate]:
    """The estimate that a row of this output would have."""
    if half_width(sample.spec, run.study.ensemble) is not None:
        return anytime
    return partial(_share_of, output) if output.trials else sample.spec.estimand.estimate


def _share_of(output: Output, spec: EstimateSpec, sample: _Values) -> Estimate:
    """Share of the trials of all replicates that succeed."""
    trials = np.full(sample.values.size, output.trials)
    successes = sample.values * output.trials
    whole = np.round(successes)
    if np.abs(successes - whole).max() > ROUNDING * output.trials:
        raise EstimateError(f"{spec.quantity} is no share of {output.trials:g} trials")
    return intervals.share(whole, trials, sample.level, independent=output.independent_trials)


def _mean_by(method: Method, spec: EstimateSpec, sample: _Values) -> Estimate:
    """Mean with the interval of a method."""
    values, support = within_support(spec, sample)
    return intervals.mean(values, sample.level, support=support, method=method)


def _tried(estimate: Callable[[EstimateSpec, _Values], Estimate], sample: _Values, values: Floats) -> Estimate | None:
    """Estimate from replicates (n,); None where there is no interval, or it is not bounded."""
    sample.values = values
    try:
        found = estimate(sample.spec, sample)
    except EstimateError:  # such as values that are not numbers
        return None
    return found if np.isfinite(found.high - found.low) else None
