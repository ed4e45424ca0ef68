"""Every arm of the study `replication_attack` returns what it declares, the same on any number of threads."""

import pytest
from support.arms import check_what_is_declared

from mfsolve.experiments.replication_attack import EXPERIMENT


@pytest.mark.parametrize("name", list(EXPERIMENT.arms))
def test_arms_return_what_they_declare(name):
    check_what_is_declared(EXPERIMENT, name)
