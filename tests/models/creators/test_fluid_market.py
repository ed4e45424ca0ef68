"""The dynamic market: algebra against brute force, the fluid limit, finitely many creators, Props 5 and 6."""

import math

import numpy as np
import pytest
from naive import creators as naive

from mfsolve.models.creators import (
    DynamicParameters,
    Phase,
    Regime,
    Schedule,
    capped_price,
    curse_map,
    dynamic_market,
    finite_market,
    point_of_no_return,
    precision_barrier,
    price_cap,
    recursive_precision,
    stepped_market,
    trap_price,
)
from mfsolve.models.creators.recursive_precision import instants, market_constants

TIMES = np.linspace(0, 60, 121)


def at(p, ko, kc):
    """Everything that follows from stocks of a market."""
    stocks = np.array([np.atleast_1d(ko), np.atleast_1d(kc)])
    return instants(np.array(market_constants(p))[None], Regime.STRICT_RIGHTS, stocks, np.ones(stocks.shape[1]))


def random_parameters(rng, **fixed):
    return DynamicParameters(
        **{
            "imitator_supply": 10 ** rng.uniform(-1, 2),
            "innovator_elasticity": rng.uniform(0.1, 2),
            "imitator_elasticity": rng.uniform(2.1, 5),
            "bias_floor": 10 ** rng.uniform(-1, 1),
            "bias_feedback": 10 ** rng.uniform(-1, 1),
            **fixed,
        }
    )


def test_recursive_precision_broadcasts():
    table = recursive_precision([[1.0], [2.0]], [0.0, 3.0, 10.0], 1.0, 0.5)
    assert table.shape == (2, 3)
    assert table[1, 2] == pytest.approx(naive.recursive_precision(2.0, 10.0, 1.0, 0.5, 0.0, 1.0), rel=1e-13)


def test_precision_barrier():
    for v0, alpha in ((1.0, 1.0), (0.1, 5.0), (2.0, 0.0)):
        top = precision_barrier(v0, alpha)
        assert alpha * top**2 + v0 * top == pytest.approx(1.0, rel=1e-14)
        stocks = 10.0 ** np.arange(0, 13)
        reached = recursive_precision(0.0, stocks, v0, alpha)
        assert (np.diff(reached) > 0).all()
        assert (reached < top * (1 + 1e-15)).all()
        # Phi = K/(1 + v K): the shortfall is (1/K) / (1 + alpha Phi^2 ...) < 1/K v^-2
        assert top - reached[-1] < 2e-12 * max(1, v0**-2)
        # an innovator's data do lift it, and so does a loading unlike 1 only by rescaling
        assert recursive_precision(1.0, 1e12, v0, alpha) > top


def test_general_barrier_bounds_markets_without_innovators():
    for loading in (0.3, 1.0, 2.0):
        top = precision_barrier(1.5, 0.7, loading)
        assert loading**2 * (0.7 * top**2 + 1.5 * top) == pytest.approx(1.0, rel=1e-14)
        reached = recursive_precision(0.0, 10.0 ** np.arange(0, 13), 1.5, 0.7, 0.0, loading)
        assert (np.diff(reached) > 0).all()
        assert (reached < top * (1 + 1e-15)).all()
        assert reached[-1] == pytest.approx(top, rel=1e-10)
    assert precision_barrier(1.0, 1.0, 0.0) == math.inf


def test_marginal_values_are_derivatives():
    rng = np.random.default_rng(1)
    for _ in range(50):
        p = random_parameters(rng, innovator_loading=rng.uniform(0, 0.5))
        ko, kc = 10 ** rng.uniform(-1, 2, 2)
        now = at(p, ko, kc)
        for k, value in enumerate((now.innovator_value[0], now.imitator_value[0])):
            h = 1e-5 * (ko, kc)[k]
            up, down = (at(p, ko + s * h * (k == 0), kc + s * h * (k == 1)).precision[0] for s in (1, -1))
            # central difference: rounding eps Phi / h, truncation h^2
            noise = 4e-16 * float(up) / h + 1e-7 * abs(value)
            assert abs((up - down) / (2 * h) - value) < 10 * noise


