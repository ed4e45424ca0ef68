"""The creator market's studies: each adapter against the library, bits, and what is refused through a study file."""

import math

import numpy as np
import pytest
import tomli_w
from naive import creators as naive

from mfsolve.cli import main
from mfsolve.experiments import load
from mfsolve.experiments.experiment import Case
from mfsolve.models import creators, intermediary
from mfsolve.models.creators import monotonicity_failures as failures
from mfsolve.models.creators.streamed_market import drawn_loadings

SEED = 11
CAP = ("price_cap", "cap_slack", "cap_kept", "trap_ratio", "trap_gap")


def case(model, rule, parameters=(), population=(), record=(), **settings):
    kinds = load(model)
    chosen = kinds.alternatives[rule](**settings)
    return Case(
        kinds.parameters(**dict(parameters)), chosen, kinds.population(**dict(population)), kinds.record(**dict(record))
    )


def simulate(model, here, replicate=0, threads=1):
    found = load(model).simulate(here, SEED, replicate, threads)
    variables, coordinates = load(model).variables(here), load(model).coordinates(here)
    assert set(found) == set(variables)
    for name, variable in variables.items():
        assert found[name].shape == tuple(coordinates[dim].size for dim in variable.dims), name
        assert np.isfinite(found[name]).all() or name in CAP, name
    return found


@pytest.mark.parametrize("rule", ["uniform", "beta", "two_point"])
def test_markets_of_drawn_creators(rule):
    here = case("creators", rule, {"cost_exponent": 2.5, "bias_variance": 0.7}, {"creators": 60, "questions": 50})
    x = drawn_loadings(here.policy, 60, SEED, 3)
    market = creators.static_market(x, 0.7, 2.5)
    found = simulate("creators", here, 3)
    assert found["precision_gap"][0] == market.precision_gap
    assert found["welfare_gap"][0] == market.welfare_market / market.welfare_planner
    assert found["heaviest_ratio"][0] == market.effort_ratio[x.argmax()]
    assert found["innovator_ratio"][0] == pytest.approx(2.5 ** (-1 / 1.5), rel=1e-14)
    assert found["above_planner"][0] == np.mean(market.effort_market > market.effort_planner)
    run = creators.simulate_estimation(x, market.effort_market, 0.7, 50, SEED, replicate=3)
    assert found["attained"][0] == run.attained
    wrong = creators.simulate_estimation(
        x, market.effort_market, 0.7, 50, SEED, assumed_bias_variance=2.8, replicate=3
    )  # fmt: skip
    assert found["misspecified"][0] == wrong.attained / wrong.predicted
    assert found["misspecification"][0] == pytest.approx(wrong.predicted, rel=1e-13)
    assert found["saddle_kept"][0] == 1.0
    assert abs(found["saddle_gap"][0]) < 1e-9
    assert found["has_pole"][0] == creators.has_pole(market)
    assert found["monotone"][0] == naive.rises(x, 0.7, 2.5)


def test_given_creators_are_taken_as_they_are():
    loading = (0.0, 0.2, 1.0, 1.0)
    found = simulate("creators", case("creators", "given", population={"creators": 4}, loading=loading))
    assert found["precision_gap"][0] == creators.static_market(loading).precision_gap


