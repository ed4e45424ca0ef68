"""Alias tables stand for their probabilities, and never draw an outcome of probability 0."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mfsolve.kernels.random import alias
from naive import random as naive

EPS = np.finfo(float).eps
WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 1.0)), min_size=1, max_size=60).filter(lambda w: sum(w) > 0)


def normalised(weights):
    p = np.array(weights, float)
    return p / p.sum()


def table(p):
    accept, other = np.empty(p.size), np.empty(p.size, np.int64)
    alias.alias_table(p, accept, other)
    return accept, other


@settings(derandomize=True, max_examples=200, deadline=None)
@given(WEIGHTS)
def test_alias_table_stands_for_its_probabilities(weights):
    p = normalised(weights)
    accept, other = table(p)
    assert (accept >= 0).all()
    assert (accept <= 1).all()
    # each entry goes through at most K subtractions of rounding eps (K p <= K)
    np.testing.assert_allclose(naive.alias_probability(accept, other), p, rtol=0, atol=4 * EPS * p.size)
    dead = p == 0.0
    assert (accept[dead] == 0).all()
    assert not dead[other[accept < 1.0]].any()


@pytest.mark.parametrize("size", [10**3, 10**6])
def test_alias_table_of_a_large_vocabulary(size):
    p = normalised(1.0 / np.arange(1.0, size + 1))
    p[::7] = 0.0
    p = normalised(p)
    accept, other = table(p)
    np.testing.assert_allclose(naive.alias_probability(accept, other), p, rtol=0, atol=EPS * np.sqrt(size))
    assert (accept[::7] == 0).all()
    assert not (other[accept < 1.0] % 7 == 0).any()


def test_index_of_every_uniform():
    """Over an even grid of uniforms an outcome is drawn in proportion to its probability, up to a place a column."""
    p = normalised([0.0, 5.0, 1.0, 2.5, 0.0, 1e-3])
    accept, other = table(p)
    places = 60_000
    drawn = [alias.alias_index((k + 0.5) / places, accept, other) for k in range(places)]
    counts = np.bincount(drawn, minlength=p.size)
    assert (np.abs(counts - places * p) <= p.size).all()
    assert (counts[p == 0.0] == 0).all()
