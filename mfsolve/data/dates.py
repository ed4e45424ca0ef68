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
NUMBERS = re.compile(r"(?P<first>\d{1,2})(?P<mark>[-/. ])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)(?!\d)")
"""A date whose day and month may stand in either order: 03/04/2025."""
UNIX = re.compile(r"(1\d{9})(?:\d{3})?(?:\.\d*)?")
"""A Unix time in seconds or milliseconds; one from 2030 on might be a date and an hour, 2030123123."""
LATEST_UNIX = 1_900_000_000
EXAMPLE = datetime.datetime(2024, 2, 29, 13, 14, 15)
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


def period_of(text: str, period: Period, where: str, form: str | None = None) -> str:
    """Label of the period of a date: 2024, 2024-Q1, 2024-01, 2024-01-31.

    `form` is that of `strptime`; without one, dates are those of ISO 8601, have the month's English name, or are Unix
    times in seconds or milliseconds of 2001 to 2030 (UTC).

    Raises
    ------
    InputError
        Naming the place, the date and what is allowed.
    """
    if period is Period.AS_GIVEN:
        return text
    try:
        date = _iso(text.strip()) if form is None else datetime.datetime.strptime(text.strip(), form)
    except ValueError:
        raise InputError(f"{where}: {short(text)} given; {_allowed(text.strip(), form)}") from None
    if period is Period.YEAR:
        return f"{date.year:04d}"
    if period is Period.QUARTER:
        return f"{date.year:04d}-Q{(date.month + 2) // 3}"
    return f"{date:%Y-%m}" if period is Period.MONTH else f"{date:%Y-%m-%d}"


def check_format(form: str, period: Period) -> None:
    """Raise InputError unless dates in a form of `strptime` tell their period: the year, and the month or the day."""
    given = f"--date-format {short(form)}"
    if period is Period.AS_GIVEN:
        raise InputError(f"{given}: --period as_given reads no dates; leave out one of them")
    parts = re.findall(r"%(.)", form.replace("%%", ""))
    if not set(parts) & set("YyGcx"):
        raise InputError(f"{given}: has no year; allowed: forms such as %d/%m/%Y")
    try:
        read = datetime.datetime.strptime(EXAMPLE.strftime(form), form)
    except (ValueError, re.error) as error:
        raise InputError(f"{given}: {str(error).splitlines()[0]}; allowed: forms such as %d/%m/%Y") from None
    if period_of(read.isoformat(), period, given) != period_of(EXAMPLE.isoformat(), period, given):
        raise InputError(f"{given}: does not determine the {period}; allowed: forms such as %d/%m/%Y")


def _iso(text: str) -> datetime.datetime:
    if (unix := UNIX.fullmatch(text)) and int(unix[1]) < LATEST_UNIX:
        return datetime.datetime.fromtimestamp(int(unix[1]), datetime.UTC)
    plain = _with_number(text)
    return datetime.datetime.fromisoformat(plain + "-01-01"[len(plain) - 4 :] if len(plain) in (4, 7) else plain)


def _allowed(text: str, form: str | None) -> str:
    """Words on the dates that are allowed in the place of one that cannot be read."""
    if form is not None:
        return f"allowed: dates such as {short(EXAMPLE.strftime(form), '')}, by --date-format {form}"
    if found := NUMBERS.match(text):
        first, second, mark = int(found["first"]), int(found["second"]), found["mark"]
        year = "%Y" if len(found["year"]) == 4 else "%y"
        forms = [f"{a}{mark}{b}{mark}{year}{' ...' * (found.end() < len(text))}"
                 for a, b, month in (("%d", "%m", second), ("%m", "%d", first)) if 1 <= month <= 12]  # fmt: skip
        if forms:
            why = "the day or the month may stand first" if len(forms) > 1 else "its order is not that of ISO 8601"
            return f"{why}; give --date-format {' or '.join(forms)}"
    known = "dates such as 2024-01-31 or 31 Jan 2024, Unix times of 2001 to 2030"
    return f"allowed: {known}, --date-format for others, or --period as_given"


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
