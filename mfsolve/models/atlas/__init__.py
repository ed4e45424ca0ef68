"""The atlas of model collapse: workflows of recursive training, families, closed forms (MODEL 9)."""

from .closed_form import (
    Moments,
    Weighting,
    accumulate_limit,
    accumulate_oracle,
    curation_oracle,
    mixed_oracle,
    replace_oracle,
    sampled_oracle,
    temperature_oracle,
    weighting_oracle,
)
from .gaussian import Gaussian, Run, Yardsticks, gaussian_ensemble, gaussian_oracle
from .workflows import WORKFLOWS, Workflow

Parameters = Gaussian

__all__ = [
    "WORKFLOWS",
    "Gaussian",
    "Moments",
    "Parameters",
    "Run",
    "Weighting",
    "Workflow",
    "Yardsticks",
    "accumulate_limit",
    "accumulate_oracle",
    "curation_oracle",
    "gaussian_ensemble",
    "gaussian_oracle",
    "mixed_oracle",
    "replace_oracle",
    "sampled_oracle",
    "temperature_oracle",
    "weighting_oracle",
]
