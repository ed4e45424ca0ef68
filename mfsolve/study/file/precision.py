"""Precision on demand: which estimates a study waits for, and their intervals, valid wherever it stops (MODEL 8.4)."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.inference.estimate import EstimateError
from mfsolve.study.file.config import Study
from mfsolve.study.statistics.estimands import Difference, Gain, Mean, Share
from mfsolve.study.statistics.sample import Sample, fits_of_paths, into, pooled_fits, with_baseline, within_support

if TYPE_CHECKING:
    from mfsolve.arrays import Floats
    from mfsolve.inference.estimate import Estimate
    from mfsolve.study.file.settings import Ensemble
    from mfsolve.study.statistics.estimate_spec import EstimateSpec

FIRST = 16
"""Replicates before which no interval is given of outputs whose support is not known."""
EXPECTED = 256
"""Replicates near which intervals are shortest; at a million they are a third wider than they could be."""
RARE = 0.01
"""Probability of an event that a study waits for where all replicates are equal so far: it ends once one as frequent
would have been seen, at the level of the study."""
NOT_REACHED = "half-width not reached"
GROWTH = 4.0
"""Largest factor by which a round multiplies the replicates; a tenth more is the least."""


def targets(study: Study) -> Mapping[str, float]:
    """Half-widths that a study waits for, by estimate; empty where its number of replicates is fixed."""
    return {spec.name: width for spec in study.estimates if (width := half_width(spec, study.ensemble)) is not None}


def half_width(spec: "EstimateSpec", ensemble: "Ensemble") -> float | None:
    """The half-width that is asked of an estimate: its own, or the ensemble's where that speaks of it."""
    if spec.half_width is not None:
        return spec.half_width
    named = ensemble.half_width_of
    spoken_of = spec.estimand.anytime if named is None else spec.name in named
    return ensemble.half_width if spoken_of else None


def patience(level: float) -> int:
    """Replicates of which one differs with probability `level`, at least, where `RARE` of all do."""
    return math.ceil(math.log1p(-level) / math.log1p(-RARE))


def with_replicates(study: Study, replicates: int) -> Study:
    """The same study with another number of replicates."""
    if replicates == study.ensemble.replicates:
        return study
    ensemble = study.ensemble.model_copy(update={"replicates": replicates})
    held = {**study.resolved["ensemble"], "replicates": replicates}
    return replace(study, ensemble=ensemble, resolved={**study.resolved, "ensemble": held})


def following(replicates: int, ratio: float, most: int) -> int:
    """Replicates of the next round, where the widest interval is `ratio` times what is asked: a tenth more than needed.

    Rounds depend on the replicates so far and nothing else: the same study stops at the same number everywhere.
    """
    factor = min(GROWTH, max(1.1, 1.1 * ratio**2)) if math.isfinite(ratio) else 2.0
    return min(most, math.ceil(factor * replicates))


def anytime(spec: "EstimateSpec", sample: Sample) -> "Estimate":
    """Estimate with an interval that holds at whatever number of replicates the study stops.

    Raises
    ------
    ValueError
        Where the sample does not allow one.
    """
    from mfsolve.inference.anytime import bounded_mean, gain, share

    if isinstance(spec.estimand, Gain):
        return gain(*with_baseline(spec, sample), sample.level, expected_replicates=EXPECTED, first=FIRST)
    if spec.independent_trials and spec.trials is not None:
        return share(sample.column(sample.arm, spec.quantity), sample.column(sample.arm, spec.trials), sample.level)
    values, support, scale = _outputs(spec, sample)
    if support is not None and all(map(math.isfinite, support)) and support[0] < support[1]:
        return bounded_mean(values, *support, sample.level)
    from mfsolve.inference.stopping import AnytimeMean

    return AnytimeMean(sample.level, EXPECTED, FIRST).update(values, scale).estimate()


def _outputs(spec: "EstimateSpec", sample: Sample) -> "tuple[Floats, tuple[float, float] | None, float]":
    """A number of every replicate whose mean is the estimate, its support where that is known, and the size of the
    numbers that it is a difference of."""
    estimand = spec.estimand
    if isinstance(estimand, Mean):
        return *within_support(spec, sample), 0.0
    if isinstance(estimand, Difference):
        support = sample.support(sample.arm, spec.quantity)
        values, against = (into(support, column) for column in with_baseline(spec, sample))
        scale = float(max(np.abs(values).max(), np.abs(against).max()))
        known = None if support is None else (support[0] - support[1], support[1] - support[0])
        return values - against, known, scale
    if isinstance(estimand, Share):
        successes = sample.column(sample.arm, spec.quantity)
        if spec.trials is None:
            return successes, (0.0, 1.0), 0.0
        trials = sample.column(sample.arm, spec.trials)
        if not 0.0 < trials.min() == trials.max():
            differs = f"half_width: {spec.trials} differs between replicates"
            raise EstimateError(f"{differs}: the share has no anytime interval")
        return successes / trials, (0.0, 1.0), 0.0
    fits = pooled_fits(spec, sample) if estimand.along_axis else fits_of_paths(spec, sample)
    return fits[spec.statistic.endswith("r_squared")], None, 0.0
