"""Studies of exponential families and kernel densities: closed forms as references, and refused settings."""

import re

import numpy as np
import pytest
from support.cases import SEED, case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models.atlas.exponential_families import ExponentialFamily, family_ensemble
from mfsolve.models.atlas.gaussian import Run
from mfsolve.models.atlas.kernel_density import KernelDensity, density_ensemble
from mfsolve.models.atlas.workflows import Replace

ALONE = {
    "atlas_families": lambda run: family_ensemble(ExponentialFamily(), Replace(), run),
    "atlas_kernel_density": lambda run: density_ensemble(KernelDensity(), Replace(), run),
}


@pytest.mark.parametrize("name", ALONE)
def test_a_block_is_an_ensemble_of_its_own_replicates(name):
    here = case(name, "replace", population={"replicates": 20, "generations": 4})
    found, alone = outputs(name, here, 3), ALONE[name](Run(4, 20, SEED, 60))
    assert all(np.array_equal(found[key], alone[key]) for key in alone)


@pytest.mark.parametrize("name", ALONE)
def test_predictions_are_the_ends_of_the_reference(name):
    experiment = load(name)
    for workflow in experiment.arms:
        here = case(name, workflow, population={"generations": 5})
        for key, path in experiment.reference(here).items():
            if key in experiment.predictions:
                assert experiment.predictions[key](here) == path[-1]


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("atlas_families", ["parameters.family=gamma"], "family: 'gamma' given"),
        ("atlas_families", ["parameters.family=bernoulli", "parameters.mean=1.5"], r"mean: 1.5 given.*\(0, 1\)"),
        ("atlas_families", ["workflows.mine.rule=curated"], "curated"),
        ("atlas_families", ["workflows.mine.rule=mixed", "parameters.items=50", "workflows.mine.ratio=60.0"], "ratio: 60"),
        ("atlas_kernel_density", ["parameters.bandwidth=-1.0"], r"bandwidth: -1.0 given.*\[0, 100\]"),
        ("atlas_kernel_density", ["parameters.items=1000000", "population.generations=50"], "items: '1e.08 kept numbers'"),
    ],
)  # fmt: skip
def test_nonsense_is_one_line_and_exit_code_2(name, changes, message, tmp_path, capsys):
    study = {
        "model": name, "workflows": {"mine": {"rule": "replace"}}, "population": {"replicates": 10, "generations": 3},
        "estimates": [{"name": "one", "quantity": "variance", "workflow": "mine"}],
    }  # fmt: skip
    assert run_study(tmp_path, study, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
