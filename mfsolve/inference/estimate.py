"""The record every interval is reported in, the checks every sample passes first, and the t distribution."""

import dataclasses
import enum
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, real

# Size beyond which squares, and sums of them, overflow; below one over it they underflow.
_LARGEST = 1e150


class EstimateError(ValueError):
    """Data or arguments of which there is no estimate: a refusal in words, not a fault of the program."""


class Method(enum.StrEnum):
    """Method by which an interval was made."""

    STUDENT = "Student t"
    WELCH = "Welch t"
    BCA = "expanded BCa bootstrap"
    FIELLER = "Fieller t"
    ORDER_STATISTICS = "order statistics"
    ANYTIME = "anytime-valid t"
    ANYTIME_RATIO = "anytime-valid Fieller"
    BETTING = "anytime-valid bets"
    HAC = "HAC regression"
    CLUSTER = "regression clustered by run"
    LOG_LOG = "weighted log-log fit"
    SIMULATED_MOMENTS = "simulated moments"
    JACKKNIFE = "jackknife t"
    LOG_VARIANCE = "log-normal (Bonett)"
    BINOMIAL = "exact binomial"
    DETERMINISTIC = "deterministic"
    BOUNDED = "Gaffke bound"
    EXTENDED = "extended Gaffke bound"
    COMBINED = "combined intervals of two means"
    EFFECTIVE_TRIALS = "binomial with effective trials"
    RUNS = "t of the runs' slopes"


@dataclass(frozen=True)
class Estimate:
    """A number, its uncertainty and what they rest on (MODEL 8: nothing is reported without an interval).

    Attributes
    ----------
    value : float
        Point estimate.
    standard_error : float
        Standard error, >= 0; NaN when the data do not determine one (a single replicate).
    low, high : float
        Ends of the interval; NaN when nothing can be said, infinite when only one side is bounded.
    level : float
        Confidence level in (0, 1).
    replicates : int
        Independent replicates behind the estimate (the smaller sample when two are compared).
    method : Method
        How the interval was made.
    degrees_of_freedom : float
        Degrees of freedom of the t quantile in use; infinite for a normal one.
    prior_replicates : float
        Weight c^2 of the mixture behind an anytime-valid interval, counted in replicates; NaN otherwise.
    note : str or None
        What a reader must know of the interval: why there is none, on what it rests, how many replicates it takes.
    tail : callable or None
        Two-sided p-value of a hypothesis (a float), where it is not that of a t or normal curve scaled to the ends of
        the interval. Where the interval rests on what the data do not show, as the note says, the p-value does not.
    """

    value: float
    standard_error: float
    low: float
    high: float
    level: float
    replicates: int
    method: Method
    degrees_of_freedom: float = math.inf
    prior_replicates: float = math.nan
    note: str | None = None
    tail: Callable[[float], float] | None = field(default=None, repr=False, compare=False)

    def __eq__(self, other: object) -> bool:
        """True where all fields but the tail are the same, NaN like NaN, of which Python promises nothing."""
        return isinstance(other, Estimate) and self._fields() == other._fields()

    def _fields(self) -> tuple[object, ...]:
        values = (getattr(self, entry.name) for entry in dataclasses.fields(self) if entry.compare)
        return tuple(None if isinstance(value, float) and math.isnan(value) else value for value in values)

    @property
    def half_width(self) -> float:
        """Half the length of the interval; NaN when nothing can be said."""
        return (self.high - self.low) / 2

    def to_dict(self) -> dict[str, float | int | str | None]:
        """Return the fields for JSON, which knows no NaN and no infinity: those become None."""
        record = {entry.name: getattr(self, entry.name) for entry in dataclasses.fields(self) if entry.name != "tail"}
        for name, value in record.items():
            if isinstance(value, float) and not math.isfinite(value):
                record[name] = None
        record["method"] = self.method.value
        return record


