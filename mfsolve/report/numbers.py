"""Numbers as text: figures, estimates and their intervals to the digits that are known, shares, signs of changes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

NOISE = 1e-12
"""Share of the size of the numbers it rests on below which a number is rounding, and no interval is printed of it.

That size is the `scale` of an estimate's record, and 1 where it has none.
"""
PLAIN = (1e-5, 1e7)
"""Sizes of numbers that are printed without a power of ten beside the digits that an interval leaves them."""
MOST_DIGITS = 12
RANGE = 0.25
"""Share of a prediction from which a tolerance makes a range of it, of which nobody has stated the middle."""


def number(value: float | None, percent: bool = False, digits: int = 5, sign: bool = False) -> str:
    """A figure with so many significant digits; a dash where there is none. `sign`: it is a change, + says so."""
    if value is None or math.isnan(value):
        return "–"
    plus = "+" if sign and percent else ""
    return f"{100.0 * value:{plus}.{digits}g} %" if percent else f"{value:.{digits}g}"


def estimated(estimate: Mapping[str, Any], percent: bool = False, sign: bool = False) -> str:
    """The value of an estimate to the decimal place of its interval; what is rounding is said to be.

    Three digits of a value of which no interval says how many are known, and all of those before the point.
    """
    value, places = estimate["value"], _places(estimate, percent)
    if value is not None and places is not None:
        return _fixed(value, percent, sign, *places)
    if value is not None and 0.0 < abs(value) < NOISE * estimate.get("scale", 1.0):
        return "0 (rounding)"
    unknown = estimate["low"] is None and estimate["high"] is None
    short = unknown and value is not None and abs(value) * (100.0 if percent else 1.0) < 999.5
    return number(value, percent, 3 if short else 5, sign)


def interval(estimate: Mapping[str, Any], percent: bool = False, sign: bool = False) -> str:
    """Both ends to one decimal place: two significant digits of half the width, which the value has as well.

    Nothing of a number without error, or of rounding.
    """
    low, high = estimate["low"], estimate["high"]
    if low is None and high is None:
        return "–"
    places = _places(estimate, percent)
    if places is None:
        return ""
    left = "(-inf" if low is None else f"[{_fixed(low, percent, sign, *places)}"
    right = "inf)" if high is None else f"{_fixed(high, percent, sign, *places)}]"
    return f"{left}, {right}"


def with_interval(estimate: Mapping[str, Any], percent: bool = False, sign: bool = False) -> str:
    """An estimate and its interval beside it, or that there is none."""
    if estimate["low"] is None and estimate["high"] is None:
        found = estimated(estimate, percent, sign)
        return found if estimate["value"] is None else f"{found}, no interval"
    return f"{estimated(estimate, percent, sign)} {interval(estimate, percent, sign)}".strip()


def share(value: float, sign: str = "") -> str:
    """A relative distance in per cent, to two digits, and from 100 % on in whole ones."""
    return f"{100.0 * value:{sign}{'.0f' if abs(value) >= 0.995 else '.2g'}} %"


def distance(value: float, estimate: Mapping[str, Any], claimed: float) -> str:
    """An estimate's relative distance from a claim, as a share, but to no digit that its interval leaves open."""
    low, high = estimate["low"], estimate["high"]
    plain = share(value, "+")
    half = 0.0 if low is None or high is None or claimed == 0.0 else (high - low) / 2.0 / abs(claimed)
    if not 0.0 < half < math.inf or abs(value) < NOISE:
        return plain
    known = max(0, 1 - _lead(100.0 * half))
    if known >= 1 - _lead(100.0 * abs(value)):
        return plain
    rounded = round(100.0 * value, known) + 0.0
    return f"{rounded:{'+' if rounded else ''}.{known}f} %"


def claims_a_range(predicted: float | None, stated: Sequence[float | None] | None) -> bool:
    """True of a prediction that the truth lies between two ends, rather than at a number or on one side of it."""
    if predicted is None or stated is None:
        return False
    low, high = stated
    if low is None or high is None or math.isinf(high - low):
        return False
    return (high - low) / 2.0 >= RANGE * abs(predicted) > 0.0


def _places(estimate: Mapping[str, Any], percent: bool) -> tuple[int, int] | None:
    """Power of ten, and decimals beside it, to which an estimate is printed; None without a width to go by.

    Of an interval with one end the width is the distance from that end to the value, or of the end to 0.
    """
    low, high, value = estimate["low"], estimate["high"], estimate.get("value")
    ends = [x for x in (low, high) if x is not None]
    size = max(map(abs, (*ends, *(() if value is None else (value,)))), default=0.0)
    if not ends or max(map(abs, ends)) < NOISE * estimate.get("scale", 1.0):
        return None
    half = (high - low) / 2 if len(ends) == 2 else abs(ends[0] - value) if value is not None else 0.0
    if len(ends) == 1 and half == 0.0:
        half = abs(ends[0]) / 20.0
    if not half > NOISE * size or math.isinf(half):
        return None
    factor = 100.0 if percent else 1.0
    power = 0 if PLAIN[0] <= size * factor < PLAIN[1] else _lead(size * factor)
    decimals = 1 - _lead(half * factor) + power
    return power, max(0, min(decimals, MOST_DIGITS - 1 - _lead(size * factor) + power))


def _lead(size: float) -> int:
    """Decimal exponent of a size, which may be a power of ten to rounding."""
    return math.floor(math.log10(size * (1.0 + 1e-9)))


def _fixed(value: float, percent: bool, sign: bool, power: int, decimals: int) -> str:
    """A number to a decimal place, trailing zeros kept; no sign before what is 0 there."""
    scaled = round((100.0 * value if percent else value) / 10.0**power, decimals) + 0.0
    if scaled == 0.0 and power:
        return "0 %" if percent else "0"
    plus = "+" if sign and percent else ""
    tail = f"e{power:+03d}" if power else ""
    return f"{scaled:{plus}.{decimals}f}{tail}{' %' if percent else ''}"
