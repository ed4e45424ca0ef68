"""Bad input of the collapse market: one line that names argument, value and range."""

import re

import pytest

from mfsolve.models import collapse
from mfsolve.models.collapse.market import check_record

P = collapse.Parameters
OUT_OF_RANGE = [
    (P, {"initial_contamination": 1.5}, "[0, 1]"),
    (P, {"initial_contamination": -0.1}, "[0, 1]"),
    (P, {"innovation": 2.0}, "[0, 1]"),
    (P, {"imitation": -0.1}, "[0, inf)"),
    (P, {"variance_ratio": 0.0}, "(0, 1]"),
    (P, {"variance_ratio": 1.01}, "(0, 1]"),
    (P, {"cost_curvature": 0.0}, "(0, inf)"),
    (P, {"quality_elasticity": -1.0}, "[0, inf)"),
    (P, {"verified_share": 1.1}, "[0, 1]"),
    (P, {"cost_spread": -0.1}, "[0, inf)"),
    (P, {"dimension": 0}, "[1, 100000]"),
    (P, {"dimension": 2.5}, "[1, 100000]"),
    (P, {"data_value": -1.0}, "[0, inf)"),
    (P, {"information_cost": -1.0}, "[0, inf)"),
    (P, {"vocabulary": 1}, "[2, "),
    (P, {"zipf_exponent": -0.5}, "[0, inf)"),
    (P, {"cost_spread": float("nan")}, "[0, inf)"),
    (P, {"cost_curvature": float("inf")}, "(0, inf)"),
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


def simulate(**changes):
    values = {"parameters": P(), "policy": "none", "producers": 10, "items": 4, "generations": 2, "seed": 1}
    return collapse.simulate(**values | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"producers": 0}, r"producers: 0 given: .*allowed: \[1, "),
        ({"items": -3}, r"items: -3 given: .*allowed: \[1, "),
        ({"generations": 0}, r"generations: 0 given: .*allowed: \[1, 65535\]"),
        ({"seed": -1}, r"seed: -1 given; allowed: whole numbers in \[0, 2\^64 - 1\]"),
        ({"seed": 2**64}, r"seed: .* allowed: whole numbers in \[0, 2\^64 - 1\]"),
        ({"replicate": 2**32}, r"replicate: .* allowed: whole numbers in \[0, 2\^32 - 1\]"),
        ({"sampling": "guess"}, r"sampling: 'guess' given: .*'items' or 'statistics'"),
        ({"policy": "tax"}, r"policy: 'tax' given; allowed: none, fixed, closed_form, "),
        ({"policy": None}, r"policy: None given; allowed: none, "),
        ({"policy": "fixed"}, r"policy 'fixed': subsidy: is missing; pass collapse.Fixed\(...\)"),
        ({"producers": 1, "items": 1}, r"producers \* items must be at least 2"),
        ({"record": collapse.Record(snapshots=(3,))}, r"snapshots: 3 given; allowed: \[1, 2\]"),
        ({"record": collapse.Record(snapshots=(1,)), "sampling": "statistics"}, r"snapshots: .*sampling = 'items'"),
        ({"parameters": P(dimension=1000), "items": 2**24}, r"items: 16777216 given; allowed: .*dimension"),
    ],
    ids=str,
)
def test_simulate_refuses(changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        simulate(**changes)
    assert "\n" not in str(caught.value)


def test_mean_field_refuses():
    with pytest.raises(ValueError, match=r"generations: 0 given: .*\[1, 65535\]"):
        collapse.mean_field(P(), "none", 0)
    with pytest.raises(ValueError, match="policy: 'tax' given"):
        collapse.mean_field(P(), "tax")


def test_misspelt_arguments():
    with pytest.raises(ValueError, match=r"cost_spred: unknown key; did you mean cost_spread\?"):
        P(cost_spred=0.1)
    with pytest.raises(ValueError, match="zzz: unknown key; known: initial_contamination, "):
        P(zzz=0.1)


@pytest.mark.parametrize("snapshots", [(0,), (-1, 2), (2, 2)])
def test_snapshots_are_distinct_generations(snapshots):
    with pytest.raises(ValueError, match="snapshots must be distinct generations from 1 on"):
        collapse.Record(snapshots=snapshots)


def test_categorical_snapshots_need_no_items():
    check_record(collapse.Population(sampling="statistics"), P(content="categorical"), collapse.Record(snapshots=(1,)))
    record = collapse.Record(snapshots=(2, 1))
    for sampling in ("items", "statistics"):
        run = simulate(parameters=P(content="categorical", vocabulary=9), sampling=sampling, record=record)
        assert run.content.shape == (2, 9)
        assert run.snapshot.values.tolist() == [1, 2]
        assert run.content.sum("token").values == pytest.approx([1.0, 1.0])


def test_parameters_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        P().dimension = 2
