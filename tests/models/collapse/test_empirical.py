"""Empirical content: the Gaussian family as its oracle, laws, limits, divergences, W2 to a probe, refusals."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from naive import empirical as naive
from scipy import stats

from mfsolve.experiments.collapse import MODEL
from mfsolve.experiments.experiment import Case
from mfsolve.models import collapse, flow
from mfsolve.models.collapse.empirical import EmpiricalGaussian
from mfsolve.models.collapse.families import human_content
from mfsolve.models.collapse.human_rows import reservoir
from mfsolve.models.collapse.kernel_density import EmpiricalKernel, subset
from mfsolve.models.collapse.policies import policy_of
from mfsolve.models.parallel import BLOCK

RNG = np.random.default_rng(8)
SKEWED = RNG.gamma(2.0, size=600)
PLANE = np.column_stack([SKEWED, 0.5 * SKEWED + RNG.normal(size=600) ** 3])


def P(features=PLANE, **values):
    return collapse.Parameters(content="empirical", features=features, **values)


def paths(parameters, policy, replicates, seed=1, **size):
    """Variable -> (replicates, generations + 1)."""
    case = Case(parameters, policy_of(policy), collapse.Population(**size), collapse.Record())
    runs = [MODEL.simulate(case, seed, r, 1) for r in range(replicates)]
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
    replicates = 300 if refit == "gaussian" else 60
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


def test_probe_and_rows_are_all_there_is_and_apart():
    source = reservoir(P().features, 0.3)
    assert source.rows.shape == (420, 2)
    assert source.probe.shape == (180, 2)
    np.testing.assert_allclose(source.rows.mean(0), 0.0, atol=1e-14)
    np.testing.assert_allclose(np.cov(source.rows.T, bias=True), source.covariance, rtol=1e-12)
    np.testing.assert_allclose(np.diag(source.covariance), 1.0, rtol=1e-12)
    both = np.concatenate([source.rows, source.probe])
    a, b = ((x - x.mean(0)) / x.std(0) for x in (both, PLANE))
    np.testing.assert_allclose(np.sort(a[:, 0]), np.sort(b[:, 0]), atol=1e-12)


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


@pytest.mark.parametrize("rule", ["scott", "silverman"])
def test_bandwidths_are_scipys(rule):
    for features in (SKEWED, PLANE):
        source = reservoir(P(features).features, 0.5)
        assert source.bandwidth(collapse.Bandwidth(rule)) == pytest.approx(
            stats.gaussian_kde(source.rows.T, rule).factor
        )


def test_kernel_divergences_on_the_line():
    """Against a rule of forty times as many places, densities by SciPy."""
    content = human_content(P(SKEWED[:60], refit="kernel"))
    x = np.linspace(-6.0, 10.0, 16_001)
    log_p, log_q = (
        naive.log_density(x[:, None], g.centres, g.factor) for g in (content.yardstick.human, content.generator)
    )
    for rho in (0.01, 0.3, 0.9):
        want = naive.functionals(rho, log_p, log_q, x[1] - x[0])
        np.testing.assert_allclose(content.functionals(rho)[:3], want, rtol=1e-9)
    kl = np.sum(np.exp(log_q) * (log_q - log_p)) * (x[1] - x[0])
    assert content.divergence() == pytest.approx(kl, rel=1e-9)


def test_kernel_divergences_beyond_the_line():
    """Monte Carlo with common random numbers against a two-dimensional grid, within 4.5 of its standard errors."""
    content = human_content(P(PLANE[:120], refit="kernel"))
    axis = np.linspace(-5, 12, 500)
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    log_p, log_q = (law.log_density(x) for law in (content.yardstick.human, content.generator))
    want = naive.functionals(0.4, log_p, log_q, (axis[1] - axis[0]) ** 2)
    found = content.functionals(0.4)
    assert abs(found[0] - want[0]) < 4.5 * found[3]
    assert abs(found[1] - want[1]) < 4.5 * found[4]
    assert found[3] < 0.05 * found[0]


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


def test_human_rows_alone_stay_human():
    """Without synthetic items a kernel generator's kept items are human rows."""
    run = collapse.simulate(P(refit="kernel", initial_contamination=0.0, centres=64), "none", 50, 4, 3, 1)
    assert not run.contamination.any()
    assert not run.collapse_loss.any()
    content = human_content(P(refit="kernel", centres=64))
    assert content.kept.shape[0] == 300


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
        for policy in (collapse.Pmir(items=500), collapse.Optimal()):
            run = collapse.simulate(parameters, policy, 40, 4, 2, 1, sampling="statistics")
            assert np.isfinite(run.welfare).all()
            assert 0.0 < float(run.subsidy[0]) <= 1.0


