"""Calibration of the market to published figures under one reading of KL(q || p) (MODEL 1.3, 1.6)."""

from typing import NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.models.frozen import Frozen

from .market import mean_field_path
from .parameters import LEAST, Parameters, Population, Positive, Record
from .policies import ClosedForm, NoPolicy

FREE = ("initial_contamination", "imitation", "variance_ratio", "cost_curvature", "quality_elasticity")
BOUNDS = {
    "initial_contamination": (1e-4, 0.3),
    "imitation": (0.2, 3.0),
    "variance_ratio": (0.05, 0.98),
    "cost_curvature": (1e-4, 5.0),
    "quality_elasticity": (0.2, 5.0),
}
START = {
    "initial_contamination": 0.0113,
    "imitation": 0.6504,
    "variance_ratio": 0.4735,
    "cost_curvature": 0.1,
    "quality_elasticity": 1.0268,
}
GENERATIONS = 10
"""Generation that the published figures are of."""
DIGITS = 6
"""Digits that a calibration keeps: coarser than the search, so that it is the same whatever the processor."""


class Published(Frozen):
    """Figures of generation 10 that the market is calibrated to (MODEL 1.6)."""

    contamination_none: float = Field(0.78, ge=LEAST, le=1.0, description="contamination without policy")
    contamination_policy: float = Field(0.41, ge=LEAST, le=1.0, description="contamination under the closed form")
    drift_none: Positive = Field(0.318, description="W2 drift without policy")
    drift_policy: Positive = Field(0.142, description="W2 drift under the closed form")
    quality_gain: Positive = Field(0.231, description="quality gain of the closed form over no policy, a share")
    slope: Positive = Field(0.181, description="slope of lost log quality on exposure, without policy")


class Calibration(NamedTuple):
    """Calibrated economy, its figures in the order of `Published`, and their root-mean-square relative misfit.

    `singular` (k,) are the singular values of d ln figures / d ln parameters at the calibration, descending.
    """

    parameters: Parameters
    figures: Floats
    misfit: float
    singular: Floats


def figures(parameters: Parameters) -> Floats:
    """Figures of an economy in the mean field after `GENERATIONS`, in the order of `Published` (6,)."""
    size = Population(generations=GENERATIONS)
    none, policy = (mean_field_path(parameters, rule, size, Record()) for rule in (NoPolicy(), ClosedForm()))
    x, y = none["exposure"], none["quality_loss"]
    squared, product = sum(float(a) * float(a) for a in x), sum(float(a) * float(b) for a, b in zip(x, y))
    return np.array([
        none["contamination"][-1], policy["contamination"][-1], none["w2_drift"][-1], policy["w2_drift"][-1],
        policy["quality"][-1] / none["quality"][-1] - 1.0, product / squared,
    ])  # fmt: skip


def calibrate(
    base: Parameters, published: Published, held: float | None = None, near: Parameters | None = None
) -> Calibration:
    """Least squares of the relative errors of all six figures, over the parameters of `FREE`.

    Parameters
    ----------
    base
        The economy: its reading of the divergence, and everything that is not free.
    published
        The figures.
    held
        Cost curvature at which the others are fitted; free if not given.
    near
        Economy that the search starts from; by default the calibration of MODEL 1.6 at a smaller cost curvature, so
        that readings with small divergences are within reach.

    Returns
    -------
    Calibration
        Parameters to six digits, and figures computed at them.
    """
    from scipy.optimize import least_squares

    names = [name for name in FREE if held is None or name != "cost_curvature"]
    wanted = np.array(list(published.model_dump().values()))
    start = START if near is None else {name: getattr(near, name) for name in names}
    low, high = (np.log([BOUNDS[name][side] for name in names]) for side in (0, 1))

    def economy(logs: Floats) -> Parameters:
        moved = dict(zip(names, map(float, np.exp(logs))))
        return base.model_copy(update=moved | ({} if held is None else {"cost_curvature": held}))

    def misfits(logs: Floats) -> Floats:
        return np.asarray(figures(economy(logs)) / wanted - 1.0)

    first = np.clip(np.log([start[name] for name in names]), low + 1e-9, high - 1e-9)
    found = least_squares(misfits, first, bounds=(low, high), xtol=1e-12, ftol=1e-12, gtol=1e-12)
    exact = economy(found.x)
    rounded = {name: float(f"{getattr(exact, name):.{DIGITS}g}") for name in names}
    fitted = exact.model_copy(update=rounded)
    values = figures(fitted)
    misfit = float(np.sqrt(np.mean((values / wanted - 1.0) ** 2)))
    return Calibration(fitted, values, misfit, np.linalg.svd(np.asarray(found.jac), compute_uv=False))