def test_curves_and_the_map_of_proposition_4():
    record = {"curve_points": 40, "map_points": 9, "ratio_ceiling": 3.0, "map_creators_high": 20, "map_bias_low": 1.0}
    here = case("creators", "uniform", population={"creators": 100}, record=record, spacing="even")
    found, coordinates = simulate("creators", here), load("creators").coordinates(here)
    loading = coordinates["loading"]
    assert loading[-1] == 1.0  # no curve beyond the last creator
    assert np.isin(np.linspace(0, 1, 100), loading).all()
    curves = creators.ratio_curves(creators.Uniform(), (100,), loading)
    for name in ("effort_ratio", "effort_planner", "effort_market", "weight"):
        np.testing.assert_array_equal(found[name][0], curves[name][0])
    pole = float(curves.pole[0])
    variable = load("creators").variables(here)["effort_ratio"]
    assert (variable.marks, variable.view, variable.remark) == ((pole,), (0.0, 3.0), "falls")
    assert len(variable.dots) == 100
    sizes = tuple(int(n) for n in np.rint(coordinates["number_of_creators"]))
    table = creators.monotonicity_map(creators.Uniform(), sizes, tuple(coordinates["bias_variance"]))
    np.testing.assert_array_equal(found["fails"][0] == 2, ~table.monotone.values.T)
    np.testing.assert_array_equal(found["fails"][0] >= 1, table.reach.values.T > 1)
    assert set(np.unique(found["fails"])) == {0, 1, 2}
    np.testing.assert_array_equal(found["boundary"][0], table.critical_bias_variance)
    np.testing.assert_array_equal(found["pole_boundary"][0], table.pole_bias_variance)


def test_the_map_of_drawn_markets_counts_the_first_so_many():
    here = case("creators", "beta", record={"map_points": 7})
    found, coordinates = simulate("creators", here, 2), load("creators").coordinates(here)
    for j, n in enumerate(np.rint(coordinates["number_of_creators"]).astype(int)):
        x = drawn_loadings(here.policy, n, SEED, 2)
        for i, v in enumerate(coordinates["bias_variance"]):
            assert found["share_failing"][0, i, j] == (not naive.rises(x, v))


def test_first_failure_of_drawn_creators_is_the_first():
    later = 0
    for replicate in range(8):
        pole, first = failures.first_drawn(creators.Uniform(), SEED, replicate)
        later += first > pole
        for n in range(1, first + 30):
            x = drawn_loadings(creators.Uniform(), n, SEED, replicate)
            assert creators.has_pole(creators.static_market(x)) == (n >= pole)
            if n <= first:
                assert naive.rises(x, 1.0) == (n < first)
    assert later > 0
    found = simulate("creators", case("creators", "uniform"), replicate)
    assert (found["first_failure"][0], found["first_pole"][0]) == (first, pole)


def test_numbers_of_given_creators_are_exact():
    for rule, settings, exact in (("uniform", {"spacing": "even"}, True), ("uniform", {}, False)):
        variables = load("creators").variables(case("creators", rule, **settings))
        assert variables["precision_gap"].exact == variables["first_failure"].exact == exact


def test_drawn_creators_are_those_that_are_streamed():
    for law in (creators.Uniform(low=0.2), creators.TwoPoint(share_high=0.3), creators.Beta()):
        x = drawn_loadings(law, 5000, SEED, 2)
        np.testing.assert_array_equal(drawn_loadings(law, 700, SEED, 2), x[:700])
        summed = creators.streamed_market(law, 5000, SEED, replicate=2)
        assert creators.static_market(x).aggregate_planner == pytest.approx(summed.aggregate_planner, rel=1e-14)


@pytest.mark.parametrize("rule", ["uniform", "beta", "two_point"])
def test_streams_and_their_limit(rule):
    here = case("creator_stream", rule, {"cost_exponent": 2.0}, {"creators": 3000})
    found = simulate("creator_stream", here, 4)
    market = creators.streamed_market(here.policy, 3000, SEED, replicate=4)
    assert found["aggregate_market"][0] == market.aggregate_market
    assert found["precision_planner"][0] == market.precision_planner / 3000
    limit = load("creator_stream").mean_field(here)
    assert limit["profit"][0] == creators.continuum_market(here.policy).profit


