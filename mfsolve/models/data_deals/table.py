"""Public data deals: terms of a value as it is written, totals, and counts (MODEL 6.1)."""

import enum
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import instance, instances

from .unpriced_parts import split_part

UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9}
HIDDEN = (
    "undisclosed", "not disclosed", "unknown", "confidential", "n/a", "na", "none", "nan", "null", "tbd", "tba", "?",
    "-", "–", "—", "",
)  # fmt: skip
AMOUNT = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e\d{1,2})?"
"""Commas stand between thousands."""
THOUSANDTHS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
"""An amount without a unit that is a decimal or, in other countries, thousands."""
DOLLARS = r"\s*(?:\$|usd)?\s*"
ABROAD = re.compile(
    r"[€£¥₹]|(?:(?<=\d)|(?<=\d[kmb])|(?<=\d[bm]n)|(?<=\dmm)|\b)"
    r"(?:eur|euros?|gbp|pounds?|jpy|yen|cny|rmb|inr|cad|aud|chf|sek|nzd|hkd|sgd)\b"
    r"|\b(?:ca?|au?|nz|hk|sg?)\$"
)
"""A value in another currency: its rate on the day of the deal is not in the table."""
CURRENCIES = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "pound": "GBP", "pounds": "GBP", "yen": "JPY", "rmb": "CNY",
    "₹": "INR", "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD",
    "sg$": "SGD",
}  # fmt: skip
"""Currencies by other names than their codes; ¥ is one of two, and has a rate of its own."""
SHORTER = re.compile(r"(?:/|\b(?:per|a|each) )\s*(?:month|mo|quarter|week|day)s?\b|\b(?:month|quarter|week|dai)ly\b")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
IN_WORDS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern), short)
    for pattern, short in (
        (r"[—–−]", "-"),
        (r"(?<=\d) (?=\d{3}\b)", ""),
        (r"^(?:~|ca\.?|circa|approx\.?|approximately|about|around|roughly|estimated|reportedly|some)\s*", ""),
        (r"^(?:up to|at most|under|less than|<)\s*", "0-"),
        (r"(?<=[\d ])(?:millions?|mln|mio)\b\.?", "m"),
        (r"(?<=[\d ])billions?\b", "bn"),
        (r"(?<=[\d ])thousands?\b", "k"),
        (r"^(?:at least|over|more than|>)\s*([$\d.,]+\s*[kmbn]*)", r"\1+"),
        (r"^between\s+(.*\d.*?)\s+and\s+(?=[$\d])", r"\1-"),
        (r"(?<=[\dkmbn])\s+to\s+(?=[$\d])", "-"),
        (r"\s*(?:\b(?:per|a|each|every) (?:year|annum)|\byearly|\bannually|\bp\. ?a\.?)$", "/yr"),
        (rf"\b({'|'.join(NUMBERS)})(?=[ -]years?\b)", lambda word: str(NUMBERS.index(word[0]) + 1)),
        (r"\s*\(?\b(?:over|for|in|during)(?: an?)? (\d+)[ -]years?(?: term| period)?\)?$", r"/\1yr"),
        (r"(?<=/)\s*(\d+)\s*y$", r"\1yr"),
        (r"(?<=/)\s*y$", "yr"),
        (r"\s*\b(?:per|a|each) (?=[a-z]+$)", "/"),
    )
)
"""Words of a value, and what the table writes for them."""
VALUE = re.compile(
    rf"{DOLLARS}(?P<low>{AMOUNT})\s*(?P<first>[kmbn]*){DOLLARS}"
    rf"(?:[-–]{DOLLARS}(?P<high>{AMOUNT})\s*(?P<second>[kmbn]*){DOLLARS})?"
    rf"(?P<open>\+?)(?:\s*/\s*(?P<per>\d+)?\s*(?P<what>[a-z]+?))?{DOLLARS}",
    re.ASCII,
)
YEARS = ("yr", "yrs", "year", "years")
EXAMPLES = '"Undisclosed", or an amount such as "60m/yr", "250m/5yr", "20m+", "25-50m", "2.5k/book", "60m + equity"'


class Code(enum.StrEnum):
    """Codes that the table gives a deal."""

    CONFIRMED = "C"
    UNCLEAR = "U"
    LITIGATION = "L"
    REVENUE_SHARE = "S"
    RECURRING = "R"


