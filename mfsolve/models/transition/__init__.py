"""The transition of the supply shock: skill and occupations over time, rest points, policies (MODEL 5.2).

>>> from mfsolve.models import transition
>>> transition.mean_field(transition.Parameters(), cells=100, times=[0.0, 20.0, 60.0])
"""

from .basins import basins, multiplicity
from .continuation import Branch, continuation
from .grid import mean_field
from .parameters import Parameters
from .particles import simulate
from .pigou import Pigou, market_under_tax, pigouvian, planner
from .plane import PlaneParameters, plane_field
from .plane_particles import plane_simulate
from .policies import CongestionFee, Disclosure, Laissez, Moratorium, ReskillingSubsidy, Tax
from .rest import RestPoint, rest_points
from .standing import second_best, standing

__all__ = [
    "Branch",
    "CongestionFee",
    "Disclosure",
    "Laissez",
    "Moratorium",
    "Parameters",
    "Pigou",
    "PlaneParameters",
    "ReskillingSubsidy",
    "RestPoint",
    "Tax",
    "basins",
    "continuation",
    "market_under_tax",
    "mean_field",
    "multiplicity",
    "pigouvian",
    "plane_field",
    "plane_simulate",
    "planner",
    "rest_points",
    "second_best",
    "simulate",
    "standing",
]
