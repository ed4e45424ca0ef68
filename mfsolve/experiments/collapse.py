"""The collapse market: policies compared, generation by generation (MODEL 1)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.collapse.closed_form import collapse_law_coefficient
from mfsolve.models.collapse.content import Categorical
from mfsolve.models.collapse.empirical import human_histogram
from mfsolve.models.collapse.human_rows import reservoir
from mfsolve.models.collapse.market import check_market, coordinates, finite_path, mean_field_path, quantities
from mfsolve.models.collapse.parameters import Family, Parameters, Population, Record
from mfsolve.models.collapse.policies import POLICIES


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    return finite_path(case.parameters, case.policy, case.population, case.record, seed, replicate, threads)


def _mean_field(case: Case) -> Arrays:
    return mean_field_path(case.parameters, case.policy, case.population, case.record)


def _variables(case: Case) -> Mapping[str, Variable]:
    check_market(case.parameters, case.policy, case.population, case.record)
    return {name: Variable.of(quantity) for name, quantity in quantities(case.parameters, case.record).items()}


def _coordinates(case: Case) -> Arrays:
    return coordinates(case.parameters, case.population, case.record)


def _human(case: Case, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Human content at the places of a snapshot: the normal density, token frequencies, or a histogram of rows."""
    if case.parameters.content is Family.CATEGORICAL:
        return Categorical.human(case.parameters).fitted
    if case.parameters.features is not None:
        half = 0.5 * (place[1] - place[0])
        source = reservoir(case.parameters.features, case.parameters.held_out)
        return human_histogram(source, np.append(place - half, place[-1] + half))
    return np.asarray(np.exp(-0.5 * place * place) / np.sqrt(2.0 * np.pi))


MODEL = Model(
    name="collapse",
    title="collapse market: recursive training, provenance subsidies, quality (MODEL 1)",
    parameters=Parameters,
    alternatives=POLICIES,
    population=Population,
    record=Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_mean_field,
    human=_human,
    predictions={"collapse_law_coefficient": lambda case: collapse_law_coefficient(case.parameters)},
    panels=("contamination", "subsidy", "quality", "w2_drift", "total_variation", "support"),
)
