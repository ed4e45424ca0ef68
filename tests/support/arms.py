"""What every arm of an experiment owes, at toy size: the outputs it declares, the same on any number of threads."""

import numpy as np

from mfsolve.experiments.experiment import Experiment
from mfsolve.study.audit.audit_design import base_case

from .cases import outputs


def check_what_is_declared(experiment: Experiment, name: str) -> None:
    """Hold names, shapes and values of an arm's outputs against what it declares, with one thread and with two."""
    case = base_case(experiment, name)
    found, again = (outputs(experiment.name, case, threads=threads) for threads in (1, 2))
    for key, values in found.items():
        assert np.isfinite(values).all(), key
        assert np.array_equal(values, again[key]), key
