"""The command line: what is asked, which command does it, which exit code it ends with.

Exit codes: 0 done; 1 something failed, what is done is stored; 2 bad input, nothing written; 130 stopped by Ctrl-C.
"""

import argparse
import errno
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from mfsolve import __version__
from mfsolve.commands.leave import on_signals
from mfsolve.commands.streams import patient


def _shard(text: str) -> tuple[int, int]:
    index, _, count = text.partition("/")
    if not (index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text!r}: I/N is needed with 1 <= I <= N, such as 3/16")
    return int(index), int(count)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number from 1 on is needed")
    return int(text)


def _time(text: str) -> float:
    from mfsolve.study.deadline import seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


class _Version(argparse.Action):
    """Print the versions that decide a result; they are looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *unused: object) -> None:
        import platform
        from importlib.metadata import version

        versions = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy"))
        print(f"mfsolve {__version__} ({versions}, python {platform.python_version()})")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="mfsolve", description="Monte Carlo and mean-field solver for the economics of AI training data."
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print versions and exit")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="compute a study, or what is missing of it, and report")
    run.add_argument("study", help="study file, or the name of a shipped study")
    run.add_argument("--out", metavar="DIR", help="run directory; default results/STUDY")
    run.add_argument("--workers", type=_positive, default=_cores(), metavar="N", help="default: all cores")
    run.add_argument("--replicates", type=_positive, metavar="N", help="instead of the study's own number")
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override, may be repeated")
    run.add_argument("--scheduler", metavar="ADDRESS", help="Dask scheduler: its address or scheduler file")
    run.add_argument("--shard", type=_shard, metavar="I/N", help="compute slice I of N only; join with merge")
    run.add_argument("--dry-run", action="store_true", help="say what it would take, and compute nothing")
    run.add_argument(
        "--time-limit", type=_time, metavar="H:MM:SS", help="stop by then and keep what is stored; default: SLURM's end"
    )
    run.add_argument("--json", action="store_true", help="the report as JSON on standard output")

    submit = commands.add_parser("submit", help="a study as an array of batch jobs, and a job that joins them (SLURM)")
    submit.add_argument("study", help="study file, or the name of a shipped study")
    submit.add_argument("--array", type=_positive, required=True, metavar="N", help="number of slices")
    submit.add_argument("--out", metavar="DIR", help="run directory; default results/STUDY")
    submit.add_argument("--workers", type=_positive, default=1, metavar="N", help="cores of a slice; default 1")
    submit.add_argument("--time", type=_time, default="1:00:00", metavar="H:MM:SS", help="of a slice; default 1:00:00")

    calibrate = commands.add_parser("calibrate", help="estimate a study's free parameters from its published figures")
    calibrate.add_argument("study", help="study file with [calibration.free], or the name of a shipped study")
    calibrate.add_argument("--out", metavar="DIR", help="folder; default results/STUDY_calibration")
    calibrate.add_argument("--workers", type=_positive, default=_cores(), metavar="N", help="default: all cores")
    calibrate.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override, may be repeated")
    calibrate.add_argument("--json", action="store_true", help="the summary as JSON on standard output")

    identify = commands.add_parser("identify", help="which of a study's free parameters its published figures identify")
    identify.add_argument("study", help="study file with [calibration.free], or the name of a shipped study")
    identify.add_argument("--out", metavar="DIR", help="folder; default results/STUDY_identification")
    identify.add_argument("--workers", type=_positive, default=_cores(), metavar="N", help="default: all cores")
    identify.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override, may be repeated")
    identify.add_argument("--json", action="store_true", help="the summary as JSON on standard output")

    for name, text in (
        ("merge", "join the slices of a run directory and report"),
        ("show", "print the report of a run directory"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("directory", metavar="DIR")
        command.add_argument("--json", action="store_true", help="as JSON")
        if name == "merge":
            command.add_argument(
                "--partial", action="store_true", help="of an unfinished run: what all points have, in DIR/partial"
            )
    plot = commands.add_parser("plot", help="draw the figures of a run directory again")
    plot.add_argument("directory", metavar="DIR")
    plot.add_argument("--animate", action="store_true", help="also content over time as a GIF")

    report = commands.add_parser("report", help="finished runs as one page of HTML, with RO-Crate metadata beside them")
    report.add_argument("directories", metavar="DIR", nargs="+")
    report.add_argument("--out", metavar="FILE", help="the page; default report.html in the folder of a single run")
    export = commands.add_parser("export", help="the replicates of a finished run as CSV, Parquet or for ArviZ")
    export.add_argument("directory", metavar="DIR")
    export.add_argument("file", metavar="FILE", help="its ending says the form: .csv, .csv.gz, .parquet, .nc (ArviZ)")
    export.add_argument("--variables", type=_names, default=(), metavar="A,B", help="default: all along replicates")
    diff = commands.add_parser("diff", help="compare two runs or their pages: parameters, estimates, bits")
    diff.add_argument("first", metavar="A", help="a run directory, or the page of one run")
    diff.add_argument("second", metavar="B")
    diff.add_argument("--json", action="store_true", help="as JSON")

    listing = commands.add_parser("list", help="models and shipped studies; the settings of one, what it found")
    listing.add_argument("name", nargs="?", metavar="NAME", help="a model, a shipped study, or: study")
    listing.add_argument("--json", action="store_true", help="as JSON")
    explain = commands.add_parser("explain", help="the equations of a system, with symbols and sources")
    explain.add_argument("name", metavar="NAME", help="a system, an experiment, or the number of a section")
    explain.add_argument("section", nargs="?", metavar="SECTION", help="number or title of one section of it")
    new = commands.add_parser("new", help="write a commented study file to start from")
    new.add_argument("name", metavar="NAME")
    new.add_argument("--like", metavar="STUDY", help="a copy of this shipped study instead of a template")
    new.add_argument("--experiment", action="store_true", help="a model of your own, NAME.py, with a study of it")

    check = commands.add_parser("check", help="audit an experiment of your own: determinism, threads, ranges, limits")
    check.add_argument("model", metavar="MODEL", help="a module, its file, MODULE:NAME, or an experiment's name")
    check.add_argument("--size", metavar="SECTION.KEY", help="number of agents; default: the first of [population]")
    check.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")
    check.add_argument("--json", action="store_true", help="as JSON")

    verify = commands.add_parser("verify", help="measure the papers' claims and give a verdict on each")
    verify.add_argument("claims", nargs="*", metavar="ID", help="claims to check; default: those of the documents")
    verify.add_argument("--all", action="store_true", help="also claims of ours, second-hand ones and numerics")
    verify.add_argument("--list", action="store_true", help="print the claims with their sources, and run nothing")
    verify.add_argument("--quick", action="store_true", help="from reduced studies, in a few minutes")
    verify.add_argument("--markdown", action="store_true", help="as a markdown table")
    verify.add_argument("--page", metavar="FILE", type=Path, help="also as a page of HTML")
    verify.add_argument("--out", metavar="DIR", default="results", help="where the studies behind them run")
    verify.add_argument("--workers", type=_positive, default=_cores(), metavar="N", help="default: all cores")
    verify.add_argument("--json", action="store_true", help="as JSON")

    regress = commands.add_parser("regress", help="fit the collapse law to your own measurements, and its rivals")
    regress.add_argument(
        "table", metavar="GENERATIONS.csv", help="columns generation, contamination, a metric; - is standard input"
    )
    regress.add_argument(
        "--metric", metavar="NAME:WAY", help="column and what is better, lower or higher; :log or :linear may follow"
    )
    regress.add_argument("--contamination", type=float, metavar="X", help="constant share, for a table without it")
    regress.add_argument("--by", metavar="COLUMN", help="conditions whose slopes are compared; default: condition")
    regress.add_argument(
        "--start", choices=("measured", "exact"), default="measured", help="what is known of a run's first quality"
    )
    regress.add_argument("--structural", type=float, metavar="B", help="slope to test against")
    regress.add_argument("--lags", type=int, metavar="L", help="lags of the Newey-West errors; default by rule")
    regress.add_argument("--level", type=float, default=0.95, help="level of the interval; default 0.95")
    regress.add_argument(
        "--figure", "--plot", metavar="PATH", help="figure, or none; default GENERATIONS.png beside a file"
    )
    regress.add_argument("--json", action="store_true", help="as JSON")

    deals = commands.add_parser("deals", help="a table of data deals: totals, concentration, bounds, pay by regime")
    deals.add_argument(
        "file", metavar="FILE.csv|json", help="columns receiver, aggregator, year, content_type, value_raw, codes"
    )
    deals.add_argument("--cap", type=float, metavar="USD", help="greatest hidden value; default: the largest disclosed")
    deals.add_argument("--revenue-share", type=float, metavar="X", help="assumed share of receipts")
    deals.add_argument(
        "--bargaining-share", type=float, metavar="X", help="assumed share of the intermediary's surplus"
    )
    deals.add_argument("--developers", type=int, metavar="J", help="assumed developers who compete under EDVEX")
    deals.add_argument("--lineage", type=float, metavar="R", help="assumed share of pay that reaches the source")
    deals.add_argument("--fee", type=float, metavar="X", help="assumed share that the exchange keeps")
    deals.add_argument("--plot", metavar="FILE", help="figure; default FILE.png beside the table")
    deals.add_argument("--json", action="store_true", help="as JSON")

    example = commands.add_parser("example", help="write real data to try provenance and regress on")
    example.add_argument(
        "directory", metavar="DIR", help="folder of pool.csv, human.csv and synthetic.csv, or of log.csv"
    )
    example.add_argument(
        "--data", choices=("co2", "elnino", "topics", "log"), default="co2",
        help="carbon dioxide or sea surface temperatures and a Gaussian, texts by month and a Markov chain, or a log "
        "of a bigram model's training on its own text; default co2",
    )  # fmt: skip
    example.add_argument("--share", type=float, default=0.3, metavar="X", help="share of synthetic rows; default 0.3")
    example.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")

    provenance = commands.add_parser("provenance", help="the share of synthetic items in a pool of your own")
    provenance.add_argument(
        "pools", metavar="POOL", nargs="+",
        help="texts: a folder of .txt, a .txt (a text a line), a table with a column of them; or a table of item, "
        "token, count; token, count; log_human, log_synthetic; numeric features. Several: one a period",
    )  # fmt: skip
    provenance.add_argument(
        "--human", required=True, action="append", metavar="FILE", help="reference of human items; may be repeated"
    )
    provenance.add_argument(
        "--synthetic", action="append", metavar="FILE", help="reference of synthetic items; may be repeated"
    )
    provenance.add_argument(
        "--source", action="append", metavar="NAME=FILE", help="one of several generators, instead of --synthetic"
    )
    provenance.add_argument("--baseline", metavar="FILE", help="human items of the pool's kind: measures drift")
    provenance.add_argument(
        "--kind", choices=("documents", "matrix", "tokens", "features", "likelihoods"),
        help="what a file holds; by default from the header. matrix: documents by tokens",
    )  # fmt: skip
    provenance.add_argument("--unit", choices=("document", "sentence"), default="document", help="unit of texts")
    provenance.add_argument("--text", metavar="COLUMN", help="column of texts; default text")
    provenance.add_argument(
        "--date", metavar="COLUMN", help="shares by period, from a column of dates; filename: from files of a folder"
    )  # fmt: skip
    provenance.add_argument(
        "--period", choices=("as_given", "day", "month", "quarter", "year"), default="month", help="default month"
    )
    provenance.add_argument("--columns", metavar="A,B,...", help="features to use; default all but running numbers")
    provenance.add_argument("--ignore", metavar="A,B,...", help="features to leave out")
    provenance.add_argument("--figure", metavar="PATH", help="figure of the shares by period")
    provenance.add_argument(
        "--moments", metavar="POLICY", help="print shares by period as [[estimates]] of a study under a policy"
    )
    provenance.add_argument(
        "--into", metavar="STUDY", help="with --moments: print that study, with these shares for those that it has"
    )
    provenance.add_argument(
        "--half-width", type=float, default=0.05, metavar="H", help="say how many items it takes; default 0.05"
    )
    provenance.add_argument("--level", type=float, default=0.95, help="level of the interval; default 0.95")
    provenance.add_argument("--json", action="store_true", help="as JSON")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, which does not depend on who reads the output."""
    put_back = on_signals()
    try:
        with patient() as out:
            code = _run(arguments)
            out.flush()
            if out.error is not None and out.error.errno != errno.EPIPE:
                print(f"standard output: {out.error.strerror or out.error}; what was stored is kept", file=sys.stderr)
                code = code or 1
        return code
    finally:
        put_back()


