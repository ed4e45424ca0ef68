"""Studies of Gaussian models fitted to their own samples: closed forms as references, and refused settings."""

import re

import numpy as np
import pytest
from support.cases import SEED, case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.gaussian import Gaussian, gaussian_ensemble
from mfsolve.models.atlas.workflows import Replace

EXPERIMENT = load("atlas_gaussian")
STUDY = {
    "model": "atlas_gaussian",
    "workflows": {"mixed": {}},
    "population": {"replicates": 10, "generations": 3},
    "estimates": [{"name": "one", "quantity": "risk", "workflow": "mixed"}],
}


def test_a_block_is_an_ensemble_of_its_own_replicates():
    here = case("atlas_gaussian", "replace", population={"replicates": 70, "generations": 4})
    found = outputs("atlas_gaussian", here, 3)
    alone = gaussian_ensemble(Gaussian(), Replace(), Run(4, 70, SEED, 210))
    assert all(np.array_equal(found[name], alone[name]) for name in alone)


@pytest.mark.parametrize("workflow", EXPERIMENT.arms)
def test_predictions_are_the_ends_of_the_reference(workflow):
    here = case("atlas_gaussian", workflow, population={"generations": 5})
    for name, path in EXPERIMENT.reference(here).items():
        assert EXPERIMENT.predictions[name](here) == path[-1]
        assert path.size == 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["workflows.mixed.weight=1.5"], r"weight: 1.5 given.*\[0, 1\]"),
        (["workflows.mixed.ratio=60.0"], r"ratio: 60.0 given; allowed: \(0, 50\]: a refit needs 2 synthetic items"),
        (["parameters.items=1"], r"parameters.items: 1 given.*allowed: \[2,"),
        (
            ["workflows.mixed.rule=subsample", "parameters.items=10000000"],
            "items: '3e.07 kept numbers' given; allowed: sizes",
        ),
        (["record.tail=-1.0"], r"record.tail: -1.0 given.*\(0, 6\]"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