def test_price_never_exceeds_prop_5s_cap():
    rng = np.random.default_rng(3)
    for _ in range(30):
        # the bound needs neither the order of elasticities nor a recursive bias, and any loading of imitators will do
        loading = 10 ** rng.uniform(-1, 1)
        p = random_parameters(rng, imitator_elasticity=rng.uniform(0.05, 5), imitator_loading=loading)
        ko, kc = 10 ** rng.uniform(-2, 3, (2, 2000))
        now = at(p, ko, kc)
        cap = price_cap(p, now.innovator_price, kc, now.bias_variance, np.ones(2000))
        assert (now.innovator_price <= cap * (1 + 1e-14)).all()


def test_the_cap_fails_when_innovators_share_the_bias():
    p = DynamicParameters(innovator_loading=0.3)
    now = at(p, 100.0, 1.0)
    mu = 1 / (1 + now.bias_variance) ** 2
    assert now.imitator_value > mu  # mu is no bound: imitators' data now cancel the innovators' bias
    assert now.innovator_price > price_cap(p, now.innovator_price, 1.0, now.bias_variance, 1.0)


def test_the_cap_bounds_the_value_of_imitators_data_at_any_loading():
    # without innovators and without feedback the value of imitators' data is mu itself
    for loading in (0.3, 1.0, 2.0):
        p = DynamicParameters(imitator_loading=loading, bias_feedback=0.0, bias_floor=1.7)
        now = at(p, 0.0, 4.0)
        assert now.imitator_value[0] == pytest.approx(1 / (1 + loading**2 * 1.7 * 4.0) ** 2, rel=1e-14)
        mu = price_cap(p, 0.5, 4.0, 1.7, innovators_stay=0.0)
        assert mu == pytest.approx(now.imitator_value[0], rel=1e-14)
    path = dynamic_market(DynamicParameters(imitator_supply=20.0, imitator_elasticity=1.5, imitator_loading=0.3), TIMES)
    assert (path.price <= path.price_cap * (1 + 1e-12)).all()


def test_the_cap_speaks_of_strict_rights_only():
    p = DynamicParameters(imitator_supply=10.0)
    for regime in (Regime.INTERMEDIARY, Regime.FREE_FOR_ALL):
        assert dynamic_market(p, TIMES, regime).price_cap.isnull().all()
        assert stepped_market(p, Schedule(0.5, 20, regime)).price_cap.isnull().all()
    for path in (dynamic_market(p, TIMES, switch_time=10.0), stepped_market(p, Schedule(0.5, 40, switch_time=10.0))):
        np.testing.assert_array_equal(path.price_cap.isnull(), path.time >= 10.0)


@pytest.mark.parametrize(
    ("innovators", "imitators", "supply", "exists"),
    [
        (0.5, 1.5, (1.0, 20.0), True),
        (1.0, 0.5, (1.0, 20.0), True),
        (1.4, 0.5, (1.0, 20.0), True),  # the price is 1e-13
        (0.5, 0.51, (1e-9, 1e9), True),
        (1.5, 0.5, (1.0, 0.3), True),
        (2.0, 0.5, (1.0, 0.1), True),
        (20.0, 0.1, (1e9, 1e-3), True),
        (1.5, 0.5, (1.0, 1.0), False),
        (1.6, 0.5, (1.0, 20.0), False),
        (2.0, 0.5, (1.0, 1.0), False),
    ],
)
def test_trap_price_where_there_is_one(innovators, imitators, supply, exists):
    p = DynamicParameters(
        innovator_supply=supply[0], imitator_supply=supply[1], innovator_elasticity=innovators,
        imitator_elasticity=imitators,
    )  # fmt: skip
    price, ratio = trap_price(p), supply[1] / supply[0]
    assert math.isfinite(price) == exists
    # P (1 + r(P)), from that price up: it is 1 there, and nowhere above
    prices = np.exp(np.linspace(math.log(price) if exists else -30.0, 0.0, 10_001))
    left = prices + ratio * prices ** (1 + imitators - innovators)
    if exists:
        assert left[0] == pytest.approx(1.0, rel=1e-12)
    assert (left[1:] > 1 - 1e-12).all()
    assert left[-1] > 1


