"""PMIR: its stops, the market it follows, and the standard errors it states."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom

from mfsolve.models import collapse, provenance
from mfsolve.models.provenance import PmirSettings, pmir

P = collapse.Parameters()
RARE = 1e-5  # probability with which a count that must not be exceeded is, if the promise is just kept
ECONOMIES = [
    collapse.Parameters(initial_contamination=rho, imitation=b, dimension=d, verified_share=phi)
    for rho, b, d, phi in itertools.product((0.0113, 0.5), (0.6504, 2.0), (1, 4), (0.0, 0.5))
] + [
    collapse.Parameters(imitation=0.05, initial_contamination=0.2),  # a market that creeps past epsilon
    collapse.Parameters(imitation=1.0, initial_contamination=0.9, cost_curvature=10.0),  # rest near 1
    collapse.Parameters(imitation=1.0, initial_contamination=0.5, cost_curvature=0.05),  # rest at 0
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.exhaustive
def test_stops_are_right_and_intervals_hold_in_every_economy():
    """Confidence 0.95, over all rounds at once: counted in each of many economies, and in all."""
    runs, wrong, missed = 25, [], []
    settings = PmirSettings(rounds=80)
    for economy in ECONOMIES:
        stops = [pmir(economy, 0.2, settings=settings, replicate=r) for r in range(runs)]
        own = [path.contamination.values for path, _ in stops]
        off = [abs(rho[-1] - provenance.best_response_map(economy, float(rho[-1]))) for rho in own]
        wrong.append(sum(found.reached and r > 0.2 for r, (_, found) in zip(off, stops)))
        held = [np.all((path.low <= rho) & (rho <= path.high)) for rho, (path, _) in zip(own, stops)]
        missed.append(runs - sum(held))
        for path, found in stops:
            assert found.items == int(path["items"].sum())
            assert found.reached == (float(path.residual_bound[-1]) <= 0.2)
            assert not (path.residual_bound[:-1] <= 0.2).any()
            assert found.interval == (float(path.low[-1]), float(path.high[-1]))
    assert max(wrong + missed) <= binom.isf(RARE, runs, 0.05)
    assert max(sum(wrong), sum(missed)) <= binom.isf(RARE, runs * len(ECONOMIES), 0.05)


@pytest.mark.parametrize(("ratio", "runs"), [(1e-3, 40), (1e-4, 12)])
def test_narrow_generators_are_placed_before_a_stop(ratio, runs):
    """Fitted means are off by more than the generator's width: without their error most of these runs miss."""
    economy, missed, wrong = collapse.Parameters(variance_ratio=ratio, initial_contamination=0.5), 0, 0
    for r in range(runs):
        path, found = pmir(economy, 0.2, replicate=r)
        rho = path.contamination.values
        missed += not np.all((path.low <= rho) & (rho <= path.high))
        wrong += found.reached and abs(rho[-1] - provenance.best_response_map(economy, float(rho[-1]))) > 0.2
    assert max(wrong, missed) <= binom.isf(RARE, runs, 0.05)


def test_it_does_not_stop_where_nobody_revises_and_somebody_should():
    """Overshooting to rho = 0, where imitation has nothing to imitate, is no equilibrium."""
    stuck = ECONOMIES[15]
    path, found = pmir(stuck, 0.2, settings=PmirSettings(rounds=30))
    assert path.contamination[-1] == 0.0
    assert provenance.best_response_map(stuck, 0.0) > 0.2
    assert not found.reached


@pytest.mark.parametrize("economy", [P, collapse.Parameters(cost_curvature=3.0, imitation=1.0)])
def test_standard_errors_carry_the_estimated_generator(economy):
    """Errors in their standard errors are N(0, 1), about their mean square; without q_hat's own they would be too wide."""
    settings, rounds = PmirSettings(items=4000, rounds=16), slice(6, None)
    z, alone = [], []
    for r in range(150):
        path = pmir(economy, 1e-9, settings=settings, replicate=r)[0].isel(round=rounds)
        error = path.estimate - path.contamination
        information = provenance.gaussian_information(
            float(path.contamination[-1]), variance=economy.variance_ratio * float(path.pool_variance[-2])
        )
        z.append((error / path.standard_error).values)
        alone.append((error * math.sqrt(4000 * information)).values)
    n = np.size(z)
    assert abs(np.mean(np.square(z)) - 1.0) < 4.5 * math.sqrt(2 / n)
    assert np.mean(np.square(alone)) > 1.0 + 4.5 * math.sqrt(2 / n)


