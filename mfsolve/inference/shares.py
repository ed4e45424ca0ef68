"""Share of trials that succeed, pooled over replicates whose trials may be correlated (MODEL 8.4)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, same_labels
from mfsolve.inference.dispersion import homogeneity_p_value
from mfsolve.inference.estimate import (
    Estimate,
    EstimateError,
    Method,
    check_probability,
    finite_vector,
    same_length,
    student_quantile,
)
from mfsolve.inference.level_tail import LevelTail

FEW_BEARERS = 5
"""Replicates with a single success each (or failure) say nothing of how trials are correlated where they are fewer."""
FEW_REPLICATES = 8
LEAST_LEVEL = 1e-4
"""Level below which a ratio of t quantiles stays what it is there: both are near 0, one of them to rounding."""
SURPRISING = 0.001
"""P-value of equal shares in all replicates below which trials that are declared independent have a note."""
_FEW_RUNS = f"too few replicates to estimate how trials are correlated: at least {FEW_REPLICATES}"


def share(successes: ArrayLike, trials: ArrayLike, level: float = 0.95, *, independent: bool = False) -> Estimate:
    """Share of trials that succeed, pooled over replicates, with a binomial interval of effective trials (MODEL 8).

    The interval is that of as many trials as independent ones would give the variance that is found between
    replicates, fewer by the squared ratio of t quantiles (Korn & Graubard 1998); never of more than there are, and
    never of fewer than the effective number of replicates, which all trials of a replicate alike would leave. Residuals
    are corrected for their leverage (Bell & McCaffrey 2002). Replicates of n trials count as (sum n)^2 / sum n^2 (Kish
    1965). Degrees of freedom are one less than the least such number of trials, of successes and of failures: the
    variance rests on the few replicates that hold most of them.

    Parameters
    ----------
    successes, trials : array_like, shape (n,)
        Whole numbers per replicate, 0 <= successes <= trials.
    level : float
        Confidence level in (0, 1). Where every replicate has one trial the interval is exact (Clopper & Pearson 1934)
        and covers at least at this level.
    independent : bool
        Whether all trials are known to be independent and alike, within replicates too. Then they are one binomial
        sample, and the interval is exact at any number of replicates. A note says where replicates differ by more than
        such trials do, with a p-value below 0.001.

    Returns
    -------
    Estimate
        `replicates` is the number of trials where the interval is that of all of them as independent ones, else the
        number of replicates with a trial. Of one replicate, and where none has a second success (or none a second
        failure) and fewer than 5 have one, nothing shows whether trials are correlated: the interval is that of
        independent ones, 0 to 3.7 / trials at 95 % without a success, and the note has the interval otherwise, up to
        3.7 / replicates. The `tail`, and with it a verdict, is that of the other one.

    Raises
    ------
    ValueError
        If the counts are no whole numbers in range, are of unequal length or without a trial, or `level` is outside
        (0, 1).
    """
    check_probability("level", level)
    k, n = check_trials(successes, trials)
    hits, total = int(k.sum()), int(n.sum())
    value = hits / total
    error = math.sqrt(value * (1 - value) / total)
    k, n = k[n > 0], n[n > 0]
    exact = clopper_pearson(hits, total, level)
    if independent:
        return Estimate(value, error, *exact, level, total, Method.BINOMIAL, note=_unlike(k, n))
    if k.size == total:
        return Estimate(value, error, *exact, level, total, Method.BINOMIAL)
    found = effective_trials(k, n)
    tail = LevelTail(value, found.ends)
    if k.size == 1 or says_nothing(k, n):
        note = _if_together(found, exact, level)
        return Estimate(value, error, *exact, level, total, Method.BINOMIAL, note=note, tail=tail)
    note = _few(k, n)
    if found.at(level) == total:
        return Estimate(value, error, *exact, level, total, Method.BINOMIAL, note=note, tail=tail)
    error, method = max(error, math.sqrt(found.variance)), Method.EFFECTIVE_TRIALS
    return Estimate(value, error, *found.ends(level), level, k.size, method, note=note, tail=tail)


def check_trials(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    """Return successes and trials (n,) of replicates; ValueError where they are no such counts."""
    same_labels(successes=successes, trials=trials)
    k, n = finite_vector("successes", successes), finite_vector("trials", trials)
    same_length("successes", k, "trials", n)
    if not (np.all(k == np.rint(k)) and np.all(n == np.rint(n)) and np.all((k >= 0) & (k <= n)) and n.sum() > 0):
        raise EstimateError("successes and trials must be whole numbers with 0 <= successes <= trials, and some trial")
    return k, n


@dataclass(frozen=True)
class EffectiveTrials:
    """Independent trials that a pooled share is worth.

    Attributes
    ----------
    value : float
        The share, in [0, 1].
    variance : float
        Its variance as replicates show it, >= 0.
    trials, replicates : float
        The most and the fewest that it may be worth: all trials, and the effective number of replicates.
    freedom : float
        Degrees of freedom of the variance, >= 0.
    """

    value: float
    variance: float
    trials: float
    replicates: float
    freedom: float

    def at(self, level: float) -> float:
        """Return their number at a level in (0, 1): fewer at higher ones, where t quantiles are further apart."""
        within = self.value * (1 - self.value)
        if self.freedom == 0.0 or within == 0.0:
            return self.replicates
        level = max(level, LEAST_LEVEL)
        shrink = (student_quantile(level, self.trials - 1) / student_quantile(level, self.freedom)) ** 2
        worth = within * shrink / self.variance if self.variance > 0 else math.inf
        return min(max(worth, self.replicates), self.trials)

    def ends(self, level: float) -> tuple[float, float]:
        """Ends of the interval at a level in (0, 1)."""
        worth = self.at(level)
        return clopper_pearson(worth * self.value, worth, level)


def effective_trials(k: Floats, n: Floats) -> EffectiveTrials:
    """Return what successes `k` among trials `n` > 0 of replicates are worth as independent trials."""
    total = float(n.sum())
    value = float(k.sum()) / total
    others = np.maximum(total - n, 1.0) / total  # one less the leverage
    variance = float(((k - value * n) ** 2 / others).sum()) / total**2
    freedom = max(min(map(_kish, (n, k, n - k))) - 1.0, 0.0)
    return EffectiveTrials(value, variance, total, min(_kish(n), total), freedom)


def says_nothing(k: Floats, n: Floats) -> bool:
    """True where successes `k` among trials `n`, or failures, are single ones of few replicates, or none."""
    return any(one.max() <= 1.0 and one.sum() < FEW_BEARERS for one in (k, n - k))


def clopper_pearson(hits: float, total: float, level: float) -> tuple[float, float]:
    """Ends of the binomial interval; of numbers that are not whole by the same beta quantiles."""
    from scipy.special import betaincinv

    tail = (1.0 - level) / 2
    low = float(betaincinv(hits, total - hits + 1, tail)) if hits > 0 else 0.0
    return low, float(betaincinv(hits + 1, total - hits, 1.0 - tail)) if hits < total else 1.0


def _unlike(k: Floats, n: Floats) -> str | None:
    p = homogeneity_p_value(k, n)
    if p >= SURPRISING:
        return None
    return f"replicates differ more than independent trials do (p = {p:.1g}): remove independent_trials"


def _kish(weights: Floats) -> float:
    """Effective number of replicates of these weights; 0 where there is none."""
    return float(weights.sum()) ** 2 / float((weights**2).sum()) if weights.any() else 0.0


def _if_together(found: EffectiveTrials, exact: tuple[float, float], level: float) -> str | None:
    low, high = found.ends(level)
    if (low, high) == exact:
        return None
    ends = f"{low:.3g} to {high:.3g}"
    if found.value in (0.0, 1.0):
        ends = f"at least {low:.3g}" if found.value else f"at most {high:.3g}"
    return f"valid if trials of a replicate are independent, which cannot be checked; {ends} if they are correlated"


def _few(k: Floats, n: Floats) -> str | None:
    if k.size < FEW_REPLICATES:
        return _FEW_RUNS
    if (size := _kish(n)) < FEW_REPLICATES:
        return f"replicates too unequal in size to estimate how trials are correlated: they count as {size:.1f}"
    for name, one in (("successes", k), ("failures", n - k)):
        if _kish(one) < FEW_REPLICATES:
            return f"{name} in too few replicates to estimate how trials are correlated"
    return None