def test_prices_equal_to_their_cap_fall_to_the_trap_at_first_order_in_mu():
    p = DynamicParameters(imitator_supply=20.0, imitator_elasticity=1.5)
    mu = 10.0 ** -np.arange(1, 7)
    prices = np.array([capped_price(p, m) for m in mu])
    r = 20.0 * prices
    np.testing.assert_allclose(prices, (1 + mu * r) / (1 + r), rtol=1e-14)
    gaps = prices / trap_price(p) - 1
    assert np.polyfit(np.log(mu[2:]), np.log(gaps[2:]), 1)[0] == pytest.approx(1.0, abs=1e-3)
    assert capped_price(p, 1.0) == 1.0
    assert capped_price(DynamicParameters(innovator_supply=0.0), 0.3) == 0.3


@pytest.mark.parametrize("elasticity", [2.0, 3.0, 20.0])
def test_the_wrong_order_warns_and_runs_everywhere(elasticity):
    p = DynamicParameters(innovator_elasticity=elasticity, imitator_elasticity=0.5, imitator_supply=20.0)
    for run in (
        lambda: dynamic_market(p, [0.0, 1.0]),
        lambda: stepped_market(p, Schedule(0.5, 4)),
        lambda: finite_market(p, Schedule(0.5, 4), 100, 1),
    ):
        with pytest.warns(UserWarning, match=r"Prop\. 5 fails"):
            path = run()
        assert np.isnan(path.attrs["trap_price"])
        assert np.isfinite(path.precision).all()


def exits(p):
    """Whether innovators leave, in continuous time, by Euler steps and in a phase diagram."""
    gap = p.imitator_elasticity - p.innovator_elasticity
    times = np.linspace(0.0, 10.0, 11)
    table = curse_map(p, p.bias_feedback, gap, p.depreciation, times)
    return (
        math.isfinite(dynamic_market(p, times).attrs["exit_time"]),
        bool(stepped_market(p, Schedule(0.01, 1000)).innovators_left[-1]),
        table.phase.item() == Phase.EXIT,
    )


@pytest.mark.parametrize(
    ("stock", "supply", "left"),
    [
        (0.7, 1000.0, False),  # falls from the threshold: it has not been above
        (0.6999, 1000.0, False),
        (0.7 * (1 + 1e-15), 1000.0, True),
        (0.71, 1000.0, True),
        (0.7, 1.0, False),  # rises from it, and stays above
        (0.3, 1000.0, False),
    ],
)
def test_whoever_starts_at_the_threshold_has_not_been_above(stock, supply, left):
    p = DynamicParameters(
        imitator_supply=supply, imitator_elasticity=1.5, innovator_stock=stock,
        imitator_stock=5.0 * (supply > 100), exit_threshold=0.7,
    )  # fmt: skip
    assert exits(p) == (left,) * 3


def test_from_the_threshold_up_and_down_again_is_an_exit():
    p = DynamicParameters(imitator_supply=20.0, imitator_elasticity=1.5, innovator_stock=0.7, exit_threshold=0.7)
    path = dynamic_market(p, TIMES)
    assert float(path.innovator_stock.max()) > 0.7
    stepped = stepped_market(p, Schedule(0.01, 6000))
    table = curse_map(p, 1.0, 1.0, 0.1, TIMES)
    assert table.phase.item() == Phase.EXIT
    first = float(stepped.time[stepped.innovators_left > 0][0])
    assert path.attrs["exit_time"] == pytest.approx(first, rel=0.02)


def test_trap_price_solves_its_equation():
    p = DynamicParameters(imitator_supply=7.0)
    price = trap_price(p)
    assert price * (1 + 7.0 * price**1.5) == pytest.approx(1.0, rel=1e-13)
    # mu -> 0: the cap at the trap price is the trap price
    assert float(price_cap(p, price, 1e12, 1.0, 1.0)) == pytest.approx(price, rel=1e-9)


def test_fluid_limit_solves_its_equations():
    p = DynamicParameters(imitator_supply=10.0)
    coarse = dynamic_market(p, TIMES)
    fine = dynamic_market(p, np.linspace(0, 60, 1201))
    # same trajectory through another set of times: integration error alone
    for name in ("innovator_stock", "imitator_stock", "precision"):
        np.testing.assert_allclose(fine[name][::10], coarse[name], rtol=1e-7, atol=1e-9)
    assert (coarse.price <= coarse.price_cap * (1 + 1e-12)).all()
    # at rest new data replace what wears off
    long = dynamic_market(p, [0.0, 2000.0])
    new = float(long.price[-1]) ** 1.5
    assert float(long.innovator_stock[-1]) == pytest.approx(new / p.depreciation, rel=1e-6)


