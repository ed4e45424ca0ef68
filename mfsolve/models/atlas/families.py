"""Paths of a family under a workflow, in the measures that the definitions of collapse ask for (MODEL 9.6)."""

from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.models.arguments import require, whole
from mfsolve.models.frozen import Frozen

from .definitions import Paths
from .ensembles import Run, Yardsticks
from .exponential_families import ExponentialFamily, check_family, family_means
from .gaussian import Gaussian, check_gaussian, gaussian_means
from .kernel_density import KernelDensity, check_density, density_means
from .network_paths import linear_paths
from .random_networks import Wiring, drawn_network
from .regression import (
    RegressionData,
    RegressionParameters,
    check_regression,
    data_of,
    regression_closed_form,
    simulate_fits,
)
from .tokens import Tokens, check_tokens, token_means
from .workflows import Workflow, check_workflow


class Linked(Frozen):
    """Linear models in a network, each refitted to items of its sources (MODEL 9.11)."""

    bounded: ClassVar[bool] = False
    """True where the risk has an upper bound: it has none."""

    items: int = Field(100, ge=2, le=10**6, description="items that a model is fitted to in a generation")
    wiring: Wiring = Field(Wiring(), description="who trains on whom")

    @property
    def workflows(self) -> tuple[str, ...]:
        """Names of the workflows that the family has: a network trains on the newest items alone."""
        return ("replace",)


Family = Gaussian | Tokens | ExponentialFamily | KernelDensity | RegressionParameters | Linked
LEAST = 1e-9
"""Diversity, or share of models that are alive, that a block with nothing of it counts as."""
SHRUNK = 1e3
"""-E ln s2 that a block counts as where all centres of some density are alike, and it is infinite."""
FINER = 4
"""Ratio of the two sample sizes that a scaling exponent is read from."""


class Measures(NamedTuple):
    """Means over a block of replicates, each (T + 1,), as `Paths` has them; None where the family has no such thing."""

    risk: Floats
    lost: Floats
    still_lost: Floats
    bias: Floats | None = None
    shrinkage: Floats | None = None
    tail: Floats | None = None
    entropy: Floats | None = None


def check_member(family: Family, workflow: Workflow, generations: int) -> None:
    """Refuse a workflow that a family cannot have, at all or at this size.

    Raises
    ------
    ValueError
        Naming the setting and what would be right.
    """
    match family:
        case Gaussian():
            check_gaussian(family, workflow, generations)
        case Tokens():
            check_tokens(family, workflow, generations)
        case ExponentialFamily():
            check_family(family, workflow, generations)
        case KernelDensity():
            check_density(family, workflow, generations)
        case RegressionParameters():
            check_regression(family, data_of(workflow))
        case Linked():
            check_workflow(workflow, ["replace"], "a network")
            family.wiring.check()


