"""Networks of models: moments against simulation in standard errors, collapse by graph, spectrum and simulation."""

import numpy as np
import pytest
from naive.atlas_networks import collapses

from mfsolve.models.atlas.network_paths import simulate_gaussian, simulate_linear
from mfsolve.models.atlas.networks import (
    closed_classes,
    gaussian_network_closed_form,
    linear_network_closed_form,
    lyapunov,
    network,
)
from mfsolve.models.atlas.random_networks import Wiring, random_digraph
from mfsolve.models.atlas.simulated_collapse import compare, growth

RING = Wiring(family="ring", models=12, degree=2, human_models=0.25, human_share=0.5)


def wired(**settings):
    return Wiring(**{**RING.model_dump(), **settings}).network()


def hold(found, expected, factor=1.0):
    """Largest distance of means over replicates from expectations (T, k), in standard errors."""
    count = found[0].shape[0]
    return max(
        np.abs((x.mean(axis=0) - factor * e) / (x.std(axis=0, ddof=1) / np.sqrt(count))).max()
        for x, e in zip(found, expected.T)
    )


@pytest.mark.parametrize("family", ["ring", "erdos_renyi", "scale_free"])
def test_linear_models_have_the_moments_of_the_lyapunov_recursion(family):
    net = wired(family=family)
    found = simulate_linear(net, 0.04, 25, 3, replicates=range(2000))
    expected = linear_network_closed_form(net, 0.04, 25)
    pair = (found["risk"], found["common"])
    assert hold(pair, expected) < 4.5
    assert hold(pair, expected, 1.3) > 6.0
    np.testing.assert_allclose(found["disagreement"] + found["common"], found["risk"], rtol=1e-12)


def test_the_recursion_ends_in_the_solution_at_rest_and_a_ring_in_its_fourier_sum():
    net = wired()
    V = lyapunov(net, 0.04)
    W = net.matrix().toarray()
    np.testing.assert_allclose(V, W @ V @ W.T + 0.04 * np.eye(12), atol=1e-14)
    assert linear_network_closed_form(net, 0.04, 2000)[-1] == pytest.approx([V.trace() / 12, V.mean()], rel=1e-10)
    whole = Wiring(family="ring", models=12, degree=2, human_models=1.0, human_share=0.3).network()
    k = np.exp(-2j * np.pi * np.arange(12) / 12)
    gain = np.abs(0.35 * (k + k**2)) ** 2
    np.testing.assert_allclose(np.diag(lyapunov(whole, 0.04)), np.mean(0.04 / (1.0 - gain)), rtol=1e-12)


@pytest.mark.parametrize("family", ["ring", "scale_free"])
def test_gaussian_models_have_the_moments_of_theirs(family):
    net = wired(family=family)
    found = simulate_gaussian(net, 10, 12, 4, replicates=range(600))
    expected = gaussian_network_closed_form(net, 10, 12)
    trio = (found["risk"], found["common"], found["variance"])
    assert hold(trio, expected) < 4.5
    assert hold(trio, expected, 1.3) > 6.0
    alone = Wiring(family="alone", models=1, human_models=0.0).network()
    np.testing.assert_allclose(
        gaussian_network_closed_form(alone, 10, 5)[:, ::2], np.column_stack([np.arange(1, 6) / 10, np.ones(5)])
    )


def test_bits_do_not_depend_on_threads_or_on_what_is_drawn_together():
    net = Wiring(family="erdos_renyi", models=2500, degree=3).network()
    whole = simulate_linear(net, 0.01, 3, 1, replicates=range(4), threads=2)
    alone = simulate_linear(net, 0.01, 3, 1, replicates=range(2, 3))
    for name, values in alone.items():
        assert np.array_equal(values[0], whole[name][2])


