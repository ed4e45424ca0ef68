"""One entry of `[[estimates]]` for many rows: lists of arms, quantities, places; every combination is a row."""

import itertools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from mfsolve.spelling import in_words
from mfsolve.study.statistics.estimate_spec import ARM

LISTED = (*ARM, "statistic", "quantity", "baseline", "against", "trials", "axis", "probability", "at")
"""Keys that may hold several values: a list, or a table of values with their words in the row's name."""
MOST_ROWS = 10_000
MOST = 1e300
"""Whole numbers of any length are TOML; beyond this one they are no number of an estimate."""


def expand(
    values: Mapping[str, Any], word: str = "arm", arms: Mapping[str, str] = MappingProxyType({})
) -> Iterator[dict[str, Any]]:
    """Rows of an entry, in the order of its lists: the first one written is the outermost.

    `word` is the experiment's own key for an arm; `arms` are the words of every arm of the study. In `name`, `{key}`
    stands for the value in words; a name that leaves a listed key out, or none at all, gets the words behind it, with
    commas.

    Raises
    ------
    ValueError
        Naming the key that cannot be listed so.
    """
    listed = {key: values[key] for key in values if isinstance(values[key], list | Mapping) and key in (*LISTED, word)}
    if not listed:
        yield dict(values)
        return
    if "claim" in values:
        raise ValueError("claim: is measured by one row: write a separate entry, without lists")
    of_arms = (*ARM, "baseline", word)
    choices = {key: _choices(key, found, arms if key in of_arms else {}) for key, found in listed.items()}
    count = 1
    for found in choices.values():
        count *= len(found)
    if count > MOST_ROWS:
        raise ValueError(f"name: {count} rows by the lists of this entry; allowed: at most {MOST_ROWS}")
    template = values.get("name", "")
    if not isinstance(template, str):
        raise ValueError(f"name: {template!r} given: a text is needed")
    for place in re.findall(r"{(\w*)}", template):
        if place not in choices:
            raise ValueError(f"name: {{{place}}} given; the lists of this entry are: {', '.join(choices)}")
    missing = [key for key in choices if f"{{{key}}}" not in template]
    for combination in itertools.product(*(found.items() for found in choices.values())):
        words = {key: text for key, (_, text) in zip(choices, combination)}
        name = "".join(words[part[1:-1]] if part[:1] == "{" else part for part in re.split(r"({\w*})", template))
        name = ", ".join(filter(None, [name, *(words[key] for key in missing)]))
        yield {**values, "name": name, **{key: value for key, (value, _) in zip(choices, combination)}}


def _choices(key: str, found: Any, called: Mapping[str, str]) -> dict[Any, str]:
    """Values of a listed key, each with its words in the name of a row."""
    if not found:
        raise ValueError(f"{key}: an empty list given: at least one value is needed")
    if isinstance(found, Mapping):
        for value, text in found.items():
            if not isinstance(text, str):
                raise ValueError(f"{key}.{value}: {text!r} given: the words for the row's name are needed")
        return {(float(value) if key in ("at", "probability") else value): text for value, text in found.items()}
    for value in found:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise ValueError(f"{key}: {value!r} given: a list of texts or numbers is needed")
        if isinstance(value, int) and abs(value) > MOST:
            raise ValueError(f"{key}: a whole number beyond {MOST:g} given: a list of texts or numbers is needed")
    if len(set(found)) < len(found):
        raise ValueError(f"{key}: a value is listed twice: rows must differ")
    return {value: called.get(value) or in_words(value) if isinstance(value, str) else f"{value:g}" for value in found}
