"""Economies in transition drawn around a given one, the same for every policy (MODEL 5.2)."""

from collections.abc import Mapping

import numpy as np

from mfsolve.kernels.numerics.elementary import exponential
from mfsolve.kernels.random import normals, philox
from mfsolve.models.arguments import seed_word
from mfsolve.models.frozen import closed_range

from .parameters import Parameters

UNCERTAIN: Mapping[str, float] = {
    "market.pollution_weight": 1.0,
    "market.adoption_skill_cost": 1.0,
    "market.ai_quality": 0.1,
    "learning": 1.0,
    "revision": 1.0,
    "discovery": 1.0,
    "lag": 1.0,
    "training": 1.0,
    "ramp": 1.0,
}
"""Parameters that differ between economies, and how much of the spread each takes: adoption hinges on AI quality."""


def draw_economy(parameters: Parameters, spread: float, seed: int, replicate: int) -> Parameters:
    """The economy of a replicate: the parameters times exp(spread share z), a z ~ N(0, 1) for each of UNCERTAIN.

    What falls beyond the range of a parameter is set to its end. MODEL 5.2.

    Parameters
    ----------
    parameters
        The economy in the middle.
    spread
        Standard deviation of the log parameters, >= 0.
    seed, replicate
        Economies are a pure function of both; seed in [0, 2^64), replicate in [0, 2^32).

    Raises
    ------
    ValueError
        For a seed or replicate outside its range.
    """
    key, zero = philox.stream_key(int(seed_word("seed", seed, 64)), "governance economy"), np.uint64(0)
    z, spare = np.empty(len(UNCERTAIN)), np.empty(len(UNCERTAIN))
    normals.normals(key, zero, zero, seed_word("replicate", replicate, 32), zero, z, spare)
    market: dict[str, float] = {}
    own: dict[str, float] = {}
    for (name, share), draw in zip(UNCERTAIN.items(), z):
        place, _, key_name = name.rpartition(".")
        source, target = (parameters.market, market) if place else (parameters, own)
        low, high = closed_range(type(source), key_name)
        target[key_name] = min(max(float(getattr(source, key_name) * exponential(spread * share * draw)), low), high)
    return parameters.changed(market=parameters.market.model_copy(update=market), **own)
