"""beta* in closed form, where the first adopters decide it (MODEL 5.1)."""

import numpy as np
import pytest

from mfsolve.models.supply_shock import Parameters, first_adopters_decline, thresholds

DEFAULT = Parameters()


def test_beta_star_to_a_millionth_against_the_closed_form():
    r = np.random.default_rng(5)
    names = (
        "ai_quality",
        "human_efficiency",
        "outside_option",
        "adoption_skill_cost",
        "skill_a",
        "skill_b",
        "pollution_rate",
    )
    for _ in range(3):
        p = DEFAULT.model_copy(update={name: getattr(DEFAULT, name) * r.uniform(0.95, 1.05) for name in names})
        found = thresholds(p)
        assert found.decline == pytest.approx(first_adopters_decline(p), rel=1e-6)
        assert found.decline_cost == pytest.approx(found.entry_cost, rel=1e-8)


def test_beyond_the_closed_form():
    with pytest.raises(ValueError, match="first adopters"):
        first_adopters_decline(DEFAULT.model_copy(update={"outside_option": 0.0}))
    # volume that hardly grows: welfare last rises after the first adopters
    p = DEFAULT.model_copy(update={"volume_exponent": 0.2})
    found = thresholds(p)
    assert found.decline > first_adopters_decline(p) * (1 + 1e-4)
    assert found.decline_cost < 0.99 * found.entry_cost
