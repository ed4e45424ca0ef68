"""Cap, trap and pollution of a market at the start of a path, in closed form, and its rest (MODEL 4.2)."""

from itertools import pairwise

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Output
from mfsolve.models.creators.feedback_effect import rest_stocks
from mfsolve.models.creators.prices import capped_price, trap_price
from mfsolve.models.creators.recursive_precision import (
    DynamicParameters,
    market_constants,
    precision_barrier,
    recursive_precision,
)
from mfsolve.models.quantities import UNIT

BOUNDS = 65
VALUES = {
    "start_trap": Output((), "price of the trap, P (1 + r(P)) = 1"),
    "start_cap_rises": Output((), "whether the price equal to its cap rises strictly with mu (Prop. 5)", support=UNIT),
    "start_pollution": Output((), "bound mu on the value of imitators' data at the start, over that without feedback"),
    "rest_barrier_ratio": Output((), "precision at which strict rights rest, over Prop. 6's barrier"),
}


def start_values(p: DynamicParameters) -> Arrays:
    """Values of `VALUES` for the stocks of the parameters."""
    precision = recursive_precision(
        p.innovator_stock, p.imitator_stock, p.bias_floor, p.bias_feedback, p.innovator_loading, p.imitator_loading
    )
    spread = p.imitator_loading**2 * p.imitator_stock
    unfed, polluted = (1.0 + spread * (p.bias_floor + alpha * precision) for alpha in (0.0, p.bias_feedback))
    caps = [capped_price(p, i / (BOUNDS - 1)) for i in range(BOUNDS)]
    rises = all(low < high for low, high in pairwise(caps))
    return {
        "start_trap": np.array(trap_price(p)),
        "start_cap_rises": np.array(float(rises)),
        "start_pollution": np.array((unfed / polluted) ** 2),
        "rest_barrier_ratio": np.array(rest_barrier_ratio(p)),
    }


def rest_barrier_ratio(p: DynamicParameters) -> float:
    """Precision at the stocks at which strict rights rest, over the barrier of a market without innovators.

    NaN where data do not wear off, and where the best price jumps to and fro, as it may with reservation prices.
    """
    if p.depreciation == 0.0 or p.reserved:
        return np.nan
    ko, kc = rest_stocks(p, np.array(market_constants(p))[None])
    precision = recursive_precision(ko, kc, p.bias_floor, p.bias_feedback, p.innovator_loading, p.imitator_loading)
    return float(precision[0]) / precision_barrier(p.bias_floor, p.bias_feedback, p.imitator_loading)
