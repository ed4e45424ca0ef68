"""Streamed markets against stored ones and their continuum limit, and refused settings."""

import re

import numpy as np
import pytest
from naive import creators as naive
from support.cases import SEED, case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models import creators
from mfsolve.models.creators.streamed_market import drawn_loadings

EXPERIMENT = load("creator_stream")
STUDY = {
    "model": "creator_stream",
    "laws": {"uniform": {}},
    "population": {"creators": 100},
    "estimates": [{"name": "one", "quantity": "precision_gap", "law": "uniform"}],
}


def test_drawn_creators_are_those_that_are_streamed():
    for law in (creators.Uniform(low=0.2), creators.TwoPoint(share_high=0.3), creators.Beta()):
        x = drawn_loadings(law, 5000, SEED, 2)
        np.testing.assert_array_equal(drawn_loadings(law, 700, SEED, 2), x[:700])
        summed = creators.streamed_market(law, 5000, SEED, replicate=2)
        assert creators.static_market(x).aggregate_planner == pytest.approx(summed.aggregate_planner, rel=1e-14)


@pytest.mark.parametrize("rule", ["uniform", "beta", "two_point"])
def test_streams_and_their_limit(rule):
    here = case("creator_stream", rule, population={"creators": 3000})
    found = outputs("creator_stream", here, 4)
    (A_m, phi_m, _), (A_p, phi_p, _) = naive.market(drawn_loadings(here.arm, 3000, SEED, 4), 1.0, 2.0, 1.0)
    for name, want in (
        ("aggregate_market", A_m), ("aggregate_planner", A_p), ("precision_market", phi_m / 3000),
        ("precision_planner", phi_p / 3000), ("precision_gap", phi_m / phi_p),
    ):  # fmt: skip
        assert found[name] == pytest.approx(want, rel=1e-11), name
    reference = EXPERIMENT.arms[rule].reference
    limit = reference.compute(here)
    assert set(limit) == set(reference.names(here)) == set(found)
    assert limit["profit"] == creators.continuum_market(here.arm).profit
    # alike imitators come in as N^(-1/3), others by sampling error of order N^(-1/2)
    assert abs(found["aggregate_market"] / limit["aggregate_market"] - 1) < 2 * 3000 ** (-1 / 3)


def test_bits_do_not_depend_on_threads():
    here = case("creator_stream", "beta", population={"creators": 300_000})
    one, two = (outputs("creator_stream", here, 1, threads) for threads in (1, 2))
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["parameters.cost_exponent=0.5"], "parameters.cost_exponent: 0.5 given"),
        (["laws.uniform.high=0.0"], "high: 0.0 given; allowed: above low"),
        (["parameters.cost_exponent=1.001"], "cost_exponent: 1.001 given .*; allowed: values further from 1"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
