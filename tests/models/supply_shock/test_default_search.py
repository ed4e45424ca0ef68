"""The search that found the default parameters (MODEL 5.1)."""

import pytest

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock import Parameters
from mfsolve.models.supply_shock import default_search as defaults

DEFAULT = Parameters()


def test_the_defaults_are_what_the_search_finds():
    # the winner and some economies with larger hollows, among others
    lattice = {
        "skill_a": (2.0, 4.0), "skill_b": (2.0, 3.0), "human_efficiency": (1.5, 2.0), "ai_quality": (0.45, 0.5, 0.55, 0.6),
        "adoption_skill_cost": (0.03, 0.05), "adoption_cost": (0.0, 0.01), "outside_option": (0.08, 0.09, 0.1),
        "pollution_weight": (0.0075,),
    }  # fmt: skip
    best, *others = supply_shock.search(lattice, threads=2)
    values = best.parameters.model_dump()
    for name, value in DEFAULT.model_dump().items():
        assert values[name] == pytest.approx(value, rel=1e-12), name
    assert best.hollow_share == pytest.approx(supply_shock.hollow_share(DEFAULT), rel=1e-9)
    assert all(other.hollow_share < best.hollow_share for other in others)
    fragile = DEFAULT.model_copy(
        update={
            "human_efficiency": 1.5,
            "ai_quality": 0.45,
            "adoption_skill_cost": 0.03,
            "outside_option": 0.08,
            "ai_cost": 0.03,
        }
    )
    assert supply_shock.hollow_share(fragile) > best.hollow_share
    assert not defaults.is_robust(fragile)
