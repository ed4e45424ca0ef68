"""Seeds of the market's systems: all of 64 bits, and none beside them."""

import numpy as np
import pytest

from mfsolve.models.data_deals.chains import ChainParameters, random_chains
from mfsolve.models.data_deals.edvex import deal_population
from mfsolve.models.data_deals.exchange_economy import EconomyParameters
from mfsolve.models.data_deals.faults import random_loop
from mfsolve.models.data_deals.lineage import LineageParameters, accepted, attributed
from mfsolve.models.data_deals.sandbox import SandboxParameters, extrapolate, offer
from mfsolve.models.supply_shock import Parameters
from mfsolve.models.supply_shock.finite_market import draw_skills
from mfsolve.models.supply_shock.random_economies import draw_economies

SANDBOX = SandboxParameters(sources=3, trials=4)
DRAWN = {
    "chains": lambda seed: random_chains(ChainParameters(), 3, seed).value,
    "faults": lambda seed: np.array(random_loop(seed, 0).loop[0]),
    "edvex": lambda seed: deal_population(EconomyParameters(), 3, seed, 0).loading,
    "attributed": lambda seed: attributed(LineageParameters(noise=0.3), 4, 200, seed),
    "accepted": lambda seed: np.concatenate(accepted(LineageParameters(distance=1.0, variance=1.0), 0.5, 200, seed)),
    "offer": lambda seed: offer(SANDBOX, seed).price,
    "trials": lambda seed: extrapolate(SANDBOX, offer(SANDBOX, 1), seed).loss,
    "skills": lambda seed: draw_skills(Parameters(), 5, seed),
    "economies": lambda seed: draw_economies(Parameters(), 2, 0.3, seed),
}


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_seeds_have_64_bits(drawn):
    values = [drawn(seed).tobytes() for seed in (0, 2**63 - 1, 2**63, 2**64 - 1)]
    assert len(set(values)) == 4
    for seed in (-1, 2**64, 1.0, True):
        with pytest.raises(ValueError, match=r"seed: .* given; allowed: whole numbers in \[0, 2\^64 - 1\]"):
            drawn(seed)
