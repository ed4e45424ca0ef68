"""Studies of exponential families: closed forms as references, and refused settings."""

import re

import numpy as np
import pytest
from support.cases import SEED, case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.exponential_families import ExponentialFamily, family_ensemble
from mfsolve.models.atlas.workflows import Replace

NAME = "atlas_families"


def test_a_block_is_an_ensemble_of_its_own_replicates():
    here = case(NAME, "replace", population={"replicates": 20, "generations": 4})
    found, alone = outputs(NAME, here, 3), family_ensemble(ExponentialFamily(), Replace(), Run(4, 20, SEED, 60))
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
        (["parameters.family=gamma"], "family: 'gamma' given"),
        (["parameters.family=bernoulli", "parameters.mean=1.5"], r"mean: 1.5 given.*\(0, 1\)"),
        (["workflows.mine.rule=curated"], "curated"),
        (["workflows.mine.rule=mixed", "parameters.items=50", "workflows.mine.ratio=60.0"], "ratio: 60"),
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