@pytest.mark.parametrize(
    ("rule", "settings", "regime", "switch"),
    [
        ("strict_rights", {}, creators.Regime.STRICT_RIGHTS, None),
        ("free_for_all", {}, creators.Regime.FREE_FOR_ALL, None),
        ("intermediary", {}, creators.Regime.INTERMEDIARY, None),
        ("intermediary", {"starts": 7.0}, creators.Regime.STRICT_RIGHTS, 7.0),
    ],
)
def test_paths_of_the_dynamic_market(rule, settings, regime, switch):
    p = creators.DynamicParameters(imitator_supply=20.0, innovator_stock=1.0, exit_threshold=0.6)
    sizes = {"creators": 300, "steps": 40, "questions": 100}
    here = case("creator_dynamics", rule, p.model_dump(), sizes, **settings)
    found = simulate("creator_dynamics", here, 2)
    path = creators.finite_market(p, 300, 0.5, 40, SEED, 2, regime, 100, switch)
    limit = creators.stepped_market(p, 0.5, 40, regime, switch)
    strict = rule == "strict_rights" or switch is not None
    for name in set(path) - (set() if strict else {"price_cap"}):
        np.testing.assert_array_equal(found[name], path[name])
        np.testing.assert_array_equal(load("creator_dynamics").mean_field(here)[name], limit[name])
    assert set(CAP) <= set(found) if strict else set(CAP).isdisjoint(found)
    if strict:
        slack = np.fmin.accumulate((path.price_cap - path.price).values)
        np.testing.assert_array_equal(found["cap_slack"], slack)
        assert slack[-1] == np.nanmin(path.price_cap - path.price)
        rules = ~np.isnan(path.price_cap.values) & (path.innovators_left.values == 0)
        for name in ("trap_ratio", "trap_gap"):
            np.testing.assert_array_equal(np.isfinite(found[name]), rules)
        trap = creators.trap_price(p)
        np.testing.assert_allclose(found["trap_ratio"][rules], path.price.values[rules] / trap, rtol=1e-14)
        # a price is below its cap where it is below the price that is equal to its cap
        np.testing.assert_array_equal(path.price.values[rules] <= trap * (1 + found["trap_gap"][rules]), True)
    np.testing.assert_array_equal(found["lost"], 1 - path.precision / np.maximum.accumulate(path.precision.values))
    best = creators.stepped_market(p, 0.5, 40, creators.Regime.INTERMEDIARY)
    np.testing.assert_array_equal(found["recovered"], path.precision / best.precision)


def test_switching_at_once_is_the_intermediary():
    p = creators.DynamicParameters()
    late = creators.stepped_market(p, 0.5, 20, switch_time=0.0)
    np.testing.assert_array_equal(late.price, creators.stepped_market(p, 0.5, 20, creators.Regime.INTERMEDIARY).price)
    never = creators.stepped_market(p, 0.5, 20, switch_time=11.0)
    np.testing.assert_array_equal(never.price, creators.stepped_market(p, 0.5, 20).price)


def test_general_barrier_bounds_markets_without_innovators():
    for loading in (0.3, 1.0, 2.0):
        top = creators.precision_barrier(1.5, 0.7, loading)
        assert loading**2 * (0.7 * top**2 + 1.5 * top) == pytest.approx(1.0, rel=1e-14)
        reached = creators.recursive_precision(0.0, 10.0 ** np.arange(0, 13), 1.5, 0.7, 0.0, loading)
        assert (np.diff(reached) > 0).all()
        assert (reached < top * (1 + 1e-15)).all()
        assert reached[-1] == pytest.approx(top, rel=1e-10)
    assert creators.precision_barrier(1.0, 1.0, 0.0) == math.inf


def test_phase_diagrams_and_shares_of_the_box():
    p = {"imitator_supply": 20.0, "innovator_stock": 1.0, "exit_threshold": 0.5}
    box = {"markets": 12}
    record = {"map_points": 4, "map_depreciation": (0.05, 0.3)}
    here = case("creator_phases", "strict_rights", p, box, record)
    found, coordinates = simulate("creator_phases", here), load("creator_phases").coordinates(here)
    assert sum(found[name][0] for name in ("sustained", "declines", "falls", "exits")) == 12.0
    table = creators.curse_map(
        creators.DynamicParameters(**p), coordinates["bias_feedback"], coordinates["elasticity_gap"],
        [0.05, 0.3], [0.0, 60.0],
    )  # fmt: skip
    for i, depreciation in enumerate((0.05, 0.3)):
        phase = table.phase.sel(depreciation=depreciation).transpose("elasticity_gap", "bias_feedback")
        np.testing.assert_array_equal(found[f"phase_{i + 1}"][0], phase)
    assert set(np.unique(table.phase)) == {creators.Phase.SUSTAINED, creators.Phase.DECLINE, creators.Phase.EXIT}


