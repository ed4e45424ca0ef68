"""The atlas of model collapse: workflows of recursive training, families, closed forms (MODEL 9)."""

from .closed_form import (
    Moments,
    Weighting,
    accumulate_closed_form,
    accumulate_limit,
    curation_closed_form,
    mixed_closed_form,
    replace_closed_form,
    sampled_closed_form,
    temperature_closed_form,
    weighting_closed_form,
)
from .ensembles import Run, Yardsticks
from .exponential_families import ExponentialFamily, FamilyMoments, exponential_family_closed_form, family_ensemble
from .gaussian import Gaussian, gaussian_closed_form, gaussian_ensemble
from .kept_items import subsample_closed_form
from .kernel_density import DensityMoments, KernelDensity, density_ensemble, kernel_density_closed_form
from .labels import Labels, Verification, Verifier, label_ensemble, verification_closed_form
from .network_paths import simulate_gaussian, simulate_linear
from .networks import (
    Network,
    closed_classes,
    gaussian_network_closed_form,
    linear_network_closed_form,
    lyapunov,
    network,
)
from .regression import RegressionData, RegressionParameters, regression_closed_form, simulate_regression
from .token_closed_form import (
    Shares,
    accumulate_tokens_closed_form,
    mixed_tokens_closed_form,
    replace_tokens_closed_form,
    tails_closed_form,
    tokens_closed_form,
)
from .tokens import Tokens, token_ensemble
from .workflows import (
    WORKFLOWS,
    Accumulate,
    Curated,
    Growing,
    Mixed,
    Replace,
    Subsample,
    Temperature,
    Verified,
    Workflow,
)

__all__ = [
    "WORKFLOWS",
    "Accumulate",
    "Curated",
    "DensityMoments",
    "ExponentialFamily",
    "FamilyMoments",
    "Gaussian",
    "Growing",
    "KernelDensity",
    "Labels",
    "Mixed",
    "Moments",
    "Network",
    "RegressionData",
    "RegressionParameters",
    "Replace",
    "Run",
    "Shares",
    "Subsample",
    "Temperature",
    "Tokens",
    "Verification",
    "Verified",
    "Verifier",
    "Weighting",
    "Workflow",
    "Yardsticks",
    "accumulate_closed_form",
    "accumulate_limit",
    "accumulate_tokens_closed_form",
    "closed_classes",
    "curation_closed_form",
    "density_ensemble",
    "exponential_family_closed_form",
    "family_ensemble",
    "gaussian_closed_form",
    "gaussian_ensemble",
    "gaussian_network_closed_form",
    "kernel_density_closed_form",
    "label_ensemble",
    "linear_network_closed_form",
    "lyapunov",
    "mixed_closed_form",
    "mixed_tokens_closed_form",
    "network",
    "regression_closed_form",
    "replace_closed_form",
    "replace_tokens_closed_form",
    "sampled_closed_form",
    "simulate_gaussian",
    "simulate_linear",
    "simulate_regression",
    "subsample_closed_form",
    "tails_closed_form",
    "temperature_closed_form",
    "token_ensemble",
    "tokens_closed_form",
    "verification_closed_form",
    "weighting_closed_form",
]
