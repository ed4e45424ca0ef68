"""Messages and exit codes of executions that left something undone."""

from mfsolve.commands.messages import warn
from mfsolve.commands.terminal import BAD_INPUT, FAILED, INTERRUPTED, TERMINATED
from mfsolve.experiments._user_checks import GuestError
from mfsolve.study.execution.execute import Report
from mfsolve.study.storage.files import write_text
from mfsolve.study.storage.store import RunDirectory

NAMED = 4
"""Replicates that are named in a line."""


def failed(report: Report, directory: RunDirectory, scheduler: str | None) -> int:
    """Say what went wrong; the exit code of it, 0 where nothing did."""
    again = f"run the same command again to go on ({directory.path} keeps what is stored)"
    if report.cannot_store:
        mend = "free some space" if report.full else "fix it"
        warn(f"{report.cannot_store}: {report.done} of {report.asked} replicates were stored; {mend} and {again}")
        return FAILED
    if report.stopped and report.done < report.asked:
        by = "Ctrl-C (SIGINT)" if report.stopped == "SIGINT" else report.stopped
        warn(f"stopped by {by}: {report.done} of {report.asked} replicates were stored; {again}")
        return INTERRUPTED if report.stopped == "SIGINT" else TERMINATED
    if report.refused or report.lost:
        why = f"{report.refused or report.lost}: {report.done} of {report.asked} replicates were stored"
        warn(f"--scheduler {scheduler}: {why}; fix it and {again}")
        return BAD_INPUT if report.refused else FAILED
    if report.failures:
        log = directory.path / "failures.log"
        write_text(log, "\n".join(report.failures))
        last = report.failures[0].strip().splitlines()[-1]
        mark = f"{GuestError.__module__}.{GuestError.__qualname__}: "
        if last.startswith(mark) and not any(directory.shards.iterdir()):  # a mistake in a user's own model
            directory.forget()
            warn(last.removeprefix(mark))
            return BAD_INPUT
        told = f"first: {last.removeprefix(mark)}"
        if report.given_up:
            told = "; ".join(report.given_up[:NAMED])
            more = len(report.given_up) - NAMED
            told += f"; and {more} more" if more > 0 else ""
        many = f"{len(report.failures)} task{'s' if len(report.failures) > 1 else ''}"
        warn(f"{many} failed, the others are stored; {told}; all: {log}; {again}")
        return FAILED
    return 0
