"""Wrong arguments of every public function: one line that names the argument, never a number or another error.

One argument at a time is of a wrong type, not a number, infinite, or out of the range that the docstring states.
"""

import inspect
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support.public_calls import CALLS, PUBLIC, TABLE


def arguments_of(name: str) -> dict[str, Any]:
    """Arguments of a call that is accepted."""
    if name in CALLS:
        return CALLS[name]
    _, arrays, rest = TABLE[name]
    return {**arrays, **rest}


NAMED_BY = {
    ("collapse.scan", "table"): "cost_curvature",  # by column and row
}
"""Arguments whose parts have names of their own, which a refusal says."""
ACCEPTED = {
    ("collapse.multiplicity", "subsidy"),
    ("provenance.estimate", "log_human"),
    ("provenance.estimate", "log_synthetic"),
}
"""Arguments for which one of the values tried has a meaning: a subsidy of NaN is the closed form, a likelihood may be 0."""

EVERYWHERE = {"threads": (0, 1025), "seed": (2**64,), "replicate": (2**32,)}
"""Numbers out of ranges that are the same wherever an argument has this name."""

NUMBER = r"-?\d[\d.]*(?:e-?\d+)?(?:\^\d+)?(?: - 1)?"
INTERVAL = re.compile(rf"([\[(])({NUMBER}|-inf), ({NUMBER}|inf)([\])])|(>=?) ({NUMBER})")
"""A range in brackets, or a least value."""


def end(text: str) -> float:
    """An end of a range, such as 1e6, 10^6, 2^64 - 1 or inf."""
    base, _, power = text.removesuffix(" - 1").partition("^")
    return float(base) ** int(power or 1) - text.endswith(" - 1")


def beyond(name: str, argument: str) -> list[float]:
    """Numbers out of the range that a docstring states for an argument."""
    text = inspect.getdoc(PUBLIC[name]) or ""
    found = re.search(rf"^(?:\w+, )*{argument}(?:, \w+)*(?: :[^\n]*)?\n(?:    .*\n?)+", text, re.MULTILINE)
    names = [each.strip() for each in found[0].splitlines()[0].partition(" :")[0].split(",")] if found else []
    stated = INTERVAL.findall(found[0]) if found else []
    if argument not in names or len(stated) not in (1, len(names)):  # one range each, or one for all
        return []
    left, low, high, right, above, least = stated[names.index(argument) if len(stated) > 1 else 0]
    if above:
        return [end(least) if above == ">" else end(least) - 1.0]
    below = [end(low) if left == "(" else end(low) - 1.0] if math.isfinite(end(low)) else []
    top = [end(high) if right == ")" else end(high) * (1.0 + 1e-6) + 1.0] if math.isfinite(end(high)) else []
    return below + top


def wrong_values(name: str, argument: str, parameter: inspect.Parameter, given: Any) -> Iterator[Any]:
    """Values that an argument cannot have, beside the one that it has in a call that is accepted."""
    words = str(parameter.annotation)
    if isinstance(given, bool) or "Callable" in words or words in ("typing.Any", "Any"):
        return
    if "None" not in words:
        yield None
    if isinstance(given, int | float) or words.split(" | ")[0] in ("<class 'float'>", "float", "<class 'int'>", "int"):
        yield from ("x", math.nan, -math.inf)
        if "array" not in words.lower():
            yield [1.0, 2.0]
        if "int" in words:
            yield from (math.inf, -1, 2.5)
        yield from EVERYWHERE.get(argument, ())
        yield from beyond(name, argument)
    elif isinstance(given, np.ndarray):
        yield from ("x", np.full(given.shape, np.nan), np.full(given.shape, -np.inf), [["x"]])
    elif isinstance(given, str):
        yield from (1.0, math.nan, "no such word", [given])
    else:
        yield from ("x", 1.0, math.nan, [3.0])


def cases() -> list[Any]:
    return [
        pytest.param(name, argument, id=f"{name}-{argument}")
        for name, function in PUBLIC.items()
        for argument in inspect.signature(function).parameters
    ]


def test_every_public_function_is_called():
    assert set(PUBLIC) <= set(CALLS) | set(TABLE)


@pytest.mark.parametrize(("name", "argument"), cases())
def test_a_wrong_argument_is_refused_by_name(name, argument):
    function, right = PUBLIC[name], arguments_of(name)
    parameter = inspect.signature(function).parameters[argument]
    wrong = []
    for value in wrong_values(name, argument, parameter, right.get(argument, parameter.default)):
        try:
            found = function(**{**right, argument: value})
        except ValueError as error:
            text = str(error)
            names = (argument, NAMED_BY.get((name, argument), argument))
            if (not any(n in text for n in names) and not text.startswith(f"{value!r} given")) or "\n" in text:
                wrong.append(f"{value!r}: {text}")
        except Exception as error:
            wrong.append(f"{value!r}: {type(error).__name__}: {error}")
        else:
            if (name, argument) in ACCEPTED and not np.isfinite(value).all():
                continue
            wrong.append(f"{value!r}: accepted, {str(found)[:60]!r}")
    assert not wrong, "\n".join(wrong)