@pytest.mark.parametrize("economy", [P, collapse.Parameters(initial_contamination=0.5, imitation=2.0)])
def test_the_market_is_that_of_the_closed_form_but_for_what_is_estimated(economy):
    """From generation 0 on, whose generator is known: the mean of many paths, up to 1 / n."""
    n, rounds = 200_000, 6
    exact = collapse.mean_field(economy, "closed_form", rounds - 1)
    paths = [pmir(economy, 1e-9, settings=PmirSettings(items=n, rounds=rounds), replicate=r)[0] for r in range(40)]
    for name in ("contamination", "subsidy", "pool_variance"):
        found = np.array([path[name].values for path in paths])
        error = found.std(axis=0, ddof=1) / math.sqrt(len(paths))
        assert np.all(abs(found.mean(axis=0) - exact[name].values) < 4.5 * error + 20 / n)
    assert paths[0].estimated_variance[0] == 1.0 == paths[0].pool_variance[0]
    for path in paths[:5]:
        spread = np.sqrt(2.0 * path.pool_variance**2 / n) * 1.5  # of a mixture's variance: kurtosis above 3
        assert bool((abs(path.estimated_variance - path.pool_variance) < 5 * spread).all())


def test_a_path_is_a_function_of_its_seed():
    path, found = pmir(P, 0.3, seed=3, replicate=2)
    again, twice = pmir(P, 0.3, seed=3, replicate=2)
    assert path.identical(again)
    assert found == twice
    assert not path.identical(pmir(P, 0.3, seed=3, replicate=1)[0])


def test_items_are_bounded_and_no_information_is_said():
    path, found = pmir(P, 1e-6, settings=PmirSettings(budget=10**6))
    assert (found.reached, found.items, found.rounds) == (False, 10**6, 1)
    path, found = pmir(P, 1e-9, settings=PmirSettings(items=1000, budget=2500))
    assert path["items"].values.tolist() == [1000, 1000, 500]
    for economy in (P.model_copy(update={"variance_ratio": d}) for d in (1.0, 1.0 - 1e-12)):
        path, found = pmir(economy, 0.1, settings=PmirSettings(budget=10**5))
        assert not found.reached
        assert found.interval == (0.0, 1.0)


def test_policy_is_the_closed_form_of_what_is_seen():
    exact, seen = (collapse.mean_field(P, p) for p in ("closed_form", "pmir"))
    assert np.array_equal(exact.subsidy, seen.subsidy)
    many = collapse.simulate(P, collapse.Pmir(items=10**12), 2000, 8, 6, seed=1, sampling="statistics")
    known = collapse.simulate(P, "closed_form", 2000, 8, 6, seed=1, sampling="statistics")
    assert np.array_equal(many.contamination[:2], known.contamination[:2])
    # 16 000 emitted items refit by themselves; 10^12 inspected ones see their expectation
    assert bool((abs(many.subsidy - known.subsidy) < 0.05).all())
    few = [
        float(
            collapse.simulate(
                P, collapse.Pmir(items=500), 10**6, 8, 1, seed=1, replicate=r, sampling="statistics"
            ).subsidy[0]
        )
        for r in range(300)
    ]
    # d KL / d v = (delta - 1 / v) / 2 at v = 1, Var v = 2 / n
    spread = 0.5 * (1 - P.variance_ratio) * math.sqrt(2 / 500) / (2 * P.cost_curvature)
    assert np.std(few) == pytest.approx(spread, rel=4.5 / math.sqrt(600))
