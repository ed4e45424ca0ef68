"""The collapse market as an experiment: outputs and coordinates agree, its limit is the mean field, cases are checked."""

import numpy as np
import pytest

from mfsolve.experiments.collapse import EXPERIMENT
from mfsolve.experiments.experiment import Case
from mfsolve.models import collapse

ROWS = np.random.default_rng(3).normal(size=(60, 2))
SIZE = collapse.Population(producers=20, items=4, generations=3)
CONTENTS = [{}, {"content": "categorical", "vocabulary": 20}, {"content": "empirical", "features": ROWS}]


def case_of(policy, size=SIZE, record=None, **economy):
    return Case(collapse.Parameters(**economy), policy, size, record or collapse.Record(), "closed_form")


WORKFLOWS = [
    {"workflow": "accumulate"},
    {**CONTENTS[1], "workflow": "subsample"},
    {**CONTENTS[2], "workflow": "curated"},
]


@pytest.mark.parametrize(
    "economy", CONTENTS + WORKFLOWS, ids=lambda e: "-".join(e.get(k, "") for k in ("content", "workflow"))
)
def test_outputs_have_the_shape_of_their_coordinates(economy):
    case = case_of(collapse.ClosedForm(), record=collapse.Record(snapshots=(1, 3), bins=11), **economy)
    arm = EXPERIMENT.arm(case)
    found, limit, coordinates = arm.draw(case, 1, 0, 1), arm.reference.compute(case), arm.coordinates(case)
    assert set(found) == set(arm.outputs(case)) == set(arm.reference.names(case)) == set(limit)
    for name, output in arm.outputs(case).items():
        shape = tuple(coordinates[dim].size for dim in output.dims)
        assert found[name].shape == limit[name].shape == shape
    for name in EXPERIMENT.views.paths[:3]:
        assert name in found


def test_a_kernel_density_has_no_limit():
    case = case_of(collapse.ClosedForm(), content="empirical", features=ROWS, refit="kernel")
    reference = EXPERIMENT.arm(case).reference
    assert not reference.names(case)
    assert not reference.compute(case)


@pytest.mark.parametrize(("economy", "total"), [({}, 1.0), (CONTENTS[1], 1.0), (CONTENTS[2], 1.0)])
def test_human_content_is_a_distribution(economy, total):
    case = case_of(collapse.ClosedForm(), **economy)
    place = np.linspace(-6.0, 6.0, 241)
    width = 1.0 if "vocabulary" in economy else place[1] - place[0]
    assert EXPERIMENT.views.human(case, place).sum() * width == pytest.approx(total, abs=1e-6)


def test_checks():
    check = EXPERIMENT.arms["pmir"].check
    with pytest.raises(ValueError, match=r"snapshots: 9 given; allowed: \[1, 3\]"):
        check(case_of(collapse.NoPolicy(), record=collapse.Record(snapshots=(9,))))
    with pytest.raises(ValueError, match=r"growth: 5 given; allowed: items \* generations"):
        check(case_of(collapse.NoPolicy(), collapse.Population(generations=100), workflow="growing", growth=5.0))
    with pytest.raises(ValueError, match="items: 2 given; allowed: at least 3 to refit 2 features"):
        check(case_of(collapse.Pmir(items=2), **CONTENTS[2]))


def test_the_law_is_a_prediction():
    case = case_of(collapse.NoPolicy(), variance_ratio=0.319, quality_elasticity=1.0)
    assert EXPERIMENT.predictions["collapse_law_coefficient"](case) == pytest.approx(0.183, abs=5e-4)