def _run(arguments: Sequence[str] | None) -> int:
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
        return _dispatch(asked)
    except KeyboardInterrupt:
        print("stopped; what was stored is kept, run the same command again to go on", file=sys.stderr)
        return 130
    except Exception as error:
        return _complain(error)


def _one_line(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """Print a warning that a user may want to know, such as an assumption of a paper that fails; the run goes on."""
    return f"warning: {message}\n"


def _complain(error: Exception) -> int:
    """One line for what a user can mend; anything else is a defect of the program and keeps its traceback."""
    from mfsolve.models.frozen import InputError

    if isinstance(error, InputError):
        print(error, file=sys.stderr)
        return 2
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}", file=sys.stderr)
        return 1
    raise error


def _dispatch(asked: argparse.Namespace) -> int:
    """Import the command only when it is asked for: the help must not wait for it."""
    if asked.command == "run" and asked.dry_run:
        from mfsolve.commands.price import price

        return price(
            asked.study, out=asked.out, workers=asked.workers, replicates=asked.replicates, settings=asked.set,
            as_json=asked.json,
        )  # fmt: skip
    if asked.command == "run":
        from mfsolve.commands.run import run
        from mfsolve.study.deadline import seconds_left, stopping

        with stopping(seconds_left(asked.time_limit)):
            return run(
                asked.study, out=asked.out, workers=asked.workers, replicates=asked.replicates, settings=asked.set,
                scheduler=asked.scheduler, shard=asked.shard, as_json=asked.json,
            )  # fmt: skip
    if asked.command == "submit":
        from mfsolve.commands.submit import submit

        return submit(asked.study, asked.out, asked.array, asked.workers, asked.time)
    if asked.command == "calibrate":
        from mfsolve.commands.calibrate import calibrate

        return calibrate(asked.study, out=asked.out, workers=asked.workers, settings=asked.set, as_json=asked.json)
    if asked.command == "identify":
        from mfsolve.commands.identify import identify

        return identify(asked.study, out=asked.out, workers=asked.workers, settings=asked.set, as_json=asked.json)
    if asked.command == "merge":
        from mfsolve.commands.run import merge

        return merge(asked.directory, asked.json, partly=asked.partial)
    if asked.command == "show":
        from mfsolve.commands.run import show_run

        return show_run(asked.directory, asked.json)
    if asked.command == "plot":
        from mfsolve.commands.run import plot

        return plot(asked.directory, asked.animate)
    if asked.command == "report":
        from mfsolve.commands.report import report

        return report(asked.directories, asked.out)
    if asked.command == "export":
        from mfsolve.commands.export import export

        return export(asked.directory, asked.file, asked.variables)
    if asked.command == "diff":
        from mfsolve.commands.diff import diff

        return diff(asked.first, asked.second, asked.json)
    if asked.command == "list":
        from mfsolve.commands.catalogue import list_everything

        return list_everything(asked.name, asked.json)
    if asked.command == "explain":
        from mfsolve.commands.explain import explain

        return explain(asked.name, asked.section)
    if asked.command == "new":
        if asked.experiment:
            from mfsolve.commands.own_model import new_experiment

            return new_experiment(asked.name)
        from mfsolve.commands.new import new

        return new(asked.name, asked.like)
    if asked.command == "check":
        from mfsolve.commands.check import check

        return check(asked.model, size=asked.size, seed=asked.seed, as_json=asked.json)
    if asked.command == "verify":
        from mfsolve.commands.verify import Options, list_claims, verify

        options = Options(
            Path(asked.out), asked.workers, asked.all, asked.quick, asked.json, asked.markdown, asked.page
        )
        return (list_claims if asked.list else verify)(asked.claims, options)
    if asked.command == "deals":
        from mfsolve.commands.deals import deals

        names = ("revenue_share", "bargaining_share", "developers", "lineage", "fee")
        assumed = {name: getattr(asked, name) for name in names}
        return deals(asked.file, asked.cap, asked.plot, asked.json, assumed)
    if asked.command == "example":
        from mfsolve.commands.example import write

        return write(asked.directory, asked.data, asked.share, asked.seed)
    if asked.command == "provenance":
        from mfsolve.commands.provenance import provenance

        return provenance(asked)
    from mfsolve.commands.regress import regress

    return regress(asked)


if __name__ == "__main__":
    sys.exit(main())
