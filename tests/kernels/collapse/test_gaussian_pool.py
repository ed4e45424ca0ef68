"""Functionals of the contaminated Gaussian pool against SciPy's quadrature and closed forms."""

import itertools
import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mfsolve.kernels.collapse import gaussian_nodes, gaussian_pool, gaussian_rules
from mfsolve.kernels.numerics.sums import fold
from naive import collapse_content as naive

RHO, MEAN, VARIANCE = st.floats(0, 1), st.floats(0, 3), st.floats(-4, 0.3).map(lambda e: 10.0**e)
DIMENSION = st.sampled_from([1, 2, 3, 5, 10, 40])


def functionals(rho, m, s2, d):
    out = np.empty(3)
    assert gaussian_pool.gaussian_functionals(rho, m, s2, d, out) == 0.0
    return out


def divergence(m, s2, d):
    """KL(N(m, s2) || N(0, 1))."""
    return 0.5 * d * (s2 - 1 - math.log(s2)) + 0.5 * m * m


def close(got, want, tolerance=1e-10):
    """Error below 1e-10, relative where the value is above one."""
    return abs(got - want) <= tolerance * max(1.0, abs(want))


def random_pools(n, dimensions):
    """Contamination, distance, variance, dimension: n of them."""
    rng = np.random.default_rng(8)
    rho = np.where(rng.random(n) < 0.5, rng.random(n), 10.0 ** rng.uniform(-6, 0, n))
    s2 = 10 ** rng.uniform(-3, 0.25, n)
    return [
        (r, m, v, dimensions[i % len(dimensions)]) for i, (r, m, v) in enumerate(zip(rho, rng.uniform(0, 3, n), s2))
    ]


@pytest.mark.parametrize(("rho", "m", "s2", "d"), random_pools(25, [1]))
def test_line_against_adaptive_quadrature(rho, m, s2, d):
    got, want = functionals(rho, m, s2, d), naive.gaussian_functionals(rho, m, s2)
    assert close(got[0], want[0])
    assert close(got[1], want[1])
    assert close(got[2], want[2], 1e-9)


@pytest.mark.parametrize(("rho", "m", "s2", "d"), random_pools(24, [2, 3, 5, 20, 100]))
def test_space_against_gauss_legendre_panels(rho, m, s2, d):
    got, want = functionals(rho, m, s2, d), naive.gaussian_functionals(rho, m, s2, d)
    assert close(got[0], want[0])
    assert close(got[1], want[1])
    assert close(got[2], want[2], 1e-8)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(MEAN, VARIANCE, DIMENSION)
def test_ends(m, s2, d):
    """Nothing is lost without synthetic content; with nothing else the loss is KL(q || p), the slope Jeffreys'."""
    loss, slope, _ = functionals(0.0, m, s2, d)
    assert abs(loss) <= 1e-12
    assert abs(slope) <= 1e-12 * (1 + divergence(m, s2, d))
    loss, slope, _ = functionals(1.0, m, s2, d)
    assert close(loss, divergence(m, s2, d))
    backward = 0.5 * d * (1 / s2 - 1 + math.log(s2)) + 0.5 * m * m / s2
    assert close(slope, divergence(m, s2, d) + backward)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.floats(0, 2), st.floats(0.02, 1.5), st.sampled_from([1, 2, 3, 8]))
def test_information_at_zero_is_chi_square(m, s2, d):
    chi2 = (s2 * (2 - s2)) ** (-d / 2) * math.exp(m * m / (2 - s2)) - 1
    assert close(functionals(0.0, m, s2, d)[2], chi2, 1e-9)


def test_information_diverges_where_it_must():
    assert functionals(0.0, 0.0, 2.0, 1)[2] == np.inf
    assert functionals(1.0, 0.0, 0.5, 1)[2] == np.inf
    assert functionals(1.0, 0.0, 0.8, 1)[2] == pytest.approx((1.25 * (2 - 1.25)) ** -0.5 - 1, abs=1e-10)


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize(("m", "s2"), [(0.0, 0.319), (0.0, 0.4735), (0.7, 0.6)])
def test_collapse_law_at_small_contamination(m, s2, d):
    """KL = rho^2 / 2 chi2 + O(rho^3): halving rho divides the remainder by eight."""
    chi2 = functionals(0.0, m, s2, d)[2]
    remainder = [functionals(r, m, s2, d)[0] - 0.5 * r * r * chi2 for r in (0.004, 0.002, 0.001)]
    for a, b in itertools.pairwise(remainder):
        assert a / b == pytest.approx(8.0, rel=0.1)  # next order: rho times a bounded ratio of moments
    assert abs(functionals(1e-5, m, s2, d)[0] / (0.5e-10 * chi2) - 1) < 1e-3