def test_regimes_are_ordered_by_precision():
    p = DynamicParameters(imitator_supply=10.0)
    free, strict, helped = (
        float(dynamic_market(p, TIMES, regime).precision[-1])
        for regime in (Regime.FREE_FOR_ALL, Regime.STRICT_RIGHTS, Regime.INTERMEDIARY)
    )
    assert free < strict < helped


def test_free_for_all_decays_exponentially():
    p = DynamicParameters(imitator_stock=2.0)
    path = dynamic_market(p, TIMES, Regime.FREE_FOR_ALL)
    np.testing.assert_allclose(path.innovator_stock, 5.0 * np.exp(-0.1 * TIMES), rtol=1e-6)
    assert (path.price == 0).all()


def test_no_innovators_no_way_above_the_barrier():
    p = DynamicParameters(innovator_supply=0.0, innovator_stock=0.0, imitator_supply=1e6, depreciation=0.0)
    for regime in (Regime.STRICT_RIGHTS, Regime.INTERMEDIARY):
        path = dynamic_market(p, TIMES, regime)
        assert float(path.precision.max()) < path.attrs["precision_barrier"]


def test_exit_is_an_event_and_for_good():
    p = DynamicParameters(imitator_supply=10.0, exit_threshold=2.0)
    free = dynamic_market(DynamicParameters(imitator_supply=10.0), TIMES)
    path = dynamic_market(p, TIMES)
    out = path.attrs["exit_time"]
    before = out > TIMES
    np.testing.assert_allclose(path.innovator_stock[before], free.innovator_stock[before], rtol=1e-7)
    assert float(np.interp(out, TIMES, free.innovator_stock)) == pytest.approx(2.0, abs=1e-3)
    # afterwards the stock only wears off
    after = path.innovator_stock.values[~before]
    np.testing.assert_allclose(after, 2.0 * np.exp(-0.1 * (TIMES[~before] - out)), rtol=1e-6)
    assert (path.innovators_left.values == ~before).all()


def test_wrong_order_of_elasticities_warns_and_runs():
    with pytest.warns(UserWarning, match=r"imitator_elasticity: 0\.5 is not above .* Prop\. 5 fails"):
        path = dynamic_market(DynamicParameters(innovator_elasticity=1.0, imitator_elasticity=0.5), [0.0, 1.0])
    assert path.sizes["time"] == 2


def test_stepped_market_tends_to_the_fluid_limit_at_first_order():
    p = DynamicParameters(imitator_supply=10.0, imitator_stock=1.0)
    errors = []
    for dt in (0.1, 0.05, 0.025):
        path = stepped_market(p, Schedule(dt, round(10 / dt)))
        errors.append(float(np.abs(path.precision - dynamic_market(p, path.time.values).precision).max()))
    slope = np.polyfit(np.log([0.1, 0.05, 0.025]), np.log(errors), 1)[0]
    assert 0.8 < slope < 1.3


def test_finite_market_is_a_function_of_seed_and_replicate():
    one, same, other = (finite_market(DynamicParameters(), Schedule(0.5, 20), 500, 1, r) for r in (0, 0, 1))
    assert one.identical(same)
    assert not one.equals(other)
    free = finite_market(DynamicParameters(), Schedule(0.5, 20, Regime.FREE_FOR_ALL), 500, 1)
    np.testing.assert_allclose(free.innovator_stock, 5.0 * 0.95 ** np.arange(21), rtol=1e-13)


def test_measured_precision_is_the_precision():
    path = finite_market(DynamicParameters(), Schedule(0.5, 40), 20_000, 3)
    ratio = path.measured_precision / path.precision
    # chi-square with 20 000 degrees of freedom at each of 41 instants
    assert float(abs(ratio - 1).max()) < 5 * math.sqrt(2 / 20_000)


