"""A run that is killed, or refused by the system, at any of its calls on files: nothing is lost, and it is said once."""

import errno
import os

import pytest
from torture.calls import TRANSFERS, Call, kinds

SOME, EVERY = pytest.param(False, id="some"), pytest.param(True, id="every", marks=pytest.mark.torture)
ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EINTR", "EMFILE", "EROFS", "short")
MOMENTS = ("before", "halfway", "after")


def chosen(studio, every):
    """Calls of the undisturbed run, which is the same each time: all, or one of each kind on each kind of file."""
    calls = [
        Call(number, name, file, (None, os.O_CREAT if changes else 0)) for number, name, file, changes in studio.calls
    ]
    assert len(calls) > 300
    return calls if every else list(kinds(calls))


@pytest.mark.parametrize("every", [SOME, EVERY])
def test_a_run_that_is_killed_at_any_call_goes_on_to_the_same_bits(studio, every):
    """A call that only reads leaves the disk as the last one did that changed it."""
    wrong, cases = [], 0
    for place, call in enumerate(call for call in chosen(studio, every) if call.changes):
        writes = call.name in ("write", "pwrite")
        for when in MOMENTS if every else ("halfway",) if writes else MOMENTS[::2][place % 2 :][:1]:
            if when == "halfway" and not writes:
                continue
            out = studio.new()
            ended = studio.run(out, gate=("killing", call.number, when))
            found = studio.resumed(out) if ended.code == -9 else f"not killed: exit {ended.code}"
            cases += 1
            if found:
                wrong.append(f"{when} call {call.number}, {call.name} {call.file}: {found}")
    print(f"{cases} kills")
    assert not wrong, f"{len(wrong)} of {cases}:\n" + "\n".join(wrong)
    assert cases > 10


@pytest.mark.parametrize("every", [pytest.param(False, id="some", marks=pytest.mark.slow), EVERY])
def test_a_call_that_fails_is_one_line_and_the_run_goes_on_to_the_same_bits(studio, every):
    wrong, cases = [], 0
    for place, call in enumerate(chosen(studio, every)):
        for name in ERRORS if every else ERRORS[place % 7 :][:1]:
            if name == "short" and call.name not in TRANSFERS:
                continue
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
