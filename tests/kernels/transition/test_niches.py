"""Kernels of the two niches against a slow twin: one logit of all five ways to work (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.transition import niches
from mfsolve.kernels.transition.choice import Economy
from naive import transition as naive

ECONOMY = Economy(1.1, 0.9, 1.4, 0.001, 0.03, 0.07, 0.05, 1.5)
ROWS = np.array([[0.45, 0.04, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0], [0.3, 0.05, 1.6, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]])
W, TAU = 0.6, 6e-3
RNG = np.random.default_rng(12)
SKILLS = RNG.uniform(0.02, 0.98, (2, 30))
WEIGHT = RNG.uniform(0.1, 1.0, 30)
WEIGHT /= WEIGHT.sum()
D = np.array([0.4, 0.25])


def shut(*which):
    rows = ROWS.copy()
    rows[list(which), 8] = 0.0
    return rows


@pytest.mark.parametrize("rows", [ROWS, shut(0), shut(0, 1)], ids=["open", "one", "closed"])
def test_chances_factorise(rows):
    """The logit of two independent niches and exit is that of five options: a product, as the kernel has it."""
    out = np.empty((6, SKILLS.shape[1]))
    niches.responses(D, ECONOMY, rows, W, TAU, SKILLS, out)
    expected = np.array([naive.two_niches(s, D, ECONOMY, rows, W, TAU) for s in SKILLS.T]).T
    np.testing.assert_allclose(
        out[:4], expected, rtol=1e-6, atol=1e-12
    )  # the twin's search is good to 1e-12 of quality
    assert np.all(out[0] == 0.0) == (rows[0, 8] == 0.0)


def test_slopes_are_those_of_the_value():
    out, e = np.empty((6, SKILLS.shape[1])), 1e-6
    niches.responses(D, ECONOMY, ROWS, W, TAU, SKILLS, out)
    for k in range(2):
        move = np.zeros((2, 1))
        move[k] = e
        up, down = np.empty_like(out), np.empty_like(out)
        niches.responses(D, ECONOMY, ROWS, W, TAU, SKILLS + move, up)
        niches.responses(D, ECONOMY, ROWS, W, TAU, SKILLS - move, down)
        np.testing.assert_allclose(out[4 + k], (up[3] - down[3]) / (2 * e), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("weight", [WEIGHT, np.empty(0)], ids=["weights", "equal"])
def test_tally_is_the_mean_and_its_derivatives(weight):
    mass = weight if weight.size else np.full(30, 1 / 30)
    out, answer = np.empty(6), np.empty((6, 30))
    niches.adoption(D, ECONOMY, ROWS, W, TAU, SKILLS, weight, out)
    niches.responses(D, ECONOMY, ROWS, W, TAU, SKILLS, answer)
    np.testing.assert_allclose(out[:2], [mass @ (answer[k] * answer[2]) for k in range(2)], rtol=1e-13)
    beta, eta = ECONOMY[6:]
    for pushed in range(2):
        e = 1e-6
        up, down = np.empty(6), np.empty(6)
        for step, into in ((e, up), (-e, down)):
            moved = D.copy()
            moved[pushed] += step
            niches.adoption(moved, ECONOMY, ROWS, W, TAU, SKILLS, weight, into)
        by_pollution = (up - down)[:2] / (2 * e) * (1 + eta * D[pushed]) / (beta * eta)
        np.testing.assert_allclose(out[[2 + pushed, 4 + pushed]], by_pollution, rtol=1e-5)


def test_volumes_reproduce_themselves():
    found = np.array([0.1, 0.1])
    assert niches.ai_volumes(ECONOMY, ROWS, W, TAU, SKILLS, WEIGHT, found) < 1e-13
    np.testing.assert_allclose(found, naive.called_forth(ECONOMY, ROWS, W, TAU, SKILLS, WEIGHT, found), rtol=1e-6)
    assert niches.ai_volumes(ECONOMY, shut(0), W, TAU, SKILLS, WEIGHT, found) < 1e-13
    assert found[0] == 0.0
    assert found[1] > 0.0
