"""Streamed creators against stored ones, their continuum limit, and the order at which they approach it."""

import math

import numpy as np
import pytest

from mfsolve.models.creators import (
    Beta,
    TwoPoint,
    Uniform,
    continuum_market,
    static_market,
    streamed_market,
)
from mfsolve.models.creators.continuum import Continuum
from mfsolve.models.creators.populations import Atoms, Point
from mfsolve.models.creators.streamed_market import sample, streamed_markets

LAWS = [
    Uniform(),
    Uniform(low=0.2, high=0.9),
    Beta(a=2.0, b=3.0),
    Beta(a=0.5, b=0.5),
    TwoPoint(share_high=0.3),
]


def stored(law, n, seed):
    population = sample(law, n, seed)
    if isinstance(population, Atoms):
        return np.repeat(population.loading, population.count.astype(int))
    return population.loadings(0, n)


@pytest.mark.parametrize(
    ("v", "k", "law"), [(1.0, 0.7, Beta(a=30.0, b=0.5)), (1e-9, 1e-9, Uniform()), (1e9, 1e-9, Beta(a=0.5, b=20.0))]
)
@pytest.mark.parametrize("n", [1, 3, 700])
def test_markets_side_by_side_are_those_one_by_one(n, v, k, law):
    """Where the centre lies far from the loadings that matter, too."""
    found = streamed_markets(law, n, 5, v, k, range(2, 40), 2)
    for place, replicate in enumerate(range(2, 40)):
        one = streamed_market(law, n, 5, v, 2.0, k, replicate)
        for name, values in found._asdict().items():
            assert values[place] == getattr(one, name), name