def test_contracts_are_those_of_the_random_markets():
    table = intermediary.random_markets(40, SEED)
    paper, linear, rights = (case("intermediary", rule) for rule in ("two_part", "linear", "strict_rights"))
    for r in range(40):
        row, found = table.isel(market=r), simulate("intermediary", paper, r)
        assert found["creators_kept"][0] == (row.creator <= row.rounding)
        assert found["negative_weight"][0] == (row.negative_weights > 0)
        assert found["originality_penalty"][0] == row.penalty_after
        assert found["welfare_ratio"][0] == pytest.approx(1.0, rel=1e-12)
        deal = intermediary.random_deal(SEED, r)
        buyer = simulate("intermediary", linear, r)["buyer_payoff"][0]
        assert buyer == pytest.approx(float(row.linear_payoff) / deal.market.welfare_planner, rel=1e-12)
        assert simulate("intermediary", rights, r)["originality_penalty"][0] == row.penalty_before
        assert found["nash_tested"][0] == (row.negative_weights == 0)
        assert found["nash_beaten"][0] == 0.0
        left = simulate("intermediary", linear, r)
        assert left["innovators_nothing"][0] == left["common_left"][0] == 1.0


def test_floored_weights_leave_nobody_short():
    market = creators.static_market(np.r_[np.full(120, 0.1), 1.5], 0.2)
    plain, floored = intermediary.contract(market), intermediary.contract(market, floored=True)
    assert plain.weight.min() < 0
    assert not plain.individually_rational
    assert floored.weight.min() == 0.0
    assert floored.individually_rational
    found = intermediary.audit(floored)
    assert max(found.creator, found.budget, found.incentive) <= found.rounding
    assert found.nash <= found.rounding


def test_linear_contract_by_the_book():
    market = creators.static_market(np.linspace(0, 1, 12), cost_exponent=3.0)
    c = intermediary.linear_contract(market, 0.1, 0.2, 0.01)
    found = intermediary.audit(c)
    assert max(found.incentive, found.budget) <= found.rounding
    e = market.effort_planner
    paid = market.planner.point.slack(market.loading) ** 2 * e
    np.testing.assert_allclose(c.creator_payoff, paid * 2 / 3, rtol=1e-14)
    assert c.buyer_payoff == pytest.approx(market.precision_planner - paid.sum() - 0.1, rel=1e-12)
    assert not c.individually_rational  # near the pole the planner wants next to nothing, and pays as much
    assert intermediary.linear_contract(market, 0.1, 0.2).individually_rational


def test_exact_values_of_two_kinds():
    x, e = np.array([0.3, 1.0]), np.array([0.8, 0.4])
    exact = intermediary.exact_shapley(x, e, (4, 5), 2.0)
    kind = np.repeat([0, 1], [4, 5])
    np.testing.assert_allclose(exact[kind], naive.shapley(x[kind], e[kind], 2.0), rtol=1e-12)
    assert exact[kind].sum() == pytest.approx(naive.phi(x[kind], e[kind], 2.0), rel=1e-12)
    many = intermediary.exact_shapley(x, e, (1200, 800), 2.0)
    # among thousands Aumann-Shapley is exact but for a share of order log n / n
    kind = np.repeat([0, 1], [1200, 800])
    limit = intermediary.aumann_shapley(x[kind], e[kind], 2.0)[[0, -1]]
    np.testing.assert_allclose(many, limit, rtol=10 * math.log(2000) / 2000)
    assert many @ [1200, 800] == pytest.approx(naive.phi(x[kind], e[kind], 2.0), rel=1e-10)