def test_snapshots_are_densities():
    record = collapse.Record(snapshots=(1, 2), bins=200, bin_range=8.0)
    for refit in ("gaussian", "kernel"):
        run = collapse.simulate(P(SKEWED, refit=refit), "none", 50, 4, 2, 1, sampling="statistics", record=record)
        assert (run.content.sum("bin") * 0.08).values == pytest.approx([1.0, 1.0], rel=1e-3)


def test_content_that_shrinks_to_a_point_is_reported():
    with pytest.raises(collapse.Collapsed, match="generation"):
        collapse.simulate(
            P(SKEWED, refit="kernel", initial_contamination=1.0, variance_ratio=0.01), "none", 50, 4, 9, 1
        )


def test_subsets_are_equally_likely():
    key = np.array([3, 4], np.uint64)
    seen = [tuple(subset(key, np.uint64(1), np.uint64(r), 6, 3)) for r in range(4000)]
    counts = np.unique(np.array(seen), axis=0, return_counts=True)[1]
    assert len(counts) == 20
    assert stats.chisquare(counts).pvalue > 1e-5
    assert subset(key, np.uint64(1), np.uint64(0), 5, 9).tolist() == [0, 1, 2, 3, 4]


def test_features_travel_and_compare_by_content(tmp_path):
    a, b = collapse.Features.of(PLANE), collapse.Features.of(PLANE.tolist())
    assert a == b
    assert hash(a) == hash(b)
    assert a != collapse.Features.of(PLANE[:-1])
    path = tmp_path / "x.csv"
    np.savetxt(path, PLANE, delimiter=",", header="a,b", comments="", fmt="%.17g")
    c = collapse.Features.of(str(path))
    assert c == a
    for features in (a, c, collapse.Features.of("co2")):
        copy = pickle.loads(pickle.dumps(features))
        assert copy == features
        assert np.array_equal(copy.rows, features.rows)
    assert len(pickle.dumps(c)) < 1000
    with pytest.raises(ValueError, match="read-only"):
        a.rows[0, 0] = 1.0
    assert P(a).features is a
    assert isinstance(human_content(P(a)), EmpiricalGaussian)
    assert isinstance(human_content(P(a, refit="kernel")), EmpiricalKernel)


REFUSED = [
    ({"features": None}, r"features: missing; content = 'empirical' needs a CSV file, or co2"),
    ({"features": [[1.0, 2.0]]}, r"features: 1 rows of 2 features given; allowed: at least 20"),
    ({"features": np.zeros((30, 101))}, r"features: 101 columns given; allowed: at most 100"),
    ({"features": [["a"]]}, r"features: an array of numbers"),
    ({"features": np.where(np.arange(30) == 7, np.nan, 1.0)}, r"row 7, column 0: nan given; allowed: finite"),
    ({"features": "nowhere.csv"}, r"features: .*nowhere.csv: No such file or directory; allowed: a CSV file, or co2"),
    (
        {"features": {"data": "co2", "sha256": "00"}},
        r"features: co2 is not what it was: sha256 [0-9a-f]{64}, expected 00",
    ),
    ({"features": {"data": "co2", "hash": "00"}}, r"features: hash: unknown key; known: data, sha256"),
    ({"held_out": 0.0}, r"held_out: 0.0 given: .*\(0, 1\)"),
    ({"centres": 3}, r"centres: 3 given: .*\[16, 1000000\]"),
    ({"refit": "spline"}, r"refit: 'spline' given: .*'gaussian' or 'kernel'"),
    ({"bandwidth": "wide"}, r"bandwidth: 'wide' given: .*'scott' or 'silverman'"),
    ({"content": "gaussian"}, r"features: given, with content = 'gaussian'"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=[m[:40] for _, m in REFUSED])
def test_refused_parameters(values, message):
    with pytest.raises(ValueError, match=message) as caught:
        collapse.Parameters(**{"content": "empirical", "features": PLANE} | values)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("features", "values", "message"),
    [
        (PLANE, {"held_out": 0.999}, r"held_out: 0.999 given: of 600 rows it leaves 1 to draw from"),
        (np.column_stack([SKEWED, np.ones(600)]), {}, "column x1 is constant; leave it out"),
        (np.column_stack([SKEWED, 2 * SKEWED]), {}, "column x1 follows from the columns before it; leave it out"),
    ],
)
def test_refused_features(features, values, message):
    with pytest.raises(ValueError, match=message):
        collapse.simulate(P(features, **values), "none", 10, 4, 2, 1)


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
def test_same_bits_on_every_cpu():
    root, digests = Path(__file__).parents[2], set()
    for cpu in ("generic", "haswell", None):
        environment = {**os.environ, "PYTHONPATH": str(root)}
        if cpu is not None:
            environment |= {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
        run = subprocess.run([sys.executable, "-c", BITS], env=environment, capture_output=True, text=True, check=True)
        digests.add(run.stdout)
    assert len(digests) == 1
