"""The mean-field collapse flow and its three solvers: particles, Fokker-Planck grid and JKO steps (MODEL 2).

>>> from mfsolve.models import flow
>>> moments = flow.gaussian_moments(flow.Parameters(contamination=0.5, variance_ratio=0.5), times=[0.0, 1.0])
>>> round(float(moments.variance[-1]), 3)
0.741
"""

from .closed_form import gaussian_moments, stationary_variance
from .diverged_error import DivergedError
from .energies import DoubleWell, Gaussian, GaussianKernel, Mixture, NegativeDistance, Tabulated
from .functionals import bures, quantiles_of_density, quantiles_of_sample, sliced_w2, w2
from .grid import fokker_planck
from .jko import jko
from .multilevel import FlowLevels
from .parameters import Parameters
from .particles import simulate
from .schedule import Schedule
from .snapshots import Snapshots

__all__ = [
    "DivergedError",
    "DoubleWell",
    "FlowLevels",
    "Gaussian",
    "GaussianKernel",
    "Mixture",
    "NegativeDistance",
    "Parameters",
    "Schedule",
    "Snapshots",
    "Tabulated",
    "bures",
    "fokker_planck",
    "gaussian_moments",
    "jko",
    "quantiles_of_density",
    "quantiles_of_sample",
    "simulate",
    "sliced_w2",
    "stationary_variance",
    "w2",
]
