"""The experiment on the retreat: outputs of grid and particles, changes, bins."""

import numpy as np
import pytest

from mfsolve.experiments import retreat as study
from mfsolve.experiments._transition_solvers import Particles
from mfsolve.experiments.experiment import Case
from mfsolve.models.transition import TwoSkillParameters

EXPERIMENT = study.EXPERIMENT
TIMES = study.Times(times=(0.0, 4.0), reference_cells=12)


def case(arm, bins=6):
    return Case(TwoSkillParameters(ramp=1.0), arm, TIMES, study.Record(bins=bins))


@pytest.mark.parametrize("bins", [0, 6])
@pytest.mark.parametrize("solver", [study.Grid(cells=12), Particles(creators=300, dt=0.25)], ids=["grid", "n"])
def test_every_solver_gives_what_it_declares(solver, bins):
    here = case(solver, bins)
    arm = EXPERIMENT.arm(here)
    arm.check(here)
    found = arm.draw(here, 1, 0, 1) if arm.draw else arm.solve(here, 1)
    places, outputs = arm.coordinates(here), arm.outputs(here)
    assert {name: x.shape for name, x in found.items()} == {
        name: tuple(places[dim].size for dim in output.dims) for name, output in outputs.items()
    }
    assert set(arm.reference.compute(here)) == set(arm.reference.names(here)) <= set(found)


def test_changes_are_those_of_the_survivors():
    found = EXPERIMENT.arms["grid"].solve(case(study.Grid(cells=12)), 1)
    for skill in ("technical", "creative"):
        path = found[f"survivors_{skill}"]
        assert np.array_equal(found[f"{skill}_change"], path - path[0])
    assert np.all(found["gained"][0] == 0.0)
    assert found["density"][1].mean() == pytest.approx(1.0, rel=1e-12)
    assert found["gained"][1].mean() == pytest.approx(0.0, abs=1e-12)


def test_the_density_of_bins_is_creative_by_technical():
    """AI is better at technical work: the mass that leaves technical skill is seen along the last axis."""
    here = case(study.Grid(cells=12))
    found, at = EXPERIMENT.arms["grid"].solve(here, 1), EXPERIMENT.coordinates(here)
    mean = (found["density"][1] * at["technical"][None, :]).mean()
    # everybody's cell lies half a cell from the middle of its bin of two
    assert mean == pytest.approx(found["technical_skill"][1], abs=0.5 / 12)


def test_bins_that_do_not_divide_the_cells_are_refused():
    here = case(study.Grid(cells=12), bins=5)
    with pytest.raises(ValueError, match="bins: 5 given; allowed: a divisor of the grid's 12 cells"):
        EXPERIMENT.arm(here).check(here)
