"""Shapley values by random orders: exact values, coverage, and refused settings."""

import math
import re

import numpy as np
import pytest
from naive import creators as naive
from support.cases import case, outputs, run_study

from mfsolve.models import intermediary

STUDY = {
    "model": "attribution",
    "orders": {"plain": {}},
    "population": {"creators": 10, "orders": 4},
    "estimates": [{"name": "one", "quantity": "covered", "order": "plain"}],
}


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
def test_values_lie_about_the_exact_ones(rule):
    here = case("attribution", rule, population={"creators": 40, "orders": 512})
    found = outputs("attribution", here, 1)
    assert found["one_covered"] in (0.0, 1.0)
    assert 0.0 <= found["covered"] <= 1.0
    if rule == "truncated":  # an order stops once 1 % of Phi is left
        assert 0.99 <= found["efficiency"] < 1.0
    elif rule != "stratified":  # contributions in an order add to Phi
        assert found["efficiency"] == pytest.approx(1.0, rel=1e-12)
    # half-widths are two standard errors; errors of creators in one replicate go together
    assert 0.1 < found["error"] / found["half_width"] < 2.0


def test_stratified_intervals_cover():
    here = case("attribution", "stratified", population={"creators": 300, "orders": 64})
    rates = [outputs("attribution", here, replicate)["covered"] for replicate in range(80)]
    assert abs(np.mean(rates) - 0.95) < 4 * np.std(rates, ddof=1) / math.sqrt(80)


def test_bits_do_not_depend_on_threads():
    here = case("attribution", "stratified", population={"creators": 140_000, "orders": 4})
    one, two = (outputs("attribution", here, 1, threads) for threads in (1, 2))
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["population.orders=5"], "orders: 5 given; allowed: an even number"),
        (["parameters.low=1.0"], "high: 1.0 given; allowed: above low = 1.0"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