@pytest.mark.parametrize("rule", ["stratified", "plain", "antithetic", "truncated"])
def test_attribution_is_the_librarys(rule):
    here = case("attribution", rule, population={"creators": 40, "orders": 32})
    found = simulate("attribution", here, 1)
    x = np.repeat([0.2, 1.0], 20)
    e = creators.static_market(x).effort_planner
    options = {"truncation": 0.01} if rule == "truncated" else {rule: True} if rule != "plain" else {}
    value, error = intermediary.shapley(x, e, 1.0, 32, SEED, replicate=1, **options)
    exact = np.repeat(intermediary.exact_shapley(x[[0, -1]], e[[0, -1]], (20, 20), 1.0), 20)
    from scipy import stats

    reach = stats.t.ppf(0.975, 15 if rule == "antithetic" else 31) * error
    inside = np.abs(value - exact) <= reach
    assert found["covered"][0] == np.mean(inside)
    assert found["one_covered"][0] in inside
    assert found["error"][0] == pytest.approx(np.sqrt(np.mean((value / exact - 1) ** 2)), rel=1e-12)
    if rule in ("plain", "antithetic"):
        assert found["efficiency"][0] == pytest.approx(1.0, rel=1e-12)


def test_stratified_intervals_cover():
    here = case("attribution", "stratified", population={"creators": 300, "orders": 64})
    rates = [load("attribution").simulate(here, SEED, r, 1)["covered"][0] for r in range(80)]
    assert abs(np.mean(rates) - 0.95) < 4 * np.std(rates, ddof=1) / math.sqrt(80)


@pytest.mark.parametrize(
    ("model", "rule", "population"),
    [
        ("creators", "uniform", {"creators": 300_000}),
        ("creator_stream", "beta", {"creators": 300_000}),
        ("attribution", "stratified", {"creators": 140_000, "orders": 4}),
    ],
)
def test_bits_do_not_depend_on_threads(model, rule, population):
    here = case(model, rule, population=population)
    one, two = (load(model).simulate(here, SEED, 1, threads) for threads in (1, 2))
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name])


STUDY = {
    "creators": {"laws": {"uniform": {}, "given": {"loading": [0.0, 1.0]}}, "population": {"creators": 2}},
    "creator_stream": {"laws": {"uniform": {}}, "population": {"creators": 100}},
    "creator_dynamics": {"regimes": {"strict_rights": {}}, "population": {"creators": 50, "steps": 4}},
    "creator_phases": {"regimes": {"strict_rights": {}}, "population": {"markets": 2}},
    "intermediary": {"contracts": {"two_part": {}}},
    "attribution": {"orders": {"plain": {}}, "population": {"creators": 10, "orders": 4}},
}
QUANTITY = {
    "creators": "precision_gap",
    "creator_stream": "precision_gap",
    "creator_dynamics": "price",
    "creator_phases": "kept",
    "intermediary": "welfare_ratio",
    "attribution": "covered",
}


def study(tmp_path, model, *changes):
    section = load(model).section
    raw = {"model": model, "figures": [], "ensemble": {"replicates": 4}, **STUDY[model]}
    first = next(iter(raw[section]))
    raw["estimates"] = [{"name": "one", "quantity": QUANTITY[model], section.removesuffix("s"): first}]
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps(raw))
    settings = [word for change in changes for word in ("--set", change)]
    return main(["run", str(path), "--out", str(tmp_path / "out"), "--workers", "2", *settings])


