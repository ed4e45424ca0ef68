"""PMIR's market at rest against the best-response map; its scatter stands with the experiment `pmir_rate`."""

import numpy as np
import pytest

from mfsolve.models import collapse
from mfsolve.models.provenance import best_response_map, pmir_rest_point

P = collapse.Parameters()


def test_rest_point_is_the_equilibrium_and_residuals_are_the_maps():
    rest = pmir_rest_point.rest_point(P)
    assert best_response_map(P, rest.contamination) == pytest.approx(rest.contamination, abs=1e-10)
    for rho in (0.1, 0.5, 0.57, 0.9):
        assert rest.residual(np.array([rho]))[0] == pytest.approx(abs(rho - best_response_map(P, rho)), abs=1e-6)
    state = rest.contamination, rest.content.variance
    np.testing.assert_allclose(pmir_rest_point.next_state(P, *state, 0.0), state, atol=1e-10)
    with pytest.raises(ValueError, match="does not come to rest"):
        pmir_rest_point.settling_rounds(collapse.Parameters(innovation=0.1, imitation=2.0, verified_share=1.0), 1e-3)
