"""Words on figures: what stands at an axis, with its unit."""

from typing import Any

from mfsolve.experiments.experiment import Experiment, Output
from mfsolve.models.quantities import YES
from mfsolve.models.settings_help import unit_of, units_beside
from mfsolve.report.look import label
from mfsolve.study.statistics.estimate_spec import EstimateSpec

UNSAID = ("", "1", "count", "ratio", "number")
"""Units that say no more than that there is a number."""


def as_share(name: str) -> str:
    """The meaning of an output's mean: of 0 and 1, the share where what they say is so."""
    return YES.sub("share where ", name)


def with_unit(words: str, unit: str) -> str:
    """Words and their unit in brackets; one of both where the other is a pure number, or says no more."""
    if unit.lower().startswith(f"{words.lower()} "):  # items, of which there are so many items a generation
        return unit
    return words if unit in UNSAID or unit.lower() in words.lower() else f"{words} [{unit}]"


def quantity(output: Output, words: str = "") -> str:
    """The meaning of an output, or other words for it, with its unit."""
    return with_unit(as_share(words or output.long_name), output.units)


def setting(experiment: Experiment, name: str) -> str:
    """A setting, the axis of a grid such as `parameters.imitation`, or a dimension of outputs, with its unit."""
    key = name.rpartition(".")[2]
    return with_unit(experiment.called.get(key) or label(key), unit(experiment, key))


def unit(experiment: Experiment, key: str) -> str:
    """Unit of a setting as it is declared or tabulated, else of what its models call so; empty where none is known."""
    if key in experiment.units:
        return experiment.units[key]
    kinds: list[Any] = [experiment.parameters, experiment.population, experiment.record]
    kinds += [arm.settings for arm in experiment.arms.values()]
    declared = (unit_of(kind, key) for kind in kinds if key in kind.model_fields)
    tabulated = (units_beside(kind).get(key, "") for kind in kinds)
    found = next(filter(None, (*declared, *tabulated)), "")
    return "" if any(sign in found for sign in "(,;") else found  # more than one: it depends on where it stands


def estimated(spec: EstimateSpec, output: Output) -> str:
    """The number that an estimate is, with its unit: of which quantity, and what of it unless it is its mean."""
    name = as_share(output.long_name)
    if spec.statistic == "difference":
        return with_unit(f"difference in {name}", output.units)
    if spec.statistic == "gain":
        return f"relative gain in {name}"
    if spec.statistic == "quantile":
        return with_unit(f"{100.0 * (spec.probability or 0.0):g} % quantile of {name}", output.units)
    if spec.against is not None:
        return f"{label(spec.statistic)} of {name} on {label(spec.against)}"
    return with_unit(name, output.units)
