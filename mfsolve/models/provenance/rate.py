"""How many items PMIR takes: accuracy in every round at once, measured (MODEL 3.3)."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels import pools
from mfsolve.kernels.philox import stream_key
from mfsolve.models.model import seed_word
from mfsolve.models.provenance.bound import Content
from mfsolve.models.provenance.checks import Floats, run_sets, vector, whole, within
from mfsolve.models.provenance.gaussian import gaussian_information
from mfsolve.models.provenance.pmir import POWER

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Pools:
    """Pools of a contamination, and who estimates it: averaged stochastic Newton from `start`, as PMIR runs it.

    `start` None: the MLE.
    """

    contamination: float
    content: Content
    start: float | None = 0.5

    def estimates(self, items: int, sets: int, seed: int, *, first: int = 0, threads: int = 1) -> Floats:
        """Estimates of data sets first, first + 1, ... of so many items each (sets,); `start` where items are mute."""
        key, step = stream_key(seed, "provenance/rate"), np.uint64(items)
        looks = (self.contamination, *self.content.letters())
        begins = 0.5 if self.start is None else self.start
        gain = self.content.information(min(max(begins, 0.01), 0.99))
        if gain == 0.0:
            return np.full(sets, begins)
        out = np.empty((sets, 2))

        def work(begin: int, end: int) -> None:
            room, rows = np.empty(items), out[begin:end]
            if self.start is None:
                pools.gaussian_mle(key, step, first + begin, *looks, 1e-12, room, rows)
            else:
                pools.gaussian_stochastic(key, step, first + begin, *looks, self.start, gain, POWER, room, rows)

        run_sets(work, sets, threads)
        return np.ascontiguousarray(out[:, 0])


def rate(
    contamination: float,
    variance: float,
    items: NDArray[np.int64] | list[int],
    rounds: NDArray[np.int64] | list[int],
    sets: int,
    seed: int,
    *,
    distance: float = 0.0,
    confidence: float = 0.95,
    stochastic: bool = True,
    start: float = 0.5,
    threads: int = 1,
) -> "xr.Dataset":
    """Accuracy that n items a round reach in every one of T rounds at once, with the given probability (MODEL 3.3).

    At the rest point rounds are alike and independent; the largest error over T of them is simulated.

    Parameters
    ----------
    contamination, variance, distance
        rho in [0, 1] and the generator q = N(m, s2) of the rest point.
    items, rounds
        Values of n (each at least 8) and of T (each at least 1).
    sets
        Independent runs of max(rounds) rounds, at least 20.
    seed
        In [0, 2^64 - 1].
    confidence
        Probability in (0, 1) with which all T errors are below the reported tolerance.
    stochastic
        Averaged stochastic Newton from `start` as PMIR runs it; else the MLE.
    threads
        Threads; the bits do not depend on it.

    Returns
    -------
    xarray.Dataset
        `tolerance` (items, rounds): the quantile; `low`, `high` its distribution-free 95 % interval by order
        statistics; `constant` = n tolerance^2 I; `variance_ratio` (items) = n I Var and its `variance_error`.
        Inverted, items = constant(T) / (I tolerance^2).

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    import xarray as xr
    from scipy.stats import binom

    rho, s2 = (
        within("contamination", contamination, 0.0, 1.0),
        within("variance", variance, 0.0, math.inf, closed=False),
    )
    ns = [whole("items", int(n), 8, 2**31 - 1) for n in vector("items", items)]
    ts = [whole("rounds", int(t), 1, 65_535) for t in vector("rounds", rounds)]
    sets, alpha = whole("sets", sets, 20, 2**20), within("confidence", confidence, 0.0, 1.0, closed=False)
    seed_word("seed", seed, 64)
    longest = max(ts)
    information = gaussian_information(rho, distance=distance, variance=s2)
    quantiles, ratio, ratio_error = np.empty((3, len(ns), len(ts))), np.empty(len(ns)), np.empty(len(ns))
    ranks = np.clip([binom.ppf(0.025, sets, alpha) - 1, binom.ppf(0.975, sets, alpha)], 0, sets - 1).astype(int)
    pool = Pools(rho, Content(distance=distance, variance=s2), start if stochastic else None)
    for i, n in enumerate(ns):
        found = pool.estimates(n, sets * longest, seed, threads=threads)
        error = np.abs(found - rho).reshape(sets, longest)
        square = n * information * (found - found.mean()) ** 2
        ratio[i], ratio_error[i] = square.mean(), square.std() / math.sqrt(square.size)
        for j, t in enumerate(ts):
            worst = np.sort(error[:, :t].max(axis=1))
            quantiles[:, i, j] = np.quantile(worst, alpha), worst[ranks[0]], worst[ranks[1]]
    axes = ("items", "rounds")
    constant = np.array(ns)[:, None] * information * quantiles[0] ** 2
    return xr.Dataset(
        {
            "tolerance": (axes, quantiles[0]), "low": (axes, quantiles[1]), "high": (axes, quantiles[2]),
            "constant": (axes, constant), "variance_ratio": ("items", ratio), "variance_error": ("items", ratio_error),
            "fisher_information": information,
        },
        coords={"items": ns, "rounds": ts},
        attrs={"contamination": rho, "variance": s2, "sets": sets, "confidence": alpha, "seed": str(seed)},
    )  # fmt: skip
