"""Audit of an experiment: whether its arms keep what a study relies on, each promise by a test that can fail."""

import random
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment
from mfsolve.study.audit.audit_design import Change, base_case, changed, designed, size_setting

REPLICATES = 32
"""Replicates behind a comparison of means."""
RISK = 1e-3
"""Chance that a comparison of means refuses an arm that keeps its promise."""
GROWTH = 16
"""Times that the mean field is held against a larger population."""


class Finding(NamedTuple):
    """One promise of one arm: kept, broken, or None where there is nothing to keep; `said` tells why."""

    arm: str
    promise: str
    kept: bool | None
    said: str


class Audit(NamedTuple):
    """Choices of an audit: the seed of its draws, and the setting that is the number of agents."""

    seed: int = 1
    size: str | None = None


def audit(experiment: Experiment, choices: Audit = Audit()) -> list[Finding]:  # noqa: B008
    """Findings on every arm of an experiment, at its toy sizes and default settings.

    Parameters
    ----------
    experiment : Experiment
    choices : Audit

    Returns
    -------
    list of Finding
        `determinism`, `replicates`, `order`, `threads`, `ranges`, `mean field`, `step` of each arm.
    """
    found = []
    for name, arm in experiment.arms.items():
        for promise, test in PROMISES.items():
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    case = base_case(experiment, name)
                    kept, said = test(experiment, arm, case, choices)
            except Exception as error:
                kept, said = False, (str(error).splitlines() or [type(error).__name__])[0]
            found.append(Finding(name, promise, kept, said))
    return found


Answer = tuple[bool | None, str]


def computed(arm: Arm, case: Case, seed: int, replicate: int = 0, threads: int = 1) -> Arrays:
    """Everything that an arm computes of one replicate."""
    found: Arrays = {}
    if arm.solve is not None:
        found |= arm.solve(case, threads)
    if arm.draw is not None:
        found |= arm.draw(case, seed, replicate, threads)
    return found


def bits(arrays: Arrays) -> dict[str, bytes]:
    """Outputs as bytes, which are compared."""
    return {name: np.ascontiguousarray(values).tobytes() for name, values in arrays.items()}


def _differing(first: dict[str, bytes], second: dict[str, bytes]) -> str:
    return ", ".join(sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name)))


