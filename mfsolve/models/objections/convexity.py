"""Curvature of the collapse loss in contamination, and of welfare along a lever (MODEL 7.8)."""

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse.gaussian_pool import gaussian_functionals
from mfsolve.models.collapse.parameters import Parameters

PLACES = np.linspace(0.0, 1.0, 65)


def loss_curve(parameters: Parameters, contaminations: Floats) -> Floats:
    """Collapse loss nu KL(q_rho || p) and its second derivative nu I(rho), (2, n), the generator held (MODEL 7.8).

    d^2/d rho^2 KL(q_rho || p) = int (q - p)^2 / q_rho = I(rho): the information of an item on contamination.
    """
    out, curve = np.empty(3), np.empty((2, contaminations.size))
    for i, rho in enumerate(contaminations):
        gaussian_functionals(float(rho), 0.0, parameters.variance_ratio, 1, out)
        curve[:, i] = parameters.data_value * out[0], parameters.data_value * out[2]
    return curve


def least_curvature(parameters: Parameters) -> float:
    """Least second difference of the collapse loss over the square of its step, over 65 contaminations (MODEL 7.8).

    From the loss alone, so that it could come out negative; it has the sign of I(rho).
    """
    loss = loss_curve(parameters, PLACES)[0]
    return float(np.diff(loss, 2).min() / (PLACES[1] - PLACES[0]) ** 2)


def bent_upwards(values: Floats) -> float:
    """Largest second difference of values at even places of [0, 1], over the square of the step: > 0 if not concave."""
    return float(np.diff(values, 2).max() * (values.size - 1) ** 2)
