"""Studies of models of tokens: closed forms as references, and refused settings."""

import re

import numpy as np
import pytest
from support.cases import SEED, case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.tokens import Tokens, token_ensemble
from mfsolve.models.atlas.workflows import Replace

EXPERIMENT = load("atlas_tokens")
STUDY = {
    "model": "atlas_tokens",
    "workflows": {"mixed": {}},
    "population": {"replicates": 10, "generations": 3},
    "estimates": [{"name": "one", "quantity": "risk", "workflow": "mixed"}],
}


def test_a_block_is_an_ensemble_of_its_own_replicates():
    here = case("atlas_tokens", "replace", population={"replicates": 20, "generations": 3})
    found = outputs("atlas_tokens", here, 3)
    alone = token_ensemble(Tokens(), Replace(), Run(3, 20, SEED, 60))
    assert all(np.array_equal(found[name], alone[name]) for name in alone)


@pytest.mark.parametrize("workflow", EXPERIMENT.arms)
def test_predictions_are_the_ends_of_the_reference(workflow):
    here = case("atlas_tokens", workflow, population={"generations": 5})
    for name, path in EXPERIMENT.reference(here).items():
        assert EXPERIMENT.predictions[name](here) == path[-1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["workflows.mixed.weight=-0.5"], r"weight: -0.5 given.*\[0, 1\]"),
        (["parameters.items=50", "workflows.mixed.ratio=60.0"], r"ratio: 60.0 given; allowed: \(0, 50\]"),
        (["parameters.vocabulary=1"], r"parameters.vocabulary: 1 given.*allowed: \[2,"),
        (
            ["workflows.mixed.rule=accumulate", "parameters.items=1000000", "population.generations=200"],
            "items: 1000000",
        ),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
