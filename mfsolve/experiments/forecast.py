"""Forecast of the collapse market from a measured start and imitation, whose errors it carries (MODEL 1, 3.5)."""

import math
from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.collapse import arm as market_arm
from mfsolve.experiments.collapse import check, drawn, limit, limit_names, path_coordinates
from mfsolve.experiments.experiment import Arm, Carried, Case, Experiment, Reference, Views
from mfsolve.kernels.random import normals
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.collapse.market import finite_path
from mfsolve.models.collapse.parameters import Parameters, Population, Record
from mfsolve.models.collapse.policies import POLICIES, Pmir, Policy

ZERO = np.uint64(0)
LOGIT_ENDS = 30.0


class Measured(Parameters):
    """Parameters of the collapse market, two of them measured with errors (MODEL 3.5)."""

    initial_odds_error: float = Field(
        0.0, ge=0.0, le=10.0, description="standard error of the log odds of initial_contamination"
    )
    imitation_error: float = Field(0.0, ge=0.0, le=10.0, description="standard error of imitation")
    error_correlation: float = Field(
        0.0, ge=-1.0, le=1.0, description="correlation of the errors of these log odds and of imitation"
    )


def parameters_of(measured: Measured, seed: int, replicate: int) -> Measured:
    """Parameters of one replicate: normal around the measured ones, imitation not below 0 (MODEL 3.5)."""
    z = _errors(seed, replicate)
    start, share = z[0], measured.initial_contamination
    imitation = measured.error_correlation * z[0] + np.sqrt(1.0 - measured.error_correlation**2) * z[1]
    if 0.0 < share < 1.0 and measured.initial_odds_error > 0.0:
        odds = np.log(share / (1.0 - share)) + measured.initial_odds_error * start
        share = float(1.0 / (1.0 + np.exp(-np.clip(odds, -LOGIT_ENDS, LOGIT_ENDS))))
    rate = max(0.0, measured.imitation + measured.imitation_error * float(imitation))
    return measured.model_copy(update={"initial_contamination": share, "imitation": rate})


def _errors(seed: int, replicate: int) -> Floats:
    """Two standard normal numbers of a replicate."""
    first, second = np.empty(1), np.empty(1)
    key = stream_key(seed, "forecast/errors")
    normals.normals(key, ZERO, ZERO, np.uint64(replicate), ZERO, first, second)
    return np.concatenate([first, second])


def errors_of(values: Mapping[str, float], covariance: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Errors that a calibration leaves, those of the start on the scale of log odds (MODEL 3.5).

    A parameter that was not sought, or that the calibration gives no error, is taken for exact.
    """
    start, rate = "initial_contamination", "imitation"
    error = {name: math.sqrt(covariance.get((name, name), 0.0)) for name in (start, rate)}
    error = {name: size if math.isfinite(size) else 0.0 for name, size in error.items()}
    found = {"initial_odds_error": 0.0, "imitation_error": error[rate], "error_correlation": 0.0}
    if error[start]:
        found["initial_odds_error"] = error[start] / (values[start] * (1.0 - values[start]))
        if error[rate]:
            found["error_correlation"] = covariance[start, rate] / (error[start] * error[rate])
    return found


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One path of a finite population whose start and imitation are those of one draw of the measurement's errors."""
    drawn_parameters = parameters_of(case.parameters, seed, replicate)
    return finite_path(drawn_parameters, case.arm, case.population, case.record, seed, replicate, threads)


def arm(policy: type[Policy]) -> Arm:
    """The market under a policy; its limit has the measured values without errors."""
    return Arm(
        policy, draw=draw, drawn=drawn, coordinates=path_coordinates, reference=Reference(limit_names, limit),
        check=check, toy=market_arm(policy).toy if policy is Pmir else {},
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="forecast",
    title="forecast of the collapse market from a measured start and imitation rate",
    parameters=Measured,
    arms={name: arm(policy) for name, policy in POLICIES.items()},
    population=Population,
    record=Record,
    section="policies",
    word="policy",
    path="generation",
    views=Views(paths=("contamination", "subsidy", "quality", "w2_drift"), limit="without errors"),
    errors=Carried(("initial_odds_error", "imitation_error", "error_correlation"), errors_of),
    toy={"population.producers": 200, "population.items": 4, "parameters.vocabulary": 60},
)  # fmt: skip
