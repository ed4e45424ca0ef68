"""Readings of the divergence in s* = KL(q || p) / (2 kappa), each calibrated to published figures (MODEL 1.3)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.collapse.equilibria import equilibria
from mfsolve.models.collapse.market import mean_field_path
from mfsolve.models.collapse.optimal_policy import optimum
from mfsolve.models.collapse.parameters import Parameters, Population, Record, SubsidyBase
from mfsolve.models.collapse.policies import ClosedForm, Myopic, NoPolicy, Planner
from mfsolve.models.collapse.readings import DIGITS, FREE, Calibration, Published, calibrate
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT
from mfsolve.spelling import in_words

FIGURES = {
    "contamination_none": "contamination at generation 10, no policy",
    "contamination_policy": "contamination at generation 10, closed form",
    "drift_none": "W2 drift at generation 10, no policy",
    "drift_policy": "W2 drift at generation 10, closed form",
    "quality_gain": "quality gain of the closed form at generation 10",
    "slope": "slope of lost log quality on exposure",
}
GENERATIONS = 10


class Reading(Frozen):
    """A reading of the divergence that the subsidy is paid by."""

    subsidy_base: SubsidyBase = Field(
        SubsidyBase.GENERATOR, description="KL of the generator, of the pool, or reversed"
    )
    information_cost: float = Field(0.0, ge=0.0, description="cost of a nat of unknown provenance, iota")


class Profile(Frozen):
    """Cost curvatures at which the other parameters are fitted again."""

    cost_curvature: tuple[float, float] = Field((0.005, 2.0), description="range of kappa > 0")
    width: int = Field(25, ge=3, le=1000, description="cost curvatures, spaced geometrically")

    @model_validator(mode="after")
    def _ordered(self) -> "Profile":
        low, high = self.cost_curvature
        if not 0.0 < low < high:
            raise ValueError(f"cost_curvature: [{low:g}, {high:g}] given; allowed: ascending, above 0")
        return self

    @property
    def places(self) -> Floats:
        """Cost curvatures kappa of the profile, to six digits."""
        low, high = self.cost_curvature
        return np.array([float(f"{x:.{DIGITS}g}") for x in np.geomspace(low, high, self.width)])


def profile(base: Parameters, published: Published, places: Floats, best: Calibration) -> Floats:
    """Misfit in per cent at each cost curvature, the other parameters fitted: outwards from the best one."""
    misfit = np.empty(places.size)
    middle = int(np.argmin(np.abs(places - best.parameters.cost_curvature)))
    for order in (range(middle, places.size), range(middle - 1, -1, -1)):
        near = best.parameters
        for i in order:
            found = calibrate(base, published, float(places[i]), near)
            misfit[i], near = 100.0 * found.misfit, found.parameters
    return np.round(misfit, DIGITS)


def solve(case: Case, threads: int) -> Arrays:
    """Calibration, profile, equilibria and welfare of the policies under one reading."""
    base = Parameters(subsidy_base=case.arm.subsidy_base, information_cost=case.arm.information_cost)
    found = calibrate(base, case.parameters)
    economy = found.parameters
    paths = {
        name: mean_field_path(economy, rule, Population(generations=GENERATIONS), Record())
        for name, rule in {"none": NoPolicy(), "closed": ClosedForm(), "myopic": Myopic(), "planner": Planner()}.items()
    }
    misfit = profile(base, case.parameters, case.population.places, found)
    fixed, rest = (equilibria(economy, "closed_form", generator=kind) for kind in ("fixed", "rest"))
    total = {name: path["cumulated_welfare"][-1] for name, path in paths.items()}
    values = {
        "misfit": misfit,
        "subsidy": paths["closed"]["subsidy"], "planned": paths["planner"]["subsidy"],
        "misfit_best": 100.0 * found.misfit,
        "amplification": float(f"{1.0 / found.singular[-1]:.3g}"),
        "sdce_fixed": fixed[-1].contamination, "sdce_rest": rest[-1].contamination,
        "sdce_count": float(max(len(fixed), len(rest))),
        "myopic_subsidy": optimum(economy).levers.subsidy,
        "first_subsidy": paths["closed"]["subsidy"][0], "last_subsidy": paths["closed"]["subsidy"][-1],
        "gain_closed": total["closed"] - total["none"], "gain_myopic": total["myopic"] - total["none"],
        "gain_planner": total["planner"] - total["none"],
        **dict(zip(FIGURES, found.figures)),
        **{f"fitted_{name}": getattr(economy, name) for name in FREE},
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def solved(case: Case) -> Mapping[str, Output]:
    """Curves of the misfit and of subsidies, and the numbers of the calibration."""
    over_time = "subsidy s"
    curves = {
        "misfit": Output(("cost_curvature",), "misfit of the six figures, per cent", lowest=0.0),
        "subsidy": Output(("generation",), "closed form", panel=over_time),
        "planned": Output(("generation",), "planner", panel=over_time),
    }
    numbers = {
        "misfit_best": Output((), "root-mean-square relative misfit of the six figures, per cent"),
        "amplification": Output((), "error of the least identified combination of parameters over that of the figures"),
        "sdce_fixed": Output((), "contamination in equilibrium, generator held", support=UNIT),
        "sdce_rest": Output((), "contamination in equilibrium, generator at rest", support=UNIT),
        "sdce_count": Output((), "equilibria"),
        "myopic_subsidy": Output((), "subsidy that maximises welfare of one generation", support=UNIT),
        "first_subsidy": Output((), "closed form at generation 0", support=UNIT),
        "last_subsidy": Output((), "closed form at generation 10", support=UNIT),
        "gain_closed": Output((), "welfare of ten generations that the closed form gains over no policy"),
        "gain_myopic": Output((), "welfare of ten generations that the myopic optimum gains over no policy"),
        "gain_planner": Output((), "welfare of ten generations that the planner gains over no policy"),
    }
    fitted = {f"fitted_{name}": Output((), f"calibrated {in_words(name)}") for name in FREE}
    return curves | numbers | {name: Output((), text) for name, text in FIGURES.items()} | fitted


def coordinates(case: Case) -> Arrays:
    """Cost curvatures of the profile, and generations."""
    return {"cost_curvature": case.population.places, "generation": np.arange(GENERATIONS + 1)}


EXPERIMENT = Experiment(
    name="subsidy_base",
    title="readings of KL(q || p) in the closed-form subsidy, each calibrated",
    parameters=Published,
    arms={"reading": Arm(Reading, solve=solve, solved=solved, coordinates=coordinates)},
    population=Profile,
    section="readings",
    word="reading",
    toy={"population.width": 3},
)