def finite_vector(name: str, values: ArrayLike) -> Floats:
    """Return `values` as a non-empty float64 vector.

    Raises
    ------
    ValueError
        If `values` is not one-dimensional, is empty, complex, masked, or holds a NaN or an infinity; the message names
        the argument and the first offending index.
    """
    vector = real(name, values)
    if vector.ndim != 1 or vector.size == 0:
        raise EstimateError(f"{name}: an array of shape {vector.shape} given; allowed: a non-empty vector")
    bad = np.flatnonzero(~np.isfinite(vector))
    if bad.size:
        raise EstimateError(f"{name}[{bad[0]}]: {vector[bad[0]]} given; allowed: finite numbers")
    return vector


def check_probability(name: str, value: float) -> None:
    """Raise ValueError naming the argument unless `value` lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise EstimateError(f"{name}: {value} given; allowed: (0, 1)")


def check_sizes(numerator: Floats, denominator: Floats) -> None:
    """Raise ValueError where squares of samples or of the ratio of their means overflow or underflow."""
    fits = max(float(np.abs(numerator).max()), float(np.abs(denominator).max())) < _LARGEST
    below = abs(float(denominator.mean())) if fits else 0.0
    if fits and below > 0.0:
        fits = below * _LARGEST > 1.0 and abs(float(numerator.mean())) / below < _LARGEST
    if not fits:
        sizes = "numerator, denominator and their ratio must be of a size"
        raise EstimateError(f"{sizes} whose squares neither overflow nor underflow")


def check_size(name: str, samples: Floats) -> None:
    """Raise ValueError naming the argument where squares of its values or differences overflow or underflow."""
    if np.all(samples == samples[0]):
        return
    fits = float(np.abs(samples).max()) < _LARGEST
    if not fits or float(np.ptp(samples)) * _LARGEST <= 1.0:
        raise EstimateError(f"{name} must be of a size whose squares neither overflow nor underflow")


def all_equal(samples: Floats, scale: float = 0.0) -> bool:
    """True where samples differ by no more than the rounding of numbers of their size, or of size `scale`."""
    size = max(float(np.abs(samples).max()), scale)
    return bool(np.ptp(samples) <= 8 * np.finfo(float).eps * size)


def moments(samples: Floats) -> tuple[float, float]:
    """Mean and unbiased variance: exactly (value, 0) when all are equal, variance NaN for one sample."""
    first = float(samples[0])
    if samples.size == 1:
        return first, math.nan
    if np.all(samples == first):
        return first, 0.0
    return float(samples.mean()), float(samples.var(ddof=1))


def same_length(name: str, first: Floats, other: str, second: Floats) -> None:
    """Raise ValueError naming both arguments unless they have one length."""
    if first.size != second.size:
        raise EstimateError(f"{name}, {other}: lengths {first.size} and {second.size} given; allowed: one length")


def satterthwaite(variance_a: float, size_a: int, variance_b: float, size_b: int) -> float:
    """Degrees of freedom of the sum of two variances of means (Welch 1947); sizes at least 2."""
    total = variance_a + variance_b
    if total == 0:
        return size_a + size_b - 2
    # By shares of the total: squares of tiny variances would underflow.
    share_a, share_b = variance_a / total, variance_b / total
    return 1 / (share_a**2 / (size_a - 1) + share_b**2 / (size_b - 1))


def normal_exceedance(statistic: float) -> float:
    """Two-sided tail probability P(|Z| > |statistic|) of a standard normal."""
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(statistic)))


def normal_quantile(probability: float) -> float:
    """Return the |z| that a standard normal exceeds on both sides together with this probability."""
    from scipy.special import ndtri

    return float(-ndtri(probability / 2))


def student_exceedance(statistic: float, degrees_of_freedom: float) -> float:
    """Two-sided tail probability P(|t| > |statistic|); normal for infinite degrees of freedom."""
    from scipy.special import stdtr

    if math.isinf(degrees_of_freedom):
        return normal_exceedance(statistic)
    return float(2 * stdtr(degrees_of_freedom, -abs(statistic)))


LEAST_LEVEL = 0.01
"""Lowest level of confidence that users may ask for: below it intervals are points, and nothing is said."""


def student_quantile(level: float, degrees_of_freedom: float) -> float:
    """Two-sided t quantile; the normal one for infinite degrees of freedom."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + level) / 2
    if math.isinf(degrees_of_freedom):
        return float(ndtri(upper))
    return float(stdtrit(degrees_of_freedom, upper))
