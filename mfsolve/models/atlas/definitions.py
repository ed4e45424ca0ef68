"""Eight definitions of collapse, decided on one ensemble of paths (MODEL 9.6)."""

import enum
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from mfsolve.arrays import Floats
from mfsolve.models.frozen import Frozen


class Definition(enum.StrEnum):
    """Meanings of "the model collapses"."""

    RISK_DIVERGES = "risk diverges"
    WORSE = "worse than real data alone"
    BIAS = "asymptotic bias"
    VARIANCE = "variance to zero"
    TAILS = "tails lost"
    SCALING = "scaling changed"
    DIVERSITY = "diversity lost"
    IRREVERSIBLE = "irreversible"


class Decision(enum.IntEnum):
    """Answer to whether a workflow collapses by a definition."""

    DOES_NOT = 0
    UNDECIDED = 1
    COLLAPSES = 2
    NOT_DEFINED = 3


RATES = {
    Definition.RISK_DIVERGES: "power of t",
    Definition.WORSE: "ln ratio of risks",
    Definition.BIAS: "bias",
    Definition.VARIANCE: "power of t",
    Definition.TAILS: "fall of the tail's share",
    Definition.SCALING: "power of n",
    Definition.DIVERSITY: "fall in nats",
    Definition.IRREVERSIBLE: "share still lost",
}
"""What the rate beside a decision is, by definition."""

LABELS = ("does not", "undecided", "collapses", "not defined")


class Margins(Frozen):
    """Differences that matter (MODEL 9.6)."""

    resolution: float = 0.05
    exponent: float = 0.1


class Paths(NamedTuple):
    """Measures of a workflow, block by block, each (blocks, T + 1); None where the family has no such thing.

    `risk` of n items, and `risk_more` of 4 n; `lost` and `still_lost` shares of replicates; `bias` the mean parameter's
    distance from the human one, over the human one; `shrinkage` -ln of the spread over the human one; `tail` share of
    the human tail that is kept; `entropy` in nats. `bounded`: whether the risk has an upper bound.
    """

    risk: Floats
    risk_more: Floats
    lost: Floats
    still_lost: Floats
    bias: Floats | None = None
    shrinkage: Floats | None = None
    tail: Floats | None = None
    entropy: Floats | None = None
    bounded: bool = False


class Range(NamedTuple):
    """A figure with its interval."""

    value: float
    low: float
    high: float


class Judgement(NamedTuple):
    """Decision on a definition, and the rate that it rests on."""

    decision: Decision
    rate: Range


class Scaled(NamedTuple):
    """Risks of n items and of 4 n, block by block, each (blocks,)."""

    risk: Floats
    risk_more: Floats


UNKNOWN = Range(np.nan, np.nan, np.nan)
NOT_DEFINED = Judgement(Decision.NOT_DEFINED, UNKNOWN)
"""What is said where a family has no such workflow, or nothing that a definition speaks of."""


def interval(influence: Floats, value: float, level: float) -> Range:
    """A figure with the t interval of the blocks' influence on it (blocks,)."""
    blocks = influence.size
    half = float(stdtrit(blocks - 1, 0.5 + 0.5 * level)) * float(influence.std(ddof=1)) / np.sqrt(blocks)
    return Range(value, value - half, value + half)


def mean(x: Floats, level: float) -> Range:
    """Mean of the blocks (blocks,) with its interval."""
    return interval(x, float(x.mean()), level)


def log_ratio(x: Floats, y: Floats, over: float, level: float) -> Range:
    """ln(mean x / mean y) / over with its interval, by the delta method; NaN where a mean is not positive."""
    a, b = float(x.mean()), float(y.mean())
    if not (a > 0.0 and b > 0.0 and np.isfinite(a) and np.isfinite(b)):
        return UNKNOWN
    return interval((x / a - y / b) / over, float(np.log(a / b)) / over, level)


def scaling_loss(human: Scaled, model: Scaled, over: float, level: float) -> Range:
    """Exponent in n of the human risk less that of the model's, with its interval, by the delta method.

    All four means are of the same blocks: a block has one influence on the difference, so that the human exponent's
    error and what the two have in common both count. NaN where a mean is not positive.
    """
    four = np.array([*human, *model])  # (4, blocks)
    means = four.mean(axis=1)
    if not (np.all(means > 0.0) and np.all(np.isfinite(means))):
        return UNKNOWN
    signs = np.array([1.0, -1.0, -1.0, 1.0]) / over
    return interval(signs @ (four / means[:, None]), float(signs @ np.log(means)), level)


