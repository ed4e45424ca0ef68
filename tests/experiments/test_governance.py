"""The experiment on regimes of governance: levers by one criterion, the contest."""

import numpy as np
import pytest

from mfsolve.experiments import governance
from mfsolve.experiments.experiment import Case
from mfsolve.models import transition
from mfsolve.models.frozen import Nothing
from mfsolve.models.transition.policies import LEVERS, InputTax, Licence

BASE = transition.Parameters()
SMALL = governance.Economies(times=(0.0, 5.0, 20.0), cells=16, dt=1.0, settings=3, contest=True)


def run(policy, p=BASE, population=SMALL):
    case = Case(p, policy, population, Nothing())
    arm = governance.EXPERIMENT.arm(case)
    found, places = arm.draw(case, 3, 1, 1), arm.coordinates(case)
    assert {name: x.shape for name, x in found.items()} == {
        name: tuple(places[dim].size for dim in output.dims) for name, output in arm.outputs(case).items()
    }
    return found


def test_levers_are_set_by_one_criterion():
    free = run(transition.LaissezFaire())
    for kind in (transition.Tax, transition.CongestionFee, transition.ReskillingSubsidy, transition.Disclosure,
                 transition.Moratorium):  # fmt: skip
        found = run(kind())
        tried = found["efficiency_frontier"]
        assert tried.shape == (3, 3)
        assert found["efficiency"][-1] >= tried[-1].max()
        assert tried[-1, 0] == pytest.approx(free["efficiency"][-1], rel=1e-12)  # no lever at all is no policy
        again = run(kind(**{LEVERS[kind]: float(found["lever"][-1])}))
        assert again["efficiency"].tolist() == found["efficiency"].tolist()
        assert "efficiency_frontier" not in again
        assert np.all((found["first_in"] >= 0) & (found["first_in"] <= 3))
    right = run(transition.PigouvianTax())
    assert right["levy"][-1] == right["pigouvian_rate"][-1] == free["pigouvian_rate"][-1]
    assert right["lever"][-1] == right["levy"][-1]
    assert free["lever"][-1] == 0.0
    assert free["pigouvian_gain"][-1] <= free["second_best_gain"][-1]


def test_somebody_is_first_where_one_regime_is():
    regimes = [run(kind()) for kind in governance.KINDS] + [run(transition.Moratorium(until=1e6))]
    for t in range(3):
        assert regimes[0]["some_first_in_all"][t] == max(found["first_in_all"][t] for found in regimes)
        for aim in governance.AIMS:
            assert max(found["first_in"][t] for found in regimes) >= 1.0, aim


def test_without_ai_no_regime_matters():
    market = BASE.market.model_copy(update={"ai_available": False})
    for policy in (transition.Tax(), transition.CongestionFee(), transition.Moratorium(), transition.PigouvianTax()):
        found = run(policy, BASE.changed(market=market), SMALL.model_copy(update={"contest": False}))
        assert np.all(found["ai_volume"] < 1e-290)
        assert found["efficiency"] == pytest.approx(1.0, abs=1e-3)


def test_charges_are_equal_at_equal_cost_and_a_licence_is_a_tax_at_rest():
    size = SMALL.model_copy(update={"contest": False, "cost": 1e-3})
    kinds = (transition.Tax, transition.CongestionFee, InputTax, Licence)
    found = [run(kind(), population=size) for kind in kinds]
    for one in found:
        assert one["charge_at_rest"][-1] == pytest.approx(1e-3, rel=1e-6)
        assert one["volume_at_rest"][-1] < 1.0
        assert "efficiency_frontier" not in one
    assert found[3]["gain_at_rest"][-1] == pytest.approx(found[0]["gain_at_rest"][-1], rel=1e-6)
    held = run(InputTax(volume_follows=False), population=size)
    assert held["volume_at_rest"][-1] > found[2]["volume_at_rest"][-1]
