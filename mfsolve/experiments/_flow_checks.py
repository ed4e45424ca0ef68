"""Settings of a study of the collapse flow that are allowed each, but not together (MODEL 2)."""

import numpy as np

from mfsolve.experiments._flow_reference import has_closed_form, has_reference
from mfsolve.experiments.experiment import Case
from mfsolve.models.flow.cells import refuse_coarse
from mfsolve.models.flow.jko import MOST_STEPS
from mfsolve.models.flow.lazy_retraining import check_content, refuse_many_generations
from mfsolve.models.flow.pair_forces import refuse_fine_mesh
from mfsolve.models.flow.parameters import checked_times, refuse_many_steps
from mfsolve.models.flow.particles import refuse_unstable


def check_times(case: Case) -> None:
    """Refuse times outside a schedule of contamination, snapshots at other times, and a reference grid too coarse.

    Raises
    ------
    ValueError
        Naming the setting.
    """
    times = case.population.times
    checked_times(case.parameters, times)
    for snapshot in case.record.snapshots:
        if snapshot not in times:
            raise ValueError(f"snapshots: {snapshot:g} given; allowed: one of the times, {', '.join(map(str, times))}")
    if case.record.snapshots and case.parameters.dimension != 1:
        refuse_snapshots(case)
    if has_reference(case.parameters) and not has_closed_form(case.parameters):
        refuse_coarse(case.parameters, case.population.reference_cells, "reference_cells")


def refuse_snapshots(case: Case) -> None:
    """Refuse to keep a density where there is none."""
    if case.record.snapshots:
        raise ValueError("snapshots: a density is kept in dimension 1 by particles, grid and jko")


def check_dimension(case: Case, allowed: str) -> None:
    """Refuse a dimension that a solver does not have."""
    if str(case.parameters.dimension) not in allowed.split(", "):
        raise ValueError(f"dimension: {case.parameters.dimension} given; allowed with this solver: {allowed}")


def check_particles(case: Case) -> None:
    """Refuse a step at which the stepper is unstable, and a kernel that no particle mesh is fine enough for."""
    check_times(case)
    refuse_fine_mesh(case.parameters, case.arm.particles)
    refuse_unstable(case.parameters, case.arm.dt, np.array(case.population.times), case.arm.stepper)


def check_grid(case: Case) -> None:
    """Refuse more than two dimensions, and cells too wide."""
    check_times(case)
    check_dimension(case, "1, 2")
    refuse_coarse(case.parameters, case.arm.cells)


def check_line(case: Case) -> None:
    """Refuse more than one dimension."""
    check_times(case)
    check_dimension(case, "1")


def check_jko(case: Case) -> None:
    """Refuse more than one dimension, and more steps than anybody takes."""
    check_line(case)
    refuse_many_steps("tau", case.arm.tau, case.population.times[-1] / case.arm.tau, MOST_STEPS)


def check_lazy(case: Case) -> None:
    """Refuse content that is not Gaussian on the line, many generations, and snapshots."""
    check_line(case)
    check_content(case.parameters)
    refuse_many_generations(case.parameters, case.arm.tau, np.array(case.population.times))
    refuse_snapshots(case)