@settings(derandomize=True, max_examples=80, deadline=None)
@given(st.floats(0.02, 0.98), MEAN, st.floats(0.05, 1.5), DIMENSION)
def test_derivatives(rho, m, s2, d):
    """The slope is the loss's derivative and the information the slope's: the loss is convex."""
    h = 1e-3 * min(rho, 1 - rho)
    at = [functionals(rho + k * h, m, s2, d) for k in (-2, -1, 0, 1, 2)]
    for lower in (0, 1):
        f = [row[lower] for row in at]
        difference = (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h)
        # truncation h^4 f'''''/30 with f^(k) below its first derivative times k! / min(rho, 1-rho)^k; rounding 1e-11 / h
        allowed = 1e-9 * (1 + abs(at[2][lower + 1])) + 3e-11 * (1 + abs(at[2][1])) / h
        assert abs(difference - at[2][lower + 1]) <= allowed
    assert at[0][1] <= at[2][1] <= at[4][1]
    assert at[2][2] >= 0
    assert 0 <= at[2][0] <= rho * divergence(m, s2, d) + 1e-12  # below its chord


@settings(derandomize=True, max_examples=60, deadline=None)
@given(RHO, VARIANCE)
def test_one_dimension_is_the_others_without_them(rho, s2):
    """As m alone separates q from p (s2 = 1), the dimension does not matter."""
    want = functionals(rho, 1.3, 1.0, 1)
    for d in (2, 7):
        np.testing.assert_allclose(functionals(rho, 1.3, 1.0, d), want, rtol=0, atol=1e-10)


# rho, m, s2, KL(pool || p), its slope: d = 1 (mpmath, 50 digits and more)
SMALL = (
    (1e-9, 0.0, 0.4735, 8.8114122540317e-20, 1.7622824508975e-10),
    (1e-12, 0.7, 0.6, 2.7416481639093e-25, 5.4832963278183e-13),
    (1e-40, 0.0, 0.3, 2.00140042014e-81, 4.0028008402801e-41),
    (1e-100, 1.0, 0.5, 6.2452477291271e-201, 1.2490495458254e-100),
    (0.001, 0.0, 1e-8, 0.0013249679802711, 1.9967409784682),
    (1e-6, 0.3, 1e-12, 2.9564164440477e-7, 0.53777061963989),
    (1e-9, 0.0, 1e-4, 3.4856222048691e-17, 6.9712443170123e-8),
    (0.3, 1e-9, 1.0, 4.5e-20, 3.0e-19),
    (0.5, 0.0, 1.000000001, 6.2500010321713e-20, 2.5000004124519e-19),
    (0.7, 1e-12, 0.9999999999, 1.2252452027711e-21, 3.5007005794276e-21),
    (0.2, 0.0, 0.999999, 1.0000001333913e-14, 1.0000002000579e-13),
    (0.9, 1e-5, 0.9999, 2.065621103323e-9, 4.590408183886e-9),
    (1e-6, 0.0, 1.9, 5.724325123248e-13, 1.1347593314454e-6),
    (1e-8, 1e-7, 1.0000001, 7.5000005029194e-31, 1.5000001005839e-22),
    (0.999999, 1e-6, 1.0, 4.999990000005e-13, 9.99999e-13),
)


@pytest.mark.parametrize(("rho", "m", "s2", "loss", "slope"), SMALL)
def test_small_losses_keep_their_digits(rho, m, s2, loss, slope):
    """Little contamination, a generator close to humans, a narrow one: relative errors below 1e-9."""
    found = functionals(rho, m, s2, 1)
    assert found[0] == pytest.approx(loss, rel=1e-9, abs=0.0)
    assert found[1] == pytest.approx(slope, rel=1e-9, abs=0.0)


@pytest.mark.parametrize("d", [1, 2, 5, 40])
@pytest.mark.parametrize(("m", "s2"), [(0.0, 0.5), (0.3, 0.9), (1e-6, 1.0), (0.0, 1 + 1e-8), (1e-3, 1.2)])
def test_little_contamination_is_chi_square_in_any_dimension(m, s2, d):
    """KL = rho^2 chi2 / 2 and slope = rho chi2, up to rho relative times a ratio of moments, below 1e-9 here."""
    chi2 = math.expm1(m * m / (2 - s2) - 0.5 * d * math.log1p(-((s2 - 1) ** 2)))
    loss, slope, information = functionals(1e-25, m, s2, d)
    assert (loss, slope, information) == pytest.approx((0.5e-50 * chi2, 1e-25 * chi2, chi2), rel=1e-9, abs=0.0)


