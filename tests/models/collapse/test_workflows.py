"""Workflows against their twin, closed forms of the market-free limit, and the law of small pools; refusals."""

import math

import numpy as np
import pytest
from naive import collapse_workflows as naive

from mfsolve.models import collapse
from mfsolve.models.collapse.market import finite_path
from mfsolve.models.collapse.parameters import Workflow
from mfsolve.models.collapse.workflows import human_weight

P = collapse.Parameters
NOBODY_REVISES = {"imitation": 0.0}
ALL_SYNTHETIC = {"imitation": 0.0, "initial_contamination": 1.0, "variance_ratio": 1.0}


@pytest.mark.parametrize("policy", ["none", "closed_form"])
@pytest.mark.parametrize("workflow", list(Workflow))
def test_the_mean_field_is_that_of_the_twin(workflow, policy):
    """Equal to rounding, but for the loss of an archive, whose laws are summed up by two moments."""
    p = P(workflow=workflow, initial_contamination=0.2, keeps_human=0.9, keeps_synthetic=0.4, curation=0.6)
    path, want = collapse.mean_field(p, policy, 8), naive.market(p, policy == "closed_form", 8)
    if workflow is Workflow.REPLACE:
        assert "fresh_contamination" not in path
        path = path.assign(fresh_contamination=path.contamination)
    for name in ("contamination", "pool_variance", "fresh_contamination"):
        np.testing.assert_allclose(path[name].values[1:], want[name], rtol=1e-12, err_msg=name)
    archived = workflow in (Workflow.ACCUMULATE, Workflow.SUBSAMPLE)
    relative = path.collapse_loss.values[1:] / want["collapse_loss"] - 1.0
    assert np.abs(relative).max() < (1e-2 if archived else 1e-8)
    assert (
        not archived or relative[-1] < 0.0
    )  # of laws with given two moments the normal one is nearest to human content


def test_an_archive_of_tokens_is_exact():
    p = P(workflow="accumulate", content="categorical", vocabulary=40, initial_contamination=0.4, imitation=0.0)
    human = np.arange(1.0, 41.0) ** -1.0
    human /= human.sum()
    fitted, synthetic = human, np.zeros(40)
    path = collapse.mean_field(p, "none", 5)
    for t in range(1, 6):
        q = fitted ** (1.0 / p.variance_ratio)
        synthetic += 0.4 * q / q.sum()
        fitted = ((1.0 + 0.6 * t) * human + synthetic) / (1.0 + t)
        loss = float((fitted * np.log(fitted / human)).sum())
        assert float(path.collapse_loss[t]) == pytest.approx(loss, rel=1e-9)


def test_constant_contamination_has_closed_forms():
    """MODEL 1.9: the variances at rest, and how slowly an archive goes there."""
    u, delta = 0.6, 0.4735
    rest = lambda a: (1.0 - a) / (1.0 - a * delta)  # noqa: E731
    at = {"initial_contamination": u, **NOBODY_REVISES}
    last = lambda workflow, **more: float(  # noqa: E731
        collapse.mean_field(P(workflow=workflow, **at, **more), "none", 60).pool_variance[-1]
    )
    assert last("replace") == last("growing") == pytest.approx(rest(u), rel=1e-12)
    assert last("mixed", human_weight=0.3) == pytest.approx(rest(0.7 * u), rel=1e-12)
    assert last("verified", keeps_human=0.8, keeps_synthetic=0.2) == pytest.approx(rest(0.12 / 0.44), rel=1e-12)
    path = collapse.mean_field(P(workflow="accumulate", **at), "none", 60).pool_variance.values
    t, a = np.arange(61.0), u * delta
    slow = np.exp([math.lgamma(k + 1.0 + a) - math.lgamma(1.0 + a) - math.lgamma(k + 2.0) for k in t])
    np.testing.assert_allclose(path - rest(u), slow * (1.0 - rest(u)), rtol=1e-9)
    curated = collapse.mean_field(P(workflow="curated", curation=0.3, **ALL_SYNTHETIC), "none", 60).pool_variance
    np.testing.assert_allclose(1.0 / curated, 1.0 + 0.3 * t, rtol=1e-12)


def test_a_verifier_helps_below_a_share_of_wrong_labels():
    """At most half of what is kept is synthetic where the share of synthetic items is below 1 / (1 + psi / phi)."""
    rates = {"keeps_human": 0.9, "keeps_synthetic": 0.3}
    for u, helps in ((0.75 - 1e-6, True), (0.75 + 1e-6, False)):
        p = P(workflow="verified", initial_contamination=u, **NOBODY_REVISES, **rates)
        assert (float(collapse.mean_field(p, "none", 1).contamination[-1]) < 0.5) is helps


def replicates(count, workflow, **more):
    """Variances and squared means of the last of four generations of four items each, (count, 2)."""
    p = P(workflow=workflow, **ALL_SYNTHETIC, **more)
    size, record = collapse.Population(producers=2, items=2, generations=4, sampling="statistics"), collapse.Record()
    paths = (finite_path(p, collapse.NoPolicy(), size, record, 5, r, 1) for r in range(count))
    return np.array([(x["pool_variance"][-1], x["pool_mean"][-1] ** 2) for x in paths])


def product(n, first, last):
    return math.prod(1.0 - 1.0 / (n * i * i) for i in range(first, last + 1))


def mixed_moments(n, k, w, generations):
    """E v and E |m|^2 where n emitted items and k n human ones are weighted 1 - w and w."""
    v, mm = 1.0, 0.0
    for _ in range(generations):
        human, synthetic = 1.0 / (k * n), v / n
        gap = human + synthetic + mm
        v, mm = (
            w * (1.0 - human) + (1.0 - w) * (v - synthetic) + w * (1.0 - w) * gap,
            w * w * human + (1.0 - w) ** 2 * (mm + synthetic),
        )
    return v, mm


