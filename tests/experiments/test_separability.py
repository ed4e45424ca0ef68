"""Separability as an experiment: what is stated, and counts in samples of their own."""

import numpy as np
from support.cases import case, outputs


def test_outputs():
    here = case("separability", "lattice", {"verified_share": 0.5}, {"places": 5, "economies": 3, "random_places": 4})
    found = outputs("separability", here)
    assert found["nonconvex"] == 0.0
    assert 0.0 <= found["all_miss"] <= found["inseparable"] <= found["economies"] == 3.0
    shapley = sum(found[f"shapley_{name}"] for name in ("producers", "consumers", "collapse", "information"))
    np.testing.assert_allclose(shapley, found["gain"], atol=1e-14)
    assert found["least_curvature"] > 0.0
    np.testing.assert_array_equal(outputs("separability", here)["welfare"], found["welfare"])


def test_a_part_for_which_all_levers_are_best_misses_none():
    here = case(
        "separability", "lattice", {"verified_share": 0.5, "information_cost": 0.0},
        {"places": 5, "economies": 12, "random_places": 4},
    )  # fmt: skip
    found = outputs("separability", here)
    assert found["all_miss"] == 0.0
    assert found["inseparable"] == 12.0
    assert found["forgone_information"] == 0.0 < found["most_forgone_information"]
