"""Public functions say the same thing in one way: replicates as a range, results as labelled data."""

import inspect
from typing import get_type_hints

import numpy as np
import pytest
from models.test_callers_objects import SYSTEMS

from mfsolve.models import atlas, collapse, supply_shock
from mfsolve.models.atlas.gaussian import gaussian_means

PUBLIC = {
    f"{room}.{name}": function for room, system in SYSTEMS.items() for name, function in vars(system).items()
    if name in system.__all__ and inspect.isfunction(function)
}  # fmt: skip


def test_replicates_are_a_range_everywhere():
    asked = {name: inspect.signature(function).parameters for name, function in PUBLIC.items()}
    several = {
        name: str(getattr(found["replicates"].annotation, "__name__", found["replicates"].annotation))
        for name, found in asked.items()
        if "replicates" in found
    }
    assert len(several) >= 4
    assert set(several.values()) == {"range"}
    assert get_type_hints(atlas.Run)["replicates"] is range
    assert [name for name, found in asked.items() if "replicates" in found and "first" in found] == []


def test_nothing_public_returns_arrays_without_labels():
    said = {name: str(inspect.signature(function).return_annotation) for name, function in PUBLIC.items()}
    assert [name for name, words in said.items() if words.startswith("dict") and "ndarray" in words] == []


NET = atlas.network(2, [0, 1], [1, 0], [0.5, 0.5], [0.5, 0.5])
RANGES = {
    "linear": lambda r: atlas.simulate_linear(NET, 0.1, 2, 1, replicates=r),
    "gaussian": lambda r: atlas.simulate_gaussian(NET, 4, 2, 1, replicates=r),
    "regression": lambda r: atlas.simulate_regression(
        atlas.RegressionParameters(features=2, items=8), atlas.RegressionData(), 2, 1, replicates=r
    ),
    "ensemble": lambda r: atlas.gaussian_ensemble(atlas.Gaussian(), atlas.WORKFLOWS["replace"](), atlas.Run(2, r, 1)),
    "market": lambda r: collapse.simulate_many(
        collapse.Parameters(), "none", collapse.Population(producers=9, items=4, generations=2), 1, r
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", [8, range(0), range(0, 4, 2), range(-1, 3), range(2**32, 2**32 + 1), [0, 1]])
@pytest.mark.parametrize("name", RANGES)
def test_what_is_no_range_of_replicates_is_refused(name, wrong):
    with pytest.raises(ValueError, match=r"^replicates: .* allowed: "):
        RANGES[name](wrong)


@pytest.mark.slow
def test_labels_of_simulated_data():
    drawn = RANGES["regression"](range(3, 5))
    assert drawn.risk.dims == ("replicate", "generation")
    assert drawn.replicate.values.tolist() == [3, 4]
    assert drawn.generation.values.tolist() == [1, 2]
    linear = RANGES["linear"](range(3, 5))
    assert linear.risk.attrs["long_name"]
    assert linear.replicate.values.tolist() == [3, 4]
    run = atlas.Run(2, range(5), 1)
    means = atlas.gaussian_ensemble(atlas.Gaussian(), atlas.WORKFLOWS["replace"](), run)
    arrays = gaussian_means(atlas.Gaussian(), atlas.WORKFLOWS["replace"](), run)
    assert means.generation.values.tolist() == [0, 1, 2]
    assert all(np.array_equal(means[name], arrays[name]) for name in arrays)
    market = supply_shock.finite_market(supply_shock.Parameters(), 50, 1, edges=np.array([0.0, 0.5, 1.5]))
    assert market.quality.dims == ("content_quality",)
    assert market.content_quality.values.tolist() == [0.25, 1.0]
    assert 0.0 <= float(market.human_share) <= 1.0
