"""Calibration: evaluations of a simulated market until one and the same distance from the figures is reached."""

import functools
from dataclasses import dataclass
from itertools import count

import numpy as np
from benchmarks.row import Contender, Peer, Row

from mfsolve.arrays import Floats
from mfsolve.calibration.landscape import Box, SimulatedMoments
from mfsolve.calibration.search import SearchOptions, calibrate
from mfsolve.calibration.targets import Targets
from mfsolve.models.collapse.many_markets import finite_paths
from mfsolve.models.collapse.parameters import Parameters, Population, Record
from mfsolve.models.collapse.policies import policy_of

FREE = ("imitation", "variance_ratio", "cost_curvature", "quality_elasticity")
RANGE = np.array([[0.4, 1.0], [0.3, 0.7], [0.1, 1.0], [0.5, 2.0]])
SIZE, REPLICATES = Population(producers=2000, items=16, generations=10, sampling="statistics"), 64
OUTPUTS = (("none", "contamination"), ("closed_form", "contamination"), ("none", "w2_drift"), ("none", "log_quality"))
MOST, ENOUGH = 300, 0.5
"""Evaluations at most, and the distance J at which a search has arrived, in squared standard errors."""


def simulated(values: Floats, seed: int) -> SimulatedMoments:
    """Moments of the market at natural values (4,), with common random numbers."""
    economy = Parameters(**dict(zip(FREE, map(float, values))))
    kept = {
        policy: finite_paths(economy, policy_of(policy), SIZE, Record(), seed, range(REPLICATES), 1)
        for policy in ("none", "closed_form")
    }
    rows = np.stack([kept[policy][name][:, -1] for policy, name in OUTPUTS], axis=1)
    return SimulatedMoments(rows.mean(axis=0), np.cov(rows.T))


class Arrived(Exception):
    """The distance is small enough, or there is no patience left."""


@dataclass
class Problem:
    """Figures of an economy that the searches do not know, and the distances of what they have tried."""

    number: int
    cost: int = 0
    best: float = np.inf

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.number)
        self.truth = RANGE[:, 0] + rng.uniform(0.15, 0.85, 4) * (RANGE[:, 1] - RANGE[:, 0])
        there = simulated(self.truth, 1000 + self.number)  # other random numbers than the searches have
        self.value = there.moments
        self.scale = 1.0 / np.sqrt(np.diag(there.covariance) * (2.0 / REPLICATES))

    def moments(self, values: Floats) -> SimulatedMoments:
        """Moments, counted; raises `Arrived` when they are near enough, or too many were asked for."""
        found = simulated(values, 1)
        self.cost += 1
        self.best = min(self.best, float(np.sum((self.scale * (self.value - found.moments)) ** 2)))
        if self.over():
            raise Arrived
        return found

    def over(self) -> bool:
        """True where the search has arrived or has asked for as much as it may."""
        return self.best <= self.goal() or self.cost >= MOST

    def goal(self) -> float:
        """J that is reached near the truth with the searches' random numbers, and a little more."""
        return smallest(self.number) + ENOUGH

    def residuals(self, unit: Floats) -> Floats:
        """Residuals at unit coordinates."""
        values = RANGE[:, 0] + np.clip(unit, 0.0, 1.0) * (RANGE[:, 1] - RANGE[:, 0])
        return np.asarray(self.scale * (self.value - self.moments(values).moments))


@functools.cache
def smallest(number: int) -> float:
    """The least J of a problem: by SciPy's least squares from the truth, with differences that outrun the noise."""
    from scipy.optimize import least_squares

    problem = Problem(number)

    def residual(values: Floats) -> Floats:
        return np.asarray(problem.scale * (problem.value - simulated(values, 1).moments))

    found = least_squares(residual, problem.truth, bounds=RANGE.T, diff_step=1e-3, max_nfev=15)
    return float(2.0 * found.cost)


def searched(search) -> Contender:
    """A search over one problem after the other; its error is the last problem's J less the least."""
    numbers = count(1)

    def call():
        problem = Problem(1 + next(numbers) % 8)
        try:
            search(problem)
        except Exception:  # libraries wrap what a function raises
            if not problem.over():
                raise
        if problem.best > problem.goal():
            problem.cost = MOST  # it has stopped without arriving
        return problem

    return Contender(call, lambda problem: problem.best - smallest(problem.number))


def ours(n, threads, design):
    def search(problem):
        def evaluate(values):
            return [problem.moments(row) for row in values]

        targets = Targets.of(problem.value, REPLICATES, standard_error=1.0 / problem.scale)
        calibrate(evaluate, targets, Box.of(RANGE.tolist()), SearchOptions(evaluations=MOST, design=design))

    return searched(search)


def dfo_ls(n, threads):
    import dfols

    def search(problem):
        bounds = np.zeros(4), np.ones(4)
        dfols.solve(problem.residuals, np.full(4, 0.5), bounds=bounds, maxfun=MOST, rhobeg=0.1, do_logging=False)

    return searched(search)


def optimagic(n, threads, algorithm):
    import optimagic as om

    def search(problem):
        om.minimize(
            om.mark.least_squares(problem.residuals), np.full(4, 0.5), algorithm=algorithm,
            bounds=om.Bounds(lower=np.zeros(4), upper=np.ones(4)), algo_options={"stopping_maxfun": MOST},
        )  # fmt: skip

    return searched(search)


ROWS = (
    Row(
        "calibration", f"four parameters of a collapse market from four figures, {{n}} points of a design first, to J = least + {ENOUGH}",
        f"J less the least where the search ended; {MOST} evaluations where it did not arrive", 2,
        functools.partial(ours, design=2),
        (
            Peer("dfo-ls", "DFO-LS from the middle of the ranges", dfo_ls),
            Peer("optimagic", "optimagic POUNDERS", functools.partial(optimagic, algorithm="pounders")),
            Peer("optimagic", "optimagic SciPy TRF", functools.partial(optimagic, algorithm="scipy_ls_trf")),
        ),
        counted="evaluations", seconds=12.0,
    ),
)  # fmt: skip
