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
from .networks import Network, closed_classes, gaussian_network_oracle, linear_network_oracle, lyapunov, network
from .regression import RegressionData, RegressionParameters, regression_oracle, simulate_regression
from .workflows import WORKFLOWS, Workflow

Parameters = Gaussian

__all__ = [
    "WORKFLOWS",
    "Gaussian",
    "Moments",
    "Network",
    "Parameters",
    "RegressionData",
    "RegressionParameters",
    "Run",
    "Weighting",
    "Workflow",
    "Yardsticks",
    "accumulate_limit",
    "accumulate_oracle",
    "closed_classes",
    "curation_oracle",
    "gaussian_ensemble",
    "gaussian_network_oracle",
    "gaussian_oracle",
    "linear_network_oracle",
    "lyapunov",
    "mixed_oracle",
    "network",
    "regression_oracle",
    "replace_oracle",
    "sampled_oracle",
    "simulate_regression",
    "temperature_oracle",
    "weighting_oracle",
]
