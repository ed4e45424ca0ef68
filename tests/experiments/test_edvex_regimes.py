"""Every arm of the study `edvex_regimes` returns what it declares, the same on any number of threads."""

import pytest
from support.arms import check_what_is_declared

from mfsolve.experiments.edvex_regimes import EXPERIMENT, Crowd, traced
from mfsolve.experiments.experiment import Case
from mfsolve.models.data_deals.exchange_economy import EconomyParameters


def case(**settings):
    """A case of EDVEX with these settings."""
    arm = EXPERIMENT.arms["edvex"]
    return Case(EconomyParameters(), arm.settings(**settings), Crowd(creators=100, periods=5), None)


@pytest.mark.parametrize("name", list(EXPERIMENT.arms))
def test_arms_return_what_they_declare(name):
    check_what_is_declared(EXPERIMENT, name)


def test_lineage_is_measured_in_every_replicate():
    first, second = (traced(case(metadata_bits=16), 1, replicate) for replicate in (0, 1))
    none = traced(case(metadata_bits=0), 1, 0)
    assert 0.8 < first.lineage < 1.0
    assert first.lineage != second.lineage
    assert none.lineage < 0.02  # one creator in 256
    assert first.passed == none.passed > 0.0  # the test of content needs no metadata
    assert traced(case(), 1, 0) == EconomyParameters()
