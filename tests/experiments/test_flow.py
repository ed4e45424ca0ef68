"""The experiment `flow`: every solver returns what it declares and agrees with the deterministic reference."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from mfsolve.experiments import _flow_settings as settings
from mfsolve.experiments.experiment import Case
from mfsolve.experiments.flow import EXPERIMENT
from mfsolve.models import flow

GAUSSIAN = flow.Parameters(contamination=0.5, variance_ratio=0.5, initial_mean=1.0, initial_variance=2.0)
WELL = flow.Parameters(contamination=0.5, variance_ratio=0.5, potential="double_well")
SHORT = flow.GaussianKernel.model_construct(length=1e-8)
SOLVERS = {
    "particles": settings.Particles(particles=2000, dt=0.05),
    "grid": settings.Grid(cells=200),
    "jko": settings.Jko(quantiles=200, tau=0.05),
    "lazy": settings.Lazy(tau=0.05),
    "mlmc": settings.Mlmc(rmse=0.05),
}


def case(solver, parameters=GAUSSIAN, snapshots=(), times=(0.25, 0.5)):
    return Case(parameters, SOLVERS[solver], settings.Times(times=times), settings.Record(snapshots=snapshots), solver)


def computed(here, threads=1):
    """What the arm of a case draws as replicate 1, or solves."""
    arm = EXPERIMENT.arm(here)
    return arm.solve(here, threads) if arm.draw is None else arm.draw(here, 3, 1, threads)


@pytest.mark.parametrize("solver", SOLVERS)
def test_solver_returns_what_it_declares(solver):
    snapshots = (0.5,) if solver in ("particles", "grid", "jko") else ()
    here = case(solver, snapshots=snapshots)
    arrays, coordinates, outputs = computed(here), EXPERIMENT.coordinates(here), EXPERIMENT.outputs(here)
    assert arrays.keys() == outputs.keys()
    for name, output in outputs.items():
        assert arrays[name].shape == tuple(coordinates[dim].size for dim in output.dims), name


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("potential", ["gaussian", "double_well"])
def test_names_of_the_reference_are_known_before_it_is_computed(solver, potential):
    here = case(solver, GAUSSIAN.model_copy(update={"potential": flow.Parameters(
        contamination=0.0, variance_ratio=1.0, potential=potential).potential}))  # fmt: skip
    here = replace(here, population=here.population.model_copy(update={"reference_cells": 100}))
    known = EXPERIMENT.arm(here).reference
    assert set(known.names(here)) == set(known.compute(here))


@pytest.mark.parametrize("solver", ["particles", "grid", "jko"])
def test_densities_are_densities_with_the_solvers_own_mean(solver):
    here = case(solver, snapshots=(0.25, 0.5))
    arrays, place = computed(here), EXPERIMENT.coordinates(here)["bin"]
    width = place[1] - place[0]
    mass = arrays["content"].sum(axis=1) * width
    assert np.all((mass > 0.98) & (mass <= 1.0 + 1e-12))  # of N(., 1.6), 1.2 % lie outside [-4, 4] at most
    mean = (arrays["content"] * place).sum(axis=1) * width / mass
    outside = 4.5 * (1.0 - mass) + 0.5 * width
    assert np.all(np.abs(mean - arrays["mean"]) < outside + 1e-12)


def test_grid_and_reference_agree_to_the_grids_order():
    arrays, exact = computed(case("grid")), EXPERIMENT.reference(case("grid"))
    half = computed(replace(case("grid"), arm=settings.Grid(cells=400)))
    for name in ("variance", "w2_drift", "kl", "free_energy"):
        ratio = (arrays[name] - exact[name]) / (half[name] - exact[name])
        assert np.all(np.abs(np.log2(np.abs(ratio)) - 2.0) < 0.1), name


def test_reference_without_a_closed_form_rests_at_the_gibbs_density():
    """At rest with mean 0, mu ~ exp(-U - pull x^2 / (2 T)): the reference grid against moments by quadrature."""

    def moment(power):
        return quad(lambda x: x**power * np.exp(-2.0 * (x * x - 1.0) ** 2 - 0.25 * x * x), -4, 4, epsabs=1e-13)[0]

    times = settings.Times(times=(0.5, 20.0), reference_cells=200)
    found = EXPERIMENT.reference(Case(WELL, SOLVERS["grid"], times, settings.Record()))
    # the discrete Gibbs density has the midpoint rule's moments, which are exact to rounding for a smooth density that
    # decays; by time 20 the slowest even mode is below 1e-12 (the distance falls from 7e-10 at 5 to 2e-12 at 10)
    assert found["variance"][-1] == pytest.approx(moment(2) / moment(0), abs=1e-11)
    assert found["second_moment"][-1] == pytest.approx(moment(2) / moment(0), abs=1e-11)
    assert found["dissipation"][-1] < 1e-12 < found["dissipation"][0]


def test_particles_beyond_grids_have_no_reference():
    many = case("particles", WELL.model_copy(update={"dimension": 3}))
    EXPERIMENT.arms["particles"].check(many)
    assert EXPERIMENT.reference(many) == {}
    assert np.isnan(EXPERIMENT.predictions["variance"](many))


def test_the_reference_is_the_limit_of_particles():
    """A double well from an asymmetric start, the grid against 2^14 particles with the second-order splitting."""
    well = flow.Parameters(
        contamination=0.5, variance_ratio=0.5, potential="double_well", initial_mean=0.3, initial_variance=0.5
    )
    n = 2**14
    here = case("particles", well)
    drawn = computed(replace(here, arm=settings.Particles(particles=n, dt=0.005)))
    exact = EXPERIMENT.reference(here)
    assert set(drawn) - set(exact) == {"potential_energy"}
    # |x| < 2.5 here: one observation has standard deviation below 1.1 (x) and 1.3 (x^2); 4.5 standard errors; the bias
    # in dt is of order dt^2
    assert np.all(np.abs(drawn["mean"] - exact["mean"]) < 4.5 * 1.1 / np.sqrt(n))
    assert np.all(np.abs(drawn["second_moment"] - exact["second_moment"]) < 4.5 * 1.3 / np.sqrt(n))


@pytest.mark.parametrize(
    ("here", "message"),
    [
        (lambda: case("grid", snapshots=(0.3,)), "snapshots: 0.3 given; allowed: one of the times, 0.25, 0.5"),
        (lambda: case("lazy", snapshots=(0.5,)), "snapshots: a density is kept"),
        (lambda: case("jko", GAUSSIAN.model_copy(update={"dimension": 2})), "dimension: 2 given; .*: 1"),
        (lambda: case("grid", GAUSSIAN.model_copy(update={"dimension": 3})), "dimension: 3 given; .*: 1, 2"),
        (lambda: case("lazy", WELL), "potential: 'double_well' given; allowed for lazy retraining: 'gaussian'"),
        (lambda: settings.Times(times=(1.0, 0.5)), "times must increase"),
        (
            lambda: Case(GAUSSIAN, settings.Particles(dt=9.0, stepper="euler"), settings.Times(), settings.Record()),
            r"dt: 9.0 given; allowed with the euler stepper: \(0, ",
        ),
        (
            lambda: case(
                "particles", GAUSSIAN.model_copy(update={"diffusivity": 1e12, "potential": flow.DoubleWell()})
            ),
            r"dt: .* given; allowed with the splitting stepper: \(0, ",
        ),
        (
            lambda: Case(
                GAUSSIAN.model_copy(update={"contamination": flow.Schedule(times=(0.0, 1.0), values=(0.1, 0.2))}),
                settings.Grid(),
                settings.Times(),
                settings.Record(),
            ),
            r"contamination: schedule over \[0, 1\] given; allowed: one covering \[0, 2\]",
        ),
        (
            lambda: Case(
                GAUSSIAN.model_copy(update={"domain": (-1.0, 1.0)}),
                settings.Mlmc(),
                settings.Times(),
                settings.Record(),
            ),
            "allowed for mlmc",
        ),
        (
            lambda: case("grid", GAUSSIAN.model_copy(update={"initial_mean": 1e6})),
            "^cells: 200 given; about 819200 or more would do: .* initial_mean, .* 1 hold human content; at least 8 must",
        ),
        *(
            (
                lambda more=more: case("particles", WELL.model_copy(update={**more, "interaction": SHORT})),
                "^interaction: length: 1e-08 given; allowed with the particle mesh: about .* or more, .* method = 'direct'",
            )
            for more in ({}, {"initial": "human"}, {"initial": "human", "dimension": 2})
        ),
        (
            lambda: case("particles", WELL.model_copy(update={"initial_variance": 1e12})),
            "^reference_cells: 4000 given; no number up to 1048576 would do: .* initial_variance and potential reach",
        ),
    ],
)
def test_what_a_solver_does_not_have_is_refused(here, message):
    with pytest.raises(ValueError, match=message):
        EXPERIMENT.arm(here()).check(here())
