"""The agent-based market of the supply shock (MODEL 5.3).

Creators with a technical and a creative skill learn by Q-learning whether to stay, re-skill, adopt AI or leave; AI
firms share one technology that improves; consumers look at a few offers and take one, or none, by multinomial logit.
`simulate` follows a finite population, `mean_field` the law of infinitely many agents. Rules, symbols, choices and the
origin of the defaults stand in `MODEL.md` beside this file.
"""

from .parameters import SCENARIOS, Parameters, Population, Record, Scenario, Shock, WithoutAi
from .path import QUANTITIES, NoOpeningError
from .simulate import mean_field, simulate

__all__ = [
    "QUANTITIES",
    "SCENARIOS",
    "NoOpeningError",
    "Parameters",
    "Population",
    "Record",
    "Scenario",
    "Shock",
    "WithoutAi",
    "mean_field",
    "simulate",
]