def ratio(x: Floats, y: Floats, level: float) -> Range:
    """Mean x / mean y with its interval, by the delta method; NaN where y is zero."""
    a, b = float(x.mean()), float(y.mean())
    return interval((x - y * a / b) / b, a / b, level) if b > 0.0 else UNKNOWN


def above(found: Range, margin: float) -> Decision:
    """Collapse by a figure that is above a margin."""
    if found.low > margin:
        return Decision.COLLAPSES
    return Decision.DOES_NOT if found.high < margin else Decision.UNDECIDED


def both(first: Decision, second: Decision) -> Decision:
    """Collapse by two conditions at once."""
    return min(first, second)


def by_bias(bias: Floats, margin: float, level: float) -> Judgement:
    """Collapse by a mean parameter (blocks,) that is off by more than the margin, either way."""
    found = mean(bias, level)
    size = Range(abs(found.value), max(0.0, found.low, -found.high), max(abs(found.low), abs(found.high)))
    return Judgement(above(size, margin), found)


def by_fall(path: Floats, margin: float, level: float) -> Judgement:
    """Collapse by a path (blocks, T + 1) that has fallen from generation 1 by more than the margin."""
    found = mean(path[:, 1] - path[:, -1], level)
    return Judgement(above(found, margin), found)


def judge(paths: Paths, margins: Margins, level: float) -> dict[Definition, Judgement]:
    """Decide each definition; `level` is that of every single interval (MODEL 9.6).

    A path is compared at generations 1, h = floor(T/2) and T >= 2. It grows without bound where its exponent in t,
    ln(x_T / x_h) / ln(T / h), is above the margin of exponents: it is 0 in the limit for a path that settles.

    Returns
    -------
    dict
        Decision and rate of every definition: exponents in t of the risk, of the shrinkage; the logarithm of the risk
        over that of real data alone; the bias; the tail lost beyond what a human sample loses; the exponent in n of
        the risk; the entropy lost, in nats; the share of models lost at half-time that still are. Not defined where a
        family has no such measure.

    Raises
    ------
    ValueError
        For paths of fewer than 2 generations, which have no half-time, or of fewer than 2 blocks, which have no error.
    """
    blocks, T = paths.risk.shape[0], paths.risk.shape[1] - 1
    if T < 2 or blocks < 2:
        raise ValueError(
            f"paths: {blocks} x {T} given; allowed: at least 2 blocks x 2 generations beyond the human one"
        )
    half, delta, epsilon = T // 2, margins.exponent, margins.resolution
    doubled = float(np.log(T / half))
    growth = log_ratio(paths.risk[:, T], paths.risk[:, half], doubled, level)
    worse = log_ratio(paths.risk[:, T], paths.risk[:, 1], 1.0, level)
    scaling = log_ratio(paths.risk[:, T], paths.risk_more[:, T], np.log(4.0), level)
    human, model = (Scaled(paths.risk[:, at], paths.risk_more[:, at]) for at in (1, T))
    slower = scaling_loss(human, model, np.log(4.0), level)
    lost = mean(paths.lost[:, half], level)
    still = ratio(paths.still_lost[:, T], paths.lost[:, half], level)
    found = {
        Definition.RISK_DIVERGES: Judgement(Decision.DOES_NOT if paths.bounded else above(growth, delta), growth),
        Definition.WORSE: Judgement(above(worse, float(np.log1p(epsilon))), worse),
        Definition.SCALING: Judgement(above(slower, delta), scaling),
        Definition.IRREVERSIBLE: Judgement(both(above(lost, epsilon), above(still, 0.5)), still),
    }
    if paths.bias is not None:
        found[Definition.BIAS] = by_bias(paths.bias[:, T], epsilon, level)
    if paths.shrinkage is not None:
        shrinking = log_ratio(paths.shrinkage[:, T], paths.shrinkage[:, half], doubled, level)
        shrunk = above(mean(paths.shrinkage[:, T], level), epsilon)
        found[Definition.VARIANCE] = Judgement(both(shrunk, above(shrinking, delta)), shrinking)
    if paths.tail is not None:
        found[Definition.TAILS] = by_fall(paths.tail, epsilon, level)
    if paths.entropy is not None:
        found[Definition.DIVERSITY] = by_fall(paths.entropy, epsilon, level)
    return {definition: found.get(definition, NOT_DEFINED) for definition in Definition}
