"""Markets of creators: outputs against slow twins, what is drawn and what is solved, and refused settings."""

import re

import numpy as np
import pytest
from naive import creators as naive
from scipy.stats import spearmanr
from support.cases import SEED, case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models import creators
from mfsolve.models.creators import monotonicity_failures as failures
from mfsolve.models.creators.streamed_market import drawn_loadings

EXPERIMENT = load("creators")
STUDY = {
    "model": "creators",
    "laws": {"uniform": {}, "given": {"loading": [0.0, 1.0]}},
    "population": {"creators": 2},
    "estimates": [{"name": "one", "quantity": "precision_gap", "law": "uniform"}],
}


@pytest.mark.parametrize("rule", ["uniform", "beta", "two_point"])
def test_markets_of_drawn_creators(rule):
    here = case("creators", rule, {"cost_exponent": 2.5, "bias_variance": 0.7}, {"creators": 60, "questions": 2000})
    x = drawn_loadings(here.arm, 60, SEED, 3)
    (_, phi_m, e_m), (A, phi_p, e_p) = naive.market(x, 0.7, 2.5, 1.0)
    found = outputs("creators", here, 3)
    # the twin solves to rounding; welfare subtracts costs
    assert found["precision_gap"] == pytest.approx(phi_m / phi_p, rel=1e-12)
    welfare = [phi - np.sum(e**2.5) / 2.5 for phi, e in ((phi_m, e_m), (phi_p, e_p))]
    assert found["welfare_gap"] == pytest.approx(welfare[0] / welfare[1], rel=1e-11)
    assert found["heaviest_ratio"] == pytest.approx((e_m / e_p)[x.argmax()], rel=1e-9)
    assert found["innovator_ratio"] == pytest.approx(2.5 ** (-1 / 1.5), rel=1e-14)
    assert found["above_planner"] == np.mean(e_m > e_p)
    assert found["has_pole"] == (x.max() * A > 1)
    first = np.unique(x, return_index=True)[1]
    assert found["falls_market"] == (np.diff(e_m[first]) < 0).all()
    assert found["falls_planner"] == (np.diff(e_p[first]) < 0).all()
    assert found["imitator_spared"] == ((e_m / e_p)[x.argmax()] > 2.5 ** (-1 / 1.5))
    assert found["substitutes"] == (cross_effects(x, e_m, 0.7) < 0.0).all()
    ours, planned = (np.sum(x * e) / np.sum(e) for e in (e_m, e_p))
    assert found["common_effort"] == pytest.approx(ours / planned, rel=1e-9)
    assert found["homogenised"] == (ours > planned)
    biased, least = (weights(x, e, 0.7) @ x for e in (e_m, e_p))
    assert found["common_bias"] == pytest.approx(biased / least, rel=1e-9)
    assert found["bias_amplified"] == (biased > least)
    rank = spearmanr(x, (e_m / e_p).round(9)).statistic
    assert found["originality_penalty"] == pytest.approx(rank, rel=1e-10)
    assert found["monotone"] == naive.rises(x, 0.7, 2.5)
    # mean squared errors over 2000 questions: chi-square, or of errors with no more than its fourth moment
    for name in ("attained", "attained_two_valued", "misspecified"):
        assert abs(found[name] - 1) < 4.5 * np.sqrt(2 / 2000), name
    assert found["misspecification"] > 1.0
    assert found["saddle_kept"] == 1.0
    assert abs(found["saddle_gap"]) < 1e-9


def weights(x, e, v):
    """Best linear unbiased weights, from the covariance of all signals."""
    raw = np.linalg.solve(np.diag(1.0 / e) + v * np.outer(x, x), np.ones(x.size))
    return raw / raw.sum()


def cross_effects(x, e, v, step=1e-4):
    """Second differences of precision in the efforts of every two creators who have a loading."""
    at, loaded = np.eye(x.size) * step, np.flatnonzero(x)
    pairs = [(i, j) for i in loaded for j in loaded if j < i]
    phi = [[naive.phi(x, e + a + b, v) for a, b in ((at[i], at[j]), (at[i], 0.0), (0.0, at[j]))] for i, j in pairs]
    return np.array([both - one - other + naive.phi(x, e, v) for both, one, other in phi])


def test_searches_are_made_where_they_are_asked_for():
    asked = case("creators", "uniform", {"cost_exponent": 3.0}, {"creators": 20, "searches": 2})
    found = outputs("creators", asked, 1)
    assert found["one_optimum"] == 1.0
    assert set(found) - set(outputs("creators", case("creators", "uniform"), 1)) == {"one_optimum"}


def test_nobody_without_a_loading_is_homogenised():
    here = case("creators", "given", population={"creators": 2}, loading=(0.0, 0.0))
    found = outputs("creators", here)
    assert (found["common_effort"], found["homogenised"], found["common_bias"]) == (1.0, 0.0, 1.0)


def test_innovators_ratio_is_solved_as_nothing_in_it_is_random():
    here = case("creators", "beta", population={"creators": 30})
    assert "innovator_ratio" in EXPERIMENT.arms["beta"].solved(here)
    assert "innovator_ratio" not in EXPERIMENT.arms["beta"].drawn(here)


def test_efforts_stop_falling_where_the_paper_has_them_fall():
    here = case("creators", "uniform", population={"creators": 12}, spacing="even")
    found = outputs("creators", here)
    assert (found["first_rising_planner"], found["first_rising_market"]) == (23.0, 43.0)
    for n, planner, market in ((22, True, True), (23, False, True), (42, False, True), (43, False, False)):
        (_, _, e_m), (_, _, e_p) = naive.market(np.linspace(0, 1, n), 1.0, 2.0, 1.0)
        assert ((np.diff(e_p) < 0).all(), (np.diff(e_m) < 0).all()) == (planner, market)


