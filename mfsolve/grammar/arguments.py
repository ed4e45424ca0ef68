"""Kinds of arguments, and the options that many commands share."""

import argparse
import math
import os
import re


def shard(text: str) -> tuple[int, int]:
    """Slice I of N, as I/N."""
    index, _, count = text.partition("/")
    if not (index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text!r}: I/N with 1 <= I <= N is needed, such as 3/16")
    return int(index), int(count)


def positive(text: str) -> int:
    """A whole number from one on."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number from 1 on is needed")
    return int(text)


def number(text: str) -> float:
    """A number that is finite."""
    try:
        found = float(text) if "_" not in text else math.nan
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f"{text!r}: a number is needed")
    return found


def share(text: str) -> float | str:
    """A share as a number, or the name of a column."""
    try:
        float(text)
    except ValueError:
        return text
    return number(text)


def duration(text: str) -> float:
    """Seconds of a time such as 1:00:00."""
    from mfsolve.study.execution.deadline import seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def some_time(text: str) -> float:
    """Seconds of a time such as 0:10:00, more than none."""
    if (found := duration(text)) == 0.0:
        raise argparse.ArgumentTypeError(f"{text!r}: a span of time above 0 is needed, such as 10 (minutes) or 0:10:00")
    return found


def batch_option(text: str) -> str:
    """An option of a batch system, on one line."""
    if not re.fullmatch(r"-(-[a-z][a-z-]*(=[^\x00-\x1f]*)?|[A-Za-z][^\x00-\x1f]*)", text):
        raise argparse.ArgumentTypeError(f"{text!r}: an option of sbatch is needed, such as --partition=long")
    return text


def names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def study(command: argparse.ArgumentParser, text: str = "study file, or the name of a shipped study") -> None:
    """Add the study that a command works on."""
    command.add_argument("study", metavar="STUDY", help=text)


def directory(command: argparse.ArgumentParser) -> None:
    """Add the run directory that a command reads."""
    command.add_argument("directory", metavar="DIR", help="run directory")


def out(command: argparse.ArgumentParser, text: str) -> None:
    """Add the folder that a command writes to."""
    command.add_argument("--out", metavar="DIR", help=text)


def figure(command: argparse.ArgumentParser, text: str) -> None:
    """Add the figure that a command draws."""
    command.add_argument("--figure", metavar="PATH", help=f"file of the figure (.png, .pdf), or none; {text}")


def workers(command: argparse.ArgumentParser) -> None:
    """Add the number of workers."""
    command.add_argument(
        "--workers", type=positive, default=cores(), metavar="N", help="number of workers; default: all cores"
    )


def settings(command: argparse.ArgumentParser) -> None:
    """Add overrides of a study's keys."""
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override a key of the study; may be repeated"
    )


def encoding(command: argparse.ArgumentParser) -> None:
    """Add the encoding of a user's own files."""
    command.add_argument(
        "--encoding", metavar="NAME", help="encoding of files other than UTF-8, such as cp1252 or latin-1"
    )


def as_json(command: argparse.ArgumentParser, text: str = "print JSON") -> None:
    """Add the option that prints JSON."""
    command.add_argument("--json", action="store_true", help=text)


def talk() -> argparse.ArgumentParser:
    """Options that every command has: how much it prints, and its log file."""
    common = argparse.ArgumentParser(add_help=False)
    words = common.add_argument_group("messages on standard error")
    loud = words.add_mutually_exclusive_group()
    loud.add_argument("-q", "--quiet", action="store_true", help="print no progress: only results, warnings and errors")
    loud.add_argument("-v", "--verbose", action="store_true", help="print versions, tasks and times too")
    words.add_argument("--log", metavar="FILE", help="append all of them to FILE, one per line, with times")
    return common
