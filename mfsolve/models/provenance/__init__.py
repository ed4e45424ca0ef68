"""Provenance: what can be known about a pool's contamination from its items, and at what price (MODEL 3)."""

from mfsolve.models.provenance.bound import Content, cramer_rao, ensemble, maximum_likelihood
from mfsolve.models.provenance.estimators import Calibration, Estimate, Method, calibrate, estimate
from mfsolve.models.provenance.example import Example, example
from mfsolve.models.provenance.gaussian import gaussian_information
from mfsolve.models.provenance.impossibility import best_subsidy, minimax_regret, realised_regret, regret_curves
from mfsolve.models.provenance.information import (
    Mixture,
    Simulated,
    fisher_information,
    simulated_information,
)
from mfsolve.models.provenance.pmir import EpsilonSDCE, Settings, best_response_map, pmir
from mfsolve.models.provenance.rate import rate
from mfsolve.models.provenance.reference import (
    GoodnessOfFit,
    ReferenceEstimate,
    estimate_from_counts,
    kernel_log_density,
)
from mfsolve.models.provenance.study import MODEL

__all__ = [
    "MODEL",
    "Calibration",
    "Content",
    "EpsilonSDCE",
    "Estimate",
    "Example",
    "GoodnessOfFit",
    "Method",
    "Mixture",
    "ReferenceEstimate",
    "Settings",
    "Simulated",
    "best_response_map",
    "best_subsidy",
    "calibrate",
    "cramer_rao",
    "ensemble",
    "estimate",
    "estimate_from_counts",
    "example",
    "fisher_information",
    "gaussian_information",
    "kernel_log_density",
    "maximum_likelihood",
    "minimax_regret",
    "pmir",
    "rate",
    "realised_regret",
    "regret_curves",
    "simulated_information",
]
