"""The collapse market: recursive training, contamination, quality, and the policies that slow collapse (MODEL 1)."""

from mfsolve.data.features import Features
from mfsolve.models.collapse.closed_form import chi_square, collapse_law_coefficient
from mfsolve.models.collapse.comparative_statics import Statics, comparative_statics
from mfsolve.models.collapse.equilibria import Equilibrium, Generator, equilibria
from mfsolve.models.collapse.equilibrium_map import economy_table, multiplicity, scan
from mfsolve.models.collapse.labelled_paths import mean_field, simulate
from mfsolve.models.collapse.many_markets import simulate_many
from mfsolve.models.collapse.optimal_policy import Optimum, optimum
from mfsolve.models.collapse.parameters import (
    Bandwidth,
    ConsumersSee,
    Family,
    Parameters,
    Population,
    Record,
    Refit,
    Sampling,
    SubsidyBase,
    Workflow,
)
from mfsolve.models.collapse.planner import planned_subsidies
from mfsolve.models.collapse.policies import (
    POLICIES,
    ClosedForm,
    Disclosure,
    Fixed,
    Myopic,
    NoPolicy,
    Planner,
    Pmir,
    Policy,
    RoyaltyCap,
    Schedule,
    Watermark,
)
from mfsolve.models.collapse.workflows import CollapseError

__all__ = [
    "POLICIES",
    "Bandwidth",
    "ClosedForm",
    "CollapseError",
    "ConsumersSee",
    "Disclosure",
    "Equilibrium",
    "Family",
    "Features",
    "Fixed",
    "Generator",
    "Myopic",
    "NoPolicy",
    "Optimum",
    "Parameters",
    "Planner",
    "Pmir",
    "Policy",
    "Population",
    "Record",
    "Refit",
    "RoyaltyCap",
    "Sampling",
    "Schedule",
    "Statics",
    "SubsidyBase",
    "Watermark",
    "Workflow",
    "chi_square",
    "collapse_law_coefficient",
    "comparative_statics",
    "economy_table",
    "equilibria",
    "mean_field",
    "multiplicity",
    "optimum",
    "planned_subsidies",
    "scan",
    "simulate",
    "simulate_many",
]
