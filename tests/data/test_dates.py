"""Dates that are not ISO: a format reads them, and without one the order of day and month is not guessed."""

import pytest

from mfsolve.data.dates import Period, check_format, period_of
from mfsolve.models.frozen import InputError


@pytest.mark.parametrize(("text", "form", "day"), [
    ("03/04/2025", "%d/%m/%Y", "2025-04-03"), ("03/04/2025", "%m/%d/%Y", "2025-03-04"),
    (" 3.4.25 ", "%d.%m.%y", "2025-04-03"), ("20250403T1000", "%Y%m%dT%H%M", "2025-04-03"),
    ("2024-060", "%Y-%j", "2024-02-29"),
])  # fmt: skip
def test_a_format_reads_dates(text, form, day):
    check_format(form, Period.DAY)
    assert period_of(text, Period.DAY, "here", form) == day


@pytest.mark.parametrize(("text", "said"), [
    ("03/04/2025", "the day or the month may stand first; give --date-format %d/%m/%Y or %m/%d/%Y"),
    ("3.4.25", "the day or the month may stand first; give --date-format %d.%m.%y or %m.%d.%y"),
    ("13/04/2025", "its order is not that of ISO 8601; give --date-format %d/%m/%Y"),
    ("04-13-2025", "its order is not that of ISO 8601; give --date-format %m-%d-%Y"),
    ("03/04/2025 10:00", "--date-format %d/%m/%Y ... or %m/%d/%Y ..."),
    ("soon", "allowed: dates such as 2024-01-31 or 31 Jan 2024, Unix times of 2001 to 2030, --date-format for others, or --period as_given"),
])  # fmt: skip
def test_without_a_format_no_order_is_guessed(text, said):
    with pytest.raises(InputError) as refused:
        period_of(text, Period.MONTH, "pool.csv: line 7, column day")
    assert str(refused.value).startswith(f"pool.csv: line 7, column day: '{text}' given; ")
    assert str(refused.value).endswith(said)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["13/14/2025", "2025-04-03", "03/04/2025 10:00", "", "29/02/2025"])
def test_dates_outside_the_format_name_place_and_value(text):
    with pytest.raises(InputError) as refused:
        period_of(text, Period.MONTH, "pool.csv: line 7, column day", "%d/%m/%Y")
    expected = (
        f"pool.csv: line 7, column day: '{text}' given; allowed: dates such as 29/02/2024, by --date-format %d/%m/%Y"
    )
    assert str(refused.value) == expected


@pytest.mark.parametrize(("form", "period", "said"), [
    ("%d/%m", "month", "has no year"), ("%%Y", "month", "has no year"), ("", "day", "has no year"),
    ("%Y", "month", "does not determine the month"), ("%Y-%m", "day", "does not determine the day"),
    ("%Q %Y", "month", "bad directive"), ("%d %d %Y", "month", "redefinition"), ("%Y %", "year", "stray %"),
    ("%d/%m/%Y", "as_given", "--period as_given reads no dates"),
])  # fmt: skip
def test_formats_that_tell_no_period_are_refused(form, period, said):
    with pytest.raises(InputError, match=f"--date-format '.*: .*{said}"):
        check_format(form, Period(period))
    check_format("%Y", Period.YEAR)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1704067200", "2024-01-01"), ("1704067199", "2023-12-31"), ("1704067200123", "2024-01-01"),
     ("1704067200.5", "2024-01-01"), ("1000000000", "2001-09-09")],
)  # fmt: skip
def test_unix_times_are_dates_of_utc(text, expected):
    assert period_of(text, Period.DAY, "t.csv") == expected


@pytest.mark.parametrize("text", ["999999999", "1900000000", "2024013112", "17040672001", "-1704067200"])
def test_numbers_that_may_be_something_else_are_no_unix_times(text):
    with pytest.raises(InputError, match="allowed: dates such as"):
        period_of(text, Period.DAY, "t.csv")
