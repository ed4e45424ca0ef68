"""The collapse market: recursive training, contamination, quality, and the policies that slow collapse (MODEL 1)."""

from mfsolve.models.collapse.closed_form import chi_square, collapse_law_coefficient
from mfsolve.models.collapse.comparative_statics import Statics, comparative_statics
from mfsolve.models.collapse.equilibria import Equilibrium, Generator, equilibria
from mfsolve.models.collapse.equilibrium_map import multiplicity, points, scan
from mfsolve.models.collapse.features import Features
from mfsolve.models.collapse.market import Collapsed, mean_field, simulate
from mfsolve.models.collapse.optimal_policy import Optimum, optimum
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

__all__ = [
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
    "optimum",
    "points",
    "scan",
    "simulate",
]