@pytest.mark.parametrize("e", [1e-2, 1e-4, 1e-6, 1e-9, -1e-5])
def test_ends_close_to_human_content(e):
    """KL of nearly equal normals is e^2 / 4 - e^3 / 6 + ..., exactly what a series in e = s2 - 1 gives."""
    s2 = 1.0 + e
    e = s2 - 1.0
    loss, slope, _ = functionals(1.0, 0.0, s2, 1)
    want = 0.5 * sum((-1) ** k * e**k / k for k in range(2, 12))
    assert loss == pytest.approx(want, rel=1e-12, abs=0.0)
    assert slope == pytest.approx(0.5 * e * e / s2, rel=1e-11, abs=0.0)
    assert functionals(0.0, 0.0, s2, 1)[2] == pytest.approx(math.expm1(-0.5 * math.log1p(-e * e)), rel=1e-10, abs=0.0)


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("s2", [1e-6, 1e-10])
def test_nearly_collapsed_content(s2, d):
    """q a spike: the loss tends to rho ln rho + rho KL + (1 - rho) ln (1 - rho), supports being disjoint."""
    rho = 0.3
    disjoint = rho * (divergence(0.0, s2, d) + math.log(rho)) + (1 - rho) * math.log1p(-rho)
    overlap = 60 * math.sqrt(s2)  # p's mass under the spike, times logs
    assert abs(functionals(rho, 0.0, s2, d)[0] - disjoint) < overlap


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize(("m", "s2"), [(100.0, 1.0), (300.0, 1.0), (1e5, 1.0), (1e4, 1e4), (1e3, 1e-6), (1e6, 1e9)])
def test_far_apart(m, s2, d):
    """Disjoint: every item shows where it comes from, and the loss is that of a label that all can read."""
    rho = 0.3
    loss, slope, information = functionals(rho, m, s2, d)
    disjoint = rho * (divergence(m, s2, d) + math.log(rho)) + (1 - rho) * math.log1p(-rho)
    assert loss == pytest.approx(disjoint, rel=1e-10)
    assert slope == pytest.approx(divergence(m, s2, d) + math.log(rho) - math.log1p(-rho), rel=1e-10)
    assert information == pytest.approx(1 / (rho * (1 - rho)), rel=1e-10)


def test_roles_of_both_kinds_may_be_swapped_over_all_scales():
    """I(rho; p, q) = I(1 - rho; q, p), and no item tells more than its label does."""
    rng = np.random.default_rng(4)
    for _ in range(150):
        rho, m = rng.uniform(0.01, 0.99), rng.choice([0.0, 10 ** rng.uniform(-3, 4)])
        s2, d = 10 ** rng.choice([rng.uniform(-16, 16), rng.uniform(-1, 1)]), int(rng.choice([1, 1, 2, 5]))
        d = 1 if m > 0.0 and abs(math.log(s2)) > 12 else d
        one, other = functionals(rho, m, s2, d)[2], functionals(1 - rho, m / math.sqrt(s2), 1 / s2, d)[2]
        assert one == pytest.approx(other, rel=1e-9, abs=1e-15)
        assert 0.0 <= one <= (1 + 1e-12) / (rho * (1 - rho))


def test_two_rules_and_one_agree_where_they_take_over():
    for s2 in (0.3, 1.0, 4.0):
        edge = gaussian_rules.APART * max(1.0, math.sqrt(s2))
        below, above = (functionals(0.3, m, s2, 1) for m in (edge * (1 - 1e-12), edge * (1 + 1e-12)))
        np.testing.assert_allclose(below, above, rtol=1e-10)


@pytest.mark.parametrize("rho", [1e-40, 1e-12, 1e-3])
def test_little_contamination_counts_what_is_far_out(rho):
    """Human N(0, 1), synthetic N(0, 1.9): up to where rho q takes over the information is chi-square's integrand."""
    s2 = 1.9
    a = 1 / s2 - 0.5  # q^2 / p = exp(-a x^2) / (s2 sqrt(2 pi))
    turn = math.sqrt(2 * math.log(math.sqrt(s2) / rho) / (1 - 1 / s2))  # where rho q = p
    missing = math.erfc(turn * math.sqrt(a)) * math.sqrt(math.pi / a) / (s2 * math.sqrt(2 * math.pi))
    chi2 = (s2 * (2 - s2)) ** -0.5 - 1
    got = functionals(rho, 0.0, s2, 1)[2]
    assert chi2 - 2 * missing - 1e-9 < got + 2 * rho * chi2 * 20
    assert got < chi2
    mirrored = functionals(rho, 0.0, 1.4, 1)[2]
    assert mirrored == pytest.approx((1.4 * 0.6) ** -0.5 - 1, rel=max(1e-9, 20 * rho))


