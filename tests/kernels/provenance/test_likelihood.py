"""Likelihood and ensemble kernels against their NumPy twins."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import equilibria as equilibrium
from mfsolve.kernels.collapse import gaussian_pool as mixture
from mfsolve.kernels.provenance import ensembles as pools
from mfsolve.kernels.provenance import likelihood
from mfsolve.kernels.random.philox import stream_key
from naive import provenance as naive
from scipy.special import chdtri
from scipy.stats import ks_2samp

from mfsolve.models import provenance
from mfsolve.models.provenance.contents import contrasts

NONE = np.empty(0)
ZERO = np.uint64(0)
KEY = stream_key(3, "test")


def sample(seed, n, weighted=False, scale=2.0):
    """Contrasts, densities and weights of n random items."""
    rng = np.random.default_rng(seed)
    lr = rng.normal(rng.normal(0, 1), scale, n)
    p, q = np.exp(-np.maximum(lr, 0)), np.exp(np.minimum(lr, 0))
    c = rng.integers(1, 9, n).astype(float) if weighted else NONE
    return np.tanh(lr / 2), p, q, c


@pytest.mark.parametrize("n", [1, 63, 64, 127, 128, 129, 1000])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("theta", [-0.9, 0.0, 0.3])
def test_sums(n, weighted, theta):
    t, p, q, c = sample(n, n, weighted)
    b = c if weighted else 1.0
    out = np.empty(3)
    likelihood.score_sums(theta, t, c, out)
    w = t / (1 + theta * t)
    for k in range(3):
        assert out[k] == pytest.approx(np.sum(b * w ** (k + 1)), rel=1e-12, abs=1e-12 * n)
    want = naive.log_likelihood(0.5 + 0.5 * theta, p, q, b) - naive.log_likelihood(0.5, p, q, b)
    assert likelihood.log_likelihood(theta, t, c) == pytest.approx(want, rel=1e-11, abs=1e-11 * n)


@pytest.mark.parametrize("weighted", [False, True])
def test_em_one_step_and_moment(weighted):
    t, p, q, c = sample(5, 3000, weighted)
    b = c if weighted else np.ones(t.size)
    theta, _ = likelihood.expectation_maximisation(t, c, 0.0, 1e-14, 10**6)
    assert 0.5 + 0.5 * theta == pytest.approx(naive.em(p, q, b), abs=1e-9)
    best, _ = likelihood.maximum(t, c, 1e-13, np.empty(3))
    assert theta == pytest.approx(best, abs=1e-9)
    w = t / (1 + 0.1 * t)
    assert likelihood.one_step(t, c, 0.1, np.empty(3)) == pytest.approx(0.1 + (b @ w) / (b @ w**2), rel=1e-12)
    out = np.empty(2)
    likelihood.moment(t, c, -0.2, 0.3, out)
    mean = np.average(t, weights=b)
    assert out[0] == pytest.approx((mean + 0.2) / 0.5, rel=1e-12)
    assert out[1] == pytest.approx(np.average((t - mean) ** 2, weights=b) / 0.25, rel=1e-10)


@pytest.mark.parametrize("theta", [-1.0, -0.6, 0.0, 0.9])
def test_em_ascends_to_the_maximum_in_few_passes(theta):
    """Extrapolated, it takes dozens of passes where one step after the other takes thousands; also to an end."""
    rng = np.random.default_rng(8)
    for mean, sd in ((-0.02, 0.1), (0.0, 0.3), (-1.0, 1.0), (1.0, 0.4)):
        t = np.tanh(0.5 * rng.normal(mean, sd, 4000))
        best, _ = likelihood.maximum(t, NONE, 1e-13, np.empty(3))
        found, passes = likelihood.expectation_maximisation(t, NONE, theta, 1e-13, 10**6)
        if theta == -1.0:
            assert (found, passes) == (-1.0, 1)
        else:
            assert found == pytest.approx(best, abs=1e-7)
            assert passes < 400
    first, passes = likelihood.expectation_maximisation(t, NONE, 0.0, 0.0, 1)
    assert (0.5 + 0.5 * first, passes) == (pytest.approx(naive.em((1 - t) / 2, (1 + t) / 2, passes=1), abs=1e-14), 1)


@pytest.mark.parametrize("seed", range(6))
def test_deviance_bounds_lie_on_the_level(seed):
    t, *_ = sample(seed, 300)
    theta, _ = likelihood.maximum(t, NONE, 1e-13, np.empty(3))
    top, drop = likelihood.log_likelihood(theta, t, NONE), 0.5 * chdtri(1, 0.05)
    for side in (-1, 1):
        end = likelihood.deviance_bound(t, NONE, theta, top, drop, side, 1e-12)
        if abs(end) < 1:
            assert top - likelihood.log_likelihood(end, t, NONE) == pytest.approx(drop, abs=1e-8)
        else:
            assert top - likelihood.log_likelihood(end, t, NONE) <= drop
        assert side * (end - theta) >= 0


@pytest.mark.parametrize(
    ("n", "d", "m", "s2"), [(1, 1, 0.0, 0.4), (1023, 1, 0.5, 0.3), (1025, 3, 0.2, 0.8), (3001, 1, 0.0, 1.4)]
)
def test_drawn_pools(n, d, m, s2):
    t = np.empty(n)
    synthetic = pools.draw_gaussian(KEY, ZERO, np.uint64(2), 0.4, m, s2, d, 0.0, 0.0, t)
    np.testing.assert_allclose(t, naive.gaussian_contrasts(KEY, 0, 2, n, synthetic, m, s2, d), rtol=0, atol=1e-12)


def test_a_row_of_an_ensemble_is_its_data_set():
    n, out, alone = 500, np.empty((3, pools.COLUMNS)), np.empty((1, pools.COLUMNS))
    means = np.array([-0.1, 0.12])
    case = (0.3, 0.2, 0.5, 1, 0.0, 0.0, means, 5000, 1e-13)
    pools.gaussian_ensemble(KEY, ZERO, 0, *case, np.empty(n), out)
    pools.gaussian_ensemble(KEY, ZERO, 2, *case, np.empty(n), alone)
    assert np.array_equal(alone[0], out[2])
    t = np.empty(n)
    pools.draw_gaussian(KEY, ZERO, np.uint64(2), *case[:6], t)
    p, q = (1 - t) / 2, (1 + t) / 2
    best = naive.mle(p, q)
    assert out[2, 0] == pytest.approx(best, abs=1e-10)
    assert out[2, 4] == pytest.approx(best, abs=1e-8)
    assert out[2, 2] == pytest.approx((t.mean() + 0.1) / 0.22, rel=1e-11)
    assert out[2, 5] == pytest.approx(np.mean(((q - p) / ((1 - best) * p + best * q)) ** 2), rel=1e-9)
    assert out[2, 6] == pytest.approx(naive.log_likelihood(best, p, q) - naive.log_likelihood(0.3, p, q), abs=1e-9)
    fast = np.empty((3, 2))
    pools.gaussian_mle(KEY, ZERO, 0, *case[:6], 1e-13, np.empty(n), fast)
    assert np.array_equal(fast[:, 0], out[:, 0])


def test_watermarks_have_their_law():
    n = 200_000
    t, sigma = np.empty(n), 1 / np.sqrt(n)
    pools.draw_gaussian(KEY, ZERO, ZERO, 0.0, 0.0, 1.0, 1, 1.5, 0.25, t)
    ratio = (1 + t) / (1 - t)
    # under human content the likelihood ratio has mean 1 and variance (1 - strip)^2 (e^(w^2) - 1)
    assert abs(ratio.mean() - 1) < 5 * sigma * 0.75 * np.sqrt(np.expm1(2.25))
    pools.draw_gaussian(KEY, ZERO, ZERO, 1.0, 0.0, 1.0, 1, 1.5, 0.25, t)
    inverse = (1 - t) / (1 + t)
    assert abs(inverse.mean() - 1) < 5 * sigma * inverse.std()


def test_marked_tokens_have_their_law():
    """Mean and mean square of the contrasts of human and of synthetic tokens, against sums and quadrature."""
    content = provenance.Tokens(vocabulary=20, variance_ratio=0.5, watermark=1.0, stripping=0.3)
    want, n = contrasts(content), 200_000
    for rho, mean, square in ((0.0, want.human, want.square_human), (1.0, want.synthetic, want.square_synthetic)):
        t = np.empty(n)
        case = content.nodes().ratio, *content.tables(), content.watermark, content.stripping
        assert pools.draw_tokens(KEY, ZERO, ZERO, rho, *case, t) == rho * n
        for power, exact in ((1, mean), (2, square)):
            assert abs(np.mean(t**power) - exact) < 4.5 * np.std(t**power) / np.sqrt(n)


def test_unmarked_tokens_are_counts():
    """One by one they have the law of the counts: the same estimates in distribution."""
    content = provenance.Tokens(vocabulary=20, variance_ratio=0.5)
    counted = provenance.ensemble(0.3, content, 400, 1500, seed=1)
    single = np.empty((1500, pools.COLUMNS))
    case = content.nodes().ratio, *content.tables(), 0.0, 0.0
    means = np.array(contrasts(content)[:2])
    pools.token_ensemble(KEY, ZERO, 0, 0.3, *case, means, 0, 1e-12, np.empty(400), single)
    assert ks_2samp(counted[:, 0], single[:, 0]).pvalue > 1e-4
    assert ks_2samp(counted[:, 2], single[:, 2]).pvalue > 1e-4


def test_scores_at_the_truth():
    """Column 11: mean 0, variance n I."""
    content = provenance.Content(variance=0.4)
    score = provenance.ensemble(0.3, content, 500, 4000, seed=2)[:, 11]
    information = 500 * content.information(0.3)
    assert abs(score.mean()) < 4.5 * np.sqrt(information / 4000)
    assert abs(score.var() / information - 1) < 4.5 * np.sqrt(2 / 4000)


def test_categorical_ensemble_is_unbiased_inside():
    p, q = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.2, 0.2, 0.5, 0.1])
    out = np.empty((2000, pools.COLUMNS))
    t = (q - p) / (q + p)
    pools.categorical_ensemble(KEY, ZERO, 0, 0.4, p, q, 3000, np.array([p @ t, q @ t]), 0, 1e-13, out)
    information = np.sum((q - p) ** 2 / (0.6 * p + 0.4 * q))
    ratio = 3000 * information * out[:, 0].var()
    assert abs(out[:, 0].mean() - 0.4) < 4.5 * out[:, 0].std() / np.sqrt(2000)
    assert abs(ratio - 1) < 4.5 * np.sqrt(2 / 2000)


# --- equilibrium -------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("s2", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("rho", [0.02, 0.5, 0.95])
def test_few_nodes_suffice(d, s2, rho):
    room, f = np.empty((4, equilibrium.NODES)), np.empty(3)
    n = equilibrium.nodes(s2, d, equilibrium.STEPS, *room)
    m = np.sum(room[3, :n] * (room[0, :n] + np.log((1 - rho) * room[1, :n] + rho * room[2, :n])))
    mixture.gaussian_functionals(rho, 0.0, s2, d, f)
    assert m == pytest.approx(f[1], rel=1e-6)


@pytest.mark.parametrize("point", [
    (0.305, 0.0, 0.6, 0.0, 0.0, 0.0, 0.4735, 1.0), (0.305, 0.2, 0.6, 0.0, 0.3, 0.1, 0.3, 2.0),
    (0.2, 0.0, 0.9, 1.3, 0.0, 0.0, 0.05, 1.0), (0.1, 0.02, 1.0, 2.0, 0.2, 0.0, 0.2, 2.0),
])  # fmt: skip
def test_scan_finds_the_roots_of_its_twin(point):
    counts, roots, slopes = np.empty(1, np.int64), np.empty((1, 8)), np.empty((1, 8))
    equilibrium.scan(np.array([point]), 1, False, counts, roots, slopes)
    with np.errstate(divide="ignore"):
        want = naive.rest_points(*point)
    assert counts[0] == len(want)
    np.testing.assert_allclose(roots[0, : len(want)], want, rtol=0, atol=1e-7)  # the twin's trapezoid over costs
