"""Expectations to a requested error, and the sensitivity of an output to its inputs."""

import functools
from itertools import count

import numpy as np
from benchmarks.row import Contender, Peer, Row, z_score

from mfsolve.inference.multilevel import multilevel
from mfsolve.inference.sobol_indices import sobol_indices
from mfsolve.models import flow

START, STRIKE, VOLATILITY = 30.0, 35.0, 0.5
REPETITIONS = 12
"""Runs with other seeds behind an error."""


def payoff(w, steps):
    """Payoff of an Asian call from a Brownian motion (n, steps) at equal steps: the trapezoidal mean of the price."""
    t = np.arange(1, steps + 1) / steps
    price = START * np.exp(VOLATILITY * w - 0.5 * VOLATILITY**2 * t)
    return np.maximum((START / 2 + price[:, :-1].sum(axis=1) + price[:, -1] / 2) / steps - STRIKE, 0.0)


def pairs(rng, level, n):
    """Fine and coarse payoffs (n, 2) of a level of 2^level steps; coarse is 0 on level 0."""
    steps = 2**level
    w = np.cumsum(rng.standard_normal((n, steps)) / np.sqrt(steps), axis=1)
    return np.stack([payoff(w, steps), payoff(w[:, 1::2], steps // 2) if level else np.zeros(n)], axis=1)


def scrambled(points, dimensions):
    """Sobol points with Owen's scrambling (points, dimensions), by any SciPy: its seed has had two names."""
    import scipy
    from scipy.stats import qmc

    seed = "rng" if np.lib.NumpyVersion(scipy.__version__) >= "1.15.0" else "seed"
    return qmc.Sobol(dimensions, **{seed: np.random.default_rng(1)}).random(points)


@functools.cache
def asian_value():
    """The expectation in continuous time: Sobol points at 64 and 128 steps, extrapolated; good to 1e-4 or so."""
    from scipy.stats import norm

    found = []
    for steps in (64, 128):
        u = scrambled(2**16, steps)
        half = np.linalg.cholesky(np.minimum.outer(*[np.arange(1, steps + 1) / steps] * 2))
        values, vectors = np.linalg.eigh(half @ half.T)  # principal components: the first points matter most
        w = norm.ppf(np.clip(u, 1e-12, 1 - 1e-12)) @ (vectors[:, ::-1] * np.sqrt(values[::-1])).T
        found.append(payoff(w, steps).mean())
    return float(found[1] + (found[1] - found[0]) / 3)


def repeated(estimate, seeds_of_error=REPETITIONS):
    """An estimate by its seed, timed over ever new seeds, and its root mean square error."""
    seeds = count(100)

    def error(_):
        return float(np.sqrt(np.mean([(estimate(k) - asian_value()) ** 2 for k in range(seeds_of_error)])))

    return Contender(lambda: estimate(next(seeds)), error)


class Levels:
    """The Asian call as a sampler of levels."""

    def __init__(self, seed):
        self.seed = seed

    def __call__(self, level, first, count):
        return pairs(np.random.Generator(np.random.SFC64([self.seed, level, first])), level, count)

    def cost(self, level):
        return float(2**level)

    def single_cost(self, level):
        return float(2**level)


def rmse(n):
    """Requested error for a size: its reciprocal."""
    return 1.0 / n


def ours(n, threads):
    return repeated(lambda seed: multilevel(Levels(seed), rmse(n)).value)


def of_qmcpy(n, threads, method):
    import qmcpy

    point = qmcpy.IIDStdUniform if method == "CubMLMC" else qmcpy.Lattice

    def estimate(seed):
        options = {} if method == "CubMLMC" else {"replications": 8}
        call = qmcpy.FinancialOption(point(seed=seed, **options), start_price=START, strike_price=STRIKE)
        return float(np.squeeze(getattr(qmcpy, method)(call, rmse_tol=rmse(n)).integrate()[0]))

    return repeated(estimate)


COARSER = 5.0
"""Error that mlmc is asked for over that of the others: its samples, one at a time, are as many fewer as its square."""


def of_mlmc(n, threads):
    """mlmc draws sample by sample; its own allocation for a target variance on as many levels as the bias asks for."""
    import mlmc.estimator as estimators
    from mlmc.level_simulation import LevelSimulation
    from mlmc.moments import Legendre
    from mlmc.quantity.quantity import make_root_quantity
    from mlmc.quantity.quantity_spec import QuantitySpec
    from mlmc.sample_storage import Memory
    from mlmc.sampler import Sampler
    from mlmc.sampling_pool import OneProcessPool
    from mlmc.sim.simulation import Simulation

    levels = 4

    class Asian(Simulation):
        def __init__(self, seed):
            self.seed = seed

        def level_instance(self, fine, coarse):
            return LevelSimulation(config_dict={"level": round(np.log2(1 / fine[0])), "seed": self.seed})

        @staticmethod
        def calculate(config, seed):
            both = pairs(np.random.Generator(np.random.SFC64([config["seed"], seed])), config["level"], 1)[0]
            return both[:1], both[1:]

        def result_format(self):
            return [QuantitySpec(name="payoff", unit="", shape=(1,), times=[1.0], locations=["0"])]

    def estimate(seed):
        simulation, storage = Asian(seed), Memory()
        sampler = Sampler(storage, OneProcessPool(), simulation, [[0.5**k] for k in range(levels)])
        sampler.set_initial_n_samples([256] * levels)
        sampler.schedule_samples()
        sampler.ask_sampling_pool_for_samples(timeout=60)
        root = make_root_quantity(storage, simulation.result_format())
        quantity = root["payoff"][1.0]["0"][0]
        moments = Legendre(2, (0.0, 200.0))
        found = estimators.Estimate(quantity, storage, moments)
        variances, costs = found.estimate_diff_vars_regression(sampler.n_finished_samples)
        # Legendre's first moment is the payoff over 100: its variance has to be in those units
        wanted = estimators.estimate_n_samples_for_target_variance(
            0.75 * (COARSER * rmse(n) / 100.0) ** 2, variances, costs, n_levels=sampler.n_levels
        )
        sampler.set_level_target_n_samples(wanted)
        sampler.schedule_samples()
        sampler.ask_sampling_pool_for_samples(timeout=60)
        from mlmc.quantity.quantity_estimate import estimate_mean

        return float(np.squeeze(estimate_mean(quantity).mean))

    return repeated(estimate, 4)._replace(share=COARSER**-2.0)


END = 1.0


def ornstein_uhlenbeck(n):
    """Distance of a second moment at the end from the exact one, in standard errors."""
    exact = -np.expm1(-2.0 * END)
    return lambda found: z_score(found, exact, exact * np.sqrt(2.0 / n))


def process(n, threads):
    """One exact step of the splitting."""
    parameters = flow.Parameters(contamination=0.0, variance_ratio=0.5, initial_variance=1e-12)
    moments = flow.Snapshots([END], transport=False)  # the peer sorts nothing either

    def call():
        found = flow.simulate(parameters, n, END, moments, seed=1, stepper="splitting", threads=threads)
        return float(found.second_moment.values[-1])

    return Contender(call, ornstein_uhlenbeck(n))


def diffusionx(n, threads):
    """Its time does not depend on the time step: it draws the end alone, too."""
    from diffusionx.simulation import OU

    process = OU(1.0, 2.0**0.5)
    return Contender(lambda: process.moment(END, 2, particles=n, time_step=END), ornstein_uhlenbeck(n))


SETTINGS = 8
WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])  # Sobol's function g


def g_function(x):
    return np.prod((np.abs(4 * x - 2) + WEIGHTS) / (1 + WEIGHTS), axis=-1)


def exact_indices():
    """First-order and total indices (2, 8) of Sobol's function g."""
    alone = 1 / (3 * (1 + WEIGHTS) ** 2)
    whole = np.prod(1 + alone) - 1
    others = np.prod(1 + alone) / (1 + alone)
    return np.stack([alone / whole, alone * others / whole])


@functools.cache
def design(n):
    """Outputs of g at Saltelli's design (8 + 2, n)."""
    points = scrambled(n, 2 * SETTINGS)
    a, b = points[:, :SETTINGS], points[:, SETTINGS:]
    mixed = [np.where(np.arange(SETTINGS) == k, b, a) for k in range(SETTINGS)]
    return np.stack([g_function(x) for x in (a, b, *mixed)])


def indices_error(found):
    return float(np.abs(np.asarray(found) - exact_indices()).max())


def indices(n, threads):
    values = design(n)
    errors = np.zeros_like(values)

    def call():
        found = sobol_indices(values, errors)
        return [[x.first.value for x in found], [x.total.value for x in found]]

    return Contender(call, indices_error)


def salib(n, threads):
    from SALib.analyze import sobol

    problem = {"num_vars": SETTINGS, "names": [f"x{k}" for k in range(SETTINGS)], "bounds": [[0, 1]] * SETTINGS}
    a, b, *mixed = design(n)
    order = np.stack([a, *mixed, b], axis=1).ravel()

    def call():
        found = sobol.analyze(problem, order, calc_second_order=False, num_resamples=999, seed=1)
        return [found["S1"], found["ST"]]

    return Contender(call, indices_error)


ROWS = (
    Row(
        "multilevel", "an Asian call by multilevel Monte Carlo, samples in NumPy, asked for an error of 1/{n}",
        f"root mean square error over {REPETITIONS} seeds (mlmc: 4)", 20, ours,
        (
            Peer("qmcpy", "qmcpy CubMLMC", functools.partial(of_qmcpy, method="CubMLMC")),
            Peer("qmcpy", "qmcpy CubMLQMC, lattice points", functools.partial(of_qmcpy, method="CubMLQMC")),
            Peer("mlmc", "mlmc, sample by sample, at 5 times the error, extrapolated", of_mlmc),
        ),
        None, (20, 40, 80),
    ),
    Row(
        "process", "second moment of {n} paths of an Ornstein-Uhlenbeck process at a later time, exact in law",
        "distance from the exact one, in standard errors", 10**5, process,
        (Peer("diffusionx", "diffusionx (Rust)", diffusionx, threaded=True),), None, (10**4, 10**5, 10**6), threaded=True,
    ),
    Row(
        "sensitivity", f"first and total indices of {SETTINGS} inputs with intervals from 999 resamples, {{n}} base points",
        "largest distance from the exact indices", 1024, indices,
        (Peer("SALib", "SALib `sobol.analyze`", salib),), None, (256, 1024, 4096),
    ),
)  # fmt: skip
