"""Every arm of the study `sandbox_value` returns what it declares, the same on any number of threads."""

import pytest
from support.arms import check_what_is_declared

from mfsolve.experiments.sandbox_value import EXPERIMENT


@pytest.mark.parametrize("name", list(EXPERIMENT.arms))
def test_arms_return_what_they_declare(name):
    check_what_is_declared(EXPERIMENT, name)
