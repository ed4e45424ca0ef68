"""The experiment on the transition: outputs of grid and particles, densities in bins, refusals."""

import numpy as np
import pytest

from mfsolve.experiments import transition as study
from mfsolve.experiments._transition_solvers import Particles
from mfsolve.experiments.experiment import Case
from mfsolve.models import supply_shock, transition

EXPERIMENT = study.EXPERIMENT
QUICK = transition.Parameters(diffusion=5e-3, learning=0.02, temperature=3e-3)
TIMES = study.Times(times=(0.0, 4.0), reference_cells=40, reference_dt=0.25)


def case(arm, bins=10, parameters=QUICK):
    return Case(parameters, arm, TIMES, study.Record(bins=bins))


@pytest.mark.parametrize("bins", [0, 10])
@pytest.mark.parametrize("solver", [study.Grid(cells=40, dt=0.25), Particles(creators=300, dt=0.25)], ids=["grid", "n"])
def test_every_solver_gives_what_it_declares(solver, bins):
    here = case(solver, bins)
    arm = EXPERIMENT.arm(here)
    arm.check(here)
    drawn = arm.draw(here, 1, 0, 1) if arm.draw else {}
    solved = arm.solve(here, 1)
    assert set(drawn) == set(arm.drawn(here))
    assert set(solved) == set(arm.solved(here))
    places, found = arm.coordinates(here), drawn | solved
    for name, output in arm.outputs(here).items():
        assert found[name].shape == tuple(places[dim].size for dim in output.dims), name
    reference = arm.reference.compute(here)
    assert set(reference) == set(arm.reference.names(here)) <= set(found)


def test_what_no_path_changes_is_solved():
    """Grid and particles share the rest point and the density before AI."""
    arms = [case(study.Grid(cells=40, dt=0.25)), case(Particles(creators=300, dt=0.25))]
    grid, particles = (EXPERIMENT.arm(here).solve(here, 1) for here in arms)
    for name in ("human_at_rest", "density_before"):
        assert np.array_equal(grid[name], particles[name]), name
    rest = transition.rest_state(QUICK, cells=TIMES.reference_cells)["human"]
    assert np.all(grid["human_at_rest"] == rest)


def test_recovery_at_rest_is_measured_from_the_trough():
    here = case(study.Grid(cells=40, dt=0.25))
    found = EXPERIMENT.arm(here).solve(here, 1)
    first, last = found["human"][0], found["human_at_rest"][0]
    lost = found["fall"] * first
    assert found["recovered_at_rest"][0] == 0.0  # nothing is lost yet
    # the reference's own share before AI stands in for the arm's: equal on equal cells
    assert found["recovered_at_rest"][1] == pytest.approx((last - first + lost[1]) / lost[1], rel=1e-12)


@pytest.mark.parametrize("bins", [1, 3, 8, 16])
def test_bins_keep_mass_and_means(bins):
    density = np.random.default_rng(3).uniform(0.1, 1.0, 48)
    found = study.bin_averages(density, bins)
    assert found.mean() == pytest.approx(density.mean(), rel=1e-13)
    assert found == pytest.approx(density.reshape(bins, -1).mean(axis=1), rel=1e-12)


def test_steps_at_which_occupations_swing_about_are_refused():
    """Pollution that weighs much on choices: adoption answers it within a step by more than it rose."""
    market = supply_shock.Parameters(pollution_weight=1.0)
    heavy = QUICK.changed(temperature=1e-3, market=market)
    here = case(Particles(creators=300, dt=2.0), parameters=heavy)
    with pytest.raises(ValueError, match=r"dt: 2.0 given; allowed: \(0, 1.08\)"):
        EXPERIMENT.arm(here).check(here)
    with pytest.raises(ValueError, match="times must increase"):
        study.Times(times=(1.0, 1.0))
