"""The transition of the supply shock: skill and occupations over time, rest points, policies (MODEL 5.2).

    from mfsolve.models import transition
    transition.mean_field(transition.Parameters(), cells=100, times=[0.0, 20.0, 60.0])

**The layers of MODEL 5 against each other.** Finite populations of creators with these rules (`simulate`) tend to
`mean_field` as N grows: `runs/transition_limit.toml` measures the rate. The mean field at rest (`rest_points`) tends to
the static equilibrium of MODEL 5.1 where skill is held to talent and choices lose their noise, not as sigma -> 0:
`runs/static_limit.toml`. The agents of MODEL 5.3 learn by trial, sell to consumers one by one and know no pollution:
their limit is a law of Q-tables and skills (`agents.mean_field`), not a density of skill under logit choice, and no
value of the parameters turns one into the other. `runs/agents_scale.toml` measures how fast they approach it; what both
layers can agree on is their findings, creators who fall in number and retreat from technical to creative skill.
"""

from .basins import basins, multiplicity
from .continuation import Branch, continuation
from .grid import mean_field
from .grid_two_skills import TwoSkillParameters, two_skill_mean_field
from .parameters import Parameters
from .particles import simulate
from .particles_two_skills import two_skill_simulate
from .pigouvian_tax import TaxOutcome, market_under_tax, pigouvian, rest_state, second_best
from .planner import TaxedRestPoint, planner
from .policies import CongestionFee, Disclosure, LaissezFaire, Moratorium, PigouvianTax, ReskillingSubsidy, Tax
from .population import Resolution
from .rest_points import RestPoint, rest_points

__all__ = [
    "Branch",
    "CongestionFee",
    "Disclosure",
    "LaissezFaire",
    "Moratorium",
    "Parameters",
    "PigouvianTax",
    "ReskillingSubsidy",
    "Resolution",
    "RestPoint",
    "Tax",
    "TaxOutcome",
    "TaxedRestPoint",
    "TwoSkillParameters",
    "basins",
    "continuation",
    "market_under_tax",
    "mean_field",
    "multiplicity",
    "pigouvian",
    "planner",
    "rest_points",
    "rest_state",
    "second_best",
    "simulate",
    "two_skill_mean_field",
    "two_skill_simulate",
]
