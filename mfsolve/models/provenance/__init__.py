"""Provenance: estimation of a pool's contamination from its items, its limits, and PMIR (MODEL 3).

PMIR stands for Provenance-Market Iterative Retraining.
"""

from mfsolve.models.provenance.contents import GaussianContent, Tokens
from mfsolve.models.provenance.estimators import Calibration, Estimate, Method, calibrate, estimate
from mfsolve.models.provenance.example_pool import Example, example
from mfsolve.models.provenance.impossibility import best_subsidy, minimax_regret
from mfsolve.models.provenance.information import Mixture, Simulated, fisher_information, simulated_information
from mfsolve.models.provenance.information_gaussian import gaussian_information
from mfsolve.models.provenance.kernel_density import kernel_log_density
from mfsolve.models.provenance.known_generator import estimate_with_known_generator
from mfsolve.models.provenance.pmir import EpsilonSDCE, PmirSettings, pmir
from mfsolve.models.provenance.pmir_round import best_response_map
from mfsolve.models.provenance.reference_samples import (
    GoodnessOfFit,
    ReferenceEstimate,
    RequiredItems,
    estimate_from_counts,
)
from mfsolve.models.provenance.share import quantify
from mfsolve.models.provenance.simulated_pools import ensemble, maximum_likelihood, stochastic_newton

__all__ = [
    "Calibration",
    "EpsilonSDCE",
    "Estimate",
    "Example",
    "GaussianContent",
    "GoodnessOfFit",
    "Method",
    "Mixture",
    "PmirSettings",
    "ReferenceEstimate",
    "RequiredItems",
    "Simulated",
    "Tokens",
    "best_response_map",
    "best_subsidy",
    "calibrate",
    "ensemble",
    "estimate",
    "estimate_from_counts",
    "estimate_with_known_generator",
    "example",
    "fisher_information",
    "gaussian_information",
    "kernel_log_density",
    "maximum_likelihood",
    "minimax_regret",
    "pmir",
    "quantify",
    "simulated_information",
    "stochastic_newton",
]
