"""Least number of creators at which Prop. 4's monotonicity fails (MODEL 4.1)."""

from collections.abc import Callable

from mfsolve.models.arguments import whole

from .loadings import Distribution, law
from .monotonicity import even_loadings, has_pole, is_monotone, pole_bias_variance
from .originality import efforts_fall
from .static_market import StaticMarket, check_scalars, static_market
from .streamed_market import drawn_loadings

MOST = 10**6
EACH = 64
PATIENCE = 1000


def first_failure(
    distribution: Distribution,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
    most: int = MOST,
) -> int | None:
    """The least N at which the ratio no longer rises with evenly spaced loadings (MODEL 4.1; Creators, Prop. 4).

    Parameters
    ----------
    distribution : Uniform, TwoPoint or Beta
        Law of the loadings.
    bias_variance, cost_exponent, cost_scale : float
        v > 0, g > 1 and k > 0, as in `static_market`.
    most : int
        Greatest number of creators that is tried, [1, 10^8].

    Returns
    -------
    int or None
        None up to `most`. From the N on at which the pole comes among the creators (`first_pole`), the next 1000 are
        looked at one by one; beyond them failure is taken to stay, and bisected for.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    start = first_pole(distribution, bias_variance, cost_exponent, cost_scale, most)
    scalars = (bias_variance, cost_exponent, cost_scale)
    return first(lambda n: not is_monotone(static_market(even_loadings(distribution, n), *scalars)), start, most)


def first_pole(
    distribution: Distribution,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
    most: int = MOST,
) -> int | None:
    """The least N at which the pole of the effort ratio is among creators with evenly spaced loadings (MODEL 4.1).

    Parameters
    ----------
    distribution, bias_variance, cost_exponent, cost_scale, most
        As in `first_failure`.

    Returns
    -------
    int or None
        None up to `most`. Looks at every N to 64, then doubles and bisects: `pole_bias_variance` falls with N there.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    check_scalars(bias_variance, cost_exponent, cost_scale)
    law(distribution)
    end = whole("most", most, 1, 10**8)

    def has(n: int) -> bool:
        return pole_bias_variance(even_loadings(distribution, n), cost_exponent, cost_scale) < bias_variance

    found = next((n for n in range(1, min(EACH, end) + 1) if has(n)), None)
    return found if found is not None or end <= EACH else least(has, EACH, end)


def first_rising(
    distribution: Distribution,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
    most: int = MOST,
) -> tuple[int | None, int | None]:
    """The least N at which efforts no longer fall with evenly spaced loadings (MODEL 4.1; Creators, Lemma 10).

    Parameters
    ----------
    distribution, bias_variance, cost_exponent, cost_scale, most
        As in `first_failure`.

    Returns
    -------
    tuple of two (int or None)
        In the market, and under the planner; None up to `most`. Looked for as in `first_failure`.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    start = first_pole(distribution, bias_variance, cost_exponent, cost_scale, most)
    scalars = (bias_variance, cost_exponent, cost_scale)

    def rises(n: int, whose: int) -> bool:
        return not efforts_fall(static_market(even_loadings(distribution, n), *scalars))[whose]

    return first(lambda n: rises(n, 0), start, most), first(lambda n: rises(n, 1), start, most)


def first(fails: Callable[[int], bool], start: int | None, most: int) -> int | None:
    """The least N >= start that fails, or None up to `most`: one by one at first, then by bisection."""
    if start is None:
        return None
    patient = min(start + PATIENCE, most)
    found = next((n for n in range(start, patient + 1) if fails(n)), None)
    return found if found is not None or patient == most else least(fails, patient, most)


def least(fails: Callable[[int], bool], low: int, most: int) -> int | None:
    """The least N in (low, most] that fails, or None: doubling and bisection; beyond `low` failure stays."""
    high = low
    while not fails(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(middle) else (middle, high)
    return high


def first_drawn(
    distribution: Distribution,
    seed: int,
    replicate: int = 0,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
    most: int = MOST,
) -> tuple[int | None, int | None]:
    """The least N at which the pole is among the first N drawn creators, and at which their ratio does not rise.

    The pole once among them stays there: a creator who comes short of it moves it to lighter loadings, and one from
    beyond it stays beyond. From there on failure is looked for as in `first_failure`.
    """
    check_scalars(bias_variance, cost_exponent, cost_scale)

    def market(n: int) -> StaticMarket:
        return static_market(drawn_loadings(distribution, n, seed, replicate), bias_variance, cost_exponent, cost_scale)

    pole = least(lambda n: has_pole(market(n)), 1, most)
    return pole, first(lambda n: not is_monotone(market(n)), pole, most)
