"""All equilibria of an economy and their stability."""

import numpy as np
import pytest
from naive import provenance as naive

from mfsolve.models import collapse
from mfsolve.models.collapse.equilibria import Generator, Market
from mfsolve.models.collapse.policies import ClosedForm

P = collapse.Parameters


def test_base_case_in_closed_form():
    for s in (0.0, 0.3, 1.0):
        (only,) = collapse.equilibria(P(), collapse.Fixed(subsidy=s))
        assert only.contamination == pytest.approx(1 - s, abs=1e-12)
        assert only.stable
        assert only.certified
        assert only.human_share == pytest.approx(s, abs=1e-12)


def test_at_rest_it_is_where_the_market_ends():
    for delta in (0.3, 0.4735, 0.8):
        p = P(variance_ratio=delta, imitation=2.0, initial_contamination=0.3)
        (rest,) = collapse.equilibria(p, "closed_form", generator="rest")
        path = collapse.mean_field(p, "closed_form", generations=300)
        assert float(path.contamination[-1]) == pytest.approx(rest.contamination, abs=1e-8)
        assert float(path.premium[-1]) == pytest.approx(rest.premium, abs=1e-7)


@pytest.mark.parametrize(("parameters", "erosion"), [
    (P(verified_share=1.0, cost_curvature=0.04), 1.2), (P(verified_share=1.0, cost_curvature=0.03), 1.5),
    (P(verified_share=0.9, cost_curvature=0.2, variance_ratio=0.05), 1.3), (P(verified_share=0.6, cost_spread=0.2), 0.0),
])  # fmt: skip
def test_against_the_twin(parameters, erosion):
    found = collapse.equilibria(parameters, erosion=erosion)
    p = parameters
    with np.errstate(divide="ignore"):
        want = naive.rest_points(
            p.cost_curvature, 0.0, p.verified_share, erosion, p.cost_spread, 0.0, p.variance_ratio, 1.0
        )
    np.testing.assert_allclose([e.contamination for e in found], want, atol=1e-7)
    # a continuous residual from >= 0 to <= 0: stable and unstable ones alternate, the outermost stable
    assert [e.stable for e in found] == [i % 2 == 0 for i in range(len(found))]


def test_an_infinite_premium_on_nothing_makes_no_rest_point():
    """Content at rest at a contamination of 1 has no density: its premium is infinite, and nobody verifies an item."""
    economy = P(variance_ratio=1e-300)
    found = collapse.equilibria(economy, "closed_form", generator="rest")
    assert [at.contamination for at in found] == [0.0]
    market = Market(economy, ClosedForm(), 0.0, Generator.REST)
    assert market.at(1.0).residual == market.residual(1.0) == -1.0


def test_eroding_detection_makes_several():
    found = collapse.equilibria(P(verified_share=1.0, cost_curvature=0.04), erosion=1.2)
    assert len(found) == 3
    assert found[-1].contamination == 1.0
    assert found[0].welfare > found[-1].welfare


@pytest.mark.parametrize(("call", "message"), [
    (lambda: collapse.equilibria(P(), erosion=-1.0), "erosion: -1.0 given"),
    (lambda: collapse.equilibria(P(), generator="moving"), "generator: 'moving' given; allowed: fixed, rest"),
    (lambda: collapse.equilibria(P(), tolerance=0.0), "tolerance: 0.0 given"),
    (lambda: collapse.economy_table(P(), {"kappa": [1.0]}), "columns: 'kappa' given"),
    (lambda: collapse.economy_table(P(), {"cost_curvature": [1.0, -1.0]}), r"cost_curvature\[1\]: -1 given"),
    (lambda: collapse.optimum(P(), stripping=2.0), "stripping: 2.0 given"),
    (lambda: collapse.scan(np.full((2, 8), np.nan)), r"cost_curvature\[0\]: nan given; allowed: \["),
    (lambda: collapse.scan(np.ones((2, 7))), r"table: shape \(2, 7\) given; allowed: \(n, 8\)"),
    (lambda: collapse.scan(collapse.economy_table(P(), {}), generator="moving"), "generator: 'moving' given; allowed: fixed"),
    (lambda: collapse.comparative_statics(P(), erosion=-1.0), "erosion: -1.0 given"),
])  # fmt: skip
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
