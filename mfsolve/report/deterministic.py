"""Estimates without randomness: a number that is the same in every replicate is no sample of itself."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mfsolve.inference.estimate import Estimate
from mfsolve.study.settings import EstimateSpec, Statistic
from mfsolve.study.store import RunDirectory


def exact(run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any]) -> bool:
    """Whether nothing random is in what an estimate rests on, at any of the points concerned."""
    study = run.study
    names = [name for name in (spec.quantity, spec.against, spec.trials) if name is not None]
    cases = [
        study.find(policy, whole).case
        for policy in (spec.policy or study.policies[0], spec.baseline)
        for whole in study.places()
        if policy is not None and place.items() <= whole.items()
    ]
    return all(study.model.variables(case)[name].exact for case in cases for name in names)


def number(run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any]) -> Estimate:
    """The number itself, once; with the bounds that the model proves, where it does.

    Raises
    ------
    ValueError
        Where replicates differ that should not.
    """
    from mfsolve.inference import intervals

    policy, level = spec.policy or run.study.policies[0], run.study.ensemble.level
    value = _one(run, spec, place, policy, spec.quantity)
    if spec.trials is not None:
        return intervals.certain(share := value / _one(run, spec, place, policy, spec.trials), share, share, level)
    if spec.baseline is not None:
        other = _one(run, spec, place, spec.baseline, spec.quantity)
        value = value - other if spec.statistic is Statistic.DIFFERENCE else value / other - 1.0
        return intervals.certain(value, value, value, level)
    within = run.study.model.variables(run.study.find(policy, place).case)[spec.quantity].within
    low, high = (_one(run, spec, place, policy, name) for name in within) if within else (value, value)
    return intervals.certain(value, low, high, level)


def _one(run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any], policy: str, name: str) -> float:
    """What every replicate holds of a variable."""
    point = run.study.find(policy, place)
    values = run.column(point, name, spec.index(run.study.model, point.case))
    if np.isnan(values).any():
        raise ValueError(f"{name} is not a number")
    if np.any(values != values[0]):
        raise ValueError(f"{name} differs between replicates, though nothing random is in it")
    return float(values[0])
