"""The collapse market's mean field against an independent loop, closed forms and its calibration; refusals."""

import numpy as np
import pytest
from naive import collapse as naive
from scipy import stats

from mfsolve.models import collapse
from mfsolve.models.collapse.labelled_paths import coordinates, quantities
from mfsolve.models.collapse.market import check_record, mean_field_path

P = collapse.Parameters


def test_headline_figures():
    """MODEL 1.6, to the digits given."""
    none, policy = (collapse.mean_field(P(), name) for name in ("none", "closed_form"))
    assert [round(float(x.contamination[-1]), 5) for x in (none, policy)] == [0.75952, 0.41772]
    assert [round(float(x.w2_drift[-1]), 5) for x in (none, policy)] == [0.32330, 0.13943]
    assert round(float(policy.quality[-1] / none.quality[-1] - 1), 5) == 0.21856
    slope = float((none.quality_loss * none.exposure).sum() / (none.exposure**2).sum())
    assert round(slope, 5) == 0.18122


POLICIES = [
    ("none", 0.0, collapse.NoPolicy()),
    ("fixed", 0.35, collapse.Fixed(subsidy=0.35)),
    ("closed_form", 0.0, collapse.ClosedForm()),
    ("watermark", 0.2, collapse.Watermark(stripping=0.2)),
    ("disclosure", 0.07, collapse.Disclosure(item_cost=0.07)),
    ("royalty_cap", 0.15, collapse.RoyaltyCap(cap=0.15)),
]
ECONOMIES = [
    {"initial_contamination": 0.3},
    {"initial_contamination": 0.2, "cost_spread": 0.5, "verified_share": 0.4, "innovation": 0.1, "data_value": 1.3},
    {"initial_contamination": 0.4, "cost_spread": 0.1, "verified_share": 0.2, "dimension": 3, "variance_ratio": 0.8},
    {
        "initial_contamination": 0.3,
        "cost_spread": 0.2,
        "verified_share": 0.3,
        "content": "categorical",
        "vocabulary": 60,
    },
]


@pytest.mark.parametrize("economy", ECONOMIES, ids=["plain", "spread", "three dimensions", "categorical"])
@pytest.mark.parametrize(("name", "setting", "policy"), POLICIES, ids=[name for name, *_ in POLICIES])
def test_mean_field_against_independent_loop(name, setting, policy, economy):
    parameters = P(**economy)
    path, want = collapse.mean_field(parameters, policy, 4), naive.market(parameters, name, 4, setting)
    for variable, values in want.items():  # integrals to 1e-10, four generations of them
        np.testing.assert_allclose(path[variable].values, values, rtol=0, atol=1e-9, err_msg=variable)
    np.testing.assert_array_equal(path.quality_loss, -path.log_quality)


def test_names_give_default_policies():
    for name, _, policy in POLICIES:
        if name != "fixed":
            default = type(policy)()
            assert collapse.mean_field(P(), name, 3).equals(collapse.mean_field(P(), default, 3))


def test_stored_snapshots_of_the_mean_field():
    record = collapse.Record(snapshots=(1, 4), bins=60, bin_range=3.0)
    economy, size = P(initial_contamination=0.4), collapse.Population(generations=4)
    path = mean_field_path(economy, collapse.NoPolicy(), size, record)
    density = path["content"]
    for row, t in zip(density, (1, 4)):
        rho, s2 = path["contamination"][t], 0.4735 * path["pool_variance"][t - 1]
        pool = lambda x, rho=rho, s2=s2: (1 - rho) * stats.norm.cdf(x) + rho * stats.norm.cdf(x / np.sqrt(s2))  # noqa: E731
        np.testing.assert_allclose(row, np.diff(pool(np.linspace(-3, 3, 61))) * 10, atol=1e-12)
        assert 0.99 < row.sum() * 0.1 < 1.0
    assert coordinates(economy, size, record)["snapshot"].tolist() == [1, 4]
    assert set(quantities(economy, record)) == set(path)


def test_collapse_to_a_point_is_said():
    """With nothing human in the pool variance falls by delta a generation, until float64 cannot hold it."""
    market = P(initial_contamination=1.0, imitation=0.0, variance_ratio=1e-3)
    assert float(collapse.mean_field(market, "none", 95).pool_variance[-1]) == pytest.approx(1e-285, rel=1e-9)
    with pytest.raises(collapse.CollapseError, match=r"generation 10[0-9]"):
        collapse.mean_field(market, "none", 200)
    for producers, items in ((1, 2), (5, 2), (20, 3)):
        for sampling in ("items", "statistics"):
            with pytest.raises(collapse.CollapseError):
                collapse.simulate(market, "none", producers, items, 200, 1, sampling=sampling)


def test_without_contamination_nothing_happens():
    path = collapse.mean_field(P(initial_contamination=0.0), "none", 5)
    assert (path.contamination == 0).all()
    np.testing.assert_allclose(path.log_quality, 0.0, atol=1e-14)
    np.testing.assert_allclose(path.w2_drift, 0.0, atol=1e-14)


def simulate(**changes):
    values = {"parameters": P(), "policy": "none", "producers": 10, "items": 4, "generations": 2, "seed": 1}
    return collapse.simulate(**values | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"producers": 0}, r"producers: 0 given; .*allowed: \[1, "),
        ({"items": -3}, r"items: -3 given; .*allowed: \[1, "),
        ({"generations": 0}, r"generations: 0 given; .*allowed: \[1, 65535\]"),
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
    with pytest.raises(ValueError, match=r"generations: 0 given; .*\[1, 65535\]"):
        collapse.mean_field(P(), "none", 0)
    with pytest.raises(ValueError, match="policy: 'tax' given"):
        collapse.mean_field(P(), "tax")


def test_categorical_snapshots_need_no_items():
    check_record(collapse.Population(sampling="statistics"), P(content="categorical"), collapse.Record(snapshots=(1,)))
    record = collapse.Record(snapshots=(2, 1))
    for sampling in ("items", "statistics"):
        run = simulate(parameters=P(content="categorical", vocabulary=9), sampling=sampling, record=record)
        assert run.content.shape == (2, 9)
        assert run.snapshot.values.tolist() == [1, 2]
        assert run.content.sum("token").values == pytest.approx([1.0, 1.0])
