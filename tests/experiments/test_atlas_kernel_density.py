"""Studies of kernel densities: closed forms as references, and refused settings."""

import re

import numpy as np
import pytest
from support.cases import SEED, case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.kernel_density import KernelDensity, density_ensemble
from mfsolve.models.atlas.workflows import Replace

NAME = "atlas_kernel_density"


def test_a_block_is_an_ensemble_of_its_own_replicates():
    here = case(NAME, "replace", population={"replicates": 20, "generations": 4})
    found, alone = outputs(NAME, here, 3), density_ensemble(KernelDensity(), Replace(), Run(4, 20, SEED, 60))
    assert all(np.array_equal(found[key], alone[key]) for key in alone)


def test_predictions_are_the_ends_of_the_reference():
    experiment = load(NAME)
    for workflow in experiment.arms:
        here = case(NAME, workflow, population={"generations": 5})
        for key, path in experiment.reference(here).items():
            if key in experiment.predictions:
                assert experiment.predictions[key](here) == path[-1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["parameters.bandwidth=-1.0"], r"bandwidth: -1.0 given.*\[0, 100\]"),
        (["parameters.items=1000000", "population.generations=50"], "items: '1e.08 kept numbers'"),
    ],
)  # fmt: skip
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    study = {
        "model": NAME, "workflows": {"mine": {"rule": "replace"}}, "population": {"replicates": 10, "generations": 3},
        "estimates": [{"name": "one", "quantity": "variance", "workflow": "mine"}],
    }  # fmt: skip
    assert run_study(tmp_path, study, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
