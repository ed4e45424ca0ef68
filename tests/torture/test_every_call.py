"""A run that is killed, or refused by the system, at any of its calls on files: nothing is lost, and it is said once."""

import errno
import os

import pytest
from torture.calls import TRANSFERS, kinds, site, sites

SIZES = (
    "some",
    pytest.param("sites", marks=pytest.mark.torture),
    pytest.param("every", marks=[pytest.mark.slow, pytest.mark.exhaustive]),
)
"""Calls of each kind; of each site, in a brief study that has all of them; all calls."""
ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EINTR", "EMFILE", "EROFS", "short")
MOMENTS = ("before", "halfway", "after")


def chosen(studio, size, ways):
    """Calls of the undisturbed run, which is the same each time, each with the ways in which it is disturbed.

    Of the last call of a site, and of the first of a kind, one way is tried, another one each time.
    """
    calls = studio.calls
    whole, once = {"some": ([], kinds(calls)), "sites": sites(calls), "every": (calls, [])}[size]
    yield from ((call, way) for call in whole for way in ways(call))
    for place, call in enumerate(once):
        possible = ways(call)
        yield from ((call, way) for way in possible[place % max(1, len(possible)) :][:1])


def errors(call):
    """Errors that a call may end with."""
    return ERRORS if call.name in TRANSFERS else ERRORS[:-1]


def moments(call):
    """Moments of a call at which a run can be killed: one that only reads leaves the disk as the last one that wrote."""
    if not call.changes:
        return ()
    return MOMENTS if call.name in ("write", "pwrite") else MOMENTS[::2]


def test_a_brief_study_goes_every_way_that_a_longer_one_goes(studio, brief):
    """So what is tried at every site of it holds for all calls: further ones are further rounds of the same loops."""
    assert len(brief.calls) < 0.6 * len(studio.calls)
    assert {site(call) for call in brief.calls} == {site(call) for call in studio.calls}
    assert len({site(call) for call in brief.calls}) > 3 * len(kinds(studio.calls))


@pytest.mark.parametrize("size", SIZES)
def test_a_run_that_is_killed_at_any_call_goes_on_to_the_same_bits(studio, brief, size):
    studio = brief if size == "sites" else studio
    wrong, cases = [], 0
    for call, when in chosen(studio, size, moments):
        out = studio.new()
        ended = studio.run(out, gate=("killing", call.number, when))
        found = studio.resumed(out) if ended.code == -9 else f"not killed: exit {ended.code}"
        cases += 1
        if found:
            wrong.append(f"{when} call {call.number}, {call.name} {call.file}: {found}")
    print(f"{cases} kills")
    assert not wrong, f"{len(wrong)} of {cases}:\n" + "\n".join(wrong)
    assert cases > 10


@pytest.mark.parametrize("size", SIZES)
def test_a_call_that_fails_is_one_line_and_the_run_goes_on_to_the_same_bits(studio, brief, size):
    studio = brief if size == "sites" else studio
    wrong, cases = [], 0
    for call, name in chosen(studio, size, errors):
        out = studio.new()
        ended = studio.run(out, gate=("failing", call.number, getattr(errno, name, 0)))
        found = said(ended, out, name) or studio.resumed(out)
        cases += 1
        if found:
            wrong.append(f"{name} at call {call.number}, {call.name} {call.file}: {found}")
    print(f"{cases} failures")
    assert not wrong, f"{len(wrong)} of {cases}:\n" + "\n".join(wrong)
    assert cases > 20


def said(ended, out, name):
    """What is wrong with the end of a run that the system has refused something; empty where nothing is."""
    if ended.code == 0 and not ended.lines:  # asked again, or not needed
        return ""
    if ended.code != 1 or len(ended.lines) != 1:
        return f"exit {ended.code}, {ended.err[-700:] if 'Traceback' in ended.err else ended.lines}"
    (line,) = ended.lines
    number = getattr(errno, name, 0)
    return "" if os.strerror(number) in line and str(out) in line else f"does not say what failed where: {line}"
