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
from .ensembles import Run, Yardsticks
from .exponential_families import ExponentialFamily, FamilyMoments, exponential_family_oracle, family_ensemble
from .gaussian import Gaussian, gaussian_ensemble, gaussian_oracle
from .kept_items import subsample_oracle
from .kernel_density import DensityMoments, KernelDensity, density_ensemble, kernel_density_oracle
from .labels import Labels, Verification, Verifier, label_ensemble, verification_oracle
from .network_paths import simulate_gaussian, simulate_linear
from .networks import Network, closed_classes, gaussian_network_oracle, linear_network_oracle, lyapunov, network
from .regression import RegressionData, RegressionParameters, regression_oracle, simulate_regression
from .token_closed_form import (
    Shares,
    accumulate_tokens_oracle,
    mixed_tokens_oracle,
    replace_tokens_oracle,
    tails_oracle,
    token_oracle,
)
from .tokens import Tokens, token_ensemble
from .workflows import WORKFLOWS, Workflow

Parameters = Gaussian

__all__ = [
    "WORKFLOWS",
    "DensityMoments",
    "ExponentialFamily",
    "FamilyMoments",
    "Gaussian",
    "KernelDensity",
    "Labels",
    "Moments",
    "Network",
    "Parameters",
    "RegressionData",
    "RegressionParameters",
    "Run",
    "Shares",
    "Tokens",
    "Verification",
    "Verifier",
    "Weighting",
    "Workflow",
    "Yardsticks",
    "accumulate_limit",
    "accumulate_oracle",
    "accumulate_tokens_oracle",
    "closed_classes",
    "curation_oracle",
    "density_ensemble",
    "exponential_family_oracle",
    "family_ensemble",
    "gaussian_ensemble",
    "gaussian_network_oracle",
    "gaussian_oracle",
    "kernel_density_oracle",
    "label_ensemble",
    "linear_network_oracle",
    "lyapunov",
    "mixed_oracle",
    "mixed_tokens_oracle",
    "network",
    "regression_oracle",
    "replace_oracle",
    "replace_tokens_oracle",
    "sampled_oracle",
    "simulate_gaussian",
    "simulate_linear",
    "simulate_regression",
    "subsample_oracle",
    "tails_oracle",
    "temperature_oracle",
    "token_ensemble",
    "token_oracle",
    "verification_oracle",
    "weighting_oracle",
]