def determinism(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """The same replicate twice, while the random states that all of Python shares differ."""
    kept = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        results = []
        for state in (1, 2):
            random.seed(state)
            np.random.seed(state)  # noqa: NPY002
            results.append(bits(computed(arm, case, choices.seed)))
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002
    other = _differing(*results)
    return not other, f"computed twice, {other} differs" if other else "the same bits twice"


def replicates(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """Replicates and seeds that differ give numbers that differ."""
    if arm.draw is None:
        return None, "nothing is drawn"
    first = bits(arm.draw(case, choices.seed, 0, 1))
    for what, seed, replicate in (("replicate", choices.seed, 1), ("seed", choices.seed + 1, 0)):
        if bits(arm.draw(case, seed, replicate, 1)) == first:
            return False, f"another {what} gives the same numbers"
    return True, "differ, and with the seed"


def order(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """Replicates forwards and backwards, and arrays that later replicates leave alone."""
    if arm.draw is None:
        return None, "nothing is drawn"
    arrays = [arm.draw(case, choices.seed, replicate, 1) for replicate in range(4)]
    held = [bits(found) for found in arrays]  # once all are drawn, and before the last of them is not the last any more
    forwards = [bits(arm.draw(case, choices.seed, replicate, 1)) for replicate in range(4)]
    backwards = [bits(arm.draw(case, choices.seed, replicate, 1)) for replicate in reversed(range(4))][::-1]
    for replicate, (there, back) in enumerate(zip(forwards, backwards)):
        if other := _differing(there, back):
            return False, f"{other} of replicate {replicate} depends on what was drawn before"
        if other := _differing(held[replicate], there):
            return False, f"{other} of replicate {replicate} is overwritten by later ones"
    return True, "4 replicates, the same bits in both orders"


def threads(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """One thread, two and three in a replicate, and four replicates at a time."""
    alone = [bits(computed(arm, case, choices.seed, replicate)) for replicate in range(4)]
    for count in (2, 3):
        if other := _differing(alone[0], bits(computed(arm, case, choices.seed, 0, count))):
            return False, f"{other} differs with {count} threads"
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(lambda replicate: bits(computed(arm, case, choices.seed, replicate)), [0, 1, 2, 3] * 2))
    for replicate, found in enumerate(at_once):
        if other := _differing(alone[replicate % 4], found):
            return False, f"{other} differs where several replicates are drawn at a time: what is shared is changed"
    return True, "1, 2, 3 threads; 4 replicates at a time"


def ranges(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """Outputs over the declared ranges of all settings: numbers, and within their support."""
    tried = refused = 0
    for change in designed(experiment, case):
        try:
            here = changed(arm, case, change)
        except ValueError:
            refused += 1
            continue
        outputs = experiment.outputs(here)
        reference = {} if arm.reference is None else arm.reference.compute(here)
        for what, found in (("", computed(arm, here, choices.seed)), ("the reference of ", reference)):
            for name, values in found.items():
                support = outputs[name].support if name in outputs else None
                wrong = _wrong(values, support)
                if wrong:
                    return False, f"{what}{name} is {wrong} at {_said(change)}"
        tried += 1
    return True, f"{tried} settings" + (f", {refused} more refused by the model" if refused else "")


def _wrong(values: Floats, support: tuple[float, float] | None) -> str:
    """Complaint about an output; empty for numbers within their support, to rounding."""
    if not np.isfinite(values).all():
        return str(np.asarray(values)[~np.isfinite(values)].flat[0])
    if support is not None and values.size:
        slack = 1e-12 * max([1.0, *(abs(end) for end in support if np.isfinite(end))])
        for worst in (float(np.min(values)), float(np.max(values))):
            if not support[0] - slack <= worst <= support[1] + slack:
                return f"{worst:g}, outside of [{support[0]:g}, {support[1]:g}],"
    return ""


def _said(change: Change) -> str:
    values = (f"{key} = {value:.6g}" if isinstance(value, float) else f"{key} = {value}" for key, value in change)
    return ", ".join(values) or "the defaults"


def mean_field(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """The mean of replicates against the deterministic limit: their distance falls with the population.

    From N agents to 16 N it falls to half or less, or to what sampling explains: a bias of order 1/N falls to a
    sixteenth, one of order 1/sqrt(N) to a quarter, that of a wrong limit stays.
    """
    if arm.reference is None or arm.draw is None:
        return None, "no deterministic limit"
    size = size_setting(experiment, choices.size)
    if size is None:
        return None, "no whole number in [population]; name the agents with --size SECTION.KEY"
    section, _, key = size.partition(".")
    small = getattr(getattr(case, section), key)
    distances = []
    for count in (small, small * GROWTH):
        here = changed(arm, case, ((size, count),))
        limit = arm.reference.compute(here)
        distances.append(_sample(lambda r, here=here: arm.draw(here, choices.seed, r, 1), less=limit))  # type: ignore[misc]
    (bias, error), (later, later_error) = (_moments(d) for d in distances)
    bar = np.abs(bias) / 2 + _quantile(bias.size) * np.hypot(error / 2, later_error) + 1e-12
    worst = int(np.argmax(np.abs(later) - bar))
    fall = f"at {small} and {small * GROWTH} {key}: {abs(bias[worst]):.2g}, {abs(later[worst]):.2g}"
    if np.abs(later[worst]) > bar[worst]:
        return False, f"distance from the limit does not fall, {fall} (standard error {later_error[worst]:.1g})"
    root = [float(np.sqrt(np.mean(d**2))) for d in distances]
    power = np.log(root[0] / root[1]) / np.log(GROWTH) if min(root) > 0.0 else np.inf
    return True, f"RMS deviation falls as the power {power:.2f} of {key}"


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
            draws.append(_sample(lambda r, here=here: computed(arm, here, choices.seed, r)))  # type: ignore[misc]
        if len({d.shape for d in draws}) > 1:
            return None, f"outputs change their shape with {axis}"
        (first, error), (second, later) = (_moments(a - b) for a, b in ((draws[0], draws[1]), (draws[1], draws[2])))
        bar = 0.75 * np.abs(first) + _quantile(first.size) * np.hypot(0.75 * error, later) + 1e-12
        worst = int(np.argmax(np.abs(second) - bar))
        if np.abs(second[worst]) > bar[worst]:
            change = f"{abs(first[worst]):.2g}, then {abs(second[worst]):.2g}"
            return False, f"halving {axis} = {value:g} twice does not settle: {change}"
        said.append(f"{axis} = {value:g}: {np.abs(first).max():.2g}, then {np.abs(second).max():.2g}")
    return (True, "; ".join(said)) if said else (None, "no step")


def _sample(compute: Callable[[int], Arrays], less: Arrays | None = None) -> Floats:
    """Replicates (n, all places of all outputs); of those that have a limit their distance from it, if any is given."""
    rows = []
    for replicate in range(REPLICATES):
        found = compute(replicate)
        if less is not None:
            found = {name: found[name] - less[name] for name in less.keys() & found.keys()}
        rows.append(np.concatenate([np.ravel(found[name]) for name in sorted(found)]))
    return np.array(rows, dtype=np.float64)


def _moments(sample: Floats) -> tuple[Floats, Floats]:
    """Mean and its standard error, place by place."""
    return sample.mean(axis=0), sample.std(axis=0, ddof=1) / np.sqrt(len(sample))


def _quantile(places: int) -> float:
    """Student's quantile that none of so many places exceeds by chance, but for the risk."""
    from mfsolve.inference.estimate import student_quantile

    return float(student_quantile(1.0 - RISK / places, REPLICATES - 1))


PROMISES: dict[str, Callable[[Experiment, Arm, Case, Audit], Answer]] = {
    "determinism": determinism,
    "replicates": replicates,
    "order": order,
    "threads": threads,
    "ranges": ranges,
    "mean field": mean_field,
    "step": step,
}
