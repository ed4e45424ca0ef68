"""Debts of every experiment on one family of refitted models: blocks of its own replicates, ends of its references."""

import re

import numpy as np
from support.cases import SEED, case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.workflows import Replace


def check_blocks(name, ensemble, family):
    """Row 3 of a study is the ensemble of replicates 60..79."""
    here = case(name, "replace", population={"replicates": 20, "generations": 4})
    found, alone = outputs(name, here, 3), ensemble(family, Replace(), Run(4, range(60, 80), SEED))
    assert alone
    assert all(np.array_equal(found[key], alone[key]) for key in alone)


def check_predictions(name):
    """What an estimate is compared with is the last value of the closed form that paths are drawn beside."""
    experiment, seen = load(name), set()
    for workflow in experiment.arms:
        here = case(name, workflow, population={"generations": 5})
        for key, path in experiment.reference(here).items():
            assert path.size == 6
            if key in experiment.predictions:
                assert experiment.predictions[key](here) == path[-1]
                seen.add(key)
    assert len(seen) >= 3


def check_refusal(name, changes, message, tmp_path, capsys):
    """A study with settings that cannot be is one line and exit code 2."""
    study = {
        "model": name, "workflows": {"mine": {"rule": "replace"}}, "population": {"replicates": 10, "generations": 3},
        "estimates": [{"name": "one", "quantity": next(iter(load(name).predictions)), "workflow": "mine"}],
    }  # fmt: skip
    assert run_study(tmp_path, study, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
