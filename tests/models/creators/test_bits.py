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
h.update(intermediary.shapley(x[:3000], e[:3000], 1.0, 20, 0, intermediary.OrderScheme(antithetic=True)).value.tobytes())
h.update(np.float64(creators.simulate_estimation(x[:300], e[:300], 1.0, 300, 1).mean_squared_error).tobytes())
h.update(creators.finite_market(creators.DynamicParameters(), creators.Schedule(0.5, 20), 2000, 1).precision.values.tobytes())
from mfsolve.experiments import load
from mfsolve.experiments.experiment import Case
for name, rule, parameters, population, record, settings in (
    ("creators", "uniform", {"cost_exponent": 2.5}, {"creators": 300, "questions": 50}, {"curve_points": 30,
     "map_points": 8}, {"spacing": "even"}),
    ("creators", "beta", {"cost_scale": 0.3}, {"creators": 300, "questions": 50}, {"map_points": 8}, {}),
    ("creator_stream", "beta", {"cost_exponent": 2.5}, {"creators": 5000}, {}, {}),
    ("creator_dynamics", "intermediary", {"exit_threshold": 0.5}, {"creators": 300, "steps": 40}, {}, {"starts": 5.0}),
    ("creator_phases", "strict_rights", {"imitator_supply": 20.0}, {"markets": 16}, {"map_points": 4,
     "map_depreciation": (0.1,)}, {}),
    ("intermediary", "two_part", {}, {}, {}, {}),
    ("intermediary", "linear", {}, {}, {}, {}),
    ("intermediary", "strict_rights", {}, {}, {}, {}),
    ("attribution", "stratified", {}, {"creators": 500, "orders": 16}, {}, {}),
    ("attribution", "truncated", {}, {"creators": 500, "orders": 16}, {}, {}),
):
    experiment = load(name)
    arm = experiment.arms[rule]
    case = Case(experiment.parameters(**parameters), arm.settings(**settings), experiment.population(**population),
                experiment.record(**record), rule)
    for replicate in range(10 if name == "intermediary" else 2):
        for values in arm.draw(case, 7, replicate, 1).values():
            h.update(values.tobytes())
    if arm.solve is not None:
        for values in arm.solve(case, 1).values():
            h.update(values.tobytes())
print(h.hexdigest())
"""


def other_machines():
    """What Numba takes the CPU for; then NumPy without its vector instructions, and another BLAS kernel."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    numpy = " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))
    yield {}
    for cpu in ("generic", "haswell"):
        yield {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
    yield {"NPY_DISABLE_CPU_FEATURES": numpy, "OPENBLAS_CORETYPE": "Nehalem"}


@pytest.mark.slow
@pytest.mark.exhaustive
def test_same_bits_on_every_cpu():
    root = Path(__file__).parents[3]
    digests = set()
    for machine in other_machines():
        environment = {**os.environ, "PYTHONPATH": str(root), **machine}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(run.stdout)
    assert len(digests) == 1
