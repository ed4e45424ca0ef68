"""The flow as studies see it: every solver reports what it declares, and agrees with the reference."""

import numpy as np
import pytest

from mfsolve.experiments import flow as study
from mfsolve.experiments import load
from mfsolve.experiments.experiment import Case
from mfsolve.models import flow
from mfsolve.models.flow import settings
from mfsolve.models.flow.lazy_retraining import lazy_retraining

GAUSSIAN = flow.Parameters(contamination=0.5, variance_ratio=0.5, initial_mean=1.0, initial_variance=2.0)
SOLVERS = {
    "particles": settings.Particles(particles=2000, dt=0.05),
    "grid": settings.Grid(cells=200),
    "jko": settings.Jko(quantiles=200, tau=0.05),
    "lazy": settings.Lazy(tau=0.05),
    "mlmc": settings.Mlmc(rmse=0.05),
}


def case(solver, parameters=GAUSSIAN, snapshots=(), times=(0.25, 0.5)):
    return Case(parameters, SOLVERS[solver], settings.Times(times=times), settings.Record(snapshots=snapshots))


@pytest.mark.parametrize("solver", SOLVERS)
def test_solver_returns_what_it_declares(solver):
    snapshots = (0.5,) if solver in ("particles", "grid", "jko") else ()
    here = case(solver, snapshots=snapshots)
    model = load("flow")
    arrays, coordinates = model.simulate(here, 3, 1, 1), model.coordinates(here)
    variables = model.variables(here)
    assert arrays.keys() == variables.keys()
    for name, variable in variables.items():
        assert arrays[name].shape == tuple(coordinates[dim].size for dim in variable.dims), name


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("potential", ["gaussian", "double_well"])
def test_names_of_the_reference_are_known_before_it_is_computed(solver, potential):
    here = case(solver, GAUSSIAN.model_copy(update={"potential": flow.Parameters(
        contamination=0.0, variance_ratio=1.0, potential=potential).potential}))  # fmt: skip
    assert set(study.referenced(here)) == set(study.reference(here))


@pytest.mark.parametrize("solver", ["particles", "grid", "jko"])
def test_densities_are_densities_with_the_solvers_own_mean(solver):
    here = case(solver, snapshots=(0.25, 0.5))
    arrays = load("flow").simulate(here, 3, 0, 1)
    place = study.coordinates(here)["bin"]
    width = place[1] - place[0]
    mass = arrays["content"].sum(axis=1) * width
    assert np.all((mass > 0.98) & (mass <= 1.0 + 1e-12))  # of N(., 1.6), 1.2 % lie outside [-4, 4] at most
    mean = (arrays["content"] * place).sum(axis=1) * width / mass
    outside = 4.5 * (1.0 - mass) + 0.5 * width
    assert np.all(np.abs(mean - arrays["mean"]) < outside + 1e-12)


def test_grid_and_reference_agree_to_the_grids_order():
    arrays, exact = load("flow").simulate(case("grid"), 0, 0, 1), study.reference(case("grid"))
    finer = Case(GAUSSIAN, settings.Grid(cells=400), case("grid").population, settings.Record())
    half = load("flow").simulate(finer, 0, 0, 1)
    for name in ("variance", "w2_drift", "kl", "free_energy"):
        ratio = (arrays[name] - exact[name]) / (half[name] - exact[name])
        assert np.all(np.abs(np.log2(np.abs(ratio)) - 2.0) < 0.1), name


def test_reference_of_another_potential_is_the_fine_grid():
    double = flow.Parameters(contamination=0.5, variance_ratio=0.5, potential="double_well")
    here = Case(double, SOLVERS["grid"], settings.Times(times=(0.5,), reference_cells=200), settings.Record())
    fine = flow.fokker_planck(double, 200, [0.5], tolerance=1e-7)
    assert np.array_equal(study.reference(here)["variance"], fine.variance.values)


def test_lazy_retraining_tends_to_the_flow_in_variance_and_not_in_mean():
    """The variance's distance halves with tau at mean 0; the mean decays at twice the flow's rate."""
    centred = flow.Parameters(contamination=0.5, variance_ratio=0.5, initial_variance=2.0)
    exact = float(flow.gaussian_moments(centred, [1.0]).variance[-1])
    gaps = [float(lazy_retraining(centred, tau, [1.0])["variance"][-1]) - exact for tau in (0.02, 0.01, 0.005)]
    assert np.allclose(np.array(gaps[:-1]) / gaps[1:], 2.0, atol=0.02)
    rate = -np.log(float(lazy_retraining(GAUSSIAN, 1e-4, [1.0])["mean"][-1]))
    assert abs(rate - 2.0 * 0.5) < 1e-4  # 2 sigma (1 - rho), where the flow's own rate is sigma (1 - rho)


def test_lazy_retraining_keeps_its_rest_point_for_any_fraction():
    rest = flow.stationary_variance(0.5, 0.5)
    at_rest = flow.Parameters(contamination=0.5, variance_ratio=0.5, initial_variance=rest)
    for tau in (1.0, 0.3, 0.01):
        assert np.allclose(lazy_retraining(at_rest, tau, [0.5, 3.0])["variance"], rest, rtol=1e-12)


@pytest.mark.parametrize(
    ("here", "message"),
    [
        (lambda: case("grid", snapshots=(0.3,)), "snapshots: 0.3 given; allowed: one of the times, 0.25, 0.5"),
        (lambda: case("lazy", snapshots=(0.5,)), "snapshots: a density is kept"),
        (lambda: case("jko", GAUSSIAN.model_copy(update={"dimension": 2})), "dimension: 2 given; .*: 1"),
        (lambda: case("grid", GAUSSIAN.model_copy(update={"dimension": 3})), "dimension: 3 given; .*: 1, 2"),
        (lambda: settings.Times(times=(1.0, 0.5)), "times must increase"),
        (
            lambda: Case(GAUSSIAN, settings.Particles(dt=9.0, stepper="euler"), settings.Times(), settings.Record()),
            r"dt: 9.0 given; allowed with the euler stepper: \(0, ",
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
        (lambda: lazy_retraining(GAUSSIAN, 1.5, [1.0]), r"tau: 1.5 given; allowed: \(0, 1\]"),
    ],
)
def test_what_a_solver_does_not_have_is_refused(here, message):
    with pytest.raises(ValueError, match=message):
        study.check(here())
