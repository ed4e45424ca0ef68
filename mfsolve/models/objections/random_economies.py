"""Random economies around the calibration, in which an objection is counted (MODEL 7.2)."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from mfsolve.kernels.numerics.elementary import exponential, natural_log
from mfsolve.models.collapse.parameters import Parameters

from .stress import Stress
from .stressed_market import path


class Range(NamedTuple):
    """Range of a parameter, and whether its logarithm is what is uniform."""

    low: float
    high: float
    logarithmic: bool = False


RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "variance_ratio": Range(0.2, 0.9),
        "cost_curvature": Range(0.05, 1.0, True),
        "imitation": Range(0.3, 1.0),
        "initial_contamination": Range(0.005, 0.1, True),
        "verified_share": Range(0.0, 0.5),
        "quality_elasticity": Range(0.5, 2.0),
    }
)


def economies(parameters: Parameters, count: int, random: np.random.Generator) -> Iterator[Parameters]:
    """Economies whose parameters are uniform on `RANGES` (their logarithm where it says so), all else as given."""
    for row in random.random((count, len(RANGES))):
        values = {}
        for (name, (low, high, logarithmic)), u in zip(RANGES.items(), row):
            if logarithmic:
                log_low, log_high = float(natural_log(low)), float(natural_log(high))
                values[name] = float(exponential(log_low + u * (log_high - log_low)))
            else:
                values[name] = low + u * (high - low)
        yield parameters.model_copy(update=values)


class Effect(NamedTuple):
    """Effect of an instrument by the last generation of one economy.

    `gain`: log quality with the instrument less that without it; `log_quality`, `subsidy` and `outlay` with it.
    """

    gain: float
    log_quality: float
    subsidy: float
    outlay: float

    @property
    def price(self) -> float:
        """Subsidies paid per nat of quality gained; infinite where nothing is gained."""
        return self.outlay / self.gain if self.gain > 0.0 else float("inf")


def effect(parameters: Parameters, stress: Stress, generations: int) -> Effect:
    """Effect of the instrument of a stressed market."""
    held, free = (path(parameters, stress, generations, intervene) for intervene in (True, False))
    ends = held["log_quality"][-1], free["log_quality"][-1]
    return Effect(float(ends[0] - ends[1]), float(ends[0]), float(held["subsidy"][-1]), float(held["outlay"][-1]))