@pytest.mark.parametrize("g", [2.0, 2.5])
@pytest.mark.parametrize("law", LAWS, ids=str)
def test_streamed_is_static_on_the_same_loadings(law, g):
    n = 140_000  # two blocks
    streamed = streamed_market(law, n, 11, 2.0, g, 0.7)
    static = static_market(stored(law, n, 11), 2.0, g, 0.7)
    for name in ("aggregate_market", "aggregate_planner", "precision_market", "precision_planner", "profit"):
        assert getattr(streamed, name) == pytest.approx(getattr(static, name), rel=1e-12)
    assert streamed.welfare_market == pytest.approx(static.welfare_market, rel=1e-12)
    assert streamed.welfare_planner == pytest.approx(static.welfare_planner, rel=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_bits_do_not_depend_on_threads(law):
    one, two = (streamed_market(law, 300_000, 5, threads=t) for t in (1, 2))
    assert one.aggregate_market == two.aggregate_market
    assert one.welfare_planner == two.welfare_planner


@pytest.mark.parametrize(("a", "b"), [(1e4, 2.0), (0.5, 1e4), (2.0, 3.0)])
def test_nodes_have_the_moments_of_their_law(a, b):
    """Of sharp ones as well, whose weights before they are made to add to 1 are beyond floats."""
    node, weight = Beta(a=a, b=b).nodes(64)
    mean, variance = a / (a + b), a * b / (a + b) ** 2 / (a + b + 1.0)
    np.testing.assert_allclose([weight @ node, weight @ (node - mean) ** 2], [mean, variance], rtol=1e-10)


def test_a_whole_number_may_be_a_float():
    assert streamed_market(TwoPoint(), 1e6, 1).profit == streamed_market(TwoPoint(), 10**6, 1).profit


def test_replicates_and_seeds_differ():
    values = {streamed_market(Uniform(), 1000, s, replicate=r).profit for s in (0, 1) for r in (0, 1)}
    assert len(values) == 4


@pytest.mark.parametrize("g", [1.5, 2.0, 2.5, 4.0])
@pytest.mark.parametrize("law", [Uniform(), Beta(a=2.0, b=3.0), Beta(a=0.5, b=0.5)], ids=str)
def test_continuum_sums_against_an_independent_quadrature(law, g):
    from scipy.integrate import quad

    q = 2 / (g - 1)
    for A in (0.5, 1.7):
        point = Point(0.6, 1 - 0.6 * A, A)
        got = Continuum(law, 1.0).response(point, q)
        for value, f in zip(
            got,
            (
                lambda x, A=A: x * abs(1 - x * A) ** q * (1 - x * A),
                lambda x, A=A: x * x * abs(1 - x * A) ** q,
                lambda x, A=A: abs(1 - x * A) ** (q + 2),
            ),
        ):
            # through the quantile function, a different integrand: good to 1e-8 at its endpoint singularities
            want, error = quad(
                lambda p, f=f: f(float(law.quantile(np.array(p)))),
                0,
                1,
                epsabs=1e-10,
                epsrel=1e-10,
                limit=500,
            )
            assert abs(value - want) <= 1e-8 + 10 * error


def test_continuum_is_the_polynomial_one_at_g_2():
    law = Beta(a=2.0, b=3.0)
    exact = continuum_market(law, 1000.0)
    near = continuum_market(law, 1000.0, cost_exponent=2.0 + 1e-12)
    assert near.aggregate_market == pytest.approx(exact.aggregate_market, rel=1e-10)
    assert near.precision_market == pytest.approx(exact.precision_market, rel=1e-10)


def test_uniform_limit_is_the_root_of_its_cubic():
    # int_0^1 x (1 - A x)^3 dx = 0: 1/2 - A + 3 A^2/4 - A^3/5 = 0
    A = continuum_market(Uniform()).aggregate_market
    assert abs(0.5 - A + 0.75 * A**2 - 0.2 * A**3) < 1e-15
    assert continuum_market(TwoPoint()).aggregate_market == pytest.approx(1.0, abs=1e-15)
    assert continuum_market(TwoPoint(share_high=0.3), cost_exponent=2.5).precision_market == pytest.approx(
        0.7 * 2.5 ** (-1 / 1.5), rel=1e-12
    )


@pytest.mark.parametrize("law", [Uniform(), Beta(a=2.0, b=3.0)], ids=str)
def test_drawn_markets_scatter_about_the_deterministic_one_of_their_size(law):
    size, replicates = 10_000, 64
    drawn = np.array([streamed_market(law, size, 2, replicate=r).aggregate_market for r in range(replicates)])
    certain = continuum_market(law, size).aggregate_market
    # its curvature aside, which is O(1/N)
    assert abs(drawn.mean() - certain) < 4 * drawn.std(ddof=1) / math.sqrt(replicates) + 10 / size


@pytest.mark.parametrize(("law", "order", "slack"), [(Uniform(), 1.0, 0.02), (TwoPoint(), 1 / 3, 0.01)], ids=str)
def test_deterministic_markets_come_to_the_limit_at_their_order(law, order, slack):
    # spread loadings at 1/N, alike imitators at N^(-1/3); the next order is that power again, below `slack` at these N
    sizes = np.array([10**4, 10**6, 10**8])
    limit = continuum_market(law).aggregate_market
    bias = [abs(continuum_market(law, float(n)).aggregate_market - limit) for n in sizes]
    assert abs(np.polyfit(np.log(sizes), np.log(bias), 1)[0] + order) < slack


@pytest.mark.slow
def test_a_billion_creators():
    for law in (Uniform(), TwoPoint(share_high=0.3)):
        market = streamed_market(law, 10**9, 1, threads=2)
        certain = continuum_market(law, 1e9)
        # A moves by at most a few standard errors of a mean over 1e9 creators
        assert market.aggregate_market == pytest.approx(certain.aggregate_market, abs=2e-4)
        assert market.precision_market == pytest.approx(certain.precision_market, rel=2e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: streamed_market(Uniform(), 0, 1), r"creators: 0 given; allowed: whole numbers in \[1, 4294967296\]"),
        (lambda: streamed_market(Uniform(), 10, -1), "seed: -1 given"),
        (
            lambda: streamed_market("uniform", 10, 1),
            "distribution: 'uniform' given; allowed: Uniform, TwoPoint or Beta",
        ),
        (lambda: streamed_market(np.ones(3), 10, 1), "distribution: array.* given"),
        (lambda: streamed_market(Uniform(), 1000.5, 1), "creators: 1000.5 given; allowed: whole numbers"),
        (lambda: streamed_market(Uniform(), "10", 1), "creators: '10' given; allowed: whole numbers"),
        (lambda: continuum_market(None), "distribution: None given"),
        (lambda: streamed_market(Uniform(), 10, 1, bias_variance=-1.0), "bias_variance: -1.0 given"),
        (lambda: continuum_market(Uniform(), -1.0), "creators: -1.0 given"),
        (lambda: Uniform(low=1.0, high=0.5), "high: 0.5 given; allowed: above low = 1.0"),
        (lambda: Beta(a=0.1), r"a: 0.1 given; .*\[0.5, 10000\]"),
        (lambda: TwoPoint(share=0.1), "share: unknown key"),
    ],
)
def test_bad_input_is_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()
