"""A run that is killed, or refused by the system, at any of its calls on files: nothing is lost, and it is said once."""

import errno
import os

import pytest
from torture.calls import TRANSFERS, Call, numbers

EVERY = pytest.mark.torture
STRIDES = [pytest.param(60, id="some"), pytest.param(1, id="every", marks=EVERY)]
ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EINTR", "EMFILE", "EROFS", "short")


def chosen(studio, stride):
    """Calls of the undisturbed run, which is the same each time."""
    calls = [
        Call(number, name, file, (None, os.O_CREAT if changes else 0)) for number, name, file, changes in studio.calls
    ]
    assert len(calls) > 300
    return numbers(calls, stride)


@pytest.mark.parametrize("stride", STRIDES)
def test_a_run_that_is_killed_at_any_call_goes_on_to_the_same_bits(studio, stride):
    wrong, cases = [], 0
    for call in chosen(studio, stride):
        for when in ("before", "halfway", "after"):
            if when == "halfway" and call.name not in ("write", "pwrite"):
                continue
            out = studio.new()
            ended = studio.run(out, gate=("killing", call.number, when))
            found = studio.resumed(out) if ended.code == -9 else f"not killed: exit {ended.code}"
            cases += 1
            if found:
                wrong.append(f"{when} call {call.number}, {call.name} {call.file}: {found}")
    print(f"{cases} kills")
    assert not wrong, f"{len(wrong)} of {cases}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("stride", STRIDES)
def test_a_call_that_fails_is_one_line_and_the_run_goes_on_to_the_same_bits(studio, stride):
    wrong, cases = [], 0
    for place, call in enumerate(chosen(studio, stride)):
        for name in ERRORS if stride == 1 else (ERRORS[place % 7], ERRORS[(place + 3) % 7]):
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


def said(ended, out, name):
    """What is wrong with the end of a run that the system has refused something; empty where nothing is."""
    if ended.code == 0 and not ended.lines:  # asked again, or not needed
        return ""
    if ended.code != 1 or len(ended.lines) != 1:
        return f"exit {ended.code}, {ended.err[-700:] if 'Traceback' in ended.err else ended.lines}"
    (line,) = ended.lines
    number = getattr(errno, name, 0)
    return "" if os.strerror(number) in line and str(out) in line else f"does not say what failed where: {line}"