@dataclass(frozen=True)
class Value:
    """Amount that a deal pays, in dollars.

    Attributes
    ----------
    low, high : float
        Ends of the amount's range; equal where there is none.
    open : bool
        True for an amount "or more".
    years : float
        Years that the amount covers; 0 where it is not tied to time.
    item : str
        The item that it is paid for, such as a book; empty for a whole deal.
    beside : str
        What is paid besides, without an amount, such as equity; empty where nothing is. The value is then open.
    """

    low: float
    high: float
    open: bool = False
    years: float = 0.0
    item: str = ""
    beside: str = ""

    @property
    def at_most(self) -> bool:
        """True for a value that is known from above only, such as "up to 5m"."""
        return self.low == 0.0 < self.high

    @property
    def one_year(self) -> float:
        """Floor of what is paid in one year: a total for several years is spread evenly."""
        return self.low / max(self.years, 1.0)


def parse_value(text: str, rates: Mapping[str, float] | None = None) -> Value | None:
    """Read a value as the table writes it (MODEL 6.1).

    Parameters
    ----------
    text : str
        Such as "60m/yr", "250m/5yr", "20m+", "2.5k/book", "25-50m" or "Undisclosed"; or the same in words, such as
        "$250 million over 5 years", "~60m a year", "up to 5 million" (from 0), "not disclosed"; with a part that has no
        amount, "60m + equity", it is a value from 60m on.
    rates : mapping of str to float, optional
        Dollars of one unit of other currencies, by their codes, such as EUR, or ¥.

    Returns
    -------
    Value or None
        None where the value is not disclosed.

    Raises
    ------
    ValueError
        For any other text, currencies without a rate and amounts by the month among them, naming what is allowed.
    """
    instance("text", text, str)
    instance("rates", rates, Mapping | None)
    plain = " ".join(text.lower().split())
    if abroad := {CURRENCIES.get(found[0], found[0].upper()) for found in ABROAD.finditer(plain)}:
        code, *others = sorted(abroad)
        if code not in (rates or {}) or others:
            raise ValueError(
                f"{text!r} given; allowed: dollars, or another currency by its rate, --rate {code}=DOLLARS: {EXAMPLES}"
            )
        plain = " ".join(ABROAD.sub(" ", plain).split())
        if "$" in plain or "usd" in plain or "dollar" in plain:
            raise ValueError(f"{text!r} given; allowed: one currency: {EXAMPLES}")
        try:
            value = parse_value(plain)
        except ValueError as error:  # of the cell as it is written, not of what is left without its currency
            raise ValueError(f"{text!r} given; {str(error).partition(' given; ')[2]}") from None
        rate = (rates or {})[code]
        return None if value is None else replace(value, low=value.low * rate, high=value.high * rate)
    if SHORTER.search(plain):
        raise ValueError(f"{text!r} given; allowed: the amount of a year, not of less: {EXAMPLES}")
    plain = re.sub(r"\bus ?\$", "$", re.sub(r"\bdollars\b", "usd", plain)).strip()
    if plain in HIDDEN:
        return None
    for pattern, short in IN_WORDS:
        plain = pattern.sub(short, plain)
    found = VALUE.fullmatch(plain)
    wrong = f"{text!r} given; allowed: {EXAMPLES}"
    if found is None:
        return _with_a_part(" ".join(text.lower().split()), wrong)
    first, second = found["first"] or found["second"] or "", found["second"] or found["first"] or ""
    if first not in UNITS or second not in UNITS:
        raise ValueError(wrong)
    ends = ((found["low"], first), (found["high"] or found["low"], second))
    low, high = (float(end.replace(",", "")) * UNITS[unit] for end, unit in ends)
    if any(THOUSANDTHS.fullmatch(end) and not unit for end, unit in ends):
        raise ValueError(
            f"{text!r} given; allowed: thousands as 1,234 or 1234, decimals with a unit or two digits: {EXAMPLES}"
        )
    what, timed = found["what"] or "", (found["what"] or "") in YEARS
    years = float(found["per"] or 1) if timed else 0.0
    if not low <= high < math.inf or (timed and years == 0.0) or (found["per"] and not timed):
        raise ValueError(wrong)
    return Value(low, high, bool(found["open"]), years, "" if timed else what)


def _with_a_part(plain: str, wrong: str) -> Value | None:
    """Read an amount beside a part that has none; ValueError where it is not that."""
    found = split_part(plain)
    if found is None:
        raise ValueError(wrong)
    try:
        value = parse_value(found[0])
    except ValueError:
        raise ValueError(wrong) from None
    if value is None or value.at_most:
        raise ValueError(f'{wrong}; write "Undisclosed" for a value without a lower bound')
    return replace(value, open=True, beside=" and ".join(filter(None, (value.beside, found[1]))))


@dataclass(frozen=True)
class DataDeal:
    """A deal of the table: who buys from whom, when (None: not known), which content, for what, with which codes."""

    receiver: str
    aggregator: str
    year: int | None
    content: str
    value: Value | None
    codes: frozenset[Code]

    @property
    def shares_revenue(self) -> bool:
        """True where the table records that contributors share revenue."""
        return Code.REVENUE_SHARE in self.codes


