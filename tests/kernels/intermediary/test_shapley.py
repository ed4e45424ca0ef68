"""Marginal contributions in random orders against the definition."""

import numpy as np
import pytest
from mfsolve.kernels.intermediary import shapley
from mfsolve.kernels.random import philox, shuffle
from naive import creators as naive

KEY = philox.stream_key(4, "test")
ZERO = np.uint64(0)


def order(number, n, key=KEY):
    out = np.empty(n, np.int32)
    shuffle.shuffle(key, np.uint64(number), ZERO, out)
    return out


@pytest.mark.parametrize("antithetic", [False, True])
@pytest.mark.parametrize("truncation", [0.0, 0.1])
def test_contributions_against_twin(antithetic, truncation):
    rng = np.random.default_rng(2)
    n, v, orders = 30, 1.7, 5
    x, e = rng.random(n), rng.random(n)
    whole = naive.phi(x, e, v)
    limit = (1 - truncation) * whole if truncation else np.inf
    total, square = np.zeros(n), np.zeros(n)
    first, second = 0.4, 0.3
    a = e * (1 - 2 * x * first + x * x * second)
    for number in range(orders):
        there = order(number, n)
        unit = np.zeros(n)
        for path in (there, there[::-1]) if antithetic else (there,):
            for j, i in enumerate(path):
                before = naive.phi(x[path[:j]], e[path[:j]], v)
                if before <= limit:
                    unit[i] += naive.phi(x[path[: j + 1]], e[path[: j + 1]], v) - before
        unit = unit / (1 + antithetic) - a
        total += unit
        square += unit**2
    state = np.column_stack([x, e, np.zeros(n), np.zeros(n)])
    game = shapley.Game(1 / v, first, second)
    done = shapley.shapley(shapley.Orders(KEY, ZERO, ZERO, orders), game, antithetic, limit, state)
    # the twin subtracts two values of Phi: n roundings of Phi each
    bound = orders * 8 * n * np.finfo(float).eps * e.sum()
    assert np.abs(state[:, 2] - total).max() <= bound
    assert np.abs(state[:, 3] - square).max() <= 4 * bound
    paths = orders * (1 + antithetic)
    assert done == paths * n if truncation == 0 else done < paths * n


@pytest.mark.parametrize("n", [1, 2, 3, 17, 33])
def test_stratified_contributions_against_twin(n):
    rng = np.random.default_rng(n)
    v, orders = 1.7, 4
    x, e = rng.random(n), rng.random(n)
    first, second = 0.4, 0.3
    a = e * (1 - 2 * x * first + x * x * second)
    total, square = np.zeros(n), np.zeros(n)
    strata = 1 + int(n - 1).bit_length()
    for number in range(orders):
        sizes = []
        for s in range(strata):
            u = np.empty(2)
            philox.uniforms(KEY, np.uint64(1), np.uint64(number), ZERO, np.uint64(s), u)
            low, high = (1 << s) >> 1, min(1 << s, n)
            sizes.append(low + int((1.0 - u[0]) * (high - low)))
        unit = naive.stratified(order(number, n).tolist(), sizes, x, e, v) - a
        total += unit
        square += unit**2
    state = np.column_stack([x, e, np.zeros(n), np.zeros(n)])
    shapley.stratified_shapley(shapley.Orders(KEY, ZERO, ZERO, orders), shapley.Game(1 / v, first, second), state)
    bound = orders * 8 * n * np.finfo(float).eps * (1 + e.sum())
    assert np.abs(state[:, 2] - total).max() <= bound
    assert np.abs(state[:, 3] - square).max() <= 4 * bound
