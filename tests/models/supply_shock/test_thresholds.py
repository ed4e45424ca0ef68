"""Pollution weights that part the regimes of cheaper AI, and their brackets (MODEL 5.1)."""

import numpy as np
import pytest
from support.supply_shock import default_thresholds

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock import Parameters, first_adopters_decline, scan, thresholds
from mfsolve.models.supply_shock import critical_weights as critical
from mfsolve.models.supply_shock.many_economies import economy_rows

DEFAULT = Parameters()
COSTS = np.geomspace(0.1, 0.005, 60)


def welfare(weight, costs=COSTS):
    return scan(DEFAULT, {"ai_cost": costs, "pollution_weight": weight}).welfare


def test_thresholds_part_the_regimes():
    for factor, falls in ((0.999, False), (1.001, True)):
        fine = np.geomspace(default_thresholds().entry_cost * 0.9999, 0.005, 3000)
        steps = np.diff(welfare(default_thresholds().decline * factor, fine))
        assert bool((steps < 0).all()) is falls
        steps = np.diff(welfare(default_thresholds().onset * factor, np.geomspace(0.1, 0.005, 3000)))
        assert bool((steps >= -1e-15).all()) is not falls


def test_brackets_enclose_and_their_ends_have_the_signs_they_say():
    closed = first_adopters_decline(DEFAULT)
    assert default_thresholds().decline_bracket[0] < closed < default_thresholds().decline_bracket[1]
    for low, high in (default_thresholds().onset_bracket, default_thresholds().decline_bracket):
        assert 0.0 < high - low < 1e-6 * low
    other = np.geomspace(
        default_thresholds().entry_cost * (1.0 - 1e-10), 0.005, 777
    )  # none of those the search looked at

    def welfare_slopes(weight, costs):
        return scan(DEFAULT, {"ai_cost": costs, "pollution_weight": weight}).welfare_slope

    assert welfare_slopes(default_thresholds().decline_bracket[0], [default_thresholds().decline_cost]) < 0.0
    assert (welfare_slopes(default_thresholds().decline_bracket[1], other) > 0.0).all()
    assert welfare_slopes(default_thresholds().onset_bracket[1], [default_thresholds().onset_cost]) > 0.0
    assert (welfare_slopes(default_thresholds().onset_bracket[0], other) < 0.0).all()


def test_a_candidate_that_others_exceed_gives_way():
    """A peak of the critical weight that lies between the costs of the first round is found by the check."""
    p = Parameters(
        skill_a=2.05, skill_b=2.24, market_size=0.904, pollution_rate=0.927, human_capacity=1.155, ai_quality=0.651,
        reference_cost=0.0856, volume_exponent=1.113, adoption_skill_cost=0.0495, outside_option=0.104,
    )  # fmt: skip
    row, ends = economy_rows(p), (np.array([p.reference_cost / 20.0]), np.array([p.reference_cost]))
    coarse = critical.many_thresholds(row, *ends, search=critical.Search(24, 4, 34))[0]
    found = thresholds(p)
    assert found.decline > coarse[1] * (1.0 + 1e-6)
    assert found.decline_bracket[0] < found.decline < found.decline_bracket[1]
    # the first adopters are the most skilled, of whom there are none: the onset is 0, and nothing encloses it
    first = p.model_copy(update={"ai_cost": found.entry_cost * 0.999, "pollution_weight": 0.0})
    assert supply_shock.segments(first).options == ("exit", "human", "ai")
    assert np.isnan(found.onset_bracket).all()


def test_onset_vanishes_with_the_cheapest_cost():
    found = [thresholds(DEFAULT, cheapest) for cheapest in (0.02, 0.005, 0.001)]
    onsets = [each.onset for each in found]
    assert onsets[0] > 3.0 * onsets[1] > 9.0 * onsets[2]
    assert found[2].onset_cost == 0.001


def test_scaling_laws():
    # the first adopters' pollution is beta eta D; a weaker curvature of the logarithm leaves the decision with them
    half = thresholds(DEFAULT.model_copy(update={"pollution_rate": 0.5}))
    assert half.decline == pytest.approx(2.0 * default_thresholds().decline, rel=1e-7)
    z = 1.7  # every sum of money by z at unchanged qualities
    p = DEFAULT
    money = p.model_copy(
        update={
            "market_size": z * p.market_size,
            "ai_cost": z * p.ai_cost,
            "reference_cost": z * p.reference_cost,
            "human_efficiency": p.human_efficiency / z,
            "adoption_skill_cost": z * p.adoption_skill_cost,
            "outside_option": z * p.outside_option,
        }
    )
    scaled = thresholds(money)
    assert scaled.decline == pytest.approx(z * default_thresholds().decline, rel=1e-7)
    assert scaled.onset == pytest.approx(z * default_thresholds().onset, rel=1e-7)
    assert scaled.entry_cost == pytest.approx(z * default_thresholds().entry_cost, rel=1e-12)


def test_no_adoption_in_range_and_bad_ranges():
    assert np.isnan(thresholds(DEFAULT, 0.08, 0.1).decline)
    with pytest.raises(ValueError, match="cheapest, dearest"):
        thresholds(DEFAULT, 0.1, 0.05)
    with pytest.raises(ValueError, match="ai_available"):
        thresholds(DEFAULT.model_copy(update={"ai_available": False}))
    with pytest.raises(ValueError, match="pollution_rate"):
        thresholds(DEFAULT.model_copy(update={"pollution_rate": 0.0}))
