"""The collapse market (MODEL 1): recursive training, contamination, quality, and the policies that slow collapse."""

from mfsolve.models.collapse.closed_form import chi_square
from mfsolve.models.collapse.equilibrium import Equilibrium, Generator, equilibria
from mfsolve.models.collapse.features import Features
from mfsolve.models.collapse.law import collapse_law_coefficient
from mfsolve.models.collapse.market import MODEL, Collapsed, mean_field, simulate
from mfsolve.models.collapse.multiplicity import multiplicity, points, scan, uniqueness
from mfsolve.models.collapse.optimal import Optimum, optimum
from mfsolve.models.collapse.optimality import optimality_gap
from mfsolve.models.collapse.parameters import Bandwidth, Family, Parameters, Population, Record, Refit, Sampling
from mfsolve.models.collapse.policies import (
    POLICIES,
    ClosedForm,
    Disclosure,
    Fixed,
    NoPolicy,
    Optimal,
    Pmir,
    Policy,
    RoyaltyCap,
    Watermark,
)
from mfsolve.models.collapse.statics import Statics, comparative_statics

__all__ = [
    "MODEL",
    "POLICIES",
    "Bandwidth",
    "ClosedForm",
    "Collapsed",
    "Disclosure",
    "Equilibrium",
    "Family",
    "Features",
    "Fixed",
    "Generator",
    "NoPolicy",
    "Optimal",
    "Optimum",
    "Parameters",
    "Pmir",
    "Policy",
    "Population",
    "Record",
    "Refit",
    "RoyaltyCap",
    "Sampling",
    "Statics",
    "Watermark",
    "chi_square",
    "collapse_law_coefficient",
    "comparative_statics",
    "equilibria",
    "mean_field",
    "multiplicity",
    "optimality_gap",
    "optimum",
    "points",
    "scan",
    "simulate",
    "uniqueness",
]
