"""Periods of items, by dates in a column or in the names of files (MODEL 3.5)."""

import datetime
import enum
import re
from pathlib import Path

from mfsolve.data.table import short
from mfsolve.models.frozen import InputError

DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?:(?P<mark>[-/_.]?)(?P<month>0[1-9]|1[0-2])(?:(?P=mark)(?P<day>[0-3]\d))?)?(?!\d)"
)
"""A date in a path: 2024-01-31, 2024-01, 20240131, 2024/01/31, or a year, which has to be a whole name."""

YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{2})(?:[/.](\d{2}))?(?=$|[T ])")
NAMED = re.compile(
    r"(?:[A-Za-z]{3,9},? +)??(?:(?:(?P<first>\d{1,2})[ -])?(?P<before>[A-Za-z]{3,9})\.?[ ,-]+"
    r"|(?P<after>[A-Za-z]{3,9})\.? +(?P<second>\d{1,2}),? +)(?P<year>\d{4})(?=$|[ ,])"
)
"""A date with the month's name: 31 Jan 2024, Wed, 31 Jan 2024 10:00:00 GMT, January 31, 2024, Jan 2024."""
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


class Period(enum.StrEnum):
    """Length of the periods that dates are put into; `as_given` takes the column as it stands."""

    AS_GIVEN = "as_given"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def period_of(text: str, period: Period, where: str) -> str:
    """Label of the period of a date: 2024, 2024-Q1, 2024-01, 2024-01-31."""
    if period is Period.AS_GIVEN:
        return text
    try:
        plain = _with_number(text.strip())
        padded = plain + "-01-01"[len(plain) - 4 :] if len(plain) in (4, 7) else plain
        date = datetime.datetime.fromisoformat(padded)
    except ValueError:
        raise InputError(
            f"{where}: {short(text)} given; allowed: dates such as 2024-01-31 or 31 Jan 2024, or --period as_given"
        ) from None
    if period is Period.YEAR:
        return f"{date.year:04d}"
    if period is Period.QUARTER:
        return f"{date.year:04d}-Q{(date.month + 2) // 3}"
    return f"{date:%Y-%m}" if period is Period.MONTH else f"{date:%Y-%m-%d}"


def _with_number(text: str) -> str:
    """A date with the year first, a month's English name or slashes, as 2024-01-31; anything else as it stands.

    A date of three numbers that does not begin with the year is another day to another reader, and no date here.
    """
    if found := YEAR_FIRST.match(text):
        return "-".join(part for part in found.groups() if part) + text[found.end() :]
    found = NAMED.match(text)
    word = (found["before"] or found["after"]).lower() if found else ""
    month = next((i for i, name in enumerate(MONTHS, 1) if name.startswith(word)), 0)
    if not found or not month:
        return text
    day = f"-{int(found['first'] or found['second']):02d}" if found["first"] or found["second"] else ""
    return f"{found['year']}-{month:02d}{day}"


def period_in_name(folder: Path, file: Path, period: Period) -> str:
    """Period of a file by the last date in its path within the folder."""
    name = file.relative_to(folder).with_suffix("").as_posix()
    found = [match for match in DATE.finditer(name) if match["month"] or match[0] in name.split("/")]
    if not found:
        raise InputError(
            f"{file}: no date in its name; allowed: names such as 2024-01-31.txt, or folders such as 2024-01"
        )
    return period_of("-".join(part for part in found[-1].group("year", "month", "day") if part), period, str(file))