def measures(
    family: Family, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> Measures:
    """Means over replicates of a family's measures, in the words of the definitions (MODEL 9.6).

    Raises
    ------
    ValueError
        For an argument out of its range, or a workflow that the family cannot have.
    """
    match family:
        case Gaussian():
            found = gaussian_means(family, workflow, run, yardsticks, threads)
            entropy, bias = 0.5 * found["log_variance"], found["variance"] - 1.0
            return _measures(found, "risk", bias, -found["log_variance"], entropy)
        case Tokens():
            found = token_means(family, workflow, run, yardsticks, threads)
            score, kept = found["score"], found["diversity"] / found["diversity"][0]
            bias = score / score[0] - 1.0 if family.features is None else score - score[0]
            return _measures(found, "risk", bias, -np.log(np.maximum(kept, LEAST)), found["entropy"])
        case ExponentialFamily():
            found = family_means(family, workflow, run, yardsticks, threads)
            bias = found["mean"] / family.mean - 1.0
            return _measures(found, "risk", bias, _shrinkage(family, found), found["entropy"])
        case KernelDensity():
            found = density_means(family, workflow, run, yardsticks, threads)
            founders = -np.log(np.maximum(1.0 - found["diversity"], 1.0 / family.items))
            shrinkage = np.minimum(-found["log_variance"], SHRUNK)
            return _measures(found, "mean_square", found["variance"] - 1.0, shrinkage, founders)
        case RegressionParameters():
            return _of_regressions(family, workflow, run, yardsticks or Yardsticks(), threads)
        case Linked():
            check_member(family, workflow, run.generations)
            net, noise = drawn_network(family.wiring), 1.0 / family.items
            paths = linear_paths(net, noise, run.generations, run.seed, replicates=run.replicates, threads=threads)
            return _of_paths(paths["risk"], (yardsticks or Yardsticks()).loss * noise, run.half)


def _measures(found: dict[str, Floats], risk: str, bias: Floats, shrinkage: Floats, entropy: Floats) -> Measures:
    """Measures of an ensemble that has tails and lost models."""
    return Measures(found[risk], found["lost"], found["still_lost"], bias, shrinkage, found["tail"], entropy)


def _shrinkage(family: ExponentialFamily, found: dict[str, Floats]) -> Floats:
    """-E ln of an item's variance where no model loses all of it; else -ln of what is kept: of counts, whose variance
    stays right on average, the share of models that are alive, of shares the mean variance."""
    if family.family == "exponential":
        return -2.0 * found["log_mean"]
    kept = 1.0 - found["dead"] if family.family == "poisson" else found["variance"]
    return np.asarray(-np.log(np.maximum(kept, LEAST)), dtype=np.float64)


def _of_regressions(
    family: RegressionParameters, workflow: Workflow, run: Run, yardsticks: Yardsticks, threads: int
) -> Measures:
    """Measures of refitted regressions: the noise of responses is given, and with it spread, tails and entropy."""
    run.check()
    found = simulate_fits(
        family, data_of(workflow), run.generations, run.seed, replicates=run.replicates, threads=threads
    )
    lost = yardsticks.loss * float(regression_closed_form(family, RegressionData(), 1)[0])
    plain = _of_paths(found.risk, lost, run.half)
    if family.signal == 0.0:
        return plain
    return plain._replace(bias=_from_human(found.along / family.signal**2 - 1.0))


def _of_paths(risk: Floats, most: float, half: int) -> Measures:
    """Measures of risks (replicates, T) of generations 1..T, lost above `most`; generation 0 is without error."""
    lost = risk > most
    still = lost & lost[:, half - 1 : half] & (np.arange(1, risk.shape[1] + 1) >= half)
    return Measures(_from_human(risk), _from_human(lost), _from_human(still))


def _from_human(path: np.ndarray) -> Floats:
    """Means over replicates of a path (replicates, T) that starts from 0 at generation 0: (T + 1,)."""
    return np.concatenate([[0.0], path.mean(axis=0)])


def paths(family: Family, workflow: Workflow, run: Run, blocks: int, yardsticks: Yardsticks, threads: int = 1) -> Paths:
    """Measures of `blocks` blocks, of equal size, of the run's replicates.

    The same replicates are run with four times the items, for the exponent of the risk in them.

    Raises
    ------
    ValueError
        For replicates that are not so many blocks of equal size.
    """
    whole("blocks", blocks, 1, 2**31)
    count = len(run.replicates)
    require(count > 0 and count % blocks == 0, "replicates", count, f"a multiple of blocks = {blocks}")
    more = family.model_copy(update={"items": FINER * family.items})
    rows, finer = [], []
    each = count // blocks
    for block in range(blocks):
        here = run._replace(replicates=run.replicates[block * each : (block + 1) * each])
        rows.append(measures(family, workflow, here, yardsticks, threads))
        finer.append(measures(more, workflow, here, yardsticks, threads).risk)
    stacked: dict[str, Any] = {
        name: None if getattr(rows[0], name) is None else np.array([getattr(row, name) for row in rows])
        for name in Measures._fields
    }
    return Paths(**stacked, risk_more=np.array(finer), bounded=family.bounded)