@pytest.mark.parametrize("model", STUDY)
def test_every_model_runs_from_a_study_file_whatever_the_workers(model, tmp_path):
    import h5py

    data = []
    for workers in ("1", "2"):
        folder = tmp_path / workers
        folder.mkdir()
        assert study(folder, model, f"ensemble.seed={SEED}") == 0
        with h5py.File(folder / "out" / "mine.h5") as file:
            file.visititems(lambda name, item: data.append((name, item[()])) if hasattr(item, "shape") else None)
    half = len(data) // 2
    for (name, one), (other, two) in zip(data[:half], data[half:]):
        assert name == other
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        ("creators", ["laws.given.loading=[0.5, -0.1]"], r"laws.given.loading.1: -0.1 given"),
        ("creators", ["laws.given.loading=[0.5, nan]"], r"laws.given.loading.1: nan given"),
        ("creators", ["laws.given.loading=[0.5]"], "creators: 2 given; allowed with these loadings: 1"),
        ("creators", ["laws.uniform.low=-1.0"], r"laws.uniform.low: -1.0 given"),
        ("creators", ["parameters.bias_variance=0.0"], r"parameters.bias_variance: 0.0 given.*allowed: \(0, "),
        ("creators", ["parameters.bias_variance=-1.0"], r"parameters.bias_variance: -1.0 given"),
        ("creators", ["parameters.cost_exponent=1.0"], r"parameters.cost_exponent: 1.0 given.*allowed: \(1, 1000\]"),
        ("creators", ["parameters.cost_scale=1e-300"], r"parameters.cost_scale: 1e-300 given.*allowed: \[1e-12, "),
        ("creators", ["parameters.cost_scale=1e-160"], "parameters.cost_scale: 1e-160 given"),
        (
            "creators",
            ["parameters.cost_scale=0.5", "parameters.cost_exponent=1.001"],
            "cost_scale: 0.5 given; allowed:",
        ),
        ("intermediary", ["parameters.cost_exponent=1.001"], "cost_scale: 0.3 given; allowed:"),
        ("creators", ["population.questions=1"], "questions: 1 given; allowed: 0, or 2 and more"),
        ("creator_stream", ["parameters.cost_exponent=0.5"], "parameters.cost_exponent: 0.5 given"),
        ("creator_stream", ["laws.uniform.high=0.0"], "high: 0.0 given; allowed: above low"),
        ("creator_dynamics", ["parameters.bias_floor=0.0"], "parameters.bias_floor: 0.0 given"),
        ("creator_dynamics", ["parameters.depreciation=5.0"], "dt: 0.5 given; allowed: at most 1 / depreciation"),
        ("creator_phases", ["population.gap_low=3.5"], "gap_low: 3.5 given; allowed: below gap_high"),
        ("intermediary", ["parameters.buyer_outside=1.0"], "buyer_outside: 1.0 given; allowed: with loading"),
        ("intermediary", ["parameters.bias_variance=0.0"], "parameters.bias_variance: 0.0 given"),
        ("attribution", ["population.orders=5"], "orders: 5 given; allowed: an even number"),
    ],
)
def test_nonsense_in_a_study_file_is_one_line_and_exit_code_2(model, changes, message, tmp_path, capsys):
    import re

    assert study(tmp_path, model, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
    assert not (tmp_path / "out").exists()


MARKET = ["parameters.loading=[0.0, 0.5, 1.0]", *(f"parameters.{k}=2.0" for k in ("bias_variance", "cost_exponent"))]
MARKET = [*MARKET, "parameters.cost_scale=1.0"]


def test_a_market_without_a_contract_says_by_how_much(tmp_path, capsys):
    welfare = creators.static_market([0.0, 0.5, 1.0], 2.0).welfare_planner
    short = [*MARKET, f"parameters.buyer_outside={welfare + 0.25!r}"]
    assert study(tmp_path, "intermediary", *short) == 2
    assert "no contract; shortfall 0.25" in capsys.readouterr().err
    assert study(tmp_path, "intermediary", *MARKET, f"parameters.buyer_outside={welfare - 0.25!r}") == 0


def test_elasticities_in_the_wrong_order_are_a_warning_and_the_run_goes_on(tmp_path, run_cli):
    for folder, change in (("a", "imitator_elasticity=0.3"), ("b", "innovator_elasticity=4.0")):
        (tmp_path / folder).mkdir()
        with pytest.warns(UserWarning, match="Prop. 5 fails"):
            assert study(tmp_path / folder, "creator_dynamics", f"parameters.{change}") == 0
    said = run_cli("run", tmp_path / "a/mine.toml", "--set", "parameters.imitator_elasticity=0.3", cwd=tmp_path)
    assert said.returncode == 0
    line = "warning: imitator_elasticity: 0.3 is not above innovator_elasticity: 0.5; the assumption of Prop. 5 fails"
    assert said.stderr.count(line + "\n") == 1
