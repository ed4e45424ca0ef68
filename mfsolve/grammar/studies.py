"""Commands that compute studies, and those that read what was computed."""

import argparse
from typing import Any

from mfsolve.grammar import arguments


def add(add_command: Any) -> None:
    """Add these commands; `add_command(name, help)` makes one."""
    _computing(add_command)
    _reading(add_command)


def _computing(add_command: Any) -> None:
    _add_run(add_command)
    _add_submit(add_command)
    _add_calibrate_and_identify(add_command)
    _add_verify(add_command)


def _add_run(add_command: Any) -> None:
    run = add_command("run", "compute a study, or what is still missing of it, and report")
    arguments.study(run)
    arguments.out(run, "run directory; default results/STUDY")
    arguments.workers(run)
    _replicates(run)
    arguments.settings(run)
    run.add_argument("--scheduler", metavar="ADDRESS", help="Dask scheduler: address or scheduler file")
    run.add_argument(
        "--wait",
        type=arguments.some_time,
        metavar="H:MM:SS",
        help="how long to wait for a scheduler's workers; default: one minute",
    )
    run.add_argument("--shard", type=arguments.shard, metavar="I/N", help="compute slice I of N only; join with merge")
    run.add_argument(
        "--dry-run", action="store_true", help="print the required time, memory and disk, and compute nothing"
    )
    run.add_argument(
        "--time-limit", type=arguments.duration, metavar="H:MM:SS",
        help="stop by then and keep what is stored; default: end of the SLURM allocation",
    )  # fmt: skip
    _task_time(run)
    arguments.as_json(run, "print the report as JSON")


def _add_submit(add_command: Any) -> None:
    submit = add_command("submit", "submit a study as an array of batch jobs, with a job that joins them (SLURM)")
    arguments.study(submit)
    submit.add_argument("--array", type=arguments.positive, required=True, metavar="N", help="number of slices")
    submit.add_argument(
        "--at-once", type=arguments.positive, metavar="K", help="maximum number of slices at a time; default: all"
    )
    arguments.out(submit, "run directory; default results/STUDY")
    submit.add_argument("--workers", type=arguments.positive, default=1, metavar="N", help="cores per slice; default 1")
    submit.add_argument(
        "--time-limit", type=arguments.duration, default="1:00:00", metavar="H:MM:SS",
        help="time limit of a slice; default 1:00:00",
    )  # fmt: skip
    _replicates(submit)
    arguments.settings(submit)
    _task_time(submit)
    submit.add_argument(
        "--sbatch", action="append", type=arguments.batch_option, default=[], metavar="OPTION",
        help="option for sbatch, such as --sbatch=--partition=long; may be repeated",
    )  # fmt: skip
    submit.add_argument(
        "--again", action="store_true", help="submit even while another array of DIR is queued or running"
    )


def _add_calibrate_and_identify(add_command: Any) -> None:
    for name, text, folder in (
        ("calibrate", "estimate a study's free parameters from its published figures", "calibration"),
        ("identify", "show which of a study's free parameters its published figures identify", "identification"),
    ):
        command = add_command(name, text)
        arguments.study(command, "study file with [calibration.free], or the name of a shipped study")
        arguments.out(command, f"folder; default results/STUDY_{folder}")
        arguments.workers(command)
        arguments.settings(command)
        arguments.as_json(command, "print the summary as JSON")


def _add_verify(add_command: Any) -> None:
    verify = add_command("verify", "measure the papers' claims and give a verdict on each")
    verify.add_argument("claims", nargs="*", metavar="ID", help="claims to check; default: those of the documents")
    verify.add_argument("--all", action="store_true", help="include our own, second-hand and numerical claims")
    verify.add_argument("--list", action="store_true", help="print the claims with their sources, and run nothing")
    verify.add_argument("--quick", action="store_true", help="use reduced studies, in a few minutes")
    verify.add_argument("--markdown", action="store_true", help="print a markdown table")
    verify.add_argument("--page", metavar="FILE", help="also write an HTML page")
    verify.add_argument("--out", metavar="DIR", default="results", help="folder for the runs; default results")
    arguments.workers(verify)
    arguments.as_json(verify)


def _replicates(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--replicates", type=arguments.positive, metavar="N", help="number of replicates, instead of the study's own"
    )


def _task_time(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--task-time", type=arguments.some_time, metavar="H:MM:SS",
        help="kill a task that takes longer; after 3 attempts continue without it",
    )  # fmt: skip


def _reading(add_command: Any) -> None:
    for name, text in (
        ("merge", "join the slices of a run directory and report"),
        ("show", "print the report of a run directory"),
    ):
        command = add_command(name, text)
        arguments.directory(command)
        arguments.as_json(command)
        if name == "merge":
            command.add_argument(
                "--partial", action="store_true", help="join the replicates stored so far at all points, in DIR/partial"
            )

    plot = add_command("plot", "draw the figures of a run directory again")
    arguments.directory(plot)
    plot.add_argument("--animate", action="store_true", help="also animate content over time (GIF)")

    report = add_command("report", "write finished runs to one HTML page, with RO-Crate metadata beside them")
    report.add_argument("directories", metavar="DIR", nargs="+", help="run directories")
    report.add_argument(
        "--page",
        metavar="FILE",
        help="file of the page; default report.html in the folder of a single run, ./report.html for several",
    )

    export = add_command("export", "write the replicates of a finished run as CSV, Parquet or for ArviZ")
    arguments.directory(export)
    export.add_argument(
        "file", metavar="FILE", help="the extension selects the format: .csv, .csv.gz, .parquet, .nc (ArviZ)"
    )
    export.add_argument(
        "--variables",
        type=arguments.names,
        default=(),
        metavar="A,B",
        help="variables to write; default: all with one value per replicate",
    )

    diff = add_command("diff", "compare two runs or their pages: parameters, estimates, bits")
    diff.epilog = "exit code: 0 if only versions and machine differ, 1 if runs differ, 2 for bad input"
    diff.add_argument("first", metavar="A", help="a run directory, or the page of one run")
    diff.add_argument("second", metavar="B", help="another one")
    arguments.as_json(diff)
