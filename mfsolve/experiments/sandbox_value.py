"""The sandbox: regret of bundles chosen from small trials, by budget (MODEL 6.4)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.data_deals.sandbox import (
    Extrapolation,
    SandboxParameters,
    best_precision,
    bundle_precision,
    choose,
    extrapolate,
    offer,
)
from mfsolve.models.frozen import Frozen, Nothing
from mfsolve.models.quantities import UNIT

BUDGETS = np.round(np.linspace(0.1, 0.9, 9), 1)
"""Budgets as shares of what all sources ask together."""


class Choice(Frozen):
    """Choice of a bundle, and what it knows."""

    greedy: bool = Field(True, description="by contribution to the bundle, else each source by its own value")
    known: bool = Field(False, description="true values in place of extrapolated ones")


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Regret by budget, and the law's error at full size."""
    p, arm = case.parameters, case.arm
    given = offer(p, seed, replicate)
    truth = given.gap**2 * p.bias_variance + 1.0 / given.effort
    fitted = extrapolate(p, given, seed, replicate, threads)
    used = Extrapolation(given.gap, given.effort, truth) if arm.known else fitted
    regret = np.empty(BUDGETS.size)
    for i, share in enumerate(BUDGETS):
        budget = float(share * given.price.sum())
        best = best_precision(given, p.bias_variance, budget)
        chosen = choose(used.gap, used.effort, given.price, p.bias_variance, budget, arm.greedy)
        regret[i] = 1.0 - bundle_precision(given, chosen, p.bias_variance) / best if best > 0.0 else 0.0
    error = np.abs(used.loss / truth - 1.0)
    return {
        "regret": regret, "mean_regret": np.asarray(regret.mean()), "tight_regret": np.asarray(regret[1]),
        "law_error": np.asarray(np.median(error)),
    }  # fmt: skip


def drawn(case: Case) -> Mapping[str, Output]:
    """Regret by budget, its mean, and the law's error."""
    return {
        "regret": Output(("budget",), "regret: share of the best bundle's precision that is missed", support=UNIT),
        "mean_regret": Output((), "mean regret over budgets"),
        "tight_regret": Output((), "regret with a fifth of the whole price"),
        "law_error": Output((), "median relative error of the loss that the law predicts at full size"),
    }


EXPERIMENT = Experiment(
    name="sandbox_value",
    title="sandbox: bundles chosen from small trials by a scaling law",
    parameters=SandboxParameters,
    arms={"choice": Arm(Choice, draw=draw, drawn=drawn, coordinates=lambda case: {"budget": BUDGETS})},
    population=Nothing,
    section="choices",
    word="choice",
    called={"padded": "probability that a source is padded", "padding": "items that a padded source claims per item"},
    units={"budget": "share of what all sources ask"},
    toy={"parameters.sources": 8},
)