def test_phase_diagram_agrees_with_single_paths():
    base = DynamicParameters(imitator_supply=10.0, exit_threshold=1.2)
    axes = ([0.1, 10.0], [0.5, 2.0], [0.05, 0.1])
    table = curse_map(base, *axes, TIMES)
    assert set(np.unique(table.phase)) >= {Phase.DECLINE, Phase.EXIT}
    for alpha in axes[0]:
        for gap in axes[1]:
            for decay in axes[2]:
                own = {"bias_feedback": alpha, "imitator_elasticity": 0.5 + gap, "depreciation": decay}
                path = dynamic_market(base.model_copy(update=own), TIMES)
                cell = table.sel(bias_feedback=alpha, elasticity_gap=gap, depreciation=decay)
                assert float(cell.final_precision) == pytest.approx(float(path.precision[-1]), rel=1e-4)
                assert (cell.phase == Phase.EXIT) == math.isfinite(path.attrs["exit_time"])
    mended = curse_map(base, *axes, TIMES, Regime.INTERMEDIARY)
    assert (mended.final_precision > table.final_precision).all()
    assert not (mended.phase == Phase.EXIT).any()


def test_stiff_markets_have_phases_too():
    base = DynamicParameters(imitator_supply=20.0, innovator_stock=1.0, exit_threshold=0.5)
    axes = ([0.03, 30.0], [0.05, 3.0], [0.02, 1.0, 1000.0])
    table = curse_map(base, *axes, np.linspace(0.0, 1e5, 61))
    assert (table.phase.sel(depreciation=1000.0) == Phase.EXIT).all()
    for alpha in axes[0]:
        for gap in axes[1]:
            for decay in axes[2]:
                own = {"bias_feedback": alpha, "imitator_elasticity": 0.5 + gap, "depreciation": decay}
                end = dynamic_market(base.model_copy(update=own), [0.0, 1e5]).precision[-1]
                cell = table.sel(bias_feedback=alpha, elasticity_gap=gap, depreciation=decay)
                assert float(cell.final_precision) == pytest.approx(float(end), rel=1e-4)


def test_a_price_that_jumps_to_and_fro_does_not_stop_the_integration():
    p = DynamicParameters(
        innovator_supply=240.2, imitator_supply=0.97, innovator_elasticity=3.43, innovator_loading=0.5,
        imitator_loading=5.0, innovator_stock=1.1e5, imitator_stock=4.27,
    )  # fmt: skip
    table = curse_map(p, 470.0, 3.82, 0.235, np.linspace(0.0, 300.0, 31))
    assert 0 < table.final_precision.item() < table.peak_precision.item()


def test_what_falls_from_the_start_has_no_peak():
    rising = DynamicParameters(imitator_supply=20.0, innovator_stock=1.0)
    falling = rising.model_copy(update={"innovator_stock": 30.0, "imitator_stock": 3.0})
    axes = (np.geomspace(0.03, 30, 4), np.linspace(0.05, 3, 4), [0.05, 0.3])
    for base, phases in ((rising, {Phase.SUSTAINED, Phase.DECLINE}), (falling, {Phase.FALL})):
        table = curse_map(base, *axes, [0.0, 60.0])
        assert set(np.unique(table.phase)) == phases
        for cell in (dict(zip(table.dims, at)) for at in np.ndindex(table.phase.shape)):
            here = table.isel(cell)
            own = {"imitator_elasticity": 0.5 + float(here.elasticity_gap), "depreciation": float(here.depreciation)}
            p = base.model_copy(update={**own, "bias_feedback": float(here.bias_feedback)})
            path = dynamic_market(p, np.linspace(0, 60, 6001)).precision.values
            assert here.peak_precision == pytest.approx(path.max(), rel=2e-3)  # of a step's parabola near the peak
            assert (here.phase == Phase.FALL) == (path[0] >= 0.99 * path.max() and path[-1] < 0.99 * path.max())


def test_the_intermediary_comes_too_late_once_innovators_have_left():
    never = point_of_no_return(DynamicParameters(imitator_supply=10.0), 60.0, 60.0)
    assert never.latest_time == math.inf
    assert never.without < never.target
    p = DynamicParameters(imitator_supply=10.0, exit_threshold=2.0)
    rescue = point_of_no_return(p, 60.0, 60.0, resolution=0.01)
    assert rescue.exit_time - 0.6 <= rescue.latest_time <= rescue.exit_time
    assert rescue.innovator_stock == pytest.approx(2.0, abs=0.1)
    assert rescue.without < precision_barrier(1.0, 1.0) < rescue.target


