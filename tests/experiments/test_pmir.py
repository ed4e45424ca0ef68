"""Experiment `pmir`: a run is judged by the market itself."""

import numpy as np
import pytest

from mfsolve.experiments.experiment import Case
from mfsolve.experiments.pmir import EXPERIMENT, Aim
from mfsolve.models import collapse, provenance
from mfsolve.models.frozen import Nothing
from mfsolve.models.provenance import PmirSettings, best_response_map

P = collapse.Parameters()
ARM = EXPERIMENT.arms["pmir"]


def test_a_stop_is_judged_by_the_market_itself():
    case = Case(P, PmirSettings(), Aim(tolerance=0.3), Nothing())
    rows = [ARM.draw(case, 1, r, 1) for r in range(5)]
    for r, row in enumerate(rows):
        path, found = provenance.pmir(P, 0.3, seed=1, replicate=r)
        rho = path.contamination.values
        assert row["right"] == (abs(rho[-1] - best_response_map(P, float(rho[-1]))) <= 0.3 and found.reached)
        assert row["right"] + row["wrong"] == row["stopped"]
        assert row["items"] == found.items
        assert row["error"] == found.contamination - rho[-1]
        assert row["z"] == row["error"] / float(path.standard_error[-1])
        assert row["held"] == np.all((path.low <= rho) & (rho <= path.high))
    never = Case(P, PmirSettings(items=64, rounds=2), Aim(tolerance=1e-3), Nothing())
    row = ARM.draw(never, 1, 0, 1)
    assert (row["stopped"], row["right"], row["wrong"], row["rounds"]) == (0, 0, 0, 2)


@pytest.mark.parametrize(("changes", "message"), [
    ({"content": "categorical"}, "parameters.content: 'categorical' given"),
    ({"variance_ratio": 1.0}, "parameters.variance_ratio: 1 given"),
])  # fmt: skip
def test_refusals(changes, message):
    with pytest.raises(ValueError, match=message):
        ARM.check(Case(collapse.Parameters(**changes), PmirSettings(), Aim(), Nothing()))
