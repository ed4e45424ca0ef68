"""Categorical content: token counts, tempering and exact functionals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mfsolve.kernels.collapse import categorical
from mfsolve.kernels.random import alias, philox
from naive import collapse_content as naive
from scipy import stats

KEY = philox.stream_key(41, "tokens")
EPS = np.finfo(float).eps
WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 1.0)), min_size=1, max_size=60).filter(lambda w: sum(w) > 0)


def u(x):
    return np.uint64(x)


def normalised(weights):
    p = np.array(weights, float)
    return p / p.sum()


def table(p):
    accept, other = np.empty(p.size), np.empty(p.size, np.int64)
    alias.alias_table(p, accept, other)
    return accept, other


def functionals(rho, p, q):
    out = np.empty(6)
    categorical.categorical_functionals(rho, p, q, out)
    return out


@pytest.mark.parametrize(("n", "items"), [(1, 1), (200, 3), (700, 5)])
def test_emit_tokens_against_twin(n, items):
    rng = np.random.default_rng(n)
    share = rng.integers(0, 2**31 + 1, n).astype(np.uint32)
    tables = [table(normalised(rng.random(50) * (rng.random(50) > 0.3))) for _ in range(2)]
    counts = np.zeros(50, np.int64)
    human = categorical.emit_tokens(
        KEY, u(2), u(3), u(9), share, items, categorical.AliasTables(*tables[0], *tables[1]), counts
    )
    want_human, want = naive.emit_tokens(KEY, 2, 3, 9, share, items, *tables)
    assert human == want_human
    assert np.array_equal(counts, want)
    again = np.zeros(50, np.int64)
    for a, b in ((0, n // 3), (n // 3, n)):  # a split of the lanes adds up
        human -= categorical.emit_tokens(
            KEY, u(2), u(3), u(9 + a), share[a:b], items, categorical.AliasTables(*tables[0], *tables[1]), again
        )
    assert human == 0
    assert np.array_equal(again, counts)


def test_emit_tokens_law():
    n, items, h = 40_000, 4, 0.35
    p, q = normalised(1.0 / np.arange(1.0, 41)), normalised([0.0, 3.0, 0.0, *np.linspace(1, 0.01, 37)])
    counts = np.zeros(40, np.int64)
    share = np.full(n, round(h * 2**31), np.uint32)
    human = categorical.emit_tokens(
        KEY, u(0), u(0), u(0), share, items, categorical.AliasTables(*table(p), *table(q)), counts
    )
    assert abs(human / (n * items) - h) < 5 * np.sqrt(h * (1 - h) / (n * items))
    assert stats.chisquare(counts, n * items * (h * p + (1 - h) * q)).pvalue > 1e-5
    counts[:] = 0
    categorical.emit_tokens(
        KEY, u(1), u(0), u(0), np.zeros(n, np.uint32), items, categorical.AliasTables(*table(p), *table(q)), counts
    )
    assert (counts[q == 0.0] == 0).all()


@settings(derandomize=True, max_examples=150, deadline=None)
@given(WEIGHTS, st.floats(0.05, 1.0))
def test_temper(weights, delta):
    p = normalised(weights)
    q = np.empty_like(p)
    categorical.temper(p, delta, q)
    # x = ln(ratio) / delta carries 2 eps |x| into exp(x), |x| <= 708
    x = np.log(np.where(p > 0, p, 1.0) / p.max()) / delta
    want = naive.temper(p, delta)
    assert (np.abs(q - want) <= (4 + 4 * np.abs(x)) * EPS * want * 2 + EPS * want * p.size + 1e-300).all()
    assert (q[p == 0.0] == 0.0).all()
    assert q.sum() == pytest.approx(1.0, abs=EPS * (p.size + 4))


def test_temper_at_one_is_the_identity():
    p = normalised(np.random.default_rng(0).random(1000))
    q = np.empty_like(p)
    categorical.temper(p, 1.0, q)
    np.testing.assert_allclose(q, p, rtol=60 * EPS)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(WEIGHTS, st.floats(0.0, 1.0), st.integers(0, 10**6))
def test_functionals_against_twin(weights, rho, seed):
    q = normalised(weights)
    p = normalised(np.random.default_rng(seed).random(q.size) + 1e-3)
    got, want = functionals(rho, p, q), naive.categorical_functionals(rho, p, q)
    if rho == 1.0 and (q == 0).any():  # slope and information diverge at the last human token
        assert got[1] > 0
        assert got[2] > 1e290 * (p[q == 0] ** 2).sum()
        got[1:3] = want[1:3] = 0.0
    # logs of at most 40 in size, each with 4 eps; terms of the slope are bounded by its own sum of moduli
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-13)


def test_functionals_of_equal_distributions():
    p = normalised(1.0 / np.arange(1.0, 1001))
    out = functionals(0.3, p, p)
    np.testing.assert_allclose(out[:5], 0.0, atol=1e-14)
    assert out[5] == pytest.approx(stats.entropy(p), rel=1e-13)


def test_information_at_zero_is_chi_square_and_the_law_follows():
    p = normalised(1.0 / np.arange(1.0, 201))
    q = np.empty_like(p)
    categorical.temper(p, 0.6, q)
    chi2 = ((q - p) ** 2 / p).sum()
    assert functionals(0.0, p, q)[2] == pytest.approx(chi2, rel=1e-12)
    third = ((q - p) ** 3 / p**2).sum()
    for rho in (1e-2, 1e-3):
        loss, slope, info = functionals(rho, p, q)[:3]
        fourth = ((q - p) ** 4 / p**3).sum()
        assert abs(loss - rho**2 / 2 * chi2 + rho**3 / 6 * third) < rho**4 / 6 * fourth
        h = rho * 1e-3
        up, down = functionals(rho + h, p, q), functionals(rho - h, p, q)
        assert (up[0] - down[0]) / (2 * h) == pytest.approx(slope, rel=1e-5)
        assert (up[1] - down[1]) / (2 * h) == pytest.approx(info, rel=1e-5)
    assert functionals(1.0, p, q)[0] == pytest.approx(functionals(0.5, p, q)[3], rel=1e-12)


@pytest.mark.parametrize("rho", [1e-3, 1e-9, 1e-25, 1e-60])
def test_small_losses_keep_their_digits(rho):
    """KL and slope of little contamination, and of tokens close to humans', against rational series."""
    p = [Fraction(1, 2), Fraction(1, 4), Fraction(3, 16), Fraction(1, 16)]
    q = [Fraction(1, 4), Fraction(1, 2), Fraction(1, 16), Fraction(3, 16)]
    t = [Fraction(rho) * (b / a - 1) for a, b in zip(p, q)]
    loss = sum(a * (-1) ** k * x**k / (k * (k - 1)) for a, x in zip(p, t) for k in range(2, 14))
    slope = sum((b - a) * (-1) ** (k + 1) * x**k / k for a, b, x in zip(p, q, t) for k in range(1, 14))
    found = functionals(rho, np.array(p, dtype=float), np.array(q, dtype=float))
    assert found[0] == pytest.approx(float(loss), rel=1e-12, abs=0.0)
    assert found[1] == pytest.approx(float(slope), rel=1e-12, abs=0.0)