def test_the_weight_of_least_noise():
    assert human_weight(P(workflow="mixed")) == pytest.approx((math.sqrt(5.0) - 1.0) / 2.0, rel=1e-15)
    for k in (0.2, 1.0, 7.0):
        w = human_weight(P(workflow="mixed", fresh_items=k))
        assert w == pytest.approx((math.sqrt(k * k + 4.0 * k) - k) / 2.0, rel=1e-12)
        noise = lambda w, k=k: mixed_moments(1e6, k, w, 200)[1]  # noqa: E731
        limit = (w * w + k * (1.0 - w) ** 2) / (2.0 * w - w * w) / (k * 1e6)
        assert noise(w) == pytest.approx(limit, rel=1e-4)
        assert noise(w) < min(noise(w - 0.01), noise(w + 0.01))


def test_small_pools_have_the_variance_of_theory():
    """Everything synthetic, delta = 1, refits with divisor n = 4: E v after four generations, and E |m|^2 if mixed."""
    n, count = 4, 400
    v, mm = mixed_moments(n, 1.0, (math.sqrt(5.0) - 1.0) / 2.0, 4)
    theory = {
        "replace": (1.0 - 1.0 / n) ** 4,
        "growing": math.prod(1.0 - 1.0 / (n * t * t) for t in range(1, 5)),
        "accumulate": product(n, 2, 5),
        "subsample": (1.0 - 1.0 / n) * product(n, 3, 5),
        "mixed": v,
    }
    found = {name: replicates(count, name) for name in theory}
    off = {
        (a, b): (found[a][:, 0].mean() - value) / (found[a][:, 0].std() / math.sqrt(count))
        for a in theory
        for b, value in theory.items()
    }
    print(off)
    assert all(abs(off[name, name]) < 4.0 for name in theory), off
    assert all(abs(off["accumulate", name]) > 4.0 for name in ("replace", "growing", "subsample")), off
    second = found["mixed"][:, 1]
    assert abs(second.mean() - mm) < 4.0 * second.std() / math.sqrt(count)


@pytest.mark.parametrize("sampling", ["items", "statistics"])
@pytest.mark.parametrize(
    ("workflow", "policy"),
    [("accumulate", collapse.Pmir(items=20_000)), ("subsample", "closed_form"), ("mixed", "closed_form"),
     ("growing", "none"), ("curated", collapse.Pmir(items=20_000)), ("verified", "closed_form")],
)  # fmt: skip
def test_populations_approach_the_mean_field(workflow, policy, sampling):
    p = P(workflow=workflow, initial_contamination=0.3, cost_spread=0.1)
    paths = [collapse.simulate(p, policy, 200, 4, 3, 11, r, sampling=sampling) for r in range(12)]
    limit = collapse.mean_field(p, policy, 3)
    for name in ("contamination", "fresh_contamination", "pool_variance", "subsidy"):
        x = np.array([float(path[name][-1]) for path in paths])
        bias = 5.0 / 800.0  # of refits and of the laws estimated from them, of order one over the items
        assert abs(x.mean() - float(limit[name][-1])) < 4.5 * x.std() / math.sqrt(12) + bias, name


ROWS = np.random.default_rng(4).normal(size=(40, 2))
KERNEL = {"content": "empirical", "features": ROWS, "refit": "kernel"}


@pytest.mark.parametrize(
    ("economy", "message"),
    [
        ({"workflow": "hoard"}, "workflow: 'hoard' given: .*'replace', 'accumulate', "),
        ({"human_weight": 1.2}, r"human_weight: 1.2 given; .*allowed: \[0, 1\]"),
        ({"keeps_synthetic": -0.1}, r"keeps_synthetic: -0.1 given; .*allowed: \[0, 1\]"),
        ({"curation": -1.0}, r"curation: -1.0 given; .*allowed: \[0, 1000000\]"),
        ({"fresh_items": 0.0}, r"fresh_items: 0.0 given; .*allowed: \[0.001, 1000\]"),
        ({"workflow": "accumulate", **KERNEL}, "workflow: 'accumulate' given, with refit = 'kernel'; allowed: replace, gr"),
        ({"workflow": "verified", "keeps_human": 0.0, "keeps_synthetic": 0.0}, "keeps_human: 0 given, with keeps_synth"),
    ],
    ids=str,
)  # fmt: skip
def test_parameters_refuse(economy, message):
    with pytest.raises(ValueError, match=message) as caught:
        P(**economy)
    assert "\n" not in str(caught.value)


def test_sizes_and_places_are_refused():
    with pytest.raises(ValueError, match=r"growth: 9 given; allowed: items \* generations"):
        collapse.simulate(P(workflow="growing", growth=9.0), "none", 10, 16, 10, 1)
    collapse.mean_field(P(workflow="growing", growth=10.0), "none", 3)  # nobody counts items here
    with pytest.raises(ValueError, match=r"fresh_items: 0.01 given; allowed: at least 1 / 8, one item"):
        collapse.simulate(P(workflow="mixed", fresh_items=0.01), "none", 2, 4, 1, 1)
    with pytest.raises(collapse.CollapseError, match="the verifier keeps no item of generation 1: raise keeps_human"):
        collapse.mean_field(P(workflow="verified", keeps_synthetic=0.0, **ALL_SYNTHETIC), "none", 3)


def test_a_kernel_density_can_be_verified():
    path = collapse.simulate(P(workflow="verified", **KERNEL, centres=20), "none", 40, 4, 2, 1, sampling="statistics")
    assert float(path.contamination[-1]) < float(path.fresh_contamination[-1])