@dataclass(frozen=True)
class Totals:
    """Three sums over the disclosed values, in dollars.

    `one_year`: floors, amounts for several years spread over them; `full_term`: floors, rates per year counted one year
    and amounts for several years in full; `ceiling`: upper ends in place of floors, open ends at their floor. An amount
    for an item counts once: the table has no numbers of items.
    """

    one_year: float
    full_term: float
    ceiling: float


@dataclass(frozen=True)
class Disclosure:
    """Deals by what is known of them."""

    deals: int
    valued: int
    undisclosed: int
    valued_unshared: int
    undisclosed_unshared: int
    shared: int
    shared_valued: int


def valued(deals: Iterable[DataDeal]) -> list[tuple[DataDeal, Value]]:
    """Deals whose value is disclosed, with it."""
    return [(deal, deal.value) for deal in deals if deal.value is not None]


def floored(deals: Iterable[DataDeal]) -> list[tuple[DataDeal, Value]]:
    """Deals whose value is known from below, with it."""
    return [(deal, value) for deal, value in valued(deals) if not value.at_most]


def amounts_known(deals: Iterable[DataDeal]) -> Floats:
    """Floors of the values that are known from below (n,)."""
    return np.array([value.low for _, value in floored(deals)], dtype=np.float64)


def floors(deals: Iterable[DataDeal]) -> Floats:
    """Floors of the disclosed values (n,), amounts for several years in full."""
    return np.array([value.low for _, value in valued(deals)], dtype=np.float64)


def totals(deals: Iterable[DataDeal]) -> Totals:
    """Add up the disclosed values in three ways (MODEL 6.1).

    Parameters
    ----------
    deals : sequence of DataDeal
        Rows of a table.

    Returns
    -------
    Totals
        In dollars.

    Raises
    ------
    ValueError
        For anything but deals, naming `deals`.
    """
    values = [value for _, value in valued(instances("deals", deals, DataDeal))]
    return Totals(sum(v.one_year for v in values), sum(v.low for v in values), sum(v.high for v in values))


def disclosure(deals: Sequence[DataDeal]) -> Disclosure:
    """Count deals by disclosure and by revenue share (MODEL 6.1).

    Parameters
    ----------
    deals : sequence of DataDeal
        Rows of a table.

    Returns
    -------
    Disclosure
        Numbers of deals.

    Raises
    ------
    ValueError
        For anything but deals, naming `deals`.
    """
    deals = instances("deals", deals, DataDeal)
    known = [deal.value is not None for deal in deals]
    shared = [deal.shares_revenue for deal in deals]
    pairs = Counter(zip(known, shared))
    return Disclosure(
        len(deals), sum(known), len(deals) - sum(known), pairs[True, False], pairs[False, False], sum(shared),
        pairs[True, True],
    )  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Deals of one kind: how many, how many with a value, and the floor of these."""

    name: str
    deals: int
    valued: int
    floor: float


def grouped(deals: Iterable[DataDeal], by: Callable[[DataDeal], object]) -> list[Group]:
    """Deals by kind, the most frequent first, then by name.

    Parameters
    ----------
    deals : sequence of DataDeal
        Rows of a table.
    by : callable
        Kind of a deal.

    Returns
    -------
    list of Group
        Number of deals, deals with a value, and their floor in dollars.

    Raises
    ------
    ValueError
        For anything but deals, naming `deals`.
    """
    kinds: dict[str, list[DataDeal]] = {}
    for deal in instances("deals", deals, DataDeal):
        kinds.setdefault(str(by(deal)), []).append(deal)
    groups = [Group(name, len(some), len(valued(some)), float(floors(some).sum())) for name, some in kinds.items()]
    return sorted(groups, key=lambda group: (-group.deals, group.name))


def code_counts(deals: Iterable[DataDeal]) -> dict[Code, int]:
    """Deals that carry each code."""
    found = Counter(code for deal in deals for code in deal.codes)
    return {code: found[code] for code in Code}


def paid_by_item(deals: Iterable[DataDeal]) -> dict[str, int]:
    """Values that are paid for an item, such as a book, by the item."""
    return dict(sorted(Counter(value.item for _, value in valued(deals) if value.item).items()))


def undisclosed_parts(deals: Iterable[DataDeal]) -> dict[str, int]:
    """Parts without an amount beside disclosed values, such as equity: how many deals have each."""
    return dict(sorted(Counter(value.beside for _, value in valued(deals) if value.beside).items()))


def recurring_without_mark(deals: Iterable[DataDeal]) -> list[DataDeal]:
    """Deals paid by the year, or for several years, that are not coded as recurring."""
    return [deal for deal, value in valued(deals) if value.years > 0.0 and Code.RECURRING not in deal.codes]
