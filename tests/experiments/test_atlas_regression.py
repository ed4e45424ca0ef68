"""Every workflow of recursive regression returns what it declares, and replicates drawn together are those drawn alone."""

import numpy as np
import pytest
from support.arms import check_what_is_declared
from support.cases import case

from mfsolve.experiments.atlas_regression import EXPERIMENT, draw, draw_many


@pytest.mark.parametrize("name", list(EXPERIMENT.arms))
def test_arms_return_what_they_declare(name):
    check_what_is_declared(EXPERIMENT, name)


def test_replicates_together_are_those_alone():
    here = case("atlas_regression", "mixed", {"features": 2, "items": 9}, {"generations": 3}, human_share=0.4)
    together = draw_many(here, 1, range(4, 7), 2)
    for name, values in draw(here, 1, 5, 1).items():
        assert np.array_equal(together[name][1], values)


def test_shares_outside_their_range_are_refused():
    with pytest.raises(ValueError, match=r"human_share: 1.5 given.*\[0, 1\]"):
        case("atlas_regression", "mixed", human_share=1.5)


@pytest.mark.parametrize(
    ("rule", "parameters", "text"),
    [
        ("replace", {"items": 12}, "parameters.items: 12 given; allowed: at least features"),
        ("mixed", {"ridge": 0.1}, "parameters.ridge: 0.1 given; allowed: 0 under mixed, or replace"),
    ],
)
def test_impossible_fits_are_refused(rule, parameters, text):
    with pytest.raises(ValueError, match=text):
        case("atlas_regression", rule, parameters)
