"""Where Prop. 4's monotonicity holds: closed form, maps, and the market itself must say the same."""

import numpy as np
import pytest

from mfsolve.models.creators import (
    Beta,
    TwoPoint,
    Uniform,
    critical_bias_variance,
    even_loadings,
    first_failure,
    heavy_imitators,
    is_monotone,
    monotonicity_map,
    ratio_curves,
    ratio_limits,
    static_market,
)


@pytest.mark.parametrize(
    "law", [Uniform(), Beta(a=2.0, b=2.0), Beta(a=5.0, b=1.0), Uniform(low=0.5, high=1.0)], ids=str
)
@pytest.mark.parametrize("g", [1.5, 2.0, 3.0])
def test_critical_variance_is_where_the_pole_reaches_the_heaviest(law, g):
    x = even_loadings(law, 30)
    critical = critical_bias_variance(x, g, 0.7)
    assert x.max() * static_market(x, critical, g, 0.7).aggregate_planner == pytest.approx(1.0, rel=1e-10)
    for factor, holds in ((0.99, True), (1.01, False)):
        market = static_market(x, critical * factor, g, 0.7)
        assert is_monotone(market) is holds
    # below it the ratio does rise, strictly, wherever loadings differ
    steps = np.diff(static_market(x, critical * 0.99, g, 0.7).effort_ratio)
    assert (steps[np.diff(x) > 1e-9] > 0).all()
    assert (np.diff(static_market(np.append(x[:-1], [x[-1], 1.2 * x[-1]]), critical, g, 0.7).effort_ratio) < 0).any()


def test_first_failure_is_the_first():
    for law in (Uniform(), Beta(a=2.0, b=2.0), Beta(a=5.0, b=1.0)):
        first = first_failure(law)
        for n in range(1, first + 40):
            assert is_monotone(static_market(even_loadings(law, n))) == (n < first)
    assert first_failure(Uniform()) == 22


def test_alike_imitators_never_fail():
    assert critical_bias_variance(np.repeat([0.0, 1.0], 50)) == np.inf
    assert first_failure(TwoPoint(), 1e6, most=10_000) is None


def test_large_uniform_markets_fail_at_twenty_over_n():
    # sum l (1 - l)^3 -> N / 20
    n = 100_000
    assert critical_bias_variance(even_loadings(Uniform(), n)) == pytest.approx(20 / n, rel=2e-5)


def test_heavy_imitators_by_count():
    market = static_market(np.linspace(0, 1, 1000))
    heavy = heavy_imitators(market)
    assert heavy.share == np.mean(market.loading > heavy.pole)
    assert heavy.negative_weight < 0
    assert heavy.negative_weight == pytest.approx(market.weight_planner[market.weight_planner < 0].sum())
    above = market.effort_market > market.effort_planner
    assert heavy.above_planner == above.mean() > 0
    inside = (market.loading > heavy.interval[0]) & (market.loading < heavy.interval[1])
    np.testing.assert_array_equal(above, inside)


def test_away_from_the_pole_the_ratio_tends_to_a_half():
    # A of the market tends to A of the planner as 1/N; at N = 1e6 the ratio is 1/2 but close to the pole
    market = static_market(np.linspace(0, 1, 10**6))
    far = np.abs(market.loading * market.aggregate_planner - 1) > 0.05
    assert np.abs(market.effort_ratio[far] - ratio_limits()[0]).max() < 0.01
    assert market.effort_ratio.max() > 100


def test_map_and_curves():
    sizes, variances = (5, 12, 50), (0.1, 1.0, 10.0)
    table = monotonicity_map(Uniform(), sizes, variances)
    for n in sizes:
        for v in variances:
            cell = table.sel(creators=n, bias_variance=v)
            market = static_market(np.linspace(0, 1, n), v)
            assert bool(cell.monotone) == bool((np.diff(market.effort_ratio) > 0).all())
            assert float(cell.precision_gap) < 1
            assert bool(cell.monotone) == (v < float(cell.critical_bias_variance))
    curves = ratio_curves(Uniform(), (12, 100), np.linspace(0, 1, 11))
    assert curves.effort_ratio.shape == (2, 11)
    assert float(curves.pole[0]) > 1 > float(curves.pole[1])
    assert float(curves.effort_ratio.sel(creators=12, loading=1.0)) == pytest.approx(1.927, abs=5e-4)
    assert curves.attrs["homogeneous_limit"] == pytest.approx(2 ** (-1 / 3), rel=1e-15)


def test_bad_input_is_one_line():
    with pytest.raises(ValueError, match=r"loading: -1.0 given at index 0"):
        critical_bias_variance([-1.0])
    with pytest.raises(ValueError, match="creators: 0 given"):
        even_loadings(Uniform(), 0)