def test_switching_joins_the_two_regimes():
    p = DynamicParameters(imitator_supply=10.0)
    path = dynamic_market(p, TIMES, switch_time=10.25)
    before = TIMES < 10.25
    strict = dynamic_market(p, TIMES)
    np.testing.assert_allclose(path.innovator_stock[before], strict.innovator_stock[before], rtol=1e-7)
    at = dynamic_market(p, [0.0, 10.25])
    rest = p.model_copy(
        update={
            "innovator_stock": float(at.innovator_stock[-1]),
            "imitator_stock": float(at.imitator_stock[-1]),
        }
    )
    later = dynamic_market(rest, np.append(10.25, TIMES[~before]), Regime.INTERMEDIARY)
    np.testing.assert_allclose(path.precision[~before], later.precision[1:], rtol=1e-7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DynamicParameters(bias_floor=0.0), r"bias_floor: 0\.0 given"),
        (lambda: DynamicParameters(depreciaton=0.1), "did you mean depreciation"),
        (lambda: dynamic_market(DynamicParameters(), [1.0, 0.5]), "times: "),
        (
            lambda: dynamic_market(DynamicParameters(), [0.0, 1.0], switch_time=-1.0),
            "switch_time: -1.0 given",
        ),
        (lambda: recursive_precision(-1.0, 1.0, 1.0, 1.0), "innovator_stock: -1.0 given"),
        (lambda: recursive_precision(1.0, 1.0, 0.0, 1.0), "bias_floor: 0.0 given"),
        (lambda: precision_barrier(1.0, -1.0), "bias_feedback: -1.0 given"),
        (lambda: finite_market(DynamicParameters(), Schedule(0.1, 10), 1, 0), "creators: 1 given"),
        (
            lambda: stepped_market(DynamicParameters(depreciation=5.0), Schedule(0.5, 10)),
            "dt: 0.5 given; .*1 / depreciation",
        ),
        (lambda: curse_map(DynamicParameters(), [1.0], [-0.1], [0.1], TIMES), "elasticity_gap: -0.1 given"),
        (lambda: curse_map(DynamicParameters(), [1.0], [1.0], [], TIMES), r"depreciation: \(0,\) given"),
        (
            lambda: curse_map(DynamicParameters(), [1.0], [1.0], [0.1], TIMES, "foo"),
            "regime: 'foo' given; allowed: free",
        ),
        (
            lambda: dynamic_market(DynamicParameters(), [0.0, 1.0], "foo"),
            "regime: 'foo' given; allowed: free_for_all, ",
        ),
        (lambda: dynamic_market({}, [0.0, 1.0]), r"parameters: \{\} given; allowed: creators\.DynamicParameters"),
        (lambda: dynamic_market(DynamicParameters(), "a"), "times: 'a' given; allowed: numbers"),
        (lambda: dynamic_market(DynamicParameters(), [0.0, math.nan]), "times: nan given; allowed: "),
        (lambda: recursive_precision(1e60, 1.0, 1.0, 1.0), r"innovator_stock: 1e\+60 given; allowed: \[0, 1e50\]"),
        (lambda: recursive_precision("a", 1.0, 1.0, 1.0), "innovator_stock: 'a' given; allowed: numbers in"),
        (lambda: recursive_precision([1.0, 2.0, 3.0], [1.0, 2.0], 1.0, 1.0), r"arrays: shapes \(3,\), \(2,\)"),
        (
            lambda: finite_market(DynamicParameters(), Schedule(0.5, 10), 100.5, 1),
            "creators: 100.5 given; allowed: whole numbers",
        ),
        (lambda: Schedule(0.0, 10), r"dt: 0.0 given; allowed: \(0, 1000\]"),
        (lambda: Schedule(0.5, 1.5), "steps: 1.5 given; allowed: whole numbers"),
        (lambda: Schedule(0.5, 10, "foo"), "regime: 'foo' given; allowed: free_for_all, "),
        (lambda: Schedule(0.5, 10, switch_time=-1.0), "switch_time: -1.0 given"),
        (lambda: stepped_market(DynamicParameters(), 0.5), "schedule: 0.5 given; allowed: creators.Schedule"),
        (lambda: point_of_no_return(DynamicParameters(), -1.0, 1.0), "horizon: -1.0 given"),
        (lambda: price_cap(DynamicParameters(), -0.1, 1.0, 1.0), "price: -0.1 given"),
        (lambda: capped_price(DynamicParameters(), 1.5), "imitator_bound: 1.5 given"),
        (lambda: trap_price(None), "parameters: None given"),
    ],
)
def test_bad_input_is_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()
