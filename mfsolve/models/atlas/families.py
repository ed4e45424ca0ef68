"""Paths of a family under a workflow, in the measures that the definitions of collapse ask for (MODEL 9.6)."""

import numpy as np

from mfsolve.arrays import Floats

from .definitions import Paths
from .gaussian import Gaussian, Run, Yardsticks, gaussian_ensemble
from .tokens import Tokens, token_ensemble
from .workflows import Workflow

Family = Gaussian | Tokens
LEAST = 1e-9
"""Diversity that a block of models with one token left counts as."""
FINER = 4
"""Ratio of the two sample sizes that a scaling exponent is read from."""


def ensemble(
    family: Family, workflow: Workflow, run: Run, yardsticks: Yardsticks, threads: int = 1
) -> dict[str, Floats]:
    """Means over replicates of a family's measures, each (T + 1,)."""
    if isinstance(family, Gaussian):
        return gaussian_ensemble(family, workflow, run, yardsticks, threads)
    return token_ensemble(family, workflow, run, yardsticks, threads)


def paths(family: Family, workflow: Workflow, run: Run, blocks: int, yardsticks: Yardsticks, threads: int = 1) -> Paths:
    """Measures of `blocks` blocks of run.replicates replicates each, from block run.first on.

    The same replicates are run with four times the items, for the exponent of the risk in them.
    """
    more = family.model_copy(update={"items": FINER * family.items})
    rows, finer = [], []
    for block in range(run.first, run.first + blocks):
        here = run._replace(first=block * run.replicates)
        rows.append(ensemble(family, workflow, here, yardsticks, threads))
        finer.append(ensemble(more, workflow, here, yardsticks, threads)["risk"])

    def all_of(name: str) -> Floats:
        return np.array([row[name] for row in rows])

    risk, tail, lost, still = (all_of(name) for name in ("risk", "tail", "lost", "still_lost"))
    if isinstance(family, Gaussian):
        log_variance = all_of("log_variance")
        return Paths(
            risk, np.array(finer), all_of("variance") - 1.0, -log_variance, tail, 0.5 * log_variance, lost, still, False
        )
    score, diversity = all_of("score"), all_of("diversity")
    shrinkage = -np.log(np.maximum(diversity, LEAST) / diversity[:, :1])
    return Paths(
        risk, np.array(finer), score / score[:, :1] - 1.0, shrinkage, tail, all_of("entropy"), lost, still, True
    )
