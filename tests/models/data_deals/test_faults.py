"""The loop of the faults: rest points, folds, and paths, against independent solvers."""

import numpy as np
import pytest
from mfsolve.kernels.data_deals.faults import Loop, Response
from scipy.integrate import solve_ivp
from scipy.optimize import root

from mfsolve.models.data_deals import faults
from mfsolve.models.data_deals.faults import MASKS, FaultLoop, LoopParameters, fault_loop, random_loop

P = LoopParameters()


def motion(loop, x):
    def value(f, u):
        return f.low + f.span / (1.0 + np.exp(np.minimum(-f.steepness * (u - f.midpoint), 700.0)))

    g, y, r = x
    return np.array([value(loop.G, r) - g, value(loop.Y, g) - y, value(loop.R, y) - loop.dep * r])


def ends_high(loop, start):
    path = solve_ivp(lambda t, x: motion(loop.loop, x), (0.0, 500.0), start, rtol=1e-9, atol=1e-12)
    return path.y[2, -1] > loop.saddle.provenance


def test_rest_points_are_at_rest_and_none_is_missed():
    for loop in (fault_loop(P), *(random_loop(1, i) for i in range(20))):
        places = np.array([point.provenance for point in loop.rest_points])
        assert len(places) % 2 == 1
        for point in loop.rest_points:
            assert np.abs(motion(loop.loop, point.place)).max() < 1e-12
            jacobian = np.array([(motion(loop.loop, point.place + 1e-6 * e) - motion(loop.loop, point.place - 1e-6 * e))
                                 / 2e-6 for e in np.eye(3)]).T  # fmt: skip
            assert (np.linalg.eigvals(jacobian).real.max() < 0.0) == point.stable
        for start in np.random.default_rng(2).uniform(0.0, 1.0, (10, 3)):
            found = root(lambda x, loop=loop: motion(loop.loop, x), start, tol=1e-12)
            if found.success:
                assert np.abs(places - found.x[2]).min() < 1e-6


def test_flat_responses_have_one_rest_point_in_closed_form():
    loop = fault_loop(LoopParameters(span=0.0, low=0.3, depreciation=2.0))
    (only,) = loop.rest_points
    assert only.place == pytest.approx([0.3, 0.3, 0.15], rel=1e-12)
    assert loop.saddle is None
    assert np.isnan(loop.least_size(MASKS[0]))
    assert loop.folds() is None


def test_symmetric_loops_rest_in_the_middle_and_halve_the_cube():
    loop = fault_loop(P)  # responses are symmetric about 1/2
    assert loop.saddle.place == pytest.approx([0.5, 0.5, 0.5], abs=1e-12)
    assert loop.upper_basin(6) == 0.5


def test_rest_points_meet_at_the_folds():
    low, high = fault_loop(P).folds()
    for fold, inward in ((low, 1.0), (high, -1.0)):
        counts = [
            len(FaultLoop(P.loop()._replace(dep=fold * (1.0 + inward * step))).rest_points) for step in (1e-3, -1e-3)
        ]
        assert counts == [3, 1]


def test_least_sizes_divide_paths_as_another_integrator_finds_them():
    loop = fault_loop(P)
    start = loop.rest_points[0].place
    for mask in MASKS:
        size = loop.least_size(mask)
        pushed = [start + np.array(mask) * a * (1.0 - start) for a in (0.999 * size, 1.001 * size)]
        if np.isnan(size):
            assert not ends_high(loop, start + np.array(mask) * (1.0 - start))
        else:
            assert [ends_high(loop, x) for x in pushed] == [False, True]


def test_more_faults_mended_never_take_a_greater_push():
    compared = 0
    for i in range(40):
        loop = random_loop(5, i)
        if loop.saddle is None:
            continue
        compared += 1
        size = {mask: np.nan_to_num(loop.least_size(mask), nan=2.0) for mask in MASKS}
        for a in MASKS:
            for b in MASKS:
                if all(x <= y for x, y in zip(a, b)):
                    assert size[b] <= size[a] + 1e-12
    assert compared >= 5


def test_there_are_three_rest_points_at_most():
    rng = np.random.default_rng(8)
    counts = set()
    for _ in range(300):
        parts = [
            Response(rng.uniform(0, 0.4), rng.uniform(0, 1), 10 ** rng.uniform(0, 2), rng.uniform()) for _ in "GYR"
        ]
        for dep in rng.uniform(0.3, 1.5, 3):
            counts.add(len(FaultLoop(Loop(*parts, dep)).rest_points))
    assert counts == {1, 3}


def test_a_fold_between_two_equal_places_is_one(monkeypatch):
    curve = {1.0: 3.0, 2.0: 1.0, 3.0: 1.0, 4.0: 2.0, 5.0: 1.5}
    monkeypatch.setattr(faults.np, "geomspace", lambda *_: np.array(list(curve)))
    places, values = np.array(list(curve)), np.array(list(curve.values()))
    monkeypatch.setattr(FaultLoop, "around", lambda _, r: r * np.interp(r, places, values))
    assert fault_loop(P).folds() == pytest.approx((1.0, 2.0), abs=1e-6)
