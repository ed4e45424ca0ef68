"""Steps of root finders in one dimension, and places in ascending values.

The caller of a step evaluates its function, the step says where to look next. A jitted function cannot be an argument
without defeating the compile cache, so what is shared is the step, not the loop.
"""

from typing import NamedTuple

from .._jit import inline

EPSILON = 2e-16
ROUNDING = 1e-9  # relative size below which a step that no longer shrinks is rounding


class Chord(NamedTuple):
    """Two points at which a function has values of opposite sign; x is the newer one."""

    last: float
    f_last: float
    x: float
    f: float


@inline
def false_position(chord):
    """Zero of the straight line through the two points of a chord."""
    return chord.x - chord.f * (chord.x - chord.last) / (chord.f - chord.f_last)


@inline
def illinois(chord, x, f):
    """Chord that goes on with f = f(x); the value at an end that stays idle is halved (Dowell & Jarratt 1971)."""
    if f * chord.f < 0.0:
        return Chord(chord.x, chord.f, x, f)
    return Chord(chord.last, 0.5 * chord.f_last, x, f)


@inline
def shrink(low, high, x, above):
    """Ends of the bracket (low, high) after a look at x; `above` says that the root lies above it."""
    return (x, high) if above else (low, x)


@inline
def kept_between(x, low, high):
    """A step to x, or to the middle of [low, high] where x lies outside."""
    return x if low <= x <= high else 0.5 * (low + high)


@inline
def kept_inside(x, low, high):
    """A step to x, or to the middle of (low, high) where x lies outside or at an end."""
    return x if low < x < high else 0.5 * (low + high)


@inline
def has_converged(size, last, x):
    """True where a step to x is below rounding, or is small and no shorter than the step before it."""
    return size <= EPSILON * x or (size >= last and size < ROUNDING * x)


@inline
def lower_bound(values, low, high, wanted):
    """First place in [low, high) of the ascending `values` that is not below `wanted`; high if there is none."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low
