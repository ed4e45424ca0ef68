"""The command line: which command does what is asked, and which exit code it ends with.

Exit codes: 0 done; 1 something failed, what is done is stored, or, of `diff`, the runs differ; 2 bad input, nothing
written; 130 stopped by Ctrl-C, 143 by SIGTERM or by the time limit.
"""

import argparse
import errno
import gc
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from mfsolve.commands.log import opened, talking
from mfsolve.commands.messages import LOG, warn
from mfsolve.commands.signals import exit_on_signals
from mfsolve.commands.streams import patient
from mfsolve.grammar import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, which does not depend on who reads the output."""
    put_back = exit_on_signals()
    before = gc.get_threshold()
    # modules are most of what there is, and stay: to search them for garbage again and again is a sixth of a short run
    gc.set_threshold(100_000, 20, 50)
    try:
        with patient() as out:
            code = _parsed_and_run(arguments)
            out.flush()
            if out.error is not None and out.error.errno != errno.EPIPE:
                warn(f"standard output: {out.error.strerror or out.error}; what was stored is kept")
                code = code or 1
        return code
    finally:
        gc.set_threshold(*before)
        put_back()


def _parsed_and_run(arguments: Sequence[str] | None) -> int:
    asked = parser().parse_args(arguments)
    # the cores are spread over replicates: threads of BLAS would only wait for each other
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")  # not every file system has locks, and none is needed
    os.environ["MPLBACKEND"] = "agg"  # whatever a notebook asks for: figures are written, not shown
    warnings.formatwarning = _one_line
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal cannot show is no reason to lose a result
            stream.reconfigure(errors="backslashreplace")
    try:
        kept = None if asked.log is None else opened(asked.log)
    except OSError as error:
        LOG.error("%s", f"--log {asked.log}: {error.strerror}; name another file")
        return 2
    given = sys.argv[1:] if arguments is None else arguments
    with talking(given, quiet=asked.quiet, verbose=asked.verbose, kept=kept):
        return _finished(asked)


def _finished(asked: argparse.Namespace) -> int:
    """Carry out the command; its exit code, which is logged."""
    try:
        code = _dispatch(asked)
    except KeyboardInterrupt:
        warn("stopped; what was stored is kept, run the same command again to go on")
        code = 130
    except Exception as error:
        code = _complain(error)
    LOG.debug("exit code %d", code)
    return code


def _one_line(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """Print a warning that a user may want to know, such as an assumption of a paper that fails; the run goes on."""
    LOG.warning("%s", message, extra={"printed": True})
    return f"warning: {message}\n"


def _complain(error: Exception) -> int:
    """One line for what a user can mend; anything else is a defect of the program and keeps its traceback."""
    from mfsolve.models.frozen import InputError

    if isinstance(error, InputError):
        LOG.error("%s", error)
        return 2
    if isinstance(error, MemoryError):
        print(f"not enough memory: {error or 'for the next step'}; what was stored is kept", file=sys.stderr)
        return 1
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        LOG.error("%s", f"{where}{error.strerror or error}")
        return 1
    LOG.error("%s", "".join(traceback.format_exception(error)), extra={"printed": True})
    raise error


def _run(asked: argparse.Namespace) -> int:
    if asked.dry_run:
        from mfsolve.commands.price import price

        return price(
            asked.study, out=asked.out, workers=asked.workers, replicates=asked.replicates, settings=asked.set,
            as_json=asked.json,
        )  # fmt: skip
    from mfsolve.commands.run import run
    from mfsolve.study.execution.completion import waiting
    from mfsolve.study.execution.deadline import seconds_left, stopping
    from mfsolve.study.execution.processes import task_time_limit

    with stopping(seconds_left(asked.time_limit)), task_time_limit(asked.task_time), waiting(asked.wait):
        return run(
            asked.study, out=asked.out, workers=asked.workers, replicates=asked.replicates, settings=asked.set,
            scheduler=asked.scheduler, shard=asked.shard, as_json=asked.json,
        )  # fmt: skip


def _submit(asked: argparse.Namespace) -> int:
    from mfsolve.commands.run import settings_with_replicates
    from mfsolve.commands.submit import Array, submit

    return submit(
        asked.study, out=asked.out,
        array=Array(asked.array, asked.workers, asked.time_limit, asked.at_once, asked.sbatch),
        settings=settings_with_replicates(asked.set, asked.replicates),
        task_seconds=asked.task_time, again=asked.again,
    )  # fmt: skip


def _calibrate(asked: argparse.Namespace) -> int:
    from mfsolve.commands.calibrate import calibrate

    return calibrate(asked.study, out=asked.out, workers=asked.workers, settings=asked.set, as_json=asked.json)


def _identify(asked: argparse.Namespace) -> int:
    from mfsolve.commands.identify import identify

    return identify(asked.study, out=asked.out, workers=asked.workers, settings=asked.set, as_json=asked.json)


def _merge(asked: argparse.Namespace) -> int:
    from mfsolve.commands.run_directory import merge

    return merge(asked.directory, asked.json, partly=asked.partial)


def _show(asked: argparse.Namespace) -> int:
    from mfsolve.commands.run_directory import show_run

    return show_run(asked.directory, asked.json)


def _plot(asked: argparse.Namespace) -> int:
    from mfsolve.commands.run_directory import plot

    return plot(asked.directory, asked.animate)


def _report(asked: argparse.Namespace) -> int:
    from mfsolve.commands.report import report

    return report(asked.directories, asked.page)


def _export(asked: argparse.Namespace) -> int:
    from mfsolve.commands.export import export

    return export(asked.directory, asked.file, asked.variables)


def _diff(asked: argparse.Namespace) -> int:
    from mfsolve.commands.diff import diff

    return diff(asked.first, asked.second, asked.json)


def _list(asked: argparse.Namespace) -> int:
    from mfsolve.commands.catalogue import list_everything

    return list_everything(asked.name, asked.json)


def _explain(asked: argparse.Namespace) -> int:
    from mfsolve.commands.explain import explain

    return explain(asked.name, asked.section)


def _new(asked: argparse.Namespace) -> int:
    if asked.experiment:
        from mfsolve.commands.own_model import new_experiment

        return new_experiment(asked.name)
    from mfsolve.commands.new import new

    return new(asked.name, asked.like, asked.model)


def _completion(asked: argparse.Namespace) -> int:
    from mfsolve.grammar.completion import completion

    return completion(asked.shell)


def _check(asked: argparse.Namespace) -> int:
    from mfsolve.commands.check import check

    return check(asked.model, size=asked.size, seed=asked.seed, as_json=asked.json)


def _verify(asked: argparse.Namespace) -> int:
    from mfsolve.commands.verify import Options, list_claims, verify

    options = Options(
        Path(asked.out),
        asked.workers,
        asked.all,
        asked.quick,
        asked.json,
        asked.markdown,
        asked.page and Path(asked.page),
    )
    return (list_claims if asked.list else verify)(asked.claims, options)


def _deals(asked: argparse.Namespace) -> int:
    from mfsolve.commands.deals import deals

    names = ("revenue_share", "bargaining_share", "developers", "lineage", "fee")
    assumed = {name: getattr(asked, name) for name in names}
    return deals(asked.file, asked.cap, asked.figure, asked.json, assumed, asked.encoding, asked.rate)


def _example(asked: argparse.Namespace) -> int:
    from mfsolve.commands.example import write

    return write(asked.directory, asked.data, asked.share, asked.seed)


def _provenance(asked: argparse.Namespace) -> int:
    from mfsolve.commands.provenance import provenance

    return provenance(asked)


def _regress(asked: argparse.Namespace) -> int:
    from mfsolve.commands.regress import regress

    return regress(asked)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": _run,
    "submit": _submit,
    "calibrate": _calibrate,
    "identify": _identify,
    "merge": _merge,
    "show": _show,
    "plot": _plot,
    "report": _report,
    "export": _export,
    "diff": _diff,
    "list": _list,
    "explain": _explain,
    "new": _new,
    "completion": _completion,
    "check": _check,
    "verify": _verify,
    "deals": _deals,
    "example": _example,
    "provenance": _provenance,
    "regress": _regress,
}
"""Functions that carry out the commands. Each imports what it needs when called: the help must not wait for it."""

COMPILING = {"merge", "show", "plot", "report", "check", "provenance"}
"""Commands that may compile kernels, beside those that say so where they compute."""


def _dispatch(asked: argparse.Namespace) -> int:
    """Carry out a command, and report if compiling takes long."""
    if asked.command not in COMPILING:
        return COMMANDS[asked.command](asked)
    from mfsolve.commands.compilation_notices import noticed

    with noticed():
        return COMMANDS[asked.command](asked)


if __name__ == "__main__":
    sys.exit(main())
