"""Empirical content: the Gaussian family as its oracle, laws, limits, divergences, W2 to a probe, refusals."""

import numpy as np
import pytest
from naive import collapse_empirical as naive
from scipy import stats
from support import cpus

from mfsolve.models import collapse, flow
from mfsolve.models.collapse.content import human_content
from mfsolve.models.collapse.market import finite_path
from mfsolve.models.collapse.policies import policy_of
from mfsolve.models.parallel import BLOCK

RNG = np.random.default_rng(8)
SKEWED = RNG.gamma(2.0, size=600)
PLANE = np.column_stack([SKEWED, 0.5 * SKEWED + RNG.normal(size=600) ** 3])


def P(features=PLANE, **values):
    return collapse.Parameters(content="empirical", features=features, **values)


def paths(parameters, policy, replicates, seed=1, **size):
    """Variable -> (replicates, generations + 1)."""
    rule, population, kept = policy_of(policy), collapse.Population(**size), collapse.Record()
    runs = [finite_path(parameters, rule, population, kept, seed, r, 1) for r in range(replicates)]
    return {name: np.array([run[name] for run in runs]) for name in runs[0]}


@pytest.mark.parametrize("policy", ["none", "closed_form"])
def test_mean_field_of_one_feature_is_that_of_gaussian_content(policy):
    """In units of the human rows p = N(0, 1): every variable but the distance to the probe is the Gaussian family's."""
    market = {"initial_contamination": 0.2, "verified_share": 0.3}
    a = collapse.mean_field(P(SKEWED, **market), policy)
    b = collapse.mean_field(collapse.Parameters(**market), policy)
    for name in set(b.data_vars) - {"w2_drift"}:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-9, atol=1e-12, err_msg=name)
    assert not a.loss_error.any()
    assert not a.w2_error.any()


def test_mean_field_of_correlated_features_is_that_of_as_many_dimensions():
    """KL does not see coordinates; Monte Carlo errors are stated, and small."""
    a = collapse.mean_field(P(initial_contamination=0.2), "none", 6)
    b = collapse.mean_field(collapse.Parameters(initial_contamination=0.2, dimension=2), "none", 6)
    for name in ("contamination", "pool_variance", "divergence"):
        np.testing.assert_allclose(a[name], b[name], rtol=1e-9, atol=1e-12, err_msg=name)
    gap, error = (a.collapse_loss - b.collapse_loss).values[1:], a.loss_error.values[1:]
    assert (np.abs(gap) < 4.5 * error).all()
    assert (error < 0.01 * b.collapse_loss.values[1:]).all()


@pytest.mark.parametrize(("refit", "features"), [("gaussian", SKEWED), ("kernel", SKEWED), ("kernel", PLANE)])
def test_sampled_statistics_have_the_law_of_items(refit, features):
    """Two-sample tests of whole paths, generation 4."""
    replicates = 300 if refit == "gaussian" else 40
    parameters = P(features[:200], initial_contamination=0.4, refit=refit, centres=40)
    size = {"producers": 30, "items": 4, "generations": 4}
    a = paths(parameters, "closed_form", replicates, sampling="items", **size)
    b = paths(parameters, "closed_form", replicates, seed=2, sampling="statistics", **size)
    for name in ("contamination", "log_quality", "pool_variance", "w2_drift"):
        x, y = a[name][:, 4], b[name][:, 4]
        assert stats.ks_2samp(x, y).pvalue > 1e-5, name
        assert abs(x.mean() - y.mean()) < 5 * np.sqrt((x.var() + y.var()) / replicates), name


@pytest.mark.parametrize("sampling", ["items", "statistics"])
def test_mean_field_is_the_limit_at_the_square_root_rate(sampling):
    parameters = P(SKEWED, initial_contamination=0.3)
    limit = collapse.mean_field(parameters, "closed_form", 4)
    sizes, replicates = (200, 2000, 20_000), (200, 200, 60)
    runs = [
        paths(parameters, "closed_form", r, producers=n, items=4, generations=4, sampling=sampling)
        for n, r in zip(sizes, replicates)
    ]
    for name in ("contamination", "log_quality", "pool_variance"):
        deviation = [run[name][:, 4] - float(limit[name][-1]) for run in runs]
        rate = -np.diff(np.log([d.std(ddof=1) for d in deviation])) / np.log(10)
        error = np.sqrt([1 / 400 + 1 / 400, 1 / 400 + 1 / 120]) / np.log(10)
        assert (np.abs(rate - 0.5) < 4.5 * error).all(), (name, rate)
        bias = abs(deviation[0].mean()) / 100  # falls as 1/N
        assert abs(deviation[-1].mean()) < 5 * deviation[-1].std() / np.sqrt(60) + bias, name


@pytest.mark.parametrize("refit", ["gaussian", "kernel"])
def test_threads_and_order_do_not_change_a_bit(refit):
    parameters = P(PLANE[:100], refit=refit, initial_contamination=0.3)
    a, b = (collapse.simulate(parameters, "closed_form", 2 * BLOCK + 77, 1, 2, 5, 3, threads=t) for t in (1, 3))
    for name in a.data_vars:
        np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)
    other = collapse.simulate(parameters, "closed_form", 100, 2, 2, 5, 4)
    assert float(other.pool_variance[-1]) != float(a.pool_variance[-1])


