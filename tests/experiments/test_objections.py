"""The stressed market as an experiment: outputs as stated, counts of their own, comparisons that mean something."""

import numpy as np
import pytest
from support.cases import case, outputs

from mfsolve.experiments import objections

COUNTS = ("weaker", "worse", "stingier", "halved", "harmful", "dearer", "undone")


def here(**settings):
    return case("objections", "market", population={"economies": 12, "generations": 6}, **settings)


def test_a_market_without_stress_is_the_one_it_is_compared_with():
    found = outputs("objections", here())
    assert [float(found[name]) for name in COUNTS] == [0.0] * 7
    assert found["mean_kept"] == 1.0
    assert found["kept"] == 1.0
    assert found["gain"] == found["gain_compared"] > 0.0
    assert found["log_gain_along"][-1] == found["log_gain"] == pytest.approx(np.log1p(found["gain"]), rel=1e-12)


def test_replicates_are_their_own_and_threads_do_not_matter():
    drifting = here(drift=0.2, reference="current")
    first, again, other = (objections.draw(drifting, 1, r, t) for r, t in ((0, 1), (0, 2), (1, 1)))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert first["mean_kept"] != other["mean_kept"]


def test_stresses_count():
    assert outputs("objections", here(volume=10.0))["worse"] == 12.0
    most_outside = outputs("objections", here(outside=0.9))
    assert (most_outside["halved"], most_outside["undone"]) == (12.0, 0.0)
    assert outputs("objections", here(outside=1.0))["idle"] == 12.0  # nobody is paid
    assert outputs("objections", here(drift=0.5))["undone"] > 6.0
    assert outputs("objections", here(drift=0.2, reference="current"))["stingier"] > 6.0


def test_harm_over_detectability_is_half_the_elasticity_for_moved_items_and_not_for_stripped_marks():
    p = here().parameters
    still, moved = (objections.harm_per_information(p, here(evasion=e).arm) for e in (0.0, 0.6))
    assert still == pytest.approx(0.5 * p.quality_elasticity, rel=0.01)
    assert moved == pytest.approx(still, rel=0.01)
    marked, stripped = (objections.harm_per_information(p, here(evasion=e).arm, by_mark=True) for e in (0.0, 0.6))
    assert stripped > 2.0 * marked


def test_other_content_is_refused():
    with pytest.raises(ValueError, match="Gaussian content in one dimension"):
        case("objections", "market", parameters={"dimension": 3})
