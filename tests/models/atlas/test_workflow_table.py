"""Every workflow under every family: it runs, or it is refused in one line that says what the family allows."""

import numpy as np
import pytest

from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.exponential_families import ExponentialFamily
from mfsolve.models.atlas.families import Linked, Measures, check_member, measures
from mfsolve.models.atlas.gaussian import Gaussian
from mfsolve.models.atlas.kernel_density import KernelDensity
from mfsolve.models.atlas.random_networks import Wiring
from mfsolve.models.atlas.regression import RegressionParameters
from mfsolve.models.atlas.tokens import Tokens
from mfsolve.models.atlas.workflows import WORKFLOWS

ALL = "replace accumulate subsample growing mixed verified curated temperature"
FAMILIES = {
    "Gaussian": (Gaussian(items=12), ALL),
    "Gaussian, divisor n, d = 3": (Gaussian(items=12, divisor="n", dimension=3), ALL),
    "tokens": (Tokens(items=12, vocabulary=9), ALL),
    "text": (Tokens(items=12, text="pydoc_topics"), ALL),
    "rows": (Tokens(items=12, features=np.arange(40.0).reshape(20, 2)), ALL.replace("curated ", "")),
    "exponential": (ExponentialFamily(items=12), ALL),
    "bernoulli": (ExponentialFamily(items=12, family="bernoulli"), ALL),
    "poisson": (ExponentialFamily(items=12, family="poisson"), ALL.replace(" temperature", "")),
    "kernel density": (KernelDensity(items=12), "replace accumulate subsample growing"),
    "bootstrap": (KernelDensity(items=12, bandwidth=0.0), "replace accumulate subsample growing"),
    "regression": (RegressionParameters(items=12, features=3), "replace accumulate subsample growing mixed"),
    "ridge": (RegressionParameters(items=12, features=3, ridge=0.2), "replace accumulate subsample growing mixed"),
    "network": (Linked(items=12, wiring=Wiring(models=5, degree=2)), "replace"),
}
CELLS = [pytest.param(f, w, id=f"{f}: {w}") for f in FAMILIES for w in WORKFLOWS]
WITHOUT = {"regression": ("shrinkage", "tail", "entropy"), "network": ("bias", "shrinkage", "tail", "entropy")}
WITHOUT["ridge"] = WITHOUT["regression"]


@pytest.mark.parametrize(("name", "workflow"), CELLS)
def test_a_workflow_runs_or_is_refused(name, workflow):
    (family, listed), chosen = FAMILIES[name], WORKFLOWS[workflow]()
    if workflow not in listed.split():
        for call in (lambda: check_member(family, chosen, 4), lambda: measures(family, chosen, Run(4, range(3), 5))):
            with pytest.raises(
                ValueError, match=rf"^workflow: '{workflow}' given; allowed with .*: [a-z, ]+$"
            ) as refusal:
                call()
            assert set(str(refusal.value).rpartition(": ")[2].split(", ")) == set(listed.split())
        return
    found = measures(family, chosen, Run(4, range(3), 5))
    assert {key for key in Measures._fields if getattr(found, key) is None} == set(WITHOUT.get(name, ()))
    for path in found:
        assert path is None or (path.shape == (5,) and np.isfinite(path).all())
    start = {"risk": 0.0, "lost": 0.0, "still_lost": 0.0, "bias": 0.0, "shrinkage": 0.0, "tail": 1.0}
    for key, value in start.items():  # generation 0 is the human law
        path = getattr(found, key)
        assert path is None or path[0] == pytest.approx(value, abs=1e-12), key
    assert found.risk[1:].min() > 0.0
