"""The inequality as a study: counts that must agree with one another."""

from mfsolve.experiments import equity_inequality as study
from mfsolve.experiments.experiment import Case
from mfsolve.models.data_deals.chains import ChainParameters
from mfsolve.models.frozen import Nothing


def test_counts_of_a_replicate():
    for common in (True, False):
        case = Case(ChainParameters(), study.Bargain(common=common), study.Batch(chains=300), Nothing())
        arm = study.EXPERIMENT.arms["chain"]
        found = arm.draw(case, 1, 0, 1)
        for name, output in arm.outputs(case).items():
            assert found[name].shape == tuple(arm.coordinates(case)[dim].size for dim in output.dims)
        assert found["links"] == 900
        assert found["information_falls"] == 900
        assert found["equity_not_up_rising"] <= found["value_rises"]
        assert found["provenance_alone"] == found["pricing_alone"] == found["rising_chains"] > 150
        if common:
            assert found["equity_not_up_rising"] == found["value_rises"]
            assert found["bargaining_alone"] == 0
        else:
            assert found["equity_not_up_rising"] < found["value_rises"]


def test_without_faults_effects_are_of_bargaining_alone():
    whole = ChainParameters(least_lineage=1.0, least_repricing=1.0)
    case = Case(whole, study.Bargain(), study.Batch(chains=100), Nothing())
    found = study.EXPERIMENT.arms["chain"].draw(case, 1, 0, 1)
    assert abs(found["lost_provenance"]) < 1e-14
    assert abs(found["level_pricing"]) < 1e-14
    assert found["level_bargaining"] < -0.05
