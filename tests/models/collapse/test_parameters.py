"""Inputs of the collapse market: a bad one is one line that names argument, value and range."""

import re

import pytest

from mfsolve.models import collapse

P = collapse.Parameters
OUT_OF_RANGE = [
    (P, {"initial_contamination": 1.5}, "[0, 1]"),
    (P, {"initial_contamination": -0.1}, "[0, 1]"),
    (P, {"innovation": 2.0}, "[0, 1]"),
    (P, {"imitation": -0.1}, "[0, 1000]"),
    (P, {"variance_ratio": 0.0}, "(0, 1]"),
    (P, {"variance_ratio": 1.01}, "(0, 1]"),
    (P, {"cost_curvature": 0.0}, "[1e-30, 1e+30]"),
    (P, {"quality_elasticity": -1.0}, "[0, 1000000000]"),
    (P, {"verified_share": 1.1}, "[0, 1]"),
    (P, {"cost_spread": -0.1}, "[0, 1e+30]"),
    (P, {"dimension": 0}, "[1, 100000]"),
    (P, {"dimension": 2.5}, "[1, 100000]"),
    (P, {"data_value": -1.0}, "[0, 1e+30]"),
    (P, {"information_cost": -1.0}, "[0, 1e+30]"),
    (P, {"vocabulary": 1}, "[2, "),
    (P, {"zipf_exponent": -0.5}, "[0, 64]"),
    (P, {"cost_spread": float("nan")}, "[0, 1e+30]"),
    (P, {"cost_curvature": float("inf")}, "[1e-30, 1e+30]"),
    (P, {"dimension": "3"}, "[1, 100000]"),
    (P, {"innovation": True}, "[0, 1]"),
    (P, {"content": "poems"}, "'gaussian', 'categorical' or 'empirical'"),
    (collapse.Fixed, {"subsidy": 1.2}, "[0, 1]"),
    (collapse.Watermark, {"stripping": -0.2}, "[0, 1]"),
    (collapse.Disclosure, {"item_cost": -0.2}, "[0, inf)"),
    (collapse.RoyaltyCap, {"cap": -0.2}, "[0, inf)"),
    (collapse.Population, {"producers": 0}, "[1, "),
    (collapse.Population, {"producers": 2**32}, "[1, "),
    (collapse.Population, {"items": 0}, "[1, "),
    (collapse.Population, {"items": 2**24 + 1}, "[1, "),
    (collapse.Population, {"generations": 0}, "[1, 65535]"),
    (collapse.Population, {"generations": 70_000}, "[1, 65535]"),
    (collapse.Population, {"sampling": "guess"}, "'items' or 'statistics'"),
    (collapse.Record, {"bins": 1}, "[2, 100000]"),
    (collapse.Record, {"bin_range": 0.0}, "(0, inf)"),
]


@pytest.mark.parametrize(("inputs", "values", "allowed"), OUT_OF_RANGE, ids=[str(v) for _, v, _ in OUT_OF_RANGE])
def test_out_of_range(inputs, values, allowed):
    with pytest.raises(ValueError, match=re.escape(allowed)) as caught:
        inputs(**values)
    message = str(caught.value)
    (name, value), *_ = values.items()
    assert message.startswith(f"{name}: {value!r} given")
    assert "\n" not in message


def test_misspelt_arguments():
    with pytest.raises(ValueError, match=r"cost_spred: unknown key; did you mean cost_spread\?"):
        P(cost_spred=0.1)
    with pytest.raises(ValueError, match="zzz: unknown key; known: initial_contamination, "):
        P(zzz=0.1)


@pytest.mark.parametrize("snapshots", [(0,), (-1, 2), (2, 2)])
def test_snapshots_are_distinct_generations(snapshots):
    with pytest.raises(ValueError, match="snapshots must be distinct generations from 1 on"):
        collapse.Record(snapshots=snapshots)


def test_parameters_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        P().dimension = 2