def test_the_graph_agrees_with_reachability_and_with_the_spectral_radius():
    random = np.random.default_rng(7)
    kinds = []
    for _ in range(150):
        net = random_digraph(random, 7)
        found = closed_classes(net)
        W = net.matrix().toarray()
        radius = np.abs(np.linalg.eigvals(W)).max()
        assert bool(found.classes) == collapses(W, net.human) == (radius > 1.0 - 1e-9)
        if found.classes:
            limit = np.linalg.matrix_power(W, 4096).sum(axis=1)  # share of what a model is that comes from itself alone
            assert np.array_equal(found.diverging, limit > 1e-3)
            for members in found.classes:
                assert W[np.ix_(members, members)].sum() == pytest.approx(members.size)
        kinds.append(bool(found.classes))
    assert 30 < sum(kinds) < 120


def test_simulation_tells_collapse_from_rest():
    pair = np.array([[0.0, 1.0], [1.0, 0.0]])
    closed = network(2, *np.nonzero(pair), [1.0, 1.0], [0.0, 0.0])
    open_pair = network(2, *np.nonzero(pair), [1.0, 0.8], [0.0, 0.2])
    assert growth(closed, 1) > 8.0
    assert growth(open_pair, 1) < 2.0
    counts = compare(25, 5, 2)
    assert counts.contradictions == 0
    assert 5 < counts.collapsing < 24


@pytest.mark.slow
@pytest.mark.exhaustive
def test_ten_thousand_digraphs_without_a_contradiction():
    counts = [compare(500, 6, 9, replicate) for replicate in range(20)]
    assert sum(count.contradictions for count in counts) == 0
    assert sum(count.undecided for count in counts) <= 5
    assert 4000 < sum(count.collapsing for count in counts) < 8000


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"target": [0, 2]}, "target: 2 given; allowed: models from 0 to 1"),
        ({"source": [0.5, 0]}, "source: 0.5 given; allowed: models from 0 to 1"),
        ({"weight": [0.5, 1.5]}, r"weight: 1.5 given; allowed: \[0, 1\]"),
        ({"weight": [0.5, 0.4]}, r"weight: those of model 1 sum to 0.9, human items \(0.5\) included; allowed: 1"),
        ({"target": [0, 0], "source": [1, 1]}, "source: 1 given; allowed: every source of a model once"),
        ({"human": [0.5, 2.0]}, r"human: 2.0 given at index 1; allowed: \[0, 1\]"),
        ({"human": [0.5]}, "human"),
        ({"weight": [0.5]}, "weight: 1 given; allowed: as many as targets"),
        ({"weight": [[0.5], [0.5]]}, r"weight: \(2, 1\) given; allowed: a vector"),
        ({"source": [[1], [0]]}, r"source: \(2, 1\) given; allowed: a vector"),
    ],
)
def test_impossible_networks_are_refused(change, text):
    good = {"target": [0, 1], "source": [1, 0], "weight": [0.5, 0.5], "human": [0.5, 0.5]}
    assert network(2, **good).models == 2
    with pytest.raises(ValueError, match=text):
        network(2, **{**good, **change})


def test_a_positive_share_of_models_with_human_data_is_at_least_one():
    assert (wired(human_models=0.01).human > 0.0).sum() == 1
    assert (wired(human_models=1e-300).human > 0.0).sum() == 1
    assert (wired(human_models=0.0).human > 0.0).sum() == 0
    assert (wired(models=6, degree=2, human_models=0.17).human > 0.0).sum() == 2
    assert (wired(models=6, degree=2, human_models=1 / 6).human > 0.0).sum() == 1
    assert (wired(models=100, human_models=0.07).human > 0.0).sum() == 7


def test_closed_forms_refuse_what_they_cannot_do():
    with pytest.raises(ValueError, match="take items from one another alone"):
        lyapunov(wired(human_models=0.0), 0.1)
    with pytest.raises(ValueError, match=r"noise: \(3,\) given; allowed: a number or a vector \(\d+,\)"):
        lyapunov(wired(), [0.1, 0.1, 0.1])
    with pytest.raises(ValueError, match="at most 2000 models"):
        linear_network_closed_form(Wiring(family="ring", models=2001, degree=1).network(), 0.1, 1)
