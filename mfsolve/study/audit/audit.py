"""Audit of an experiment: whether its arms keep what a study relies on, each promise by a test that can fail."""

import random
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.study.audit.audit_design import base_case, changed, designed, said_of, without_default
from mfsolve.study.audit.environment import files, processes
from mfsolve.study.audit.means import mean_field, step
from mfsolve.study.audit.promise import REPLICATES, Answer, Finding, bits, computed
from mfsolve.study.audit.promise import Audit as Audit


def audit(experiment: Experiment, choices: Audit = Audit()) -> list[Finding]:  # noqa: B008
    """Findings on every arm of an experiment, at its toy sizes and default settings.

    Parameters
    ----------
    experiment : Experiment
    choices : Audit

    Returns
    -------
    list of Finding
        `determinism`, `processes`, `replicates`, `order`, `threads`, `ranges`, `finite`, `mean field`, `step` and
        `files` of each arm. An error that an arm raises again and again is the finding of the first of them.
    """
    found = []
    for name, arm in experiment.arms.items():
        errors: dict[str, str] = {}
        if unasked := _unasked(experiment, name):
            found += [Finding(name, promise, None, unasked) for promise in PROMISES]
            continue
        for promise, test in PROMISES.items():
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    case = base_case(experiment, name)
                    kept, said = test(experiment, arm, case, choices)
            except Exception as error:
                kept, said = False, (str(error).splitlines() or [type(error).__name__])[0]
                if said in errors:
                    kept, said = None, f"not tested: see {errors[said]}"
                else:
                    errors[said] = promise
            found.append(Finding(name, promise, kept, said))
    return found


def _unasked(experiment: Experiment, rule: str) -> str:
    """Why an arm cannot be audited: values that were thought of, for what has no default, do not go together."""
    try:
        base_case(experiment, rule)
    except ValueError as error:
        if names := without_default(experiment, rule):
            return f"not tested: {str(error).splitlines()[0]}; {names[0]} has no default: `toy` may give it a value"
    return ""


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
            return False, f"{other} differs if several replicates are drawn at a time: shared data are modified"
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
                wrong = _wrong(values, outputs.get(name))
                if wrong:
                    return False, f"{what}{name} is {wrong} at {said_of(change)}"
        tried += 1
    return True, f"{tried} settings" + (f", {refused} more refused by the model" if refused else "")


def _wrong(values: Floats, output: Output | None) -> str:
    """Complaint about an output; empty for numbers within their support, to rounding, or as undefined as declared."""
    finite, support = np.isfinite(values), None if output is None else output.support
    if output is not None and output.undefined:
        values = np.asarray(values)[finite]
    elif not finite.all():
        return str(np.asarray(values)[~finite].flat[0])
    if support is not None and values.size:
        slack = 1e-12 * max([1.0, *(abs(end) for end in support if np.isfinite(end))])
        for worst in (float(np.min(values)), float(np.max(values))):
            if not support[0] - slack <= worst <= support[1] + slack:
                return f"{worst:g}, outside of [{support[0]:g}, {support[1]:g}],"
    return ""


def finite(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """Numbers of replicates that are NaN or infinite, in outputs that do not say what that means."""
    outputs = experiment.outputs(case)
    undefined: dict[str, int] = {}
    count = 1 if arm.draw is None else REPLICATES
    for replicate in range(count):
        for name, values in computed(arm, case, choices.seed, replicate).items():
            undefined[name] = undefined.get(name, 0) + int(np.sum(~np.isfinite(values)))
    found = [f"{n} ({k})" for n, k in undefined.items() if k and not (n in outputs and outputs[n].undefined)]
    many = f"{count} replicates" if count > 1 else "what is solved"
    if found:
        return (
            False,
            f"NaN or infinite in {many}: {', '.join(found)}; where that means something: Output(undefined=...)",
        )
    return True, f"{many}, all as declared" if any(undefined.values()) else many


PROMISES: dict[str, Callable[[Experiment, Arm, Case, Audit], Answer]] = {
    "determinism": determinism,
    "processes": processes,
    "replicates": replicates,
    "order": order,
    "threads": threads,
    "ranges": ranges,
    "finite": finite,
    "mean field": mean_field,
    "step": step,
    "files": files,
}
