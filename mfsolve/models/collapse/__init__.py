"""The collapse market (MODEL 1): recursive training, contamination, quality, and the policies that slow collapse."""

from mfsolve.models.collapse.closed_form import chi_square, collapse_law_coefficient
from mfsolve.models.collapse.market import MODEL, Collapsed, mean_field, simulate
from mfsolve.models.collapse.parameters import Family, Parameters, Population, Record, Sampling
from mfsolve.models.collapse.policies import (
    POLICIES,
    ClosedForm,
    Disclosure,
    Fixed,
    NoPolicy,
    Policy,
    RoyaltyCap,
    Watermark,
)

__all__ = [
    "MODEL",
    "POLICIES",
    "ClosedForm",
    "Collapsed",
    "Disclosure",
    "Family",
    "Fixed",
    "NoPolicy",
    "Parameters",
    "Policy",
    "Population",
    "Record",
    "RoyaltyCap",
    "Sampling",
    "Watermark",
    "chi_square",
    "collapse_law_coefficient",
    "mean_field",
    "simulate",
]