def rule(rho, m, s2, d, steps=32.0):
    none = np.empty(0)
    found = [np.empty(gaussian_nodes.content_nodes(rho, m, s2, d, steps, none, none, none)) for _ in range(3)]
    gaussian_nodes.content_nodes(rho, m, s2, d, steps, *found)
    return found


@pytest.mark.parametrize(
    ("m", "s2", "d"), [(0.0, 0.4, 1), (1.0, 3.0, 1), (500.0, 0.2, 1), (0.7, 0.6, 4), (0.0, 0.99, 10**5)]
)
def test_nodes_are_a_rule(m, s2, d):
    """Masses are 1, and with a second part that tells nothing the information is that of content."""
    _, p, q = nodes = rule(0.3, m, s2, d)
    assert (p.sum(), q.sum()) == pytest.approx((1.0, 1.0), rel=1e-9)  # of e^50000 at d = 10^5, to 12 digits
    mute = np.zeros(1), np.ones(1), np.ones(1)
    want = functionals(0.3, m, s2, d)[2]
    assert gaussian_nodes.joint_information(0.3, *nodes, *mute) == pytest.approx(want, rel=1e-9)
    human, synthetic = (1 + s2) / 2, m * m / (4 * (1 + s2))
    overlap = math.exp(0.5 * d * (0.5 * math.log(s2) - math.log(human)) - synthetic)  # int sqrt(p q)
    assert 1 - gaussian_nodes.joint_distance(0.0, 1.0, *nodes, *mute) == pytest.approx(overlap, abs=1e-9)


@numba.njit(error_model="numpy")
def every_ring(rho, m, s2, d, steps, out):
    """`gaussian_trapezoid` with all its rings, none left out; returns their number."""
    pair = gaussian_rules.pair_of(m, s2, d)
    rings = gaussian_pool.all_rings(pair, gaussian_rules.ring_rule(pair, steps, gaussian_rules.reach_of(rho)))
    sums, parts = np.zeros((3, gaussian_pool.LANES)), gaussian_rules.parts_of(pair)
    for part in range(parts):
        axis = gaussian_rules.axis_rule(part, parts, pair, steps, gaussian_rules.reach_of(rho))
        places = gaussian_pool.all_places(axis, pair, steps)
        share = (1.0 if parts == 1 or part == 0 else 0.0, 1.0 if parts == 1 or part == 1 else 0.0)
        for row in range(rings.shape[1]):
            ring = gaussian_rules.Ring(rings[0, row], rings[1, row], rings[2, row])
            gaussian_pool.add_ring(rho, pair, ring, places, share, sums)
    for k in range(3):
        out[k] = fold(sums[k])
    return rings.shape[1]


@numba.njit(error_model="numpy")
def thinned(rho, m, s2, d, steps, out):
    gaussian_pool.gaussian_trapezoid(rho, m, s2, d, steps, out)


def test_rings_left_out_add_nothing():
    """To the bit, and most of them in many dimensions, where both masses are thin shells."""
    rng, got, want = np.random.default_rng(3), np.empty(3), np.empty(3)
    for i in range(200):
        rho = 10.0 ** rng.uniform(-9, 0) if i % 2 else 1 - 10.0 ** rng.uniform(-9, 0)
        case = (rho, 10.0 ** rng.uniform(-3, 1.8), 10.0 ** rng.uniform(-2, 0.3), (2, 3, 10, 100, 3000)[i % 5], 4.0)
        every_ring(*case, want)
        thinned(*case, got)
        assert got.tolist() == want.tolist()


def test_without_a_mean_a_ring_is_one_node():
    """Terms side by side are added in turn: to the bit those of a plain loop."""
    rng, got, want = np.random.default_rng(4), np.empty(3), np.empty(3)
    for i in range(100):
        case = (rng.random(), 0.0, 10.0 ** rng.uniform(-2, 0.3), (2, 3, 10, 100, 3000)[i % 5], 4.0)
        plain_rings(*case, want)
        thinned(*case, got)
        assert got.tolist() == want.tolist()


@numba.njit(error_model="numpy")
def plain_rings(rho, m, s2, d, steps, out):
    pair = gaussian_rules.pair_of(m, s2, d)
    rings = gaussian_rules.ring_rule(pair, steps, gaussian_rules.reach_of(rho))
    out[:] = 0.0
    for row in range(rings.count):
        node = gaussian_rules.node_at(0.0, s2 <= 1.0, pair, gaussian_rules.ring_at(row, rings, pair))
        a, b, c = gaussian_pool.terms(rho, 1.0, node, (1.0, 1.0))
        out[0] += a
        out[1] += b
        out[2] += c