def test_temperature_is_the_ratio_of_covariances():
    """Both generators have delta times the covariance they were fitted with, and full temperature is human content."""
    for refit in ("gaussian", "kernel"):
        content = human_content(P(refit=refit, variance_ratio=0.4))
        q = content.generator
        spread = np.cov(q.centres.T, bias=True) if len(q.centres) > 1 else 0.0
        np.testing.assert_allclose(spread + q.factor @ q.factor.T, 0.4 * content.covariance, rtol=1e-12)
        for features in (PLANE, SKEWED):
            same = human_content(P(features, refit=refit, variance_ratio=1.0))
            assert same.divergence() == pytest.approx(0.0, abs=1e-12)
            assert same.mixture(0.5)[0] == pytest.approx(0.0, abs=1e-12)


def test_drift_is_the_distance_to_the_probe():
    for refit in ("gaussian", "kernel"):
        line = human_content(P(SKEWED, refit=refit, variance_ratio=0.5))
        probe = np.sort(line.yardstick.reservoir.probe[:, 0])
        exact = (
            np.sqrt(naive.w2_of_gaussian(probe, 0.0, 1.0))
            if refit == "gaussian"
            else flow.w2(np.ascontiguousarray(line.kept[:, 0]), probe)
        )
        found = line.observables()
        assert found["w2_drift"] == pytest.approx(exact, abs=1e-4)
        assert found["w2_error"] == 0.0


@pytest.mark.parametrize("refit", ["gaussian", "kernel"])
def test_sliced_drift_has_an_honest_error(refit):
    """Over replicates, which draw their own directions, the spread is the error that each states."""
    drift, error = [], []
    for r in range(60):
        run = collapse.simulate(P(PLANE[:100], refit=refit), "none", 10, 1, 1, 1, r, sampling="statistics")
        drift.append(float(run.w2_drift[0]))
        error.append(float(run.w2_error[0]))
    # relative error of a standard deviation of 60: 9 %
    assert np.std(drift, ddof=1) == pytest.approx(np.mean(error), rel=0.4)


def test_contamination_costs_more_where_the_generator_keeps_the_shape():
    """The law's coefficient c I(0)/2: closed form for Gaussians, by quadrature for kernels, and the measured slope."""
    for refit, tolerance in (("gaussian", 0.01), ("kernel", 0.01)):
        parameters = P(SKEWED, refit=refit, initial_contamination=0.002, imitation=0.0)
        b = collapse.collapse_law_coefficient(parameters)
        content = human_content(parameters)
        assert content.mixture(0.002)[0] * parameters.quality_elasticity / 0.002**2 == pytest.approx(b, rel=tolerance)


def test_policies_that_look_at_items_and_search():
    for refit in ("gaussian", "kernel"):
        parameters = P(PLANE[:100], refit=refit, initial_contamination=0.3, verified_share=0.2)
        for policy in (collapse.Pmir(items=500), collapse.Myopic()):
            run = collapse.simulate(parameters, policy, 40, 4, 2, 1, sampling="statistics")
            assert np.isfinite(run.welfare).all()
            assert 0.0 < float(run.subsidy[0]) <= 1.0


def test_snapshots_are_densities():
    record = collapse.Record(snapshots=(1, 2), bins=200, bin_range=8.0)
    for refit in ("gaussian", "kernel"):
        run = collapse.simulate(P(SKEWED, refit=refit), "none", 50, 4, 2, 1, sampling="statistics", record=record)
        assert (run.content.sum("bin") * 0.08).values == pytest.approx([1.0, 1.0], rel=1e-3)


def test_content_that_shrinks_to_a_point_is_reported():
    with pytest.raises(collapse.CollapseError, match="generation"):
        collapse.simulate(
            P(SKEWED, refit="kernel", initial_contamination=1.0, variance_ratio=0.01), "none", 50, 4, 9, 1
        )


def test_refused_uses():
    with pytest.raises(ValueError, match="refit: 'kernel' given; allowed: 'gaussian', for infinitely many"):
        collapse.mean_field(P(refit="kernel"), "none")
    with pytest.raises(ValueError, match="content: 'empirical' given; allowed: 'gaussian' or 'categorical'"):
        collapse.equilibria(P())
    with pytest.raises(ValueError, match=r"producers \* items must be at least 3 to refit 2 features"):
        collapse.simulate(P(), "none", 1, 2, 1, 1)
    with pytest.raises(ValueError, match="items: 2 given; allowed: at least 3 to refit 2 features"):
        collapse.simulate(P(), collapse.Pmir(items=2), 10, 2, 1, 1)


BITS = """
import hashlib
from mfsolve.models import collapse
h = hashlib.sha256()
rows = collapse.Features.of("co2").rows[:300]
for refit in ("gaussian", "kernel"):
    for features in (rows[:, 0], rows):
        for sampling in ("items", "statistics"):
            p = collapse.Parameters(content="empirical", features=features, refit=refit, centres=64)
            run = collapse.simulate(p, "closed_form", 200, 4, 3, 1, sampling=sampling, record=collapse.Record(snapshots=(2,)))
            for name in sorted(run.data_vars):
                h.update(run[name].values.tobytes())
print(h.hexdigest())
"""


@pytest.mark.slow
@pytest.mark.exhaustive
def test_same_bits_on_every_cpu():
    assert len(cpus.outputs(BITS)) == 1
