"""Promises on means: a mean field that a growing population approaches, a step whose halving settles."""

import functools
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment
from mfsolve.study.audit.audit_design import between, changed, said_of, size_setting
from mfsolve.study.audit.promise import REPLICATES, Answer, Audit, computed

RISK = 1e-3
"""Chance that a comparison of means refuses an arm that keeps its promise, and that it misses an error of that size."""
GROWTH = 16
"""Times that the mean field is held against a larger population."""
SEEN = 0.1
"""Part of a limit's largest value: where an error of that size would not be seen, the audit cannot tell."""
MOST = 2**16
"""Replicates that are drawn at most to see that."""
SECONDS = 20.0
"""Time that they may take."""
TINY = 1e-300
HELD = 4
"""Points between the ends of all ranges at which means are held against the limit, too."""
SLOWEST = 0.2
"""Power of the population by which replicates approach a limit at least: 1/2 but for critical points."""
ROUNDING = 1e-7
"""Part of what matters below which a deviation is that of rounding, or of a solver's own tolerance."""


def mean_field(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """The mean of replicates against the deterministic limit: their distance falls with the population.

    From N agents to 16 N it falls to half or less, or to what sampling explains: a bias of order 1/N falls to a
    sixteenth, one of order 1/sqrt(N) to a quarter, that of a wrong limit stays. With standard errors e and f of the two
    means, the second is refused beyond half of the first and q sqrt(e^2/4 + f^2), q the quantile of the risk; one that
    stays at b is half of itself beyond that half, so that it is seen, but for the same risk, where b/2 exceeds twice
    that term. The spread of the replicates, and not their mean, says how many it takes until b is a part of the limit
    that matters; the means are looked at once.
    """
    if arm.reference is None or arm.draw is None:
        return None, "no deterministic limit"
    size = size_setting(experiment, choices.size)
    if size is None:
        return None, "no whole number in [population]; name the number of agents with --size SECTION.KEY"
    key, small = size.rpartition(".")[2], _value(case, size)
    compared = _Compared(arm, [changed(arm, case, ((size, count),)) for count in (small, small * GROWTH)], choices.seed)
    if not any(there.any() for there in compared.finite.values()):
        return None, "no finite limit"
    samples = _samples(compared.ask, compared.matters)
    total, matters = len(samples[0]), compared.matters(samples)
    (bias, _), (later, later_error) = map(_moments, samples)
    worst, over = _worst(samples, RISK, ROUNDING * matters)
    fall = f"at {small} and {small * GROWTH} {key}: {abs(bias[worst]):.2g}, {abs(later[worst]):.2g}"
    if not np.isfinite(bias + later).all():
        return False, f"its distance from the limit is not a number, {fall}"
    if over:
        return False, f"distance from the limit does not fall, {fall} (standard error {later_error[worst]:.1g})"
    elsewhere, held = _at_other_settings(experiment, arm, case, choices, size)
    if elsewhere:
        return False, elsewhere
    seen = _least_seen(samples)
    place = int(np.argmax(seen / np.maximum(matters, TINY)))
    said = f"smallest detectable error of the limit: {seen[place]:.2g} ({total} replicates)"
    if seen[place] > matters[place]:
        return None, f"cannot tell: {said}; {matters[place]:.2g} would matter"
    root = [float(np.sqrt(np.mean(d**2))) for d in samples]
    power = np.log(root[0] / root[1]) / np.log(GROWTH) if min(root) > TINY else np.inf
    said += held
    if power < SLOWEST and root[1] > ROUNDING * float(np.sqrt(np.mean(matters**2))):
        apart = "the means agree with the limit, but replicates do not approach it"
        return None, f"{apart}: RMS deviation falls as the power {power:.2f} of {key}; {said}"
    return True, f"RMS deviation falls as the power {power:.2f} of {key}; {said}"


def _value(case: Case, size: str) -> int:
    section, _, key = size.partition(".")
    return int(getattr(getattr(case, section), key))


class _Compared:
    """Distances of replicates from the limits of two cases, which differ in their population."""

    def __init__(self, arm: Arm, cases: Sequence[Case], seed: int) -> None:
        assert arm.reference is not None
        assert arm.draw is not None
        self._arm, self._cases, self._seed = arm, cases, seed
        self.limits = first, second = [arm.reference.compute(here) for here in cases]
        self.finite = {n: np.isfinite(first[n]) & np.isfinite(second[n]) for n in first.keys() & second.keys()}
        self.ask = [functools.partial(self._distances, place) for place in range(len(cases))]

    def _distances(self, place: int, replicate: int) -> Arrays:
        found, limit = self._arm.draw(self._cases[place], self._seed, replicate, 1), self.limits[place]  # type: ignore[misc]
        return {name: (found[name] - limit[name])[there] for name, there in self.finite.items() if name in found}

    def matters(self, samples: Sequence[Floats]) -> Floats:
        """The error that matters, place by place."""
        return _matters(self.limits[1], self.finite, self.ask[1](0), samples)


def _worst(samples: Sequence[Floats], risk: float, matters: Floats | float = 0.0) -> tuple[int, bool]:
    """The place whose mean falls least from a population to a larger one, and whether that is more than chance.

    What stays below an error that `matters` is not counted.
    """
    (bias, error), (later, later_error) = map(_moments, samples)
    quantile = _quantile(bias.size, len(samples[0]), risk)
    bar = np.abs(bias) / 2 + quantile * np.hypot(error / 2, later_error) + 1e-12 + matters
    worst = int(np.argmax(np.abs(later) - bar))
    return worst, bool(np.abs(later[worst]) > bar[worst])


def _at_other_settings(experiment: Experiment, arm: Arm, case: Case, choices: Audit, size: str) -> tuple[str, str]:
    """Hold means against the limit at a few points between the ends of all ranges, as far as time allows.

    A limit may be right at the defaults alone. Far from them a small population may not have settled: what does not
    fall has to stay at a population that is larger again. Returns a complaint, or how many settings were held.
    """
    begun, held, small = time.perf_counter(), 0, _value(case, size)
    points = list(between(experiment, case, size, HELD, choices.seed))
    for change in points:
        if time.perf_counter() - begun > SECONDS:
            break
        try:
            cases = [changed(arm, case, (*change, (size, small * GROWTH**k))) for k in range(3)]
            pairs = _Compared(arm, cases[:2], choices.seed), _Compared(arm, cases[1:], choices.seed)
            samples = [_sample(compute, range(REPLICATES)) for compute in pairs[0].ask]
            if not (samples[0].size and all(np.isfinite(sample).all() for sample in samples)):
                continue
            held += 1
            if not _worst(samples, RISK / len(points))[1]:
                continue
            samples = [_sample(compute, range(REPLICATES)) for compute in pairs[1].ask]
        except ValueError:  # refused by the model
            continue
        worst, over = _worst(samples, RISK / len(points), pairs[1].matters(samples))
        if over:
            (bias, _), (later, error) = map(_moments, samples)
            return (
                f"distance from the limit does not fall at {said_of(change)}, with {small * GROWTH} and "
                f"{small * GROWTH**2} {size.rpartition('.')[2]}: {abs(bias[worst]):.2g}, {abs(later[worst]):.2g} "
                f"(standard error {error[worst]:.1g})"
            ), ""
    return "", f"; held at {held} other setting{'s' * (held != 1)}, too" if held else ""


def _samples(ask: Sequence[Callable[[int], Arrays]], matters: Callable[[list[Floats]], Floats]) -> list[Floats]:
    """Replicates of both sizes, so many that an error that matters would be seen, or as many as there is time for."""
    begun = time.perf_counter()
    samples = [_sample(compute, range(REPLICATES)) for compute in ask]
    while True:
        total, spent = len(samples[0]), time.perf_counter() - begun
        short = float(np.nanmax(_least_seen(samples) / np.maximum(matters(samples), TINY), initial=0.0))
        wanted = math.ceil(min(MOST, total * min(short, MOST) ** 2, total * max(1.0, SECONDS / max(spent, TINY))))
        if short <= 1.0 or wanted <= total:
            return samples
        samples = [np.concatenate([s, _sample(compute, range(total, wanted))]) for s, compute in zip(samples, ask)]


def _matters(limit: Arrays, finite: Mapping[str, Any], distances: Arrays, samples: Sequence[Floats]) -> Floats:
    """The error of a limit that matters, place by place: a part of its largest value in this output.

    Of an output whose limit is 0 everywhere it is the standard deviation of a replicate.
    """
    sizes = [
        np.full(d.size, SEEN * np.max(np.abs(limit[n][finite[n]]), initial=0.0)) for n, d in sorted(distances.items())
    ]
    part = np.concatenate(sizes) if sizes else np.empty(0)
    return np.where(part > 0.0, part, np.hypot(*(sample.std(axis=0, ddof=1) for sample in samples)))


def _least_seen(samples: list[Floats]) -> Floats:
    """The smallest bias that would be refused, but for the risk, if it stayed: place by place."""
    (bias, error), (_, later) = map(_moments, samples)
    return 4.0 * _quantile(bias.size, len(samples[0])) * np.hypot(error / 2, later)


def step(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """A step halved twice: the second change of the means is smaller than the first, or what sampling explains."""
    said = []
    for axis in sorted(experiment.finer_downward):
        section, _, key = axis.partition(".")
        section = "arm" if section == experiment.section else section
        value = getattr(getattr(case, section, None), key, None)
        if not isinstance(value, float):
            continue
        draws = []
        for part in (1, 2, 4):
            here = changed(arm, case, ((f"{section}.{key}", value / part),))
            draws.append(_sample(lambda r, here=here: computed(arm, here, choices.seed, r), range(REPLICATES)))  # type: ignore[misc]
        if len({d.shape for d in draws}) > 1:
            return None, f"outputs change their shape with {axis}"
        (first, error), (second, later) = (_moments(a - b) for a, b in ((draws[0], draws[1]), (draws[1], draws[2])))
        bar = 0.75 * np.abs(first) + _quantile(first.size) * np.hypot(0.75 * error, later) + 1e-12
        worst = int(np.argmax(np.abs(second) - bar))
        if np.abs(second[worst]) > bar[worst]:
            change = f"{abs(first[worst]):.2g}, then {abs(second[worst]):.2g}"
            return False, f"halving {axis} = {value:g} twice does not converge: {change}"
        said.append(f"{axis} = {value:g}: {np.abs(first).max():.2g}, then {np.abs(second).max():.2g}")
    if said:
        return True, "; ".join(said)
    real = next(
        (f"parameters.{name}" for name, f in experiment.parameters.model_fields.items() if f.annotation is float), ""
    )
    named = f"; if {real} is one: Experiment(finer_downward=frozenset({{{real!r}}}))" if real else ""
    return None, "no step" if experiment.finer_downward else f"no step is named{named}"


def _sample(compute: Callable[[int], Arrays], replicates: Iterable[int]) -> Floats:
    """Replicates (n, all places of all outputs)."""
    rows = []
    for replicate in replicates:
        found = compute(replicate)
        rows.append(np.concatenate([np.ravel(found[name]) for name in sorted(found)]))
    return np.array(rows, dtype=np.float64)


def _moments(sample: Floats) -> tuple[Floats, Floats]:
    """Mean and its standard error, place by place."""
    return sample.mean(axis=0), sample.std(axis=0, ddof=1) / np.sqrt(len(sample))


def _quantile(places: int, replicates: int = REPLICATES, risk: float = RISK) -> float:
    """Student's quantile that none of so many places exceeds by chance, but for the risk."""
    from mfsolve.inference.estimate import student_quantile

    return float(student_quantile(1.0 - risk / places, replicates - 1))