def test_given_creators_are_one_market_that_is_solved():
    loading = (0.0, 0.2, 1.0, 1.0)
    here = case("creators", "given", population={"creators": 4}, loading=loading)
    (_, phi_m, _), (_, phi_p, _) = naive.market(np.array(loading), 1.0, 2.0, 1.0)
    assert outputs("creators", here)["precision_gap"] == pytest.approx(phi_m / phi_p, rel=1e-12)
    assert not EXPERIMENT.arms["given"].drawn(here)


def test_curves_and_the_map_of_proposition_4():
    record = {"curve_points": 40, "map_points": 9, "ratio_ceiling": 3.0, "map_creators_high": 20, "map_bias_low": 1.0}
    here = case("creators", "uniform", population={"creators": 100}, record=record, spacing="even")
    found, coordinates = outputs("creators", here), EXPERIMENT.coordinates(here)
    x, loading = np.linspace(0, 1, 100), coordinates["loading"]
    assert loading[-1] == 1.0  # no curve beyond the last creator
    members = np.isin(loading, x)
    assert members.sum() == 100
    (_, _, e_m), (A, _, e_p) = naive.market(x, 1.0, 2.0, 1.0)
    # efforts vanish at the poles: errors of the twin's A, to rounding, against efforts of order 1
    np.testing.assert_allclose(found["effort_market"][members], e_m, atol=1e-13)
    np.testing.assert_allclose(found["effort_planner"][members], e_p, atol=1e-13)
    output = EXPERIMENT.outputs(here)["effort_ratio"]
    ((place, name),) = output.marks
    assert (place, name) == (pytest.approx(1 / A, rel=1e-12), "pole")
    assert (output.view, output.remark, len(output.dots)) == ((0.0, 3.0), "falls", 100)
    for j, n in enumerate(np.rint(coordinates["number_of_creators"]).astype(int)):
        for i, v in enumerate(coordinates["bias_variance"]):
            even = np.linspace(0, 1, n)
            fails, pole = found["fails"][i, j] == 2, found["fails"][i, j] >= 1
            assert fails == (not naive.rises(even, v)) == (v > found["boundary"][j])
            assert pole == (naive.market(even, v, 2.0, 1.0)[1][0] > 1) == (v > found["pole_boundary"][j])
    assert set(np.unique(found["fails"])) == {0, 1, 2}


def test_the_map_of_drawn_markets_counts_the_first_so_many():
    here = case("creators", "beta", record={"map_points": 7})
    found, coordinates = outputs("creators", here, 2), EXPERIMENT.coordinates(here)
    for j, n in enumerate(np.rint(coordinates["number_of_creators"]).astype(int)):
        x = drawn_loadings(here.arm, n, SEED, 2)
        for i, v in enumerate(coordinates["bias_variance"]):
            assert found["share_failing"][i, j] == (not naive.rises(x, v))


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
    found = outputs("creators", case("creators", "uniform"), replicate)
    assert (found["first_failure"], found["first_pole"]) == (first, pole)


def test_even_loadings_are_solved_and_their_signals_drawn():
    arm = EXPERIMENT.arms["uniform"]
    even, drawn = (case("creators", "uniform", population={"questions": 2}, spacing=s) for s in ("even", "drawn"))
    assert {"precision_gap", "first_failure"} <= set(arm.solved(even))
    assert {"attained", "saddle_gap"} <= set(arm.drawn(even))
    assert {"precision_gap", "first_failure", "attained"} <= set(arm.drawn(drawn))
    assert set(arm.solved(drawn)) == {"innovator_ratio"}


def test_references_are_limits_in_the_number_of_creators():
    arm = EXPERIMENT.arms["two_point"]
    for share, gap in ((1.0, 1.0), (0.5, 0.5)):
        here = case("creators", "two_point", population={"creators": 10**6}, spacing="even", share_high=share)
        found, limit = outputs("creators", here), arm.reference.compute(here)
        assert limit["precision_gap"] == gap
        # alike imitators come in at N^(-1/3)
        assert abs(found["heaviest_ratio"] - limit["heaviest_ratio"]) < 2e-2
        assert abs(found["precision_gap"] - gap) < 2e-2


def test_bits_do_not_depend_on_threads():
    here = case("creators", "uniform", population={"creators": 300_000})
    one, two = (outputs("creators", here, 1, threads) for threads in (1, 2))
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["laws.given.loading=[0.5, -0.1]"], r"laws.given.loading.1: -0.1 given"),
        (["laws.given.loading=[0.5, nan]"], r"laws.given.loading.1: nan given"),
        (["laws.given.loading=[0.5]"], "creators: 2 given; allowed with these loadings: 1"),
        (["laws.uniform.low=-1.0"], r"laws.uniform.low: -1.0 given"),
        (["parameters.bias_variance=0.0"], r"parameters.bias_variance: 0.0 given.*allowed: \(0, "),
        (["parameters.bias_variance=-1.0"], r"parameters.bias_variance: -1.0 given"),
        (["parameters.cost_exponent=1.0"], r"parameters.cost_exponent: 1.0 given.*allowed: \[1.001, 1000\]"),
        (["parameters.cost_scale=1e-300"], r"parameters.cost_scale: 1e-300 given.*allowed: \[1e-12, "),
        (["parameters.cost_scale=1e-160"], "parameters.cost_scale: 1e-160 given"),
        (["parameters.cost_scale=0.5", "parameters.cost_exponent=1.001"], "cost_scale: 0.5 given; allowed:"),
        (["population.questions=1"], "questions: 1 given; allowed: 0, or 2 and more"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
    assert not (tmp_path / "out").exists()
