"""The creator market gives the same bits whatever the CPU is taken for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import hashlib
import numpy as np
from mfsolve.models import creators, intermediary
h = hashlib.sha256()
x = (np.arange(150_001) * 0.6180339887498949) % 1.0
for g in (2.0, 2.5):
    m = creators.static_market(x, 1.0, g)
    for a in (m.aggregate_market, m.precision_planner, m.profit, m.effort_market, m.effort_ratio):
        h.update(np.asarray(a).tobytes())
    for law in (creators.Uniform(), creators.TwoPoint(), creators.Beta()):
        h.update(np.float64(creators.streamed_market(law, 150_001, 1,
        cost_exponent=g).welfare_planner).tobytes())
e = m.effort_planner
h.update(intermediary.shapley(x[:3000], e[:3000], 1.0, 20, 0, antithetic=True).value.tobytes())
h.update(np.float64(creators.simulate_estimation(x[:300], e[:300], 1.0, 300, 1).mean_squared_error).tobytes())
h.update(creators.finite_market(creators.DynamicParameters(), 2000, 0.5, 20, 1).precision.values.tobytes())
print(h.hexdigest())
"""


@pytest.mark.slow
def test_same_bits_on_every_cpu():
    root = Path(__file__).parents[2]
    digests = set()
    for cpu in ("generic", "haswell", None):
        environment = {**os.environ, "PYTHONPATH": str(root)}
        if cpu is not None:
            environment |= {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(run.stdout)
    assert len(digests) == 1
