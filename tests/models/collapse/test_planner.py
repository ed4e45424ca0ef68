"""Plans, readings of the divergence, a floor of quality and what consumers see: against sums, quadrature and search."""

import numpy as np
import pytest
from scipy import integrate, stats

from mfsolve.models import collapse
from mfsolve.models.collapse.planner import planned_subsidies, welfare_of
from mfsolve.models.collapse.readings import Published, calibrate, figures

P = collapse.Parameters
FREE = P(information_cost=0.0)


def test_the_plan_of_the_calibrated_economy():
    """No subsidy until generation 6, and more welfare than no policy, which the myopic optimum has less than."""
    plan = planned_subsidies(FREE, 10)
    total = {rule: float(collapse.mean_field(FREE, rule).welfare[1:].sum()) for rule in ("none", "myopic", "planner")}
    assert plan[:6] == (0.0,) * 6
    assert plan[6] > 0.05
    assert total["planner"] == pytest.approx(-2.4012, abs=1e-4)
    assert total["myopic"] < total["none"] < total["planner"]
    assert welfare_of(FREE, np.array(plan), 1.0) == pytest.approx(total["planner"], abs=1e-12)


@pytest.mark.parametrize("economy", [
    FREE, P(), P(consumers_see="current", quality_floor=0.2), P(verified_share=0.3, cost_spread=0.2), P(content="categorical", vocabulary=20),
])  # fmt: skip
def test_no_other_path_of_subsidies_is_better(economy):
    random, plan = np.random.default_rng(1), np.array(planned_subsidies(economy, 4))
    best = welfare_of(economy, plan, 1.0)
    for scale in (1e-3, 1e-2, 0.1, 1.0):
        for _ in range(6):
            other = np.clip(plan + scale * random.normal(size=4), 0.0, 1.0)
            assert welfare_of(economy, other, 1.0) <= best + 1e-7


def test_a_planner_who_discounts_to_nothing_plans_for_the_first_generation_only():
    short = planned_subsidies(FREE, 1)
    assert planned_subsidies(FREE, 3, 1e-9)[0] == pytest.approx(short[0], abs=1e-3)


def test_plans_are_refused_without_a_horizon():
    with pytest.raises(ValueError, match="generations: 201 given; allowed: \\[1, 200\\] for a plan"):
        collapse.mean_field(FREE, "planner", generations=201)
    with pytest.raises(ValueError, match="'planner' given, without a horizon"):
        collapse.equilibria(FREE, "planner")


def test_a_schedule_pays_what_it_says():
    path = collapse.mean_field(P(), collapse.Schedule(subsidies=(0.1, 0.3)), generations=3)
    assert path.subsidy.values.tolist() == [0.1, 0.3, 0.3, 0.3]


@pytest.mark.parametrize(("base", "divergence"), [
    ("generator", lambda p, q, pool: integrate.quad(lambda x: q(x) * np.log(q(x) / p(x)), -8, 8)[0]),
    ("reverse", lambda p, q, pool: integrate.quad(lambda x: p(x) * np.log(p(x) / q(x)), -8, 8)[0]),
    ("pool", lambda p, q, pool: integrate.quad(lambda x: pool(x) * np.log(pool(x) / p(x)), -8, 8)[0]),
])  # fmt: skip
def test_readings_of_the_divergence(base, divergence):
    economy = P(subsidy_base=base, initial_contamination=0.4, imitation=0.0)
    p, q = stats.norm.pdf, stats.norm(scale=np.sqrt(0.4735)).pdf
    expected = divergence(p, q, lambda x: 0.6 * p(x) + 0.4 * q(x)) / (2 * economy.cost_curvature)
    assert float(collapse.mean_field(economy, "closed_form", generations=1).subsidy[0]) == pytest.approx(
        expected, rel=1e-7
    )


def test_the_reverse_divergence_of_tokens_is_a_sum_and_infinite_where_one_died():
    from mfsolve.models.collapse.content import Categorical

    content = Categorical.human(P(content="categorical", vocabulary=12))
    p, q = content.human_frequency, content.model
    assert content.reverse_divergence() == pytest.approx(stats.entropy(p, q), rel=1e-12)
    dead = Categorical(p, p, 1.0, np.where(np.arange(12) == 3, 0.0, q))
    assert dead.reverse_divergence() == np.inf
    with pytest.raises(ValueError, match="subsidy_base: 'reverse' given, with content = 'empirical'"):
        P(content="empirical", features="co2", subsidy_base="reverse")


def test_equilibria_under_the_pools_divergence_are_fixed_points():
    economy = P(subsidy_base="pool", cost_curvature=0.022)
    for generator in ("fixed", "rest"):
        (found,) = collapse.equilibria(economy, "closed_form", generator=generator)
        rho, kappa = found.contamination, economy.cost_curvature
        v = 1.0 if generator == "fixed" else (1 - rho) / (1 - 0.4735 * rho)
        p, q = stats.norm.pdf, stats.norm(scale=np.sqrt(0.4735 * v)).pdf
        pool = integrate.quad(
            lambda x, rho=rho, p=p, q=q: ((1 - rho) * p(x) + rho * q(x)) * np.log(1 - rho + rho * q(x) / p(x)), -8, 8
        )[0]
        assert rho == pytest.approx(1.0 - pool / (2 * kappa), abs=1e-7)
        assert not found.certified


def test_only_the_generators_divergence_is_built_into_pmir():
    from mfsolve.models.provenance import pmir

    with pytest.raises(ValueError, match="subsidy_base: 'pool' given; allowed: 'generator'"):
        pmir(P(subsidy_base="pool"), 0.1)


def test_quality_has_a_floor():
    plain, floored = (collapse.mean_field(P(quality_floor=f), generations=15) for f in (0.0, 0.3))
    np.testing.assert_allclose(floored.quality, 0.3 + 0.7 * plain.quality, rtol=1e-13)
    np.testing.assert_allclose(np.exp(floored.log_quality), floored.quality, rtol=1e-13)
    assert collapse.collapse_law_coefficient(P(quality_floor=0.3)) == pytest.approx(
        0.7 * collapse.collapse_law_coefficient(P()), rel=1e-14
    )


def test_consumers_see_the_quality_before_this_generations_loss():
    """W_cons loses nu ln Q_{t-1}, and nothing else changes."""
    at_first, now = (collapse.mean_field(P(consumers_see=seen, data_value=2.0)) for seen in ("initial", "current"))
    before = np.append(0.0, at_first.log_quality.values[:-1])
    np.testing.assert_allclose((now.welfare - at_first.welfare).values, 2.0 * before, atol=1e-14)
    np.testing.assert_array_equal(now.contamination, at_first.contamination)
    np.testing.assert_allclose(now.cumulated_welfare, np.append(0.0, np.cumsum(now.welfare.values[1:])), atol=1e-13)


def test_a_calibration_finds_the_economy_whose_figures_it_is_given():
    truth = P(
        initial_contamination=0.02, imitation=0.6, variance_ratio=0.5, cost_curvature=0.25, quality_elasticity=1.1
    )
    given = Published(**dict(zip(Published.model_fields, map(float, figures(truth)))))
    found = calibrate(P(), given)
    assert found.misfit < 1e-5
    for name in ("initial_contamination", "imitation", "variance_ratio", "cost_curvature", "quality_elasticity"):
        assert getattr(found.parameters, name) == pytest.approx(getattr(truth, name), rel=1e-3)
    held = calibrate(P(), given, 0.4, found.parameters)
    assert held.parameters.cost_curvature == 0.4
    assert held.misfit > found.misfit
